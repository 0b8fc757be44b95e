import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { anon, as, ok, refused, seed, service, users, withToken } from './support.js'

const alice = as(users.alice)
const bob = as(users.bob)

before(async () => {
  await seed()
  ok(await service.from('todos').delete().gte('id', 0))
  ok(await service.from('secrets').delete().gte('id', 0))
  ok(await service.from('secrets').insert({ id: 1, value: 'hidden' }))
  ok(await alice.from('todos').insert([{ title: 'a1' }, { title: 'a2' }]))
  ok(await bob.from('todos').insert({ title: 'b1' }))
})

const titles = async (client) => ok(await client.from('todos').select('title').order('title')).data.map((t) => t.title)

describe('row-level security', () => {
  test('each sees their own rows', async () => {
    assert.deepEqual(await titles(alice), ['a1', 'a2'])
    assert.deepEqual(await titles(bob), ['b1'])
    assert.deepEqual(await titles(anon), [])
    assert.deepEqual(await titles(service), ['a1', 'a2', 'b1'])
  })
  test('the same request, again and again in turn', async () => {
    for (let i = 0; i < 10; i++) {
      const seen = await Promise.all([alice, bob, anon, service].map(titles))
      assert.deepEqual(seen.map((s) => s.length), [2, 1, 0, 3])
    }
  })
  test('counts see no more', async () => {
    const count = async (client) => ok(await client.from('todos').select('*', { count: 'exact', head: true })).count
    assert.deepEqual(await Promise.all([alice, bob, anon, service].map(count)), [2, 1, 0, 3])
  })
  test("another's rows can not be changed or deleted", async () => {
    assert.deepEqual(ok(await bob.from('todos').update({ title: 'mine' }).eq('title', 'a1').select()).data, [])
    assert.deepEqual(ok(await bob.from('todos').delete().eq('title', 'a1').select()).data, [])
    assert.deepEqual(await titles(alice), ['a1', 'a2'])
  })
  test('nobody can write in the name of another', async () => {
    const error = refused(await bob.from('todos').insert({ title: 'forged', owner: users.alice.id }), '42501', 403)
    assert.equal(error.message, 'new row violates row-level security policy for table "todos"')
  })
  test('nobody can give a row away', async () => {
    refused(await bob.from('todos').update({ owner: users.alice.id }).eq('title', 'b1'), '42501', 403)
  })
  test('anon can not write', async () => {
    refused(await anon.from('todos').insert({ title: 'anonymous', owner: users.alice.id }), '42501', 401)
    refused(await anon.from('countries').insert({ id: 80, name: 'New', population: 1 }), '42501', 401)
    assert.deepEqual(ok(await anon.from('countries').delete().eq('id', 1).select()).data, [])
  })
  test('a table without policies is empty to all but service_role', async () => {
    for (const client of [anon, alice]) {
      assert.deepEqual(ok(await client.from('secrets').select()).data, [])
    }
    assert.deepEqual(ok(await service.from('secrets').select()).data, [{ id: 1, value: 'hidden' }])
  })
})

describe('tokens', () => {
  const part = (v) => Buffer.from(JSON.stringify(v)).toString('base64url')
  const [head, claims, signature] = users.alice.token.split('.')
  const bad = {
    'signed by somebody else': `${head}.${claims}.${'A'.repeat(signature.length)}`,
    'with changed claims': `${head}.${part({ role: 'service_role', sub: users.bob.id, exp: 9999999999 })}.${signature}`,
    'with alg none': `${part({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    'with alg none and the signature': `${part({ alg: 'none', typ: 'JWT' })}.${claims}.${signature}`,
    'cut short': `${head}.${claims}`,
  }
  for (const [name, token] of Object.entries(bad)) {
    test(name, async () => {
      const answer = await withToken(token).from('todos').select()
      assert.equal(answer.status, 401, JSON.stringify(answer))
      assert.equal(answer.data, null)
    })
  }
  test('expired', async () => {
    refused(await withToken(users.alice.expired).from('todos').select(), 'PGRST303', 401)
  })
  test('of a user, as a plain header', async () => {
    assert.deepEqual(await titles(withToken(users.bob.token)), ['b1'])
  })
})
