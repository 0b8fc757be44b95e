// A certified OpenID provider (npm oidc-provider) on loopback, where everybody has
// an account. Its arguments are where it may send browsers back to and how clients
// say who they are; it prints its address, and ends with its standard input.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [redirect, auth] = process.argv.slice(2)
const server = createServer()
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'galley', client_secret: 'a secret: with & everything', redirect_uris: [redirect],
      token_endpoint_auth_method: auth, id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [await key('ES256'), await key('RS256')] },
  clientAuthMethods: [auth],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture', 'preferred_username'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: id !== 'eve', name: `Name of ${id}`, picture: 'https://example.org/p.png', preferred_username: id }),
  }),
  // Everybody who comes is signed in at once, as login_hint says.
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: false } },
  ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 60 },
  cookies: { keys: ['loopback'] },
})

async function key(alg) {
  const { privateKey } = await crypto.subtle.generateKey(
    alg === 'ES256'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true, ['sign', 'verify'])
  return { ...(await crypto.subtle.exportKey('jwk', privateKey)), alg, use: 'sig', kid: alg, key_ops: undefined, ext: undefined }
}

const handle = provider.callback()
server.on('request', async (req, res) => {
  if (!req.url.startsWith('/interaction/')) return handle(req, res)
  const { params, session } = await provider.interactionDetails(req, res)
  const accountId = params.login_hint ?? session?.accountId
  const grant = new provider.Grant({ accountId, clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  await provider.interactionFinished(req, res, { login: { accountId }, consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: false })
})
console.log(issuer)
process.stdin.on('end', () => process.exit()).resume() // ends with whoever started it
