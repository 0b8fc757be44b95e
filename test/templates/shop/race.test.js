// Many at once: the last item, coupons, the webhook and the browser, repeated, forged and
// late events. On PostgreSQL the requests go to two nodes in turns.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { address, back, cart, checkout, code, event, expire, hook, nodes, ok, patient, pay, place, product, reaches, run, sandbox, service, show, stockOf, told, until, url } from './shop.js'

const many = (n, make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)))

/** How often each answer came: { '': 1, OUT_OF_STOCK: 99 }; who found no free instance asks again. */
async function answers(list, ask) {
  const counts = {}
  await Promise.all(list.map(async one => {
    const answer = await patient(() => ask(one))
    counts[code(answer)] = (counts[code(answer)] ?? 0) + 1
  }))
  return counts
}

test('one is left and a hundred check out: one order', async () => {
  const variant = await product(1), other = await product(1000)
  const carts = await many(100, i => cart(i % 2 ? { [variant]: 1 } : { [other]: 1, [variant]: 1 }))
  assert.deepEqual(await answers(carts, full => checkout(full)), { '': 1, OUT_OF_STOCK: 99 })
  assert.equal(await stockOf(variant), 0)
  const lines = await ok(service.from('order_lines').select('order_id').eq('variant_id', variant))
  assert.equal(lines.length, 1)
  const others = await ok(service.from('order_lines').select('quantity').eq('variant_id', other))
  assert.equal(await stockOf(other), 1000 - others.length) // who got none set nothing aside
})

test('two things in opposite orders: nobody waits for ever, nothing is oversold', async () => {
  const a = await product(10), b = await product(10)
  const carts = await many(30, i => cart(i % 2 ? { [a]: 1, [b]: 1 } : { [b]: 1, [a]: 1 }))
  assert.deepEqual(await answers(carts, full => checkout(full)), { '': 10, OUT_OF_STOCK: 20 })
  assert.deepEqual([await stockOf(a), await stockOf(b)], [0, 0])
})

test('a coupon is used as often as it says: in all, by one customer, and again when an order came to nothing', async () => {
  const variant = await product(500), code1 = `ALL${randomUUID().slice(0, 6).toUpperCase()}`, code2 = `EACH${randomUUID().slice(0, 6).toUpperCase()}`
  await ok(service.from('coupons').insert([{ code: code1, kind: 'percent', value: 1000, max_uses: 3 }, { code: code2, kind: 'amount', value: 100, max_per_customer: 1 }]))
  const uses = async code => (await ok(service.from('coupons').select('uses').eq('code', code)))[0].uses
  const all = await many(12, () => cart({ [variant]: 1 }, { coupon: code1 }))
  assert.deepEqual(await answers(all, full => checkout(full)), { '': 3, COUPON: 9 })
  const email = address('again')
  const each = await many(10, () => cart({ [variant]: 1 }, { coupon: code2 }))
  assert.deepEqual(await answers(each, full => checkout(full, { email: Math.random() < 0.5 ? email : email.toUpperCase() })), { '': 1, COUPON: 9 })
  assert.deepEqual([await uses(code1), await uses(code2)], [3, 1])
  assert.equal(await stockOf(variant), 496)
  const [{ id }] = await ok(service.from('orders').select('id').eq('coupon', code2))
  const { token } = { token: (await ok(service.from('order_secrets').select('token').eq('order_id', id)))[0].token }
  await expire({ client: service, order: id, token })
  assert.deepEqual([await uses(code2), await stockOf(variant)], [0, 497])
  assert.equal(code(await checkout(await cart({ [variant]: 1 }, { coupon: code2 }), { email })), '')
  assert.equal(await uses(code2), 1)
})

test('the webhook and the browser, five times each, make one paid order', async () => {
  const variant = await product(3), placed = await place({ [variant]: 1 })
  const { session } = await pay(placed)
  const paid = event('checkout.session.completed', { id: session.id, object: 'checkout.session' })
  await many(10, i => i % 2 ? back(placed).then(a => assert.equal(a.error, null)) : hook(i < 5 ? paid : { ...paid, id: `${paid.id}${i}` }, { to: nodes[i % nodes.length] }))
  const order = await reaches(placed, 'shipped')
  assert.deepEqual(order.history.map(h => h.state), ['pending', 'paid', 'shipped'])
  const { events } = await sandbox()
  for (const e of events.filter(e => e.type.startsWith('checkout.') && JSON.stringify(e).includes(session.id)).slice(0, 2)) {
    await fetch(`${url}/dev/stripe/events/${e.id}/resend`, { method: 'POST', headers: { apikey: process.env.GALLEY_SERVICE_ROLE, Authorization: `Bearer ${process.env.GALLEY_SERVICE_ROLE}` } })
  }
  await until('both mails', async () => (await told(placed, 'Your order')).length >= 2)
  assert.equal((await hook(paid)).outcome, 'known')
  assert.equal((await told(placed, 'Your order')).length, 2)
  assert.equal(await stockOf(variant), 2)
  assert.equal((await show(placed)).history.length, 3)
})

test('forged, stale, mangled and untrue events change nothing', async () => {
  const variant = await product(3), placed = await place({ [variant]: 1 })
  const id = placed.url.split('/').at(-1)
  const said = () => event('checkout.session.completed', { id, object: 'checkout.session', payment_status: 'paid', status: 'complete', client_reference_id: String(placed.order), amount_total: placed.total, currency: 'eur' })
  const now = Math.floor(Date.now() / 1000), e = said()
  assert.equal((await hook(e, { key: 'whsec_another' })).status, 400)
  assert.equal((await hook(e, { at: now - 3600 })).status, 400)
  assert.equal((await hook(e, { sent: JSON.stringify({ ...e, id: 'evt_2' }) })).status, 400)
  assert.equal((await hook(e, { sent: `${JSON.stringify(e)} ` })).status, 400)
  assert.equal((await fetch(`${url}/functions/v1/stripe-webhook`, { method: 'POST', body: JSON.stringify(e) })).status, 400)
  assert.equal((await fetch(`${url}/functions/v1/stripe-webhook`)).status, 405)
  const events = async id => (await ok(service.from('payment_events').select('id').eq('id', id))).length
  assert.equal(await events(e.id), 0)
  // a right signature, but the payment service knows nothing of a payment
  assert.deepEqual(await hook(e), { status: 200, received: true, outcome: 'pending' })
  assert.deepEqual(await hook(e), { status: 200, received: true, outcome: 'known' })
  assert.equal(await events(e.id), 1)
  assert.equal((await ok(back(placed))).state, 'pending')
  const order = await show(placed)
  assert.deepEqual(order.history.map(h => h.state), ['pending'])
  assert.equal((await told(placed, 'Your order')).length, 0)
})

test('events in the wrong order: money that went back before it was known to have come', async () => {
  const variant = await product(3), placed = await place({ [variant]: 1 })
  await pay(placed)
  const order = await reaches(placed, 'shipped')
  const [payment] = await ok(service.from('payments').select().eq('order_id', placed.order))
  const refunded = n => event('charge.refunded', { id: 'ch_1', object: 'charge', payment_intent: payment.intent, amount_refunded: n, metadata: { order_id: String(placed.order) } })
  const late = { ...refunded(0) }
  await many(4, () => hook(refunded(300)))
  await hook(late)
  await hook(event('checkout.session.expired', { id: payment.session, object: 'checkout.session', status: 'expired' })) // untrue by now
  await hook(event('charge.refunded', { id: 'ch_2', object: 'charge', payment_intent: 'pi_nobody', amount_refunded: 5, metadata: {} }))
  let now = await show(placed)
  assert.deepEqual([now.state, now.refunded, now.refunds.length], ['shipped', 300, 1])
  await hook(refunded(placed.total))
  await hook(refunded(300))
  now = await show(placed)
  assert.deepEqual([now.state, now.refunded, now.refunds.reduce((s, r) => s + r.amount, 0)], ['refunded', placed.total, placed.total])
  assert.equal(order.total, placed.total)
})

test('a payment that comes after the reservation ran out is fulfilled if the goods are there', async () => {
  const variant = await product(1), placed = await place({ [variant]: 1 })
  assert.equal(await stockOf(variant), 0)
  await expire(placed)
  await run('release')
  assert.equal(await stockOf(variant), 1)
  await pay(placed)
  const order = await reaches(placed, 'shipped')
  assert.deepEqual(order.history.map(h => h.state), ['pending', 'expired', 'paid', 'shipped'])
  assert.equal(await stockOf(variant), 0)
})

test('… and the money goes back if somebody else has them', async () => {
  const variant = await product(1), coupon = `LATE${randomUUID().slice(0, 6).toUpperCase()}`
  await ok(service.from('coupons').insert({ code: coupon, kind: 'amount', value: 100, max_uses: 5 }))
  const late = await place({ [variant]: 1 }, { coupon })
  await expire(late)
  const other = await place({ [variant]: 1 })
  await Promise.all([pay(late), pay(other)])
  const order = await reaches(late, 'refunded')
  await reaches(other, 'shipped')
  assert.deepEqual(order.history.map(h => h.state), ['pending', 'expired', 'refunding', 'refunded'])
  assert.deepEqual([order.refunded, order.refunds.length], [late.total, 1])
  assert.equal(await stockOf(variant), 0)
  assert.equal((await ok(service.from('coupons').select('uses').eq('code', coupon)))[0].uses, 0)
  await until('the mail', async () => (await told(late, 'Money back for order')).length === 1)
  const { refunds } = await sandbox()
  const [{ intent }] = await ok(service.from('payments').select('intent').eq('order_id', late.order))
  assert.deepEqual(refunds.filter(r => r.paymentIntent === intent).map(r => r.amount), [late.total])
})

test('payments and the release race: each order ends paid with its goods, or refunded', async () => {
  const variant = await product(6)
  const list = []
  for (let i = 0; i < 6; i++) list.push(await place({ [variant]: 1 }))
  await ok(service.from('orders').update({ reserved_until: '2020-01-01' }).in('id', list.map(p => p.order)))
  await Promise.all([run('release'), run('release'), ...list.slice(0, 4).map(p => pay(p)), many(2, () => place({ [variant]: 1 }).catch(() => null))])
  for (const placed of list.slice(0, 4)) await reaches(placed, 'shipped', 'refunded')
  for (const placed of list.slice(4)) await reaches(placed, 'expired')
  const orders = await ok(service.from('orders').select('id, state, order_lines!inner(quantity)').eq('order_lines.variant_id', variant))
  const held = orders.filter(o => ['pending', 'paid', 'shipped', 'review'].includes(o.state)).length
  assert.equal(await stockOf(variant), 6 - held)
})
