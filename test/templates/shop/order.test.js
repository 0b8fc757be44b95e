// One order from the search to the parcel, by a guest and by an account.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { address, anyNode, back, cart, checkout, code, guest, home, ok, pay, person, place, product, reaches, sandbox, service, show, stockOf, told, until, worker } from './shop.js'

const names = async (client, args) => (await ok(client.rpc('search_products', args))).map(p => p.slug)

test('search finds by the beginnings of words, in categories, sorted and in pages', async () => {
  const client = guest()
  assert.deepEqual(await names(client, { words: 'MUG' }), ['stoneware-mug'])
  assert.deepEqual(await names(client, { words: 'ston whi' }), ['stoneware-mug'])
  assert.deepEqual(await names(client, { words: 'mug jumper' }), [])
  assert.deepEqual(await names(client, { words: 'tea', category: 'books' }), [])
  assert.equal((await names(client, { category: 'home', per_page: 100 })).length, 12)
  assert.deepEqual(await names(client, { category: 'clothing', sort: 'price_desc', per_page: 2 }), ['leather-satchel', 'rain-jacket'])
  const pages = [...await names(client, { sort: 'name', per_page: 10, page: 1, category: 'home' }), ...await names(client, { sort: 'name', per_page: 10, page: 2, category: 'home' })]
  assert.deepEqual(pages, pages.toSorted())
  assert.equal(new Set(pages).size, 12)
  assert.equal((await ok(client.rpc('search_products', { category: 'home', per_page: 5, page: 3 })))[0].total, 12)
  for (const words of ['%', '_', "'; drop table products; --", '~', '~~~', '\\', ' ', 'ÄÖÜ ß', 'a'.repeat(5000), '💡']) await ok(client.rpc('search_products', { words }))
  assert.deepEqual(await names(client, { category: 'nowhere' }), [])
})

test('search knows letters beyond ASCII', async () => {
  const tag = randomUUID().slice(0, 8)
  const [p] = await ok(service.from('products').insert({ slug: `kaese-${tag}`, name: `Käsebrett ${tag}`, description: '„groß“ und schön…' }).select())
  await ok(service.from('variants').insert({ product_id: p.id, sku: `K-${tag}`, price: 1, stock: 0 }))
  for (const words of ['käse', 'kä', 'käseb', 'groß', 'schön', `k-${tag}`]) assert.deepEqual(await names(guest(), { words: `${words} ${tag}` }), [p.slug], words)
  for (const words of ['ase', 'kase', 'brett', 'schöner']) assert.deepEqual(await names(guest(), { words: `${words} ${tag}` }), [], words)
})

test('a product that staff change is found by its new words at once', async () => {
  const staff = await worker('staff')
  const tag = randomUUID().slice(0, 8)
  const [p] = await ok(staff.from('products').insert({ slug: `lantern-${tag}`, name: `Lantern Q${tag}` }).select())
  const [v] = await ok(staff.from('variants').insert({ product_id: p.id, sku: `L-${tag}`, price: 700, name: 'Copper' }).select())
  assert.deepEqual(await names(guest(), { words: `q${tag} cop` }), [p.slug])
  await ok(staff.from('products').update({ name: `Lamp R${tag}` }).eq('id', p.id))
  assert.deepEqual(await names(guest(), { words: `q${tag}` }), [])
  assert.equal(await ok(staff.rpc('adjust_stock', { variant: v.id, change: 5, reason: 'delivery' })), 5)
  assert.equal(code(await staff.rpc('adjust_stock', { variant: v.id, change: -6, reason: 'theft' })), '23514')
  assert.equal(await stockOf(v.id), 5)
  await ok(staff.from('products').update({ active: false }).eq('id', p.id))
  assert.deepEqual(await names(guest(), { words: `r${tag}` }), [])
  assert.deepEqual(await ok(guest().from('variants').select().eq('id', v.id)), [])
})

test('a cart is its guest\'s, and goes into that of the account once', async () => {
  const client = guest(), variant = await product(100, 250)
  const { token } = await ok(client.rpc('cart_put', { variant, quantity: 60 }))
  assert.match(token, /^[0-9a-f]{48}$/)
  assert.equal((await ok(client.rpc('cart_show', { token }))).items[0].quantity, 60)
  for (const other of [{}, { token: 'x' }, { token: token.slice(1) }, { token: `${token} ` }, { token: '%' }]) {
    assert.deepEqual((await ok(client.rpc('cart_show', other))).items, [])
  }
  for (const quantity of [-1, 100]) assert.equal(code(await client.rpc('cart_put', { variant, quantity, token })), 'BAD_INPUT')
  assert.equal(code(await client.rpc('cart_put', { variant: 987654, quantity: 1, token })), 'NOT_FOUND')
  const ada = await person('ada')
  await ok(ada.rpc('cart_put', { variant, quantity: 50 }))
  const merged = await ok(ada.rpc('cart_merge', { token }))
  assert.deepEqual(merged.items.map(i => i.quantity), [99])
  assert.equal(merged.token, null)
  assert.deepEqual((await ok(ada.rpc('cart_merge', { token }))).items.map(i => i.quantity), [99])
  assert.deepEqual((await ok(client.rpc('cart_show', { token }))).items, [])
  assert.deepEqual((await ok(ada.rpc('cart_put', { variant, quantity: 0 }))).items, [])
})

test('a coupon that is not valid is not put in, one with a minimum waits for it', async () => {
  const client = guest(), variant = await product(100, 1000), tag = randomUUID().slice(0, 8).toUpperCase()
  const { token } = await ok(client.rpc('cart_put', { variant, quantity: 2 }))
  await ok(service.from('coupons').insert([{ code: `OLD${tag}`, kind: 'percent', value: 1000, valid_from: null, valid_until: '2020-01-01' },
    { code: `SOON${tag}`, kind: 'percent', value: 1000, valid_from: '2999-01-01', valid_until: null }, { code: `MIN${tag}`, kind: 'percent', value: 1000, valid_from: null, valid_until: null }]))
  await ok(service.from('coupons').update({ minimum: 3000 }).eq('code', `MIN${tag}`))
  for (const wrong of [`OLD${tag}`, `SOON${tag}`, 'NONE', '%', "x'--"]) assert.equal(code(await client.rpc('cart_coupon', { token, code: wrong })), 'COUPON', wrong)
  const waiting = await ok(client.rpc('cart_coupon', { token, code: ` min${tag.toLowerCase()} ` }))
  assert.deepEqual([waiting.coupon.code, waiting.discount], [`MIN${tag}`, 0])
  assert.match(waiting.coupon.problem, /30\.00/)
  assert.equal(code(await checkout({ client, token })), 'COUPON')
  const enough = await ok(client.rpc('cart_put', { token, variant, quantity: 3 }))
  assert.deepEqual([enough.coupon.problem, enough.discount], [null, 300])
  assert.deepEqual((await ok(client.rpc('cart_coupon', { token, code: null }))).discount, 0)
})

test('a guest orders, pays, and gets the invoice and the parcel', async () => {
  const variant = await product(5, 1000)
  const placed = await place({ [variant]: 2 }, { address: home({ country: 'AT', postcode: '1010', city: 'Wien' }) })
  assert.equal(placed.total, 2000 + 790 + 400 + 158)
  assert.equal(await stockOf(variant), 3)
  let order = await show(placed)
  assert.equal(order.state, 'pending')
  const { next } = await pay(placed, { country: 'AT' })
  assert.match(next, new RegExp(`/order.html#order=${placed.order}&token=${placed.token}`))
  assert.ok(['paid', 'shipped'].includes((await ok(back(placed))).state))
  order = await reaches(placed, 'shipped')
  assert.deepEqual(order.history.map(h => h.state), ['pending', 'paid', 'shipped'])
  assert.match(order.shipment.tracking, /^GX/)
  assert.deepEqual(order.lines.map(l => [l.quantity, l.unit_price, l.net, l.tax]), [[2, 1000, 2000, 400]])
  assert.equal(await stockOf(variant), 3)
  const [invoice] = await until('the invoice', async () => { const list = await told(placed, 'Your order'); return list.length === 2 && list.filter(m => !m.subject.includes('way')) })
  assert.deepEqual(invoice.attachments.map(a => [a.name, a.type]), [[`invoice-${placed.order}.pdf`, 'application/pdf']])
  assert.ok(invoice.attachments[0].size > 1000)
  // nobody sees it without the token
  for (const token of [null, '', 'x', placed.token.slice(1), '%']) {
    assert.equal(await ok(guest().rpc('order_show', { order: placed.order, token })), null)
    assert.equal(code(await guest().rpc('order_return', { order: placed.order, token })), 'NOT_FOUND')
    assert.equal(code(await guest().rpc('order_cancel', { order: placed.order, token })), 'NOT_FOUND')
  }
  assert.equal(code(await placed.client.rpc('order_cancel', { order: placed.order, token: placed.token })), 'STATE')
})

test('an account orders: its own rows, an empty cart after it, the same order for the same key', async () => {
  const ada = await person('ada'), bob = await person('bob'), variant = await product(5)
  await ok(ada.rpc('cart_put', { variant, quantity: 1 }))
  const key = randomUUID(), args = { key, address: home(), email: 'someone@else.example' }
  const answers = await Promise.all(Array.from({ length: 5 }, () => ada.rpc('checkout', args)))
  const [first, ...others] = answers.map(a => { assert.equal(a.error, null, JSON.stringify(a.error)); return a.data })
  for (const other of others) assert.deepEqual(other, first)
  assert.equal(await stockOf(variant), 4)
  assert.equal(code(await bob.rpc('checkout', { ...args })), 'EMPTY_CART')
  await ok(bob.rpc('cart_put', { variant, quantity: 1 }))
  assert.equal(code(await bob.rpc('checkout', args)), 'BAD_INPUT') // Ada's key
  assert.deepEqual((await ok(ada.from('orders').select('id, email, state'))), [{ id: first.order, email: ada.email, state: 'pending' }])
  assert.deepEqual(await ok(bob.from('orders').select()), [])
  assert.equal(await ok(bob.rpc('order_show', { order: first.order })), null)
  const placed = { client: ada, order: first.order, url: first.url }
  await pay(placed)
  await ok(back(placed))
  await reaches(placed, 'shipped')
  assert.deepEqual((await ok(ada.rpc('cart_show', {}))).items, [])
  assert.deepEqual((await ok(ada.from('order_lines').select('variant_id').eq('order_id', first.order))), [{ variant_id: variant }])
  for (const table of ['order_lines', 'order_history', 'shipments', 'refunds', 'payments', 'order_flags']) assert.deepEqual(await ok(bob.from(table).select()), [])
})

test('what a page sends wrong is told by its name', async () => {
  const variant = await product(3), full = await cart({ [variant]: 1 })
  const tries = [
    [{ key: 'x' }, 'BAD_INPUT'], [{ email: 'nobody' }, 'BAD_INPUT'], [{ email: 'a@b.c\r\nBcc: d@e.f' }, 'BAD_INPUT'], [{ address: {} }, 'BAD_INPUT'],
    [{ address: home({ country: 'XX' }) }, 'BAD_INPUT'], [{ address: home({ line1: 'x'.repeat(101) }) }, 'BAD_INPUT'], [{ address: [] }, 'BAD_INPUT'],
    [{ total: 1 }, 'PRICE_CHANGED'], [{ total: -1 }, 'PRICE_CHANGED'], [{ token: 'another' }, 'EMPTY_CART'],
  ]
  for (const [more, want] of tries) assert.equal(code(await checkout(full, more)), want, JSON.stringify(more))
  assert.equal(await stockOf(variant), 3)
  await ok(service.from('variants').update({ stock: 0 }).eq('id', variant))
  const none = await checkout(full)
  assert.equal(none.error.code, 'OUT_OF_STOCK')
  assert.deepEqual(JSON.parse(none.error.details), [{ variant, problem: 'stock', stock: 0 }])
})

test('a new checkout of the same cart lets go of what the one before had set aside', async () => {
  const variant = await product(1), full = await cart({ [variant]: 1 })
  const first = await ok(checkout(full)), second = await ok(checkout(full))
  assert.notEqual(first.order, second.order)
  assert.equal((await show({ client: full.client, ...first })).state, 'cancelled')
  assert.equal(await stockOf(variant), 0)
  assert.equal((await sandbox()).sessions.find(s => first.url.endsWith(s.id)).status, 'expired')
  assert.deepEqual(await ok(full.client.rpc('order_cancel', { order: second.order, token: second.token })), { state: 'cancelled' })
  assert.equal(await stockOf(variant), 1)
})

test('prices, stock, states and histories are nobody\'s to write', async () => {
  const variant = await product(9, 4000), ada = await person('ada'), staff = await worker('staff')
  await ok(ada.rpc('cart_put', { variant, quantity: 1 }))
  const { order } = await ok(ada.rpc('checkout', { key: randomUUID(), address: home() }))
  for (const client of [guest(), ada, staff]) {
    for (const [table, change] of [['orders', { state: 'paid' }], ['orders', { total: 0 }], ['order_lines', { unit_price: 1 }], ['payments', { paid_at: '2026-01-01' }], ['refunds', { state: 'done' }]]) {
      const { error, data } = await client.from(table).update(change).eq(table === 'orders' ? 'id' : 'order_id', order).select()
      assert.ok(error || data.length === 0, `${table} ${JSON.stringify(change)}`)
    }
    for (const [table, row] of [['order_history', { order_id: order, step: 2, from_state: 'pending', state: 'paid', actor: 'me' }], ['coupon_uses', { code: 'SAVE5', customer: 'x', uses: 0 }],
      ['payments', { order_id: order }], ['carts', { secret: 'x' }], ['cart_items', { variant_id: variant, quantity: 1 }]]) {
      assert.equal(code(await client.from(table).insert(row)), '42501', table)
    }
    assert.equal(code(await client.from('variants').update({ stock: 1000 }).eq('id', variant)), '42501')
    assert.equal(code(await client.from('coupons').update({ uses: 0 }).eq('code', 'SAVE5')), '42501')
    assert.equal(code(await client.rpc('order_move', { order_id: order, from_state: 'pending', state: 'paid', actor: 'me' })), '42501')
    for (const table of ['order_secrets', 'payment_events', 'carts', 'cart_items', 'coupon_uses']) assert.equal(code(await client.from(table).select()), '42501', table)
  }
  for (const client of [guest(), ada]) {
    assert.equal((await client.from('variants').update({ price: 1 }).eq('id', variant).select()).data?.length ?? 0, 0)
    assert.deepEqual((await client.from('coupons').select()).data ?? [], [])
    for (const [name, args] of [['adjust_stock', { variant, change: 1, reason: 'x' }]]) {
      const answer = await client.rpc(name, args)
      assert.ok(answer.error || answer.data === null)
    }
  }
  assert.equal(await stockOf(variant), 8)
  // not even the service role, but by the steps that are allowed
  assert.equal(code(await service.from('orders').update({ state: 'paid' }).eq('id', order)), '42501')
  assert.equal(code(await service.from('order_history').insert({ order_id: order, step: 2, from_state: 'pending', state: 'shipped', actor: 'me' })), '42501')
  assert.equal(code(await service.rpc('order_move', { order_id: order, from_state: 'pending', state: 'shipped', actor: 'me' })), '23503')
  assert.equal(await ok(service.rpc('order_move', { order_id: order, from_state: 'paid', state: 'shipped', actor: 'me' })), null)
  assert.deepEqual(await ok(service.from('orders').select('state, step').eq('id', order)), [{ state: 'pending', step: 1 }])
})

test('what was bought together is suggested after the night', async () => {
  const a = await product(9), b = await product(9), placed = await place({ [a]: 1, [b]: 1 })
  await pay(placed)
  await reaches(placed, 'shipped')
  const { run } = await import('./shop.js')
  await run('nightly')
  const [first, second] = (await show(placed)).lines.map(l => l.product_id)
  assert.deepEqual(await ok(guest().from('bought_together').select('other_id, times').eq('product_id', first)), [{ other_id: second, times: 1 }])
})
