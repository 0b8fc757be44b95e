import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolation } from '../isolation.js'
import { address, guest, mail, ok, password, person, service, until, url } from '../support.js'
import { totp } from '../totp.js'

const other = 'velvet-anchor-77-compass'

/** The claims of a client's token. */
async function claims(client) {
  const { data } = await client.auth.getSession()
  return JSON.parse(Buffer.from(data.session.access_token.split('.')[1], 'base64url'))
}

/** Somebody with roles, whose token says so. */
async function staff(...roles) {
  const client = await person(roles[0])
  await ok(service.from('user_roles').insert(roles.map(role => ({ user_id: client.id, role }))))
  await ok(client.auth.refreshSession())
  return client
}

const refused = async (request, pattern, code = '42501') => {
  const { error } = await request
  assert.ok(error, 'it was not refused')
  assert.match(error.message, pattern)
  if (code) assert.equal(error.code, code)
}

/** What the link of a mail carries. */
function link(message) {
  const to = new URL(/href="([^"]*confirm\.html[^"]*)"/.exec(message.html)[1].replaceAll('&amp;', '&'))
  return { to, type: to.searchParams.get('type'), token_hash: to.searchParams.get('token_hash') }
}

test('signing up: nothing before the address is confirmed, then a profile', async () => {
  const email = address('Ada')
  const client = guest()
  const { user, session } = await ok(client.auth.signUp({ email, password, options: { data: { name: '  Ada <b>Lovelace</b> ', role: 'admin' } } }))
  assert.equal(session, null)
  assert.deepEqual(await ok(service.from('profiles').select().eq('id', user.id)), [])
  await refused(client.auth.signInWithPassword({ email, password }), /not confirmed/, 'email_not_confirmed')

  const { to, type, token_hash } = link(await mail(email.toLowerCase(), 'confirm your address'))
  assert.equal(to.origin, url)
  assert.equal(type, 'signup')
  await ok(client.auth.verifyOtp({ type, token_hash }))
  const { name, bio } = await ok(client.from('profiles').select().single())
  assert.deepEqual({ name, bio }, { name: 'Ada <b>Lovelace</b>', bio: '' })
  assert.deepEqual((await claims(client)).user_roles, [])
  await refused(guest().auth.verifyOtp({ type, token_hash }), /expired|invalid/i, 'otp_expired')
})

test('a name that is missing or too long does not keep anybody out', async () => {
  for (const name of [undefined, '', '   ', 'x'.repeat(500), 7]) {
    const email = address('n')
    await ok(service.auth.admin.createUser({ email, password, email_confirm: true, user_metadata: { name } }))
    const client = guest()
    await ok(client.auth.signInWithPassword({ email, password }))
    const [{ name: shown }] = await ok(client.from('profiles').select('name'))
    assert.ok(shown.length >= 1 && shown.length <= 60, shown)
  }
})

test('weak passwords are refused, and nobody learns who has an account', async () => {
  await refused(guest().auth.signUp({ email: address(), password: 'Summer2024' }), /guess|weak|strong/i, 'weak_password')
  const ada = await person('ada')
  const answers = []
  for (const email of [ada.email, address()]) {
    answers.push((await guest().auth.signInWithPassword({ email, password: 'wrong-wrong-wrong' })).error.message)
    answers.push((await guest().auth.resetPasswordForEmail(email)).error)
    answers.push((await guest().auth.signInWithOtp({ email, options: { shouldCreateUser: false } })).error)
  }
  assert.deepEqual(answers.slice(0, 3), answers.slice(3))
})

test('a profile is changed by its owner, in its own columns only', async () => {
  const ada = await person('ada')
  const bob = await person('bob')
  await ok(ada.from('profiles').update({ name: 'Ada', bio: 'x'.repeat(500) }).eq('id', ada.id))
  await refused(ada.from('profiles').update({ bio: 'x'.repeat(501) }).eq('id', ada.id), /violates check constraint/, '23514')
  await refused(ada.from('profiles').update({ name: '  ' }).eq('id', ada.id), /violates check constraint/, '23514')
  await refused(ada.from('profiles').update({ id: bob.id }).eq('id', ada.id), /permission denied/)
  await refused(ada.from('profiles').update({ created_at: '2001-01-01' }).eq('id', ada.id), /permission denied/)
  await refused(ada.from('profiles').insert({ id: ada.id, name: 'again' }), /permission denied/)
  await refused(ada.from('profiles').delete().eq('id', ada.id), /permission denied/)
  await refused(guest().from('profiles').select(), /permission denied/)
  assert.deepEqual(await ok(ada.from('profiles').update({ name: 'Mallory' }).eq('id', bob.id).select()), [])
  assert.equal((await ok(bob.from('profiles').select('name').single())).name, bob.email.split('@')[0])
})

test('nobody gives themselves a role', async () => {
  const eve = await person('eve')
  for (const change of [{ data: { user_roles: ['admin'] } }, { app_metadata: { user_roles: ['admin'] } }, { role: 'service_role' }, { user_roles: ['admin'] }]) {
    await eve.auth.updateUser(change)
  }
  await ok(eve.auth.refreshSession())
  const { role, user_roles } = await claims(eve)
  assert.deepEqual({ role, user_roles }, { role: 'authenticated', user_roles: [] })
  await refused(eve.from('user_roles').insert({ user_id: eve.id, role: 'admin' }), /permission denied/)
  await refused(eve.rpc('set_role', { user_id: eve.id, role: 'admin', granted: true }), /Only admins/)
  await refused(eve.rpc('make_admin', { email: eve.email }), /permission denied|Could not find/, null)
  await refused(eve.rpc('put_ban', { user_id: eve.id, until: null }), /permission denied|Could not find/, null)
  await refused(eve.rpc('access_token', { event: { user_id: eve.id, claims: {} } }), /permission denied|Could not find/, null)
  await refused(guest().rpc('set_role', { user_id: eve.id, role: 'admin', granted: true }), /permission denied|Could not find/, null)
  assert.deepEqual(await ok(eve.rpc('people')), [])
  assert.deepEqual(await ok(eve.from('events').select()), [])
})

test('an admin gives roles and takes them, and it is written down', async () => {
  const admin = await staff('admin')
  const mia = await person('mia')
  await ok(admin.rpc('set_role', { user_id: mia.id, role: 'moderator', granted: true }))
  await ok(admin.rpc('set_role', { user_id: mia.id, role: 'moderator', granted: true })) // is no change
  assert.deepEqual((await claims(mia)).user_roles, [])
  await ok(mia.auth.refreshSession())
  assert.deepEqual((await claims(mia)).user_roles, ['moderator'])
  await refused(mia.rpc('set_role', { user_id: mia.id, role: 'admin', granted: true }), /Only admins/)
  await refused(admin.rpc('set_role', { user_id: mia.id, role: 'owner', granted: true }), /moderators and admins/, '22023')
  await refused(admin.rpc('set_role', { user_id: admin.id, role: 'admin', granted: false }), /another admin/)
  await refused(admin.rpc('set_role', { user_id: crypto.randomUUID(), role: 'admin', granted: true }), /no such account/, 'P0002')
  await ok(admin.rpc('set_role', { user_id: mia.id, role: 'moderator', granted: false }))
  assert.deepEqual(await ok(mia.rpc('people')), [], 'a token from before is of no use once the role is gone')
  const events = await ok(admin.from('events').select('action, role, actor').eq('subject', mia.id).order('id'))
  assert.deepEqual(events, [{ action: 'grant', role: 'moderator', actor: admin.id }, { action: 'revoke', role: 'moderator', actor: admin.id }])
  await refused(admin.from('events').delete().eq('subject', mia.id), /permission denied/)
  await refused(admin.from('user_roles').insert({ user_id: mia.id, role: 'admin' }), /permission denied/)
})

test('moderators find people and ban them, but not each other', async () => {
  const moderator = await staff('moderator')
  const second = await staff('moderator')
  const admin = await staff('admin')
  const bob = await person('bob')
  const [found] = await ok(moderator.rpc('people', { search: bob.email.toUpperCase() }))
  assert.deepEqual({ id: found.id, banned: found.banned, roles: found.roles }, { id: bob.id, banned: false, roles: [] })
  assert.equal((await ok(moderator.rpc('people', { search: '%' }))).length, 0)
  assert.ok((await ok(moderator.rpc('people', { page: -3 }))).length > 0)

  await ok(moderator.rpc('set_ban', { user_id: bob.id, banned: true, reason: 'spam' }))
  assert.equal((await bob.auth.refreshSession()).error?.name, 'AuthApiError')
  await refused(guest().auth.signInWithPassword({ email: bob.email, password }), /banned/, 'user_banned')
  assert.equal((await ok(moderator.rpc('people', { search: bob.email })))[0].banned, true)
  await ok(moderator.rpc('set_ban', { user_id: bob.id, banned: false }))
  await ok(guest().auth.signInWithPassword({ email: bob.email, password }))

  await refused(moderator.rpc('set_ban', { user_id: second.id, banned: true }), /Only admins/)
  await refused(moderator.rpc('set_ban', { user_id: admin.id, banned: true }), /role of the admin/)
  await refused(moderator.rpc('set_ban', { user_id: moderator.id, banned: true }), /yourself/)
  await refused(bob.rpc('set_ban', { user_id: moderator.id, banned: true }), /Only moderators/)
  await refused(moderator.rpc('set_ban', { user_id: bob.id, banned: true, reason: 'x'.repeat(301) }), /check constraint/, '23514')
  assert.equal((await ok(moderator.rpc('people', { search: bob.email })))[0].banned, false, 'a ban that is not written down is none')
  await ok(admin.rpc('set_ban', { user_id: second.id, banned: true, reason: 'asleep' }))
  await refused(second.rpc('set_ban', { user_id: bob.id, banned: true }), /You are banned/)
  assert.deepEqual(await ok(second.rpc('people')), [], 'a token from before the ban is of no use')
  assert.deepEqual((await ok(admin.from('events').select('action, reason').eq('subject', bob.id).order('id'))), [{ action: 'ban', reason: 'spam' }, { action: 'unban', reason: '' }])
})

/** Adds an app with codes; the client has proven it then. */
async function factor(client) {
  const made = await ok(client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'App' }))
  const code = totp(made.totp.secret)
  await ok(client.auth.mfa.challengeAndVerify({ factorId: made.id, code }))
  return { ...made, used: code, next: () => until('the next code', () => totp(made.totp.secret) !== code && totp(made.totp.secret), 60) }
}

test('who has a second factor gets nowhere without it', async () => {
  const admin = await staff('admin')
  const { id, totp: { secret } } = await factor(admin)
  await ok(admin.rpc('people'))
  const half = guest()
  await ok(half.auth.signInWithPassword({ email: admin.email, password }))
  assert.deepEqual((({ aal, has_factor, user_roles }) => ({ aal, has_factor, user_roles }))(await claims(half)), { aal: 'aal1', has_factor: true, user_roles: ['admin'] })
  for (const table of ['profiles', 'events']) assert.deepEqual(await ok(half.from(table).select()), [])
  assert.deepEqual(await ok(half.rpc('people')), [])
  const bob = await person('bob')
  for (const [name, args] of [['set_role', { user_id: bob.id, role: 'admin', granted: true }], ['set_ban', { user_id: bob.id, banned: true }], ['delete_account', {}]]) {
    await refused(half.rpc(name, args), /second factor/)
  }
  assert.ok((await half.auth.updateUser({ password: other })).error)
  await ok(half.auth.mfa.challengeAndVerify({ factorId: id, code: totp(secret, Date.now() / 1000 + 30) })) // the one that comes next
  assert.equal((await ok(half.from('profiles').select().eq('id', admin.id))).length, 1)
})

test('a password that was forgotten is set by the link of a mail', async () => {
  const ada = await person('ada')
  await ok(guest().auth.resetPasswordForEmail(ada.email))
  const { type, token_hash } = link(await mail(ada.email, 'new password'))
  const client = guest()
  await ok(client.auth.verifyOtp({ type, token_hash }))
  await ok(client.auth.updateUser({ password: other }))
  assert.ok((await ada.auth.refreshSession()).error, 'the other sessions end')
  await refused(guest().auth.signInWithPassword({ email: ada.email, password }), /Invalid login/, 'invalid_credentials')
  await ok(guest().auth.signInWithPassword({ email: ada.email, password: other }))
  await mail(ada.email, 'password was changed')
})

test('a new password takes the present one, and a new address both mails', async () => {
  const ada = await person('ada')
  await refused(ada.auth.updateUser({ password: other }), /Current password/, 'current_password_required')
  await refused(ada.auth.updateUser({ password: other, current_password: 'not-this-one' }), /Current password/, 'current_password_invalid')
  await ok(ada.auth.updateUser({ password: other, current_password: password }))

  const email = address('new')
  await ok(ada.auth.updateUser({ email }))
  for (const to of [ada.email, email]) {
    const { type, token_hash } = link(await mail(to, 'new address'))
    await ok(guest().auth.verifyOtp({ type, token_hash }))
  }
  await ok(guest().auth.signInWithPassword({ email, password: other }))
})

test('deleting the account leaves nothing, and the only admin stays', async () => {
  const ada = await person('ada')
  const moderator = await staff('moderator')
  await ok(moderator.rpc('set_ban', { user_id: ada.id, banned: true, reason: 'a mistake' }))
  await ok(moderator.rpc('set_ban', { user_id: ada.id, banned: false }))
  await ok(ada.auth.signInWithPassword({ email: ada.email, password }))
  await ok(ada.rpc('delete_account'))
  assert.ok((await service.auth.admin.getUserById(ada.id)).error)
  for (const [table, column] of [['profiles', 'id'], ['user_roles', 'user_id'], ['events', 'subject']]) {
    assert.deepEqual(await ok(service.from(table).select().eq(column, ada.id)), [])
  }
  assert.equal((await ok(service.from('events').select().eq('actor', moderator.id).is('subject', null))).length, 2)
  await refused(guest().auth.signInWithPassword({ email: ada.email, password }), /Invalid login/, 'invalid_credentials')

  await ok(service.from('user_roles').delete().eq('role', 'admin'))
  const admin = await staff('admin')
  await refused(admin.rpc('delete_account'), /only admin/)
  await staff('admin')
  await ok(admin.rpc('delete_account'))
})

test('a second user sees and changes nothing of the first', async () => {
  const alice = await staff('moderator')
  const bob = await person('bob')
  await ok(alice.from('profiles').update({ name: 'alices-name-4711', bio: 'alices-bio-4711' }).eq('id', alice.id))
  await ok(alice.rpc('set_ban', { user_id: (await person('carl')).id, banned: true, reason: 'alices-reason-4711' }))
  const { done, requests } = await isolation({ alice, bob, markers: ['alices-name-4711', 'alices-bio-4711', 'alices-reason-4711'],
    tables: { profiles: 'id', user_roles: 'user_id', events: 'actor' }, never: ['rpc/delete_account'],
    paths: ['/functions/v1/set_role', '/functions/v1/set_ban', '/auth/v1/sessions/:id', '/auth/v1/factors/:id', '/auth/v1/admin/users/:id'] })
  assert.ok(done > requests / 10, `${done} of ${requests}`)
})
