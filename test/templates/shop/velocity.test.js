// Cards of one country that are used more often than usual. By itself, as it changes a setting
// that all orders of the shop are judged by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { home, ok, pay, place, product, reaches, service } from './shop.js'

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
