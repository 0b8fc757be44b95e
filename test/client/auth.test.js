// Accounts: the ways of an ordinary app, with the real mail read from the inbox.
import assert from 'node:assert/strict'
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
})
