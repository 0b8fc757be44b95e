// Accounts: every other way in, changes, factors, sign-out and the service role's API.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { address, client, follow, member, message, number, password, signedIn } from './accounts.js'
import { ok, service } from './support.js'

const refused = ({ error }, code) => assert.equal(error?.code, code, JSON.stringify(error))

describe('ways in by mail and SMS', () => {
  test('a magic link signs in, once', async () => {
    const supabase = client()
    const { email, id } = await member(supabase)
    ok(await supabase.auth.signInWithOtp({ email, options: { shouldCreateUser: false } }))
    const mail = await message(email, 'magic_link')
    const end = new URLSearchParams((await follow(mail)).hash.slice(1))
    const { data } = ok(await supabase.auth.setSession({ access_token: end.get('access_token'), refresh_token: end.get('refresh_token') }))
    assert.equal(data.user.id, id)
    assert.match((await follow(mail)).hash, /error_code=otp_expired/)
  })
  test('a code from a mail signs somebody new in, once', async () => {
    const supabase = client()
    const email = address()
    ok(await supabase.auth.signInWithOtp({ email, options: { data: { name: 'Bea' } } }))
    const { code } = await message(email)
    refused(await supabase.auth.verifyOtp({ email, token: code === '111111' ? '222222' : '111111', type: 'email' }), 'otp_expired')
    const { data } = ok(await supabase.auth.verifyOtp({ email, token: code, type: 'email' }))
    assert.equal(data.user.email, email)
    assert.equal(data.user.user_metadata.name, 'Bea')
    refused(await client().auth.verifyOtp({ email, token: code, type: 'email' }), 'otp_expired')
  })
  test('what the link carries can be shown by an app itself', async () => {
    const supabase = client()
    const email = address()
    ok(await supabase.auth.signUp({ email, password }))
    const { data } = ok(await supabase.auth.verifyOtp({ token_hash: (await message(email)).token, type: 'signup' }))
    assert.equal(data.user.email, email)
    assert.ok(data.user.email_confirmed_at)
  })
  test('a code by SMS signs in', async () => {
    const supabase = client()
    const phone = number()
    ok(await supabase.auth.signInWithOtp({ phone: '+' + phone }))
    const { code, channel } = await message('+' + phone)
    assert.equal(channel, 'sms')
    const { data } = ok(await supabase.auth.verifyOtp({ phone: '+' + phone, token: code, type: 'sms' }))
    assert.equal(data.user.phone, phone)
    assert.equal(data.user.app_metadata.provider, 'phone')
    refused(await client().auth.signInWithOtp({ phone, options: { channel: 'whatsapp' } }), 'validation_failed')
  })
  test('a forgotten password is made anew', async () => {
    const supabase = client()
    const { email } = await member(supabase)
    ok(await supabase.auth.resetPasswordForEmail(email))
    ok(await supabase.auth.resetPasswordForEmail(address())) // nobody is told who has an account
    ok(await supabase.auth.verifyOtp({ email, token: (await message(email, 'recovery')).code, type: 'recovery' }))
    ok(await supabase.auth.updateUser({ password: password + '-anew' }))
    refused(await client().auth.signInWithPassword({ email, password }), 'invalid_credentials')
    ok(await client().auth.signInWithPassword({ email, password: password + '-anew' }))
  })
})

describe('changes', () => {
  test('an address is changed when both ends have confirmed it', async () => {
    const { supabase, email, id } = await signedIn()
    const next = address()
    const { data } = ok(await supabase.auth.updateUser({ email: next }))
    assert.equal(data.user.new_email, next)
    ok(await supabase.auth.verifyOtp({ email, token: (await message(email, 'email_change')).code, type: 'email_change' }))
    assert.equal(ok(await supabase.auth.getUser()).data.user.email, email)
    ok(await supabase.auth.verifyOtp({ email: next, token: (await message(next, 'email_change')).code, type: 'email_change' }))
    const { data: after } = ok(await supabase.auth.getUser())
    assert.deepEqual([after.user.id, after.user.email, after.user.identities[0].identity_data.email], [id, next, next])
    refused(await client().auth.signInWithPassword({ email, password }), 'invalid_credentials')
    ok(await client().auth.signInWithPassword({ email: next, password }))
  })
  test('a number is added by a code', async () => {
    const { supabase } = await signedIn()
    const phone = number()
    ok(await supabase.auth.updateUser({ phone }))
    const { data } = ok(await supabase.auth.verifyOtp({ phone, token: (await message('+' + phone)).code, type: 'phone_change' }))
    assert.equal(data.user.phone, phone)
    ok(await client().auth.signInWithPassword({ phone, password }))
  })
  test('an anonymous user becomes a permanent one and keeps what is theirs', async () => {
    const supabase = client()
    const { data } = ok(await supabase.auth.signInAnonymously({ options: { data: { color: 'red' } } }))
    assert.equal(data.user.is_anonymous, true)
    ok(await supabase.from('todos').insert({ title: 'kept' }))
    const email = address()
    ok(await supabase.auth.updateUser({ email }))
    const { data: after } = ok(await supabase.auth.verifyOtp({ email, token: (await message(email)).code, type: 'email_change' }))
    assert.deepEqual([after.user.id, after.user.is_anonymous, after.user.email], [data.user.id, false, email])
    ok(await supabase.auth.updateUser({ password }))
    const again = client()
    ok(await again.auth.signInWithPassword({ email, password }))
    assert.deepEqual(ok(await again.from('todos').select('title')).data, [{ title: 'kept' }])
  })
  test('identities are listed, and the last one stays', async () => {
    const { supabase, email } = await signedIn()
    const { identities } = ok(await supabase.auth.getUserIdentities()).data
    assert.deepEqual(identities.map((i) => [i.provider, i.identity_data.email]), [['email', email]])
    refused(await supabase.auth.unlinkIdentity(identities[0]), 'single_identity_not_deletable')
  })
  test('reauthentication sends a code', async () => {
    const { supabase, email } = await signedIn()
    ok(await supabase.auth.reauthenticate())
    assert.match((await message(email, 'reauthentication')).code, /^\d{6}$/)
  })
})

describe('sessions', () => {
  test('a sign-out ends the sessions of its scope', async () => {
    const { supabase: one, email } = await signedIn()
    const [two, three] = [client(), client()]
    ok(await two.auth.signInWithPassword({ email, password }))
    ok(await three.auth.signInWithPassword({ email, password }))
    const tokens = await Promise.all([one, two, three].map(async (c) => (await c.auth.getSession()).data.session.access_token))
    const alive = () => Promise.all(tokens.map(async (t) => (await client().auth.getUser(t)).error === null))
    ok(await three.auth.signOut({ scope: 'local' }))
    assert.deepEqual(await alive(), [true, true, false])
    ok(await two.auth.signOut({ scope: 'others' }))
    assert.deepEqual(await alive(), [false, true, false])
    ok(await two.auth.signOut({ scope: 'global' }))
    assert.deepEqual(await alive(), [false, false, false])
  })
  test('a token that was touched is refused by the keys', async () => {
    const { supabase, session, id } = await signedIn()
    const { data } = ok(await supabase.auth.getClaims(session.access_token))
    assert.deepEqual([data.claims.sub, data.claims.role, data.claims.aal], [id, 'authenticated', 'aal1'])
    const [head, body, sign] = session.access_token.split('.')
    const claims = { ...JSON.parse(Buffer.from(body, 'base64url')), role: 'service_role' }
    const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), sign].join('.')
    assert.equal((await supabase.auth.getClaims(forged)).error.name, 'AuthInvalidJwtError')
    refused(await client().auth.getUser(forged), 'bad_jwt')
  })
})

/** The code of an app for a secret (RFC 6238). */
function totp(secret) {
  const bits = [...secret.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const sum = createHmac('sha1', key).update(step).digest()
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}

describe('factors', () => {
  test('an app raises the assurance level of the session', async () => {
    const { supabase } = await signedIn()
    const { data: factor } = ok(await supabase.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'my app' }))
    assert.match(factor.totp.qr_code, /^data:image\/svg/)
    ok(await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: totp(factor.totp.secret) }))
    const { data } = ok(await supabase.auth.mfa.getAuthenticatorAssuranceLevel())
    assert.deepEqual([data.currentLevel, data.nextLevel], ['aal2', 'aal2'])
    assert.equal(ok(await supabase.auth.mfa.listFactors()).data.totp.length, 1)
    ok(await supabase.auth.mfa.unenroll({ factorId: factor.id }))
    assert.equal(ok(await supabase.auth.mfa.listFactors()).data.all.length, 0)
  })
})

describe('the service role', () => {
  const { admin } = service.auth
  test('makes, reads, changes, bans and deletes users', async () => {
    const email = address()
    const { data } = ok(await admin.createUser({ email, password, email_confirm: true, app_metadata: { role: 'editor' } }))
    const { id } = data.user
    const someone = client()
    ok(await someone.auth.signInWithPassword({ email, password }))
    assert.equal(ok(await someone.auth.getClaims()).data.claims.app_metadata.role, 'editor')
    assert.ok(ok(await admin.listUsers({ perPage: 1000 })).data.users.some((u) => u.id === id))
    ok(await admin.updateUserById(id, { ban_duration: '1h', user_metadata: { name: 'Cy' } }))
    assert.equal(ok(await admin.getUserById(id)).data.user.user_metadata.name, 'Cy')
    refused(await client().auth.signInWithPassword({ email, password }), 'user_banned')
    ok(await admin.updateUserById(id, { ban_duration: 'none' }))
    ok(await client().auth.signInWithPassword({ email, password }))
    ok(await admin.deleteUser(id))
    refused(await admin.getUserById(id), 'user_not_found')
    refused(await client().auth.signInWithPassword({ email, password }), 'invalid_credentials')
  })
  test('invites, and makes links', async () => {
    const email = address()
    ok(await admin.inviteUserByEmail(email))
    assert.match((await follow(await message(email, 'invite'))).hash, /access_token=/)
    const { data } = ok(await admin.generateLink({ type: 'magiclink', email }))
    const supabase = client()
    ok(await supabase.auth.verifyOtp({ token_hash: data.properties.hashed_token, type: 'magiclink' }))
    assert.equal(ok(await supabase.auth.getUser()).data.user.email, email)
  })
  test('is nobody else', async () => {
    const { supabase, id } = await signedIn()
    refused(await supabase.auth.admin.listUsers(), 'not_admin')
    refused(await client().auth.admin.deleteUser(id), 'not_admin')
    ok(await supabase.auth.getUser())
  })
})
