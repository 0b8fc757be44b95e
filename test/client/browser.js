// Passkeys and security keys as people use them: the official client in Chromium,
// with a virtual authenticator. Run by browser_test.go.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'

const { GALLEY_URL: url, GALLEY_ANON: anonKey, GALLEY_APP: app, GALLEY_CHROMIUM: executablePath } = process.env
const password = 'tangible-otter-42-umbrella'
const timeout = 60_000

let browser, page, cdp, authenticator

/** Opens the app on a fresh profile, with an authenticator that nobody has used:
 * the machine's own (internal), or a key in a socket (usb). */
async function open(transport) {
  const context = await browser.newContext()
  context.setDefaultTimeout(timeout)
  page = await context.newPage()
  cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await plug(transport)
  await page.goto(app)
  await page.evaluate(([url, anonKey]) => {
    window.client = window.supabase.createClient(url, anonKey, { auth: { experimental: { passkey: true }, autoRefreshToken: false } })
  }, [url, anonKey])
}

/** Takes the authenticator away, if any, for another one. */
async function plug(transport) {
  if (authenticator) await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator }).catch(() => {})
  const made = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport, hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true,
    },
  })
  authenticator = made.authenticatorId
}

/** Calls a method of the client's auth in the page; what it throws ends the test. */
async function call(method, ...args) {
  const { data, error } = await page.evaluate(async ([method, args]) => {
    const path = method.split('.')
    const name = path.pop()
    const object = path.reduce((o, n) => o[n], window.client.auth)
    const { data, error } = await object[name](...args)
    return { data: JSON.parse(JSON.stringify(data ?? null)), error: error && { name: error.name, message: error.message, code: error.code } }
  }, [method, args])
  return { data, error }
}

/** call, for what has to work. */
async function ok(method, ...args) {
  const { data, error } = await call(method, ...args)
  assert.equal(error, null, `${method}: ${JSON.stringify(error)}`)
  return data
}

const level = async () => (await ok('mfa.getAuthenticatorAssuranceLevel'))
const party = () => ({ rpId: 'localhost', rpOrigins: [app] })

async function join() {
  const email = `u${crypto.randomUUID()}@example.org`
  const { user } = await ok('signUp', { email, password })
  return { email, id: user.id }
}

before(async () => {
  browser = await chromium.launch({
    executablePath, timeout,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}, { timeout })
after(async () => { await browser?.close() })

describe('in the browser', () => {
  test('a passkey signs in', { timeout }, async () => {
    await open('internal')
    const { id, email } = await join()
    const made = await ok('registerPasskey')
    assert.match(made.id, /^[0-9a-f-]{36}$/)
    assert.equal(typeof made.friendly_name, 'string')
    await ok('signOut')
    assert.equal((await ok('getSession')).session, null)
    const { user } = await ok('signInWithPasskey')
    assert.equal(user.id, id)
    assert.equal((await ok('getUser')).user.email, email)
    const { claims } = await ok('getClaims')
    assert.deepEqual([claims.aal, claims.amr[0].method], ['aal1', 'passkey'])
    await ok('signInWithPasskey') // its counter has moved

    const again = await call('registerPasskey') // the authenticator has one already
    assert.deepEqual([again.data, again.error.name], [null, 'InvalidStateError'])
    await ok('passkey.update', { passkeyId: made.id, friendlyName: 'My laptop' })
    const list = await ok('passkey.list')
    assert.deepEqual(list.map((p) => [p.id, p.friendly_name, typeof p.last_used_at]), [[made.id, 'My laptop', 'string']])
    await ok('passkey.delete', { passkeyId: made.id })
    assert.deepEqual(await ok('passkey.list'), [])
    await ok('signOut')
    const gone = await call('signInWithPasskey') // the authenticator has it still
    assert.equal(gone.error.code, 'webauthn_verification_failed')
    assert.equal((await ok('getSession')).session, null)
  })

  test('two people on one authenticator', { timeout }, async () => {
    await open('internal')
    const ada = await join()
    await ok('registerPasskey')
    await ok('signOut')
    const bob = await join()
    await plug('internal')
    await ok('registerPasskey')
    await ok('signOut')
    assert.notEqual(ada.id, bob.id)
    assert.equal((await ok('signInWithPasskey')).user.id, bob.id)
  })

  test('a security key is a second factor', { timeout }, async () => {
    await open('usb')
    const { email } = await join()
    assert.deepEqual([(await level()).currentLevel, (await level()).nextLevel], ['aal1', 'aal1'])
    await ok('mfa.webauthn.register', { friendlyName: 'key', webauthn: party() })
    assert.equal((await level()).currentLevel, 'aal2')
    const { webauthn } = await ok('mfa.listFactors')
    assert.equal(webauthn.length, 1)
    const factorId = webauthn[0].id

    await ok('signOut')
    await ok('signInWithPassword', { email, password })
    assert.deepEqual([(await level()).currentLevel, (await level()).nextLevel], ['aal1', 'aal2'])
    const refused = await call('updateUser', { password: `${password}-2` })
    assert.equal(refused.error.code, 'insufficient_aal')
    assert.equal((await call('mfa.unenroll', { factorId })).error.code, 'insufficient_aal')
    await ok('mfa.webauthn.authenticate', { factorId, webauthn: party() })
    assert.equal((await level()).currentLevel, 'aal2')
    await ok('updateUser', { password: `${password}-2` })
    await ok('mfa.unenroll', { factorId })
    await ok('refreshSession')
    assert.deepEqual([(await level()).currentLevel, (await level()).nextLevel], ['aal1', 'aal1'])
  })

  test('another security key is not the second factor', { timeout }, async () => {
    await open('usb')
    const { email } = await join()
    await ok('mfa.webauthn.register', { friendlyName: 'key', webauthn: party() })
    const factorId = (await ok('mfa.listFactors')).webauthn[0].id
    await ok('signOut')
    await ok('signInWithPassword', { email, password })
    await plug('usb')
    const other = await call('mfa.webauthn.authenticate', { factorId, webauthn: party() })
    assert.notEqual(other.error, null)
    assert.equal((await level()).currentLevel, 'aal1')
  })
})
