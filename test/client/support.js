// What the tests share: clients of each role, and rows to read.
// The environment comes from client_test.go.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'

const { GALLEY_URL: url, GALLEY_ANON: anonKey, GALLEY_SERVICE_ROLE: serviceKey } = process.env

/** Two signed-in users: their ids and tokens, signed with the project's secret. */
export const users = JSON.parse(process.env.GALLEY_USERS)

const options = { auth: { persistSession: false, autoRefreshToken: false } }

export const anon = createClient(url, anonKey, options)
export const service = createClient(url, serviceKey, options)

/** A client of a signed-in user, as an app with its own sign-in makes it. */
export const as = (user) => createClient(url, anonKey, { ...options, accessToken: async () => user.token })

/** A client with any token. */
export const withToken = (token) =>
  createClient(url, anonKey, { ...options, global: { headers: { Authorization: `Bearer ${token}` } } })

/** Fails with the server's own words unless the answer is a success. */
export function ok(answer) {
  assert.equal(answer.error, null, JSON.stringify(answer.error))
  return answer
}

/** Fails unless the answer is an error of this code and status. */
export function refused(answer, code, status) {
  assert.notEqual(answer.error, null, `expected ${code}, got ${JSON.stringify(answer.data)}`)
  assert.deepEqual([answer.error.code, answer.status], [code, status], JSON.stringify(answer.error))
  return answer.error
}

export const countries = [
  { id: 1, name: 'Austria', capital: 'Vienna', population: 9100000, euro: true, facts: { alps: true, states: ['Tyrol', 'Styria'] } },
  { id: 2, name: 'Belgium', capital: 'Brussels', population: 11700000, euro: true, facts: null },
  { id: 3, name: 'Chad', capital: "N'Djamena", population: 17700000, euro: false, facts: { lake: 'Chad' } },
  { id: 4, name: 'Denmark', capital: 'Copenhagen', population: 5900000, euro: false, facts: [] },
  { id: 5, name: 'Nowhere, "the" (odd) land', capital: null, population: 0, euro: false, facts: { 'a b': 1.5 } },
  { id: 6, name: 'Österreich-Süd', capital: 'Graz', population: 8300000, euro: true, facts: {} },
]

/** Empties the tables of countries and fills them again. */
export async function seed() {
  ok(await service.from('cities').delete().not('id', 'is', null))
  ok(await service.from('countries').delete().gte('id', 0))
  const answer = ok(await service.from('countries').insert(countries))
  assert.equal(answer.status, 201)
}

export const ids = (answer) => ok(answer).data.map((row) => row.id)
