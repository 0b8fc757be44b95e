import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { isolation } from '../isolation.js'
import { ok, person, service } from '../support.js'

let alice, bob
let count = 0

before(async () => {
  bob = await person('bob')
})

/** A new Alice with a row in a table, and its marker. */
async function note(table) {
  alice = await person('alice')
  const marker = `alices-secret-${++count}-4711`
  const [row] = await ok(alice.from(table).insert({ body: marker }).select())
  return { row, marker }
}

/** The check finds what a table lets happen. */
const finds = (table, pattern, more = {}) => test(`it finds ${table}`, async () => {
  const { marker } = await note(table)
  await assert.rejects(isolation({ alice, bob, markers: [marker], tables: { [table]: 'owner' }, ...more }), pattern)
})

test('rows that are their owner\'s pass, with those that belong to them', async () => {
  const { row, marker } = await note('notes')
  await ok(alice.from('lines').insert({ note_id: row.id, text: `${marker}-line` }))
  await ok(bob.from('notes').insert({ body: 'of Bob' }))
  const { requests, done } = await isolation({ alice, bob, markers: [marker, `${marker}-line`],
    tables: { notes: 'owner', lines: `note_id=eq.${row.id}` }, never: ['parts', 'parents', 'rpc/drop_part'] })
  assert.ok(requests >= 60 && done > requests / 5, `${done} of ${requests} requests were answered`)
})

finds('open_to_all', /alices-secret-\d+-4711 is in the answer 200|rows of Alice's are found/)
finds('read_by_guests', /is in the answer 200 [^]*guest: GET/)
finds('forged', /of Alice's rows, forged changed[^]*bob: POST/)
finds('given_away', /of Alice's rows, given_away changed/, { requests: 2000, seconds: 60 })
finds('told', /is in the answer 200 [^]*rpc\/tell/, { requests: 2000, seconds: 60 })

test('it finds a function that changes what nobody may see', async () => {
  const { row, marker } = await note('parents')
  const [part] = await ok(service.from('parts').insert({ parent_id: row.id, text: 'a part' }).select())
  await assert.rejects(isolation({ alice, bob, markers: [marker], tables: { parents: 'owner', parts: `id=eq.${part.id}` }, requests: 2000, seconds: 60 }),
    /of Alice's rows, parts changed[^]*rpc\/drop_part/)
})

test('it does not pass where there is nothing to be found', async () => {
  const { marker } = await note('notes')
  await assert.rejects(isolation({ alice, bob, tables: { notes: 'owner', told: 'owner' } }), /Alice has no row in told/)
  await assert.rejects(isolation({ alice, bob, markers: ['not-there-at-all'], tables: { notes: 'owner' } }), /stands in no row/)
  await assert.rejects(isolation({ alice, bob, markers: ['a "marker"'], tables: { notes: 'owner' } }), /may look different/)
  assert.ok(marker)
})

test('a seed is repeated', async () => {
  const { row, marker } = await note('notes')
  process.env.GALLEY_TEST_SEED = '42'
  const { seed } = await isolation({ alice, bob, markers: [marker], tables: { notes: `id=eq.${row.id}` }, requests: 70 })
  delete process.env.GALLEY_TEST_SEED
  assert.equal(seed, 42)
})
