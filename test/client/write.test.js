import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { as, ids, ok, refused, seed, service, users } from './support.js'

const alice = as(users.alice)

before(async () => {
  await seed()
  ok(await service.from('todos').delete().gte('id', 0))
})

describe('insert', () => {
  test('one row, nothing back', async () => {
    const { data, status } = ok(await alice.from('todos').insert({ title: 'silent' }))
    assert.deepEqual([data, status], [null, 201])
  })
  test('one row, with what the database filled in', async () => {
    const { data } = ok(await alice.from('todos').insert({ title: 'milk' }).select().single())
    assert.equal(data.title, 'milk')
    assert.equal(data.owner, users.alice.id)
    assert.equal(data.done, false)
    assert.ok(Number.isInteger(data.id))
    assert.ok(Math.abs(Date.parse(data.created_at) - Date.now()) < 60_000, data.created_at)
  })
  test('many rows, some columns back', async () => {
    const rows = [{ title: 'one', done: true }, { title: 'two', done: false }]
    const { data } = ok(await alice.from('todos').insert(rows).select('title,done'))
    assert.deepEqual(data, rows)
  })
  test('rows with different columns: what is missing takes its default', async () => {
    const rows = [{ title: 'with', done: true }, { title: 'without' }]
    const { data } = ok(await alice.from('todos').insert(rows, { defaultToNull: false }).select('title,done'))
    assert.deepEqual(data, [{ title: 'with', done: true }, { title: 'without', done: false }])
  })
  test('a uuid made by the database', async () => {
    const { data } = ok(await service.from('cities').insert({ country_id: 1, name: 'Linz', founded: '0799-01-01T00:00:00Z' }).select().single())
    assert.match(data.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(data.founded, '0799-01-01T00:00:00+00:00')
  })
  test('json goes in and comes out', async () => {
    const facts = { text: 'é "quoted" \\ \n', list: [1, 2.5, null, true], nested: { empty: {} } }
    const { data } = ok(await service.from('countries').insert({ id: 60, name: 'Json', population: 1, facts }).select('facts').single())
    ok(await service.from('countries').delete().eq('id', 60))
    assert.deepEqual(data.facts, facts)
  })
})

describe('update', () => {
  test('changes the rows that match', async () => {
    const { data: made } = ok(await alice.from('todos').insert([{ title: 'u1' }, { title: 'u2' }]).select('id'))
    const { data, status } = ok(await alice.from('todos').update({ done: true }).eq('id', made[0].id).select('id,title,done'))
    assert.deepEqual([data, status], [[{ id: made[0].id, title: 'u1', done: true }], 200])
    const { data: other } = ok(await alice.from('todos').select('done').eq('id', made[1].id).single())
    assert.equal(other.done, false)
  })
  test('nothing back', async () => {
    const { data, status } = ok(await alice.from('todos').update({ title: 'silent again' }).eq('title', 'silent'))
    assert.deepEqual([data, status], [null, 204])
  })
  test('a merge patch of a document', async () => {
    const facts = { text: 'a', nested: { keep: 1, drop: 2 } }
    ok(await service.from('countries').insert({ id: 61, name: 'Merged', population: 1, facts }))
    const patch = { facts: { nested: { drop: null, more: [1] }, added: true } }
    const { data } = ok(await service.from('countries').update(patch).eq('id', 61).setHeader('Prefer', 'patch=merge').select('facts').single())
    const { status } = ok(await service.from('countries').update({ facts: { text: null } }).eq('id', 61).setHeader('Prefer', 'patch=merge'))
    const { data: silent } = ok(await service.from('countries').select('facts').eq('id', 61).single())
    const { data: replaced } = ok(await service.from('countries').update({ facts: { b: 1 } }).eq('id', 61).select('facts').single())
    ok(await service.from('countries').delete().eq('id', 61))
    assert.deepEqual(data.facts, { text: 'a', nested: { keep: 1, more: [1] }, added: true })
    assert.deepEqual([silent.facts, status], [{ nested: { keep: 1, more: [1] }, added: true }, 204])
    assert.deepEqual(replaced.facts, { b: 1 })
  })
  test('of no row', async () => {
    assert.deepEqual(ok(await alice.from('todos').update({ done: true }).eq('id', -1).select()).data, [])
  })
  test('count', async () => {
    ok(await alice.from('todos').insert([{ title: 'c' }, { title: 'c' }, { title: 'c' }]))
    const answer = ok(await alice.from('todos').update({ done: true }, { count: 'exact' }).eq('title', 'c'))
    assert.equal(answer.count, 3)
  })
})

describe('delete', () => {
  test('removes the rows that match and shows them', async () => {
    ok(await alice.from('todos').insert([{ title: 'd1' }, { title: 'd2' }]))
    const { data } = ok(await alice.from('todos').delete().eq('title', 'd1').select('title'))
    assert.deepEqual(data, [{ title: 'd1' }])
    assert.deepEqual(ok(await alice.from('todos').select('title').in('title', ['d1', 'd2'])).data, [{ title: 'd2' }])
  })
  test('nothing back', async () => {
    assert.equal(ok(await alice.from('todos').delete().eq('title', 'd2')).status, 204)
  })
})

describe('constraints', () => {
  test('unique', async () => {
    const error = refused(await service.from('countries').insert({ id: 70, name: 'Chad', population: 1 }), '23505', 409)
    assert.equal(error.message, 'duplicate key value violates unique constraint "countries_name_key"')
    assert.equal(error.details, 'Key (name)=(Chad) already exists.')
  })
  test('primary key', async () => {
    const error = refused(await service.from('countries').insert({ id: 1, name: 'Again', population: 1 }), '23505', 409)
    assert.equal(error.message, 'duplicate key value violates unique constraint "countries_pkey"')
  })
  test('foreign key', async () => {
    const error = refused(await service.from('cities').insert({ country_id: 999, name: 'Nowhere' }), '23503', 409)
    assert.match(error.message, /violates foreign key constraint "cities_country_id_fkey"/)
  })
  test('foreign key of a referenced row', async () => {
    ok(await service.from('cities').insert({ country_id: 2, name: 'Ghent' }))
    refused(await service.from('countries').delete().eq('id', 2), '23503', 409)
  })
  test('not null', async () => {
    const error = refused(await service.from('countries').insert({ id: 71, population: 1 }), '23502', 400)
    assert.equal(error.message, 'null value in column "name" of relation "countries" violates not-null constraint')
  })
  test('check', async () => {
    const error = refused(await service.from('countries').insert({ id: 72, name: 'Less', population: -1 }), '23514', 400)
    assert.match(error.message, /violates check constraint "countries_population_check"/)
  })
  test('a failing row takes the others with it', async () => {
    refused(await service.from('countries').insert([{ id: 73, name: 'First', population: 1 }, { id: 74, name: 'Chad', population: 1 }]), '23505', 409)
    assert.deepEqual(ids(await service.from('countries').select('id').gte('id', 70)), [])
  })
})

describe('mistakes', () => {
  test('a table that is not there', async () => {
    refused(await service.from('nowhere').select(), 'PGRST205', 404)
  })
  test('a column that is not there', async () => {
    refused(await service.from('countries').select('nothing'), '42703', 400)
  })
  test('a column that is not there, written', async () => {
    refused(await service.from('countries').insert({ nothing: 1 }), 'PGRST204', 400)
  })
  test('text that is no number', async () => {
    const error = refused(await service.from('countries').select().eq('id', 'one'), '22P02', 400)
    assert.equal(error.message, 'invalid input syntax for type integer: "one"')
  })
  test('a number out of range', async () => {
    refused(await service.from('countries').select().eq('id', 3_000_000_000), '22003', 400)
  })
  test('an operator that is not there', async () => {
    refused(await service.from('countries').select().filter('id', 'nope', 1), 'PGRST100', 400)
  })
})
