// A second user and a guest see and change nothing of the first: random requests to
// everything that a project offers, and what they may not bring about.
//
//   const alice = await person('alice'), bob = await person('bob')
//   await ok(alice.from('notes').insert({ body: 'alices-secret-4711' }))
//   await isolation({ alice, bob, markers: ['alices-secret-4711'], tables: { notes: 'owner' } })
//
// tables: what is Alice's alone, by the column that has her id, or by a filter
//         (`user_id=eq.${alice.id}&status=eq.draft`). Each has to have rows.
// markers: texts of at least 8 letters, digits and @.+_- that stand in these rows and
//         in no answer to others. Alice's address is one without being named.
// paths:  functions and routes to be called, too: '/functions/v1/cart', '/s/:id'.
// never:  what is not to be called, since it ends Bob as it may: 'rpc/delete_me'.
// columns: of a table, those that others may change: { posts: ['likes'] }.
// requests: how many at most (500), and for how many seconds (6).
//
// What is reported is repeated by GALLEY_TEST_SEED.
import assert from 'node:assert/strict'
import { hidden, known, Requests } from './requests.js'
import { anonKey, ok, serviceRole, url } from './support.js'

const enough = 60 // requests, however slow the machine is
const refused = /"code":"[0-9P]/ // a 500 with an SQLSTATE that is none of an internal error
const between = 50 // requests between two looks at the rows

/** Tries it, and returns { seed, requests, done } or throws an AssertionError that says what went wrong. */
export async function isolation({ alice, bob, markers = [], tables, paths = [], never = [], columns = {}, requests = 500, seconds = 6 }) {
  const seed = Number(process.env.GALLEY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`# isolation: GALLEY_TEST_SEED=${seed}`)
  const it = new Attempt({ alice, markers: [...markers, alice.email], tables: filters(tables, alice), columns, seed })
  const actors = { bob: await token(bob), guest: anonKey }
  const offered = await known(call)
  await it.look()
  it.copies = copies(it.rows, offered.tables, it.markers, alice.id, bob.id)
  for (const [name, key] of Object.entries(actors)) await it.plain(name, key)
  await it.unchanged()

  const source = new Requests(offered, { seed, never, paths, rows: it.rows, texts: it.markers, ids: [alice.id, bob.id] })
  const end = Date.now() + seconds * 1000
  for (let i = 0; i < requests && (i < enough || Date.now() < end); i++) {
    const name = source.one(Object.keys(actors))
    it.judge(name, source.request(), await it.send(name, actors[name], source.last))
    if (i % between === between - 1) await it.unchanged()
  }
  await it.unchanged()
  await ok(alice.auth.getUser()) // her session is hers still
  assert.ok(it.done > 0, `nothing that Bob asked was answered, so that nothing was tried (seed ${seed})`)
  return { seed, requests: it.sent, done: it.done }
}

const filters = (tables, alice) => Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.includes('=') ? rows : `${rows}=eq.${alice.id}`]))

const token = async person => (await person.auth.getSession()).data.session.access_token

async function call({ method = 'GET', path, headers = {}, body }, key = serviceRole) {
  const answer = await fetch(url + path, { method, redirect: 'manual', signal: AbortSignal.timeout(60_000), body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    headers: { apikey: key === serviceRole ? key : anonKey, Authorization: `Bearer ${key}`, ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers } })
  return { status: answer.status, head: [...answer.headers].join('\n'), range: answer.headers.get('Content-Range'), text: await answer.text() }
}

/** Her first row of each table as Bob would forge another one, with its own key and texts; and one of his own, which he then gives her. */
const copies = (rows, tables, markers, hers, his) => Object.fromEntries(Object.entries(rows).map(([name, [row]]) => {
  const kinds = Object.fromEntries(tables.find(t => t.name === name)?.columns.map(c => [c.name, c]) ?? [])
  const without = Object.fromEntries(Object.entries(hidden(row, markers)).filter(([name, value]) => !kinds[name]?.key || value === hers))
  const other = Object.fromEntries(Object.entries(without).map(([name, value]) => [name, kinds[name]?.type === 'text' ? `${value}-2` : value]))
  const owners = Object.keys(row).filter(name => row[name] === hers)
  const own = row => ({ ...row, ...Object.fromEntries(owners.map(name => [name, his])) })
  const given = Object.fromEntries(owners.map(name => [name, hers]))
  return [name, [['POST', without], ['POST', other], ['POST', own(without)], ['POST', own(other)], ...(owners.length > 0 ? [['PATCH', given]] : [])]]
}))

class Attempt {
  sent = 0
  done = 0
  recent = []

  constructor(has) {
    Object.assign(this, has)
    for (const marker of this.markers) assert.match(marker, /^[\w@.+-]{8,}$/, `the marker ${marker} may look different in an answer`)
  }

  /** Keeps Alice's rows; they have to be there, with the markers in them. */
  async look() {
    this.before = await this.snapshot()
    this.rows = Object.fromEntries(Object.keys(this.tables).map(table => [table, JSON.parse(this.before[table])]))
    for (const [table, rows] of Object.entries(this.rows)) assert.ok(rows.length > 0, `Alice has no row in ${table}: ${this.tables[table]}`)
    const all = Object.values(this.before).join('\n')
    for (const marker of this.markers) assert.ok(all.includes(marker), `the marker ${marker} stands in no row of Alice's`)
  }

  /** What the service role reads of Alice's rows and of her account, as text. */
  async snapshot() {
    const out = {}
    for (const [table, rows] of Object.entries(this.tables)) {
      const { status, text } = await call({ path: `/rest/v1/${table}?${rows}&limit=1000` })
      assert.equal(status, 200, `${table}: ${text}`)
      const sorted = JSON.parse(text).map(row => JSON.stringify(row, (name, value) => this.columns[table]?.includes(name) ? undefined : value)).sort()
      out[table] = `[${sorted}]`
    }
    const { text } = await call({ path: `/auth/v1/admin/users/${this.alice.id}` })
    return { ...out, 'her account': text }
  }

  async unchanged() {
    const now = await this.snapshot()
    for (const [what, text] of Object.entries(now)) {
      if (text !== this.before[what]) this.fail(`of Alice's rows, ${what} changed, from\n${this.before[what]}\nto\n${text}\nafter one of`, this.recent)
    }
    this.recent = []
  }

  async send(name, key, request) {
    this.sent++
    if (!['GET', 'HEAD'].includes(request.method) || request.path.includes('/rpc/')) this.recent.push([name, request])
    return call(request, key)
  }

  judge(name, request, answer) {
    if (answer.status < 400) this.done++
    for (const marker of this.markers) {
      if (`${answer.head}\n${answer.text}`.includes(marker)) this.fail(`${marker} is in the answer ${answer.status} ${answer.text.slice(0, 2000)} to`, [[name, request]])
    }
    if (answer.status === 500 && !refused.test(answer.text)) this.fail(`the server failed with ${answer.text}, asked for`, [[name, request]])
  }

  /** What is tried first is tried always: her very rows, by their filter, and her account. */
  async plain(name, key) {
    for (const [table, rows] of Object.entries(this.tables)) {
      const path = `/rest/v1/${table}?${rows}`
      for (const request of [
        { method: 'GET', path }, { method: 'HEAD', path, headers: { Prefer: 'count=exact' } },
        { method: 'PATCH', path, body: this.rows[table][0], headers: { Prefer: 'count=exact' } },
        { method: 'DELETE', path, headers: { Prefer: 'count=exact' } },
        { method: 'POST', path: `/rest/v1/${table}`, body: this.rows[table][0], headers: { Prefer: 'resolution=merge-duplicates' } },
        ...this.copies[table].map(([method, body]) => ({ method, path: `/rest/v1/${table}`, body })),
      ]) {
        const answer = await this.send(name, key, request)
        if (!request.body || answer.status < 300) this.judge(name, request, answer) // a refusal may repeat the row
        const found = request.path === path && answer.status < 300 && (answer.range ? !answer.range.startsWith('*/') || request.headers && answer.range !== '*/0' : answer.text !== '[]')
        if (found) this.fail(`rows of Alice's are found (${answer.range}) by`, [[name, request]])
      }
    }
    for (const request of accountRequests(this.alice)) {
      const answer = await this.send(name, key, request)
      this.judge(name, request, answer)
      if (answer.status < 400) this.fail(`${answer.status} ${answer.text} is the answer to`, [[name, request]])
    }
  }

  fail(what, requests) {
    const lines = requests.map(([name, { method, path, headers = {}, body }]) => `  ${name}: ${method} ${path} ${JSON.stringify(headers)} ${body === undefined ? '' : JSON.stringify(body)}`)
    assert.fail(`${what}\n${lines.join('\n')}\n(repeat with GALLEY_TEST_SEED=${this.seed})`)
  }
}

const accountRequests = ({ id, email }) => [
  ...['GET', 'PUT', 'DELETE'].map(method => ({ method, path: `/auth/v1/admin/users/${id}`, body: method === 'PUT' ? { email_confirm: true } : undefined })),
  { method: 'GET', path: '/auth/v1/admin/users' },
  { method: 'GET', path: '/auth/v1/admin/audit' },
  { method: 'GET', path: `/dev/inbox.json?to=${encodeURIComponent(email)}` },
  { method: 'GET', path: `/admin/v1/mail/messages?to=${encodeURIComponent(email)}` },
  { method: 'GET', path: '/admin/v1/jobs' },
]

