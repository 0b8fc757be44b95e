// Cards of one country that are used more often than usual. By itself, as it changes a setting
// that all orders of the shop are judged by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomUUID } from 'node:crypto'
import { anyNode, cart, checkout, code, home, ok, pay, person, place, product, reaches, service, stockOf } from './shop.js'

test('many cards of one country are held', async () => {
  await ok(service.from('countries').upsert({ code: 'IS', name: 'Iceland', shipping: 100 }))
  await ok(service.from('review_rules').update({ country_orders: 2 }).eq('id', 1))
  const variant = await product(10), states = []
  for (let i = 0; i < 3; i++) {
    const placed = await place({ [variant]: 1 }, { address: home({ country: 'IS' }) })
    await pay(placed, { country: 'IS' })
    states.push((await reaches(placed, 'shipped', 'review')).state)
  }
  assert.deepEqual(states, ['shipped', 'shipped', 'review'])
})

/** As many of n calls at once as an address may, whichever node they go to; the others are told why. */
async function bounded(n, most, call) {
  const answers = await Promise.all(Array.from({ length: n }, call))
  const refused = answers.filter(a => code(a) === 'TOO_OFTEN')
  assert.equal(answers.length - refused.length, most, JSON.stringify(answers.map(code)))
  for (const { status, error } of refused) {
    assert.equal(status, 429)
    assert.match(error.message, /^That was too often. Please try again in (a minute|\d+ minutes)\.$/)
  }
}

test('an address guesses so many coupons an hour', async () => {
  const { token } = await cart({ [await product(1)]: 1 })
  await ok(service.from('settings').update({ coupon_tries: 3 }).eq('id', 1))
  await bounded(8, 3, () => anyNode().rpc('cart_coupon', { code: `GUESS-${randomUUID().slice(0, 8)}`, token }))
  assert.equal(code(await anyNode().rpc('cart_coupon', { code: 'WELCOME10', token })), 'TOO_OFTEN', 'a right code is told no more')
  await ok(anyNode().rpc('cart_coupon', { code: null, token }))
  await ok(service.from('settings').update({ coupon_tries: 4 }).eq('id', 1))
  assert.equal(code(await anyNode().rpc('cart_coupon', { code: 'WELCOME10', token })), '')
})

test('guests of an address set aside so much an hour', async () => {
  const variant = await product(10)
  const carts = await Promise.all(Array.from({ length: 6 }, () => cart({ [variant]: 1 })))
  await ok(service.from('settings').update({ guest_checkouts: 2 }).eq('id', 1))
  let n = 0
  const key = randomUUID()
  await bounded(6, 2, () => checkout(carts[n++]))
  assert.equal(await stockOf(variant), 8)
  const client = await person('buyer')
  await ok(checkout(await cart({ [variant]: 1 }, { client }), { key }))
  await ok(checkout({ client }, { key }))
  await ok(service.from('settings').update({ guest_checkouts: 100_000 }).eq('id', 1))
})
