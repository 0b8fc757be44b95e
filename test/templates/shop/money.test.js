// What carts cost, against an independent computation: exact fractions, written from the
// page of the shop alone.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { address, cart, checkout, guest, home, ok, service } from './shop.js'

const seed = Number(process.env.GALLEY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`# money: GALLEY_TEST_SEED=${seed}`)
let state = seed
const random = n => { // Park and Miller
  state = Number(BigInt(state || 1) * 48271n % 2147483647n)
  return state % n
}

/** n/d to the nearest whole number, half up. */
const half = (n, d) => { const q = n / d, rest = n % d; return rest * 2n >= d ? q + 1n : q }

function expected(items, coupon, country, rates) {
  const nets = items.map(i => BigInt(i.each) * BigInt(i.quantity))
  const subtotal = nets.reduce((a, b) => a + b, 0n)
  let discount = 0n
  if (coupon && subtotal >= BigInt(coupon.minimum)) discount = coupon.kind === 'percent' ? half(subtotal * BigInt(coupon.value), 10000n) : subtotal < BigInt(coupon.value) ? subtotal : BigInt(coupon.value)
  const upTo = i => subtotal === 0n ? 0n : discount * nets.slice(0, i + 1).reduce((a, b) => a + b, 0n) / subtotal
  const parts = nets.map((_, i) => upTo(i) - (i === 0 ? 0n : upTo(i - 1)))
  const taxes = nets.map((net, i) => half((net - parts[i]) * BigInt(rates[items[i].tax_class] ?? 0), 10000n))
  const shipping = country.free_from !== null && subtotal - discount >= BigInt(country.free_from) ? 0n : BigInt(country.shipping)
  const tax = taxes.reduce((a, b) => a + b, half(shipping * BigInt(rates.standard ?? 0), 10000n))
  return { parts: parts.map(Number), taxes: taxes.map(Number), subtotal: Number(subtotal), discount: Number(discount), shipping: Number(shipping), tax: Number(tax), total: Number(subtotal - discount + shipping + tax) }
}

test('random carts cost what they have to', async () => {
  const tag = randomUUID().slice(0, 8)
  const products = await ok(service.from('products').insert(Array.from({ length: 24 }, (_, i) => ({ slug: `m${i}-${tag}`, name: `M ${i}`, tax_class: ['standard', 'reduced', 'none'][i % 3] }))).select())
  const variants = await ok(service.from('variants').insert(products.map((p, i) => ({ product_id: p.id, sku: `M${i}-${tag}`, stock: 1_000_000,
    price: [0, 1, 3, 99, 1995, 3333, 99_999_999][i % 7] + (i % 7 === 6 ? 0 : random(500)) }))).select())
  const tiers = variants.filter((_, i) => i % 2).flatMap(v => [2, 5, 50].map((n, i) => ({ variant_id: v.id, from_quantity: n, price: Math.floor(v.price * (9 - i) / 10) })))
  await ok(service.from('price_tiers').insert(tiers))
  const coupons = await ok(service.from('coupons').insert([['percent', 1], ['percent', 1234], ['percent', 3333], ['percent', 10000], ['amount', 1], ['amount', 777], ['amount', 10_000_000_000]]
    .map(([kind, value], i) => ({ code: `M${i}-${tag}`.toUpperCase(), kind, value, minimum: i % 2 ? 0 : 500 }))).select())
  const countries = await ok(service.from('countries').select())
  const rates = await ok(service.from('tax_rates').select())
  const client = guest()
  for (let n = 0; n < 40; n++) {
    const lines = [...new Set(Array.from({ length: 1 + random(8) }, () => random(variants.length)))].sort((a, b) => variants[a].id - variants[b].id)
      .map(i => ({ v: variants[i], quantity: [1, 2, 4, 5, 49, 50, 99][random(7)], tax_class: products[i].tax_class }))
    for (const line of lines) line.each = tiers.filter(t => t.variant_id === line.v.id && t.from_quantity <= line.quantity).at(-1)?.price ?? line.v.price
    const coupon = random(3) ? coupons[random(coupons.length)] : null, country = countries[random(countries.length)]
    const { token } = await ok(client.rpc('cart_put', { variant: lines[0].v.id, quantity: lines[0].quantity }))
    const [{ id }] = await ok(service.from('carts').select('id').order('updated_at', { ascending: false }).limit(1))
    if (lines.length > 1) await ok(service.from('cart_items').insert(lines.slice(1).map(l => ({ cart_id: id, variant_id: l.v.id, quantity: l.quantity }))))
    await ok(service.from('carts').update({ coupon: coupon?.code ?? null }).eq('id', id))
    const want = expected(lines, coupon, country, Object.fromEntries(rates.filter(r => r.country === country.code).map(r => [r.class, r.rate])))
    const got = await ok(client.rpc('cart_show', { token, country: country.code }))
    const { parts, taxes, ...totals } = want
    const what = `cart ${n}: ${JSON.stringify({ lines: lines.map(l => [l.each, l.quantity, l.tax_class]), coupon, country })}`
    assert.deepEqual(got.items.map(i => [i.unit_price, i.discount, i.tax]), lines.map((l, i) => [l.each, parts[i], taxes[i]]), what)
    for (const [name, value] of Object.entries(totals)) assert.equal(got[name], value, `${what}: ${name}`)
    if (n % 4) continue
    const { data, error } = await checkout({ client, token }, { address: home({ country: country.code }), email: address('money') })
    if (want.subtotal + want.shipping + want.tax > 99_999_999 && !(coupon && want.subtotal < coupon.minimum)) { assert.equal(error?.code, 'BAD_INPUT', what); continue }
    if (coupon && want.subtotal < coupon.minimum) { assert.equal(error.code, 'COUPON'); continue }
    assert.equal(data?.total, want.total, `${what}: ${JSON.stringify(error)}`)
    const [order] = await ok(service.from('orders').select('*, order_lines(line, discount, tax)').eq('id', data.order))
    assert.deepEqual(order.order_lines.sort((a, b) => a.line - b.line).map(l => [l.discount, l.tax]), parts.map((p, i) => [p, taxes[i]]))
    assert.deepEqual([order.subtotal, order.discount, order.shipping, order.tax], [want.subtotal, want.discount, want.shipping, want.tax])
  }
})

test('an order that costs nothing is paid at once', async () => {
  const { product, reaches } = await import('./shop.js')
  const variant = await product(5, 100_000), code = `FREE${randomUUID().slice(0, 6).toUpperCase()}`
  await ok(service.from('coupons').insert({ code, kind: 'percent', value: 10000 }))
  await ok(service.from('countries').upsert({ code: 'LU', name: 'Luxembourg', shipping: 0 }))
  const full = await cart({ [variant]: 1 }, { coupon: code })
  const placed = { client: full.client, ...await ok(checkout(full, { address: home({ country: 'LU' }), total: 0 })) }
  assert.deepEqual([placed.url, placed.total], [null, 0])
  await reaches(placed, 'shipped')
})
