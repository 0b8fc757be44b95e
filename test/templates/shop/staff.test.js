// What staff and admins do: orders that are held, refunds, labels, reports, roles.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import { isolation } from '../isolation.js'
import { address, code, event, guest, home, hook, mail, ok, pay, person, place, product, reaches, sandbox, service, show, stockOf, told, until, worker } from './shop.js'

let staff, admin
before(async () => { [staff, admin] = [await worker('staff'), await worker('admin')] })

test('roles: a row gives them, a customer cannot', async () => {
  const eve = await person('eve')
  const can = async (client, permission) => ok(client.rpc('may', { permission }))
  assert.deepEqual([await can(eve, 'orders.read'), await can(staff, 'orders.read'), await can(staff, 'orders.refund'), await can(admin, 'orders.refund'), await can(guest(), 'orders.read')], [false, true, false, true, false])
  assert.equal(code(await eve.from('user_roles').insert({ user_id: eve.id, role: 'admin' })), '42501')
  assert.equal(code(await staff.from('user_roles').insert({ user_id: eve.id, role: 'staff' })), '42501')
  await eve.auth.updateUser({ data: { roles: ['admin'], user_roles: ['admin'] } })
  await eve.auth.refreshSession()
  assert.equal(await can(eve, 'orders.read'), false)
  await ok(admin.from('user_roles').insert({ user_id: eve.id, role: 'staff' }))
  await eve.auth.refreshSession()
  assert.equal(await can(eve, 'orders.read'), true)
  for (const [client, name, args] of [[staff, 'order_refund', { order: 1001, reason: 'x' }], [staff, 'sales_report', { from: '2026-01-01', to: '2026-01-02' }],
    [await person('mallory'), 'order_release', { order: 1001 }], [guest(), 'order_refuse', { order: 1001, reason: 'x' }], [guest(), 'order_ship', { order: 1001 }]]) {
    assert.equal(code(await client.rpc(name, args)), '42501', name)
  }
})

test('an order of high value, and one that is billed elsewhere, are held until staff say', async () => {
  const variant = await product(10, 100_000), cheap = await product(10)
  const high = await place({ [variant]: 1 }), odd = await place({ [cheap]: 2 }), card = await place({ [cheap]: 1 })
  await Promise.all([pay(high), pay(odd, { country: 'US' }), pay(card, { country: 'DE', cardCountry: 'RU' })])
  for (const placed of [high, odd, card]) await reaches(placed, 'review')
  const flags = await ok(staff.from('order_flags').select('order_id, reason, detail').in('order_id', [high.order, odd.order, card.order]).order('order_id'))
  assert.deepEqual(flags.map(f => [f.order_id, f.reason]), [[high.order, 'high value'], [odd.order, 'countries differ'], [card.order, 'countries differ']])
  assert.deepEqual(await ok(guest().from('order_flags').select()), [])
  const released = await Promise.all(Array.from({ length: 4 }, () => staff.rpc('order_release', { order: high.order })))
  assert.deepEqual(released.map(code).sort(), ['', 'STATE', 'STATE', 'STATE'])
  assert.deepEqual(await ok(staff.rpc('order_refuse', { order: odd.order, reason: 'We could not reach you.' })), { state: 'refunding' })
  await reaches(high, 'shipped')
  const order = await reaches(odd, 'refunded')
  assert.equal(order.refunded, odd.total)
  assert.equal(await stockOf(cheap), 9)
  await until('the mail', async () => (await told(odd, 'Money back for order')).length === 1)
  assert.equal(code(await staff.rpc('order_release', { order: odd.order })), 'STATE')
  assert.equal(code(await staff.rpc('order_release', { order: 999999 })), 'NOT_FOUND')
})

test('many orders of one e-mail address, or to one door, are held', async () => {
  const variant = await product(100), email = address('often'), door = home(), list = []
  for (let i = 0; i < 4; i++) {
    const placed = await place({ [variant]: 1 }, { email })
    await pay(placed)
    list.push((await reaches(placed, 'shipped', 'review')).state)
  }
  assert.deepEqual(list, ['shipped', 'shipped', 'shipped', 'review'])
  list.length = 0
  for (let i = 0; i < 4; i++) {
    const placed = await place({ [variant]: 1 }, { address: { ...door, line1: i % 2 ? door.line1.toUpperCase() : ` ${door.line1}.` } })
    await pay(placed)
    list.push((await reaches(placed, 'shipped', 'review')).state)
  }
  assert.deepEqual(list, ['shipped', 'shipped', 'shipped', 'review'])
})

test('refunds: in parts, never more than was paid, each once', async () => {
  const variant = await product(10), placed = await place({ [variant]: 3 })
  assert.equal(code(await admin.rpc('order_refund', { order: placed.order, reason: 'early' })), 'STATE')
  await pay(placed)
  await reaches(placed, 'shipped')
  const key = randomUUID(), part = { order: placed.order, amount: 1000, reason: 'A scratch', key }
  const twice = await Promise.all([admin.rpc('order_refund', part), admin.rpc('order_refund', part), admin.rpc('order_refund', part)])
  assert.deepEqual(new Set(twice.map(a => a.data?.refund)).size, 1, JSON.stringify(twice))
  for (const amount of [0, -5, placed.total, placed.total - 999]) assert.equal(code(await admin.rpc('order_refund', { order: placed.order, amount, reason: 'x' })), 'BAD_INPUT')
  const order = await until('the part', async () => { const o = await show(placed); return o.refunded === 1000 && o })
  assert.equal(order.state, 'shipped')
  const rest = await Promise.all(Array.from({ length: 6 }, () => admin.rpc('order_refund', { order: placed.order, reason: 'Came back', restock: true })))
  assert.deepEqual(rest.map(code).sort(), ['', 'STATE', 'STATE', 'STATE', 'STATE', 'STATE'])
  const done = await reaches(placed, 'refunded')
  assert.deepEqual([done.refunded, done.refunds.map(r => [r.amount, r.state])], [placed.total, [[1000, 'done'], [placed.total - 1000, 'done']]])
  assert.equal(await stockOf(variant), 10)
  await until('two mails', async () => (await told(placed, 'Money back for order')).length === 2)
  const [{ intent }] = await ok(admin.from('payments').select('intent').eq('order_id', placed.order))
  const sent = (await sandbox()).refunds.filter(r => r.paymentIntent === intent)
  assert.equal(sent.reduce((sum, r) => sum + r.amount, 0), placed.total)
})

test('no label to be had: the money goes back, and the goods to the shelf', async () => {
  const variant = await product(4), placed = await place({ [variant]: 2 }, { address: home({ postcode: '00000' }) })
  await pay(placed)
  const order = await reaches(placed, 'refunded')
  assert.deepEqual(order.history.map(h => h.state), ['pending', 'paid', 'refunding', 'refunded'])
  assert.equal(await stockOf(variant), 4)
  await until('the mail', async () => (await told(placed, 'Money back for order')).length === 1)
})

test('a carrier that does not answer is asked again', async () => {
  const placed = await place({ [await product(4)]: 1 }, { address: home({ postcode: '99998' }) })
  await pay(placed)
  await until('a problem', async () => (await ok(staff.from('shipments').select('problem').eq('order_id', placed.order)))[0]?.problem)
  await until('the label', async () => {
    await staff.rpc('order_ship', { order: placed.order })
    return (await show(placed)).state === 'shipped'
  })
})

test('a full refund before the parcel is on its way stops it', async () => {
  const variant = await product(4), placed = await place({ [variant]: 1 }, { address: home({ postcode: '99999' }) })
  await pay(placed)
  await reaches(placed, 'paid')
  await ok(admin.rpc('order_refund', { order: placed.order, reason: 'Changed their mind' }))
  const order = await reaches(placed, 'refunded')
  assert.equal(order.shipment, null)
  assert.equal(await stockOf(variant), 4)
})

test('a disputed payment stops the parcel', async () => {
  const placed = await place({ [await product(4)]: 1 }, { address: home({ postcode: '99999' }) })
  await pay(placed)
  await reaches(placed, 'paid')
  const [{ intent }] = await ok(admin.from('payments').select('intent').eq('order_id', placed.order))
  const dispute = event('charge.dispute.created', { id: 'dp_1', object: 'dispute', payment_intent: intent, reason: 'fraudulent' })
  await Promise.all([hook(dispute), hook(dispute), hook({ ...dispute, id: `${dispute.id}b` })])
  assert.equal((await show(placed)).state, 'review')
  assert.deepEqual((await ok(staff.from('order_flags').select('reason, detail').eq('order_id', placed.order))), [{ reason: 'disputed', detail: 'fraudulent' }])
  assert.deepEqual(await ok(staff.rpc('order_refuse', { order: placed.order, reason: 'Disputed' })), { state: 'refunding' })
  await reaches(placed, 'refunded')
})

test('a refund that the payment service refuses can be made anew', async () => {
  const placed = await place({ [await product(4)]: 1 })
  await pay(placed)
  await reaches(placed, 'shipped')
  const [{ intent }] = await ok(admin.from('payments').select('intent').eq('order_id', placed.order))
  await ok(service.from('payments').update({ intent: `pi_gone_${placed.order}` }).eq('order_id', placed.order))
  await ok(admin.rpc('order_refund', { order: placed.order, reason: 'Broken' }))
  await until('the refusal', async () => (await show(placed)).refunds[0]?.state === 'failed')
  assert.deepEqual([(await show(placed)).state, (await show(placed)).refunded], ['refunding', 0])
  await ok(service.from('payments').update({ intent }).eq('order_id', placed.order))
  await ok(admin.rpc('order_refund', { order: placed.order, reason: 'Broken' }))
  assert.equal((await reaches(placed, 'refunded')).refunded, placed.total)
})

test('an admin is mailed the sales as a PDF', async () => {
  const today = new Date().toISOString().slice(0, 10)
  await ok(admin.rpc('sales_report', { from: '2026-01-01', to: today }))
  const report = await mail(admin.email, 'Sales from')
  assert.deepEqual(report.attachments.map(a => [a.name, a.type]), [[`sales-2026-01-01-${today}.pdf`, 'application/pdf']])
  assert.equal(code(await admin.rpc('sales_report', { from: '2026-02-01', to: '2026-01-01' })), 'BAD_INPUT')
})

test('nobody sees or changes what is another customer\'s', async () => {
  const alice = await person('alice'), bob = await person('bob'), line1 = `Secret-Lane-${randomUUID().slice(0, 8)}`
  const first = await product(50), second = await product(50)
  await ok(alice.rpc('cart_put', { variant: first, quantity: 2 }))
  const { order, url } = await ok(alice.rpc('checkout', { key: randomUUID(), address: home({ line1 }) }))
  await pay({ url })
  await reaches({ client: alice, order }, 'shipped')
  await ok(alice.rpc('cart_put', { variant: second, quantity: 4 }))
  const [{ id }] = await ok(service.from('carts').select('id').eq('user_id', alice.id))
  await isolation({ alice, bob, markers: [line1],
    tables: { orders: 'user_id', carts: 'user_id', cart_items: `cart_id=eq.${id}`, order_lines: `order_id=eq.${order}`, order_history: `order_id=eq.${order}`,
      order_secrets: `order_id=eq.${order}`, payments: `order_id=eq.${order}`, shipments: `order_id=eq.${order}` },
    paths: ['/functions/v1/stripe-webhook'] })
})
