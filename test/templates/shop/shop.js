// What the tests of the shop use: customers, payments in the sandbox, signed events.
import { createClient } from '@supabase/supabase-js'
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { address, anonKey, guest, mails, ok, person, service, serviceRole, until, url } from '../support.js'

export * from '../support.js'
export const secret = process.env.GALLEY_STRIPE_WEBHOOK_SECRET
export const nodes = [url, process.env.GALLEY_SECOND].filter(Boolean)

/** A client of the node whose turn it is. */
let turn = 0
export const anyNode = () => createClient(nodes[turn++ % nodes.length], anonKey, { auth: { persistSession: false, autoRefreshToken: false } })

export const home = (more = {}) => ({ name: 'Ada Lovelace', line1: `${randomUUID().slice(0, 8)} Street 1`, postcode: '10115', city: 'Berlin', country: 'DE', ...more })

/** A product of its own for a test, with one variant; gives the variant's id. */
export async function product(stock, price = 1000, more = {}) {
  const tag = randomUUID().slice(0, 8)
  const [p] = await ok(service.from('products').insert({ slug: `thing-${tag}`, name: `Thing ${tag}`, ...more }).select())
  const [v] = await ok(service.from('variants').insert({ product_id: p.id, sku: `T-${tag}`, price, stock }).select())
  return v.id
}

export const stockOf = async variant => (await ok(service.from('variants').select('stock').eq('id', variant)))[0].stock

const busy = ['WORKER_BUSY', 'PAYMENT', 'BUSY']

/** Asks again where so many ask at once that there was no room, as its error says. */
export async function patient(ask) {
  for (const end = Date.now() + 120_000; ;) {
    const answer = await ask()
    if (!busy.includes(code(answer)) || Date.now() > end) return answer
  }
}

/** What an order is called with: a cart filled by a new guest. */
export async function cart(variants, { client = anyNode(), coupon } = {}) {
  let token = null
  for (const [variant, quantity] of Object.entries(variants)) {
    ({ token } = await ok(patient(() => client.rpc('cart_put', { variant: Number(variant), quantity, token }))))
  }
  if (coupon) await ok(patient(() => client.rpc('cart_coupon', { code: coupon, token })))
  return { client, token }
}

/** The answer of a checkout: { data, error }. */
export const checkout = ({ client, token }, more = {}) =>
  client.rpc('checkout', { key: randomUUID(), token, email: address('customer'), address: home(), ...more })

/** An order that waits for its payment: { client, order, token, url, total, email }. */
export async function place(variants, { coupon, client, ...more } = {}) {
  const filled = await cart(variants, { client, coupon })
  const email = more.email ?? address('customer')
  return { client: filled.client, email, ...await ok(checkout(filled, { email, ...more })) }
}

/** Pays on the page of the sandbox, as a browser would. */
export async function pay(placed, form = {}) {
  const answer = await fetch(`${placed.url}/pay`, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ country: 'DE', ...form }) })
  const body = await answer.json()
  assert.equal(answer.status, 200, JSON.stringify(body))
  return body
}

export const show = async ({ client, order, token }) => ok(client.rpc('order_show', { order, token }))
export const back = ({ client, order, token }) => client.rpc('order_return', { order, token })

/** Waits until an order is in one of the states. */
export const reaches = (placed, ...states) => until(`order ${placed.order} in ${states}`, async () => {
  const order = await show(placed)
  return states.includes(order.state) && order
})

/** The mails of an order whose subject begins so. */
export const told = async (placed, subject) => (await mails(placed.email)).filter(m => m.subject.startsWith(`${subject} ${placed.order}`))

/** Calls the webhook with an event of ours; the signature is right unless said otherwise. */
export async function hook(event, { key = secret, at = Math.floor(Date.now() / 1000), to = url, body = JSON.stringify(event), sent = body } = {}) {
  const signature = createHmac('sha256', key).update(`${at}.${body}`).digest('hex')
  const answer = await fetch(`${to}/functions/v1/stripe-webhook`, { method: 'POST', body: sent,
    headers: { 'Content-Type': 'application/json', 'Stripe-Signature': `t=${at},v1=${signature}` } })
  return { status: answer.status, ...await answer.json() }
}

export const event = (type, object, id = `evt_${randomUUID().replaceAll('-', '')}`) =>
  ({ id, object: 'event', type, created: Math.floor(Date.now() / 1000), livemode: false, data: { object } })

/** What the sandbox has: { sessions, refunds, events }. */
export async function sandbox() {
  const answer = await fetch(`${url}/dev/stripe.json?limit=1000`, { headers: { apikey: serviceRole, Authorization: `Bearer ${serviceRole}` } })
  assert.equal(answer.status, 200)
  return answer.json()
}

/** Runs a function that has a schedule, now. */
export async function run(name) {
  const answer = await fetch(`${url}/functions/v1/${name}`, { method: 'POST', headers: { apikey: serviceRole, Authorization: `Bearer ${serviceRole}` } })
  assert.ok(answer.ok, `${name}: ${answer.status} ${await answer.text()}`)
}

/** Lets an order's time run out. */
export async function expire(placed) {
  await ok(service.from('orders').update({ reserved_until: '2020-01-01' }).eq('id', placed.order))
  await run('release')
  await reaches(placed, 'expired')
}

/** Someone of the staff, or an admin, by a row of user_roles. */
export async function worker(role) {
  const client = await person(role)
  await ok(service.from('user_roles').insert({ user_id: client.id, role }))
  await ok(client.auth.refreshSession())
  return client
}

/** All tests come from one address. */
await ok(service.from('settings').update({ coupon_tries: 100_000, guest_checkouts: 100_000 }).eq('id', 1))

/** Cards of one country are not rare here: all tests pay with them. velocity.test.js looks at that. */
if (!process.argv.some(a => a.includes('velocity'))) await ok(service.from('review_rules').update({ country_orders: 100_000 }).eq('id', 1))

/** The code of an answer's error; '' is none. */
export const code = ({ error }) => error?.code ?? ''
