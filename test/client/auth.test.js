// Accounts: the ways of an ordinary app, with the real mail read from the inbox.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { address, client, follow, member, message, password } from './accounts.js'
import { ok } from './support.js'

describe('accounts', () => {
  test('sign-up, confirmation by mail, sign-in, refresh, sign-out', async () => {
    const supabase = client()
    const { email, id } = await member(supabase)
    const { data } = ok(await supabase.auth.signInWithPassword({ email, password }))
    assert.equal(data.user.id, id)
    assert.equal(data.user.user_metadata.name, 'Ada')
    assert.equal(ok(await supabase.auth.getUser()).data.user.email, email)
    const next = ok(await supabase.auth.refreshSession()).data
    assert.notEqual(next.session.refresh_token, data.session.refresh_token)
    const claims = ok(await supabase.auth.getClaims()).data
    assert.equal(claims.claims.sub, id)
    assert.equal(claims.header.alg, 'ES256')
    assert.equal((await supabase.auth.signOut()).error, null)
    const gone = await supabase.auth.getUser(next.session.access_token)
    assert.equal(gone.error.name, 'AuthSessionMissingError')
  })
  test('the data API knows the user', async () => {
    const supabase = client()
    const { email, id } = await member(supabase)
    ok(await supabase.auth.signInWithPassword({ email, password }))
    ok(await supabase.from('todos').insert({ title: 'theirs' }))
    const rows = ok(await supabase.from('todos').select('title, owner')).data
    assert.deepEqual(rows, [{ title: 'theirs', owner: id }])
  })
  test('nobody comes in with the wrong password or before confirmation', async () => {
    const supabase = client()
    const email = address()
    ok(await supabase.auth.signUp({ email, password }))
    assert.equal((await supabase.auth.signInWithPassword({ email, password: 'x' })).error.code, 'invalid_credentials')
    assert.equal((await supabase.auth.signInWithPassword({ email, password })).error.code, 'email_not_confirmed')
    const weak = await supabase.auth.signUp({ email: address(), password: '123' })
    assert.equal(weak.error.name, 'AuthWeakPasswordError')
    assert.ok(weak.error.reasons.includes('length'))
  })
  test('with PKCE the link ends in a code', async () => {
    const store = new Map()
    const storage = { getItem: (k) => store.get(k) ?? null, setItem: (k, v) => void store.set(k, v), removeItem: (k) => void store.delete(k) }
    const supabase = client({ flowType: 'pkce', persistSession: true, storage })
    const email = address()
    ok(await supabase.auth.signUp({ email, password }))
    const code = (await follow(await message(email))).searchParams.get('code')
    const { data } = ok(await supabase.auth.exchangeCodeForSession(code))
    assert.equal(data.user.email, email)
    assert.notEqual((await supabase.auth.exchangeCodeForSession(code)).error, null)
  })
  test('a change of the password and of what an app keeps', async () => {
    const supabase = client()
    const { email } = await member(supabase)
    ok(await supabase.auth.signInWithPassword({ email, password }))
    const { data } = ok(await supabase.auth.updateUser({ password: password + '-2', data: { color: 'blue' } }))
    assert.equal(data.user.user_metadata.color, 'blue')
    assert.equal((await supabase.auth.signInWithPassword({ email, password })).error.code, 'invalid_credentials')
    ok(await supabase.auth.signInWithPassword({ email, password: password + '-2' }))
  })
  test('a second factor opens what a policy keeps for aal2', async () => {
    const supabase = client()
    const { email } = await member(supabase)
    ok(await supabase.auth.signInWithPassword({ email, password }))
    const level = async () => Object.values(ok(await supabase.auth.mfa.getAuthenticatorAssuranceLevel()).data).slice(0, 2)
    const { data } = ok(await supabase.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'app' }))
    assert.match(data.totp.qr_code, /^data:image\/svg\+xml;utf-8,<svg/)
    assert.deepEqual(await level(), ['aal1', 'aal1'])
    assert.equal((await supabase.from('savings').insert({ amount: 5 })).error.code, '42501')
    const factorId = data.id
    const code = (step) => totp(data.totp.secret, step)
    const wrong = await supabase.auth.mfa.challengeAndVerify({ factorId, code: 'abcdef' })
    assert.equal(wrong.error.code, 'mfa_verification_failed')
    const used = code(0)
    ok(await supabase.auth.mfa.challengeAndVerify({ factorId, code: used }))
    assert.deepEqual(await level(), ['aal2', 'aal2'])
    ok(await supabase.from('savings').insert({ amount: 5 }))

    const again = client()
    ok(await again.auth.signInWithPassword({ email, password }))
    assert.deepEqual(ok(await again.from('savings').select('amount')).data, [])
    assert.equal((await again.auth.mfa.challengeAndVerify({ factorId, code: used })).error.code, 'mfa_verification_failed')
    ok(await again.auth.mfa.challengeAndVerify({ factorId, code: code(1) }))
    assert.deepEqual(ok(await again.from('savings').select('amount')).data, [{ amount: 5 }])
    ok(await again.auth.mfa.unenroll({ factorId }))
    ok(await again.auth.refreshSession())
    assert.deepEqual(ok(await again.from('savings').select('amount')).data, [])
  })
})

/** The code of an app (RFC 6238) for the secret that it was given; step 1 is the next. */
function totp(secret, step) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = mac.at(-1) & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
