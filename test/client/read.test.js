import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { anon, countries, ids, ok, refused, seed, service } from './support.js'

before(seed)

const table = () => anon.from('countries').select('id').order('id')

describe('select', () => {
  test('all columns', async () => {
    const { data, status } = ok(await anon.from('countries').select().order('id'))
    assert.equal(status, 200)
    assert.deepEqual(data, countries)
  })
  test('some columns, in their order', async () => {
    const { data } = ok(await anon.from('countries').select('name,id').eq('id', 1))
    assert.equal(JSON.stringify(data), '[{"name":"Austria","id":1}]')
  })
  test('renamed and cast columns', async () => {
    const { data } = ok(await anon.from('countries').select('land:name,id::text').eq('id', 1))
    assert.deepEqual(data, [{ land: 'Austria', id: '1' }])
  })
  test('no rows', async () => {
    assert.deepEqual(ok(await anon.from('countries').select().eq('id', 99)).data, [])
  })
})

describe('filters', () => {
  const cases = {
    eq: [(q) => q.eq('name', 'Chad'), [3]],
    'eq with quotes, commas and brackets': [(q) => q.eq('name', 'Nowhere, "the" (odd) land'), [5]],
    'eq with letters outside ASCII': [(q) => q.eq('name', 'Österreich-Süd'), [6]],
    'eq of a boolean': [(q) => q.eq('euro', true), [1, 2, 6]],
    neq: [(q) => q.neq('id', 3), [1, 2, 4, 5, 6]],
    gt: [(q) => q.gt('population', 9100000), [2, 3]],
    gte: [(q) => q.gte('population', 9100000), [1, 2, 3]],
    lt: [(q) => q.lt('name', 'Chad'), [1, 2]],
    lte: [(q) => q.lte('name', 'Chad'), [1, 2, 3]],
    'two on one column': [(q) => q.gt('id', 1).lt('id', 4), [2, 3]],
    like: [(q) => q.like('name', '%a%'), [1, 3, 4, 5]],
    ilike: [(q) => q.ilike('name', '%A%'), [1, 3, 4, 5]],
    'like of a whole word': [(q) => q.like('capital', 'Br_ssels'), [2]],
    in: [(q) => q.in('name', ['Chad', 'Denmark', 'None, at all (none)']), [3, 4]],
    'in nothing': [(q) => q.in('id', []), []],
    'is null': [(q) => q.is('capital', null), [5]],
    'is true': [(q) => q.is('euro', true), [1, 2, 6]],
    'not is null': [(q) => q.not('capital', 'is', null), [1, 2, 3, 4, 6]],
    'not in': [(q) => q.not('id', 'in', '(1,2,3)'), [4, 5, 6]],
    'not eq leaves nulls out': [(q) => q.not('capital', 'eq', 'Graz'), [1, 2, 3, 4]],
    or: [(q) => q.or('id.eq.1,name.eq.Chad'), [1, 3]],
    'or with and': [(q) => q.or('id.eq.5,and(euro.is.true,population.lt.9000000)'), [5, 6]],
    'or beside a filter': [(q) => q.eq('euro', true).or('id.eq.1,id.eq.3'), [1]],
    match: [(q) => q.match({ euro: false, capital: 'Copenhagen' }), [4]],
    filter: [(q) => q.filter('id', 'gte', 5), [5, 6]],
  }
  for (const [name, [narrow, want]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(ids(await narrow(table())), want))
  }
})

describe('order and pages', () => {
  const all = () => anon.from('countries').select('id')
  const cases = {
    ascending: [(q) => q.order('population'), [5, 4, 6, 1, 2, 3]],
    descending: [(q) => q.order('name', { ascending: false }), [6, 5, 4, 3, 2, 1]],
    'nulls last': [(q) => q.order('capital').limit(6), [2, 4, 6, 3, 1, 5]],
    'nulls first': [(q) => q.order('capital', { nullsFirst: true }), [5, 2, 4, 6, 3, 1]],
    'two columns': [(q) => q.order('euro').order('id', { ascending: false }), [5, 4, 3, 6, 2, 1]],
    limit: [(q) => q.order('id').limit(2), [1, 2]],
    range: [(q) => q.order('id').range(2, 3), [3, 4]],
    'range beyond the end': [(q) => q.order('id').range(4, 9), [5, 6]],
  }
  for (const [name, [arrange, want]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(ids(await arrange(all())), want))
  }
})

describe('count', () => {
  test('with rows', async () => {
    const answer = ok(await anon.from('countries').select('id', { count: 'exact' }).order('id').limit(2))
    assert.deepEqual([answer.count, answer.data.length, answer.status], [6, 2, 206])
  })
  test('head only', async () => {
    const answer = ok(await anon.from('countries').select('*', { count: 'exact', head: true }).eq('euro', true))
    assert.deepEqual([answer.count, answer.data], [3, null])
  })
  test('a range that starts beyond the end', async () => {
    refused(await anon.from('countries').select('id', { count: 'exact' }).range(100, 109), 'PGRST103', 416)
  })
})

describe('one row', () => {
  test('single', async () => {
    assert.deepEqual(ok(await anon.from('countries').select('name').eq('id', 2).single()).data, { name: 'Belgium' })
  })
  test('single of none', async () => {
    refused(await anon.from('countries').select().eq('id', 99).single(), 'PGRST116', 406)
  })
  test('single of many', async () => {
    refused(await anon.from('countries').select().single(), 'PGRST116', 406)
  })
  test('maybeSingle', async () => {
    assert.deepEqual(ok(await anon.from('countries').select('id').eq('id', 2).maybeSingle()).data, { id: 2 })
    assert.equal(ok(await anon.from('countries').select('id').eq('id', 99).maybeSingle()).data, null)
  })
  test('maybeSingle of many', async () => {
    assert.equal((await anon.from('countries').select().maybeSingle()).error?.code, 'PGRST116')
  })
})

describe('csv', () => {
  test('quotes what must be quoted', async () => {
    const { data } = ok(await anon.from('countries').select('id,name,capital').in('id', [1, 5]).order('id').csv())
    assert.equal(data.trimEnd(), 'id,name,capital\n1,Austria,Vienna\n5,"Nowhere, ""the"" (odd) land",')
  })
})

describe('values', () => {
  test('integers beyond what a double holds keep their digits', async () => {
    ok(await service.from('countries').insert({ id: 50, name: 'Big', population: '9007199254740993' }))
    const { data } = ok(await service.from('countries').select('population::text').eq('id', 50).single())
    ok(await service.from('countries').delete().eq('id', 50))
    assert.equal(data.population, '9007199254740993')
  })
  test('a request that is aborted', async () => {
    const controller = new AbortController()
    controller.abort()
    const { error, data } = await anon.from('countries').select().abortSignal(controller.signal)
    assert.equal(data, null)
    assert.match(error.message, /abort/i)
  })
  test('a request with a signal that stays silent', async () => {
    assert.deepEqual(ids(await table().eq('id', 1).abortSignal(AbortSignal.timeout(30_000))), [1])
  })
})
