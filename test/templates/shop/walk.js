// The shop as a person uses it: from the search to the parcel, and the staff beside it.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { address, axe, launch, mail, ok, open, password, person, picture, service, step as test, url } from '../support.js'

let browser
before(async () => { browser = await launch() })
after(() => browser?.close())

/** The page is as it should be for all, and looked at where pictures are kept. */
async function looks(page, name) {
  await picture(page, `shop-${name}`)
  assert.equal(await axe(page), '', name)
  assert.deepEqual(page.problems, [], name)
}

async function signIn(page, email) {
  await page.goto('/')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('link', { name: 'Your orders' }).waitFor()
}

async function admin() {
  const client = await person('boss')
  await ok(service.from('user_roles').insert({ user_id: client.id, role: 'admin' }))
  const page = await open(browser)
  await signIn(page, client.email)
  return Object.assign(page, { email: client.email })
}

async function deliver(page, email, to = {}) {
  if (email) await page.getByLabel('E-mail').fill(email)
  const fields = { Name: 'Grace Hopper', 'Street and number': `Harbour Road ${Math.random().toString(36).slice(2, 8)}`, Postcode: '10115', City: 'Berlin', ...to }
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}

const word = (page, text) => page.getByText(text, { exact: true }).first().waitFor()

/** Buys a thing as a guest; the page is that of the order then. */
async function buys(page, slug, email, pay = {}) {
  await page.goto(`/product.html?of=${slug}`)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByText('is in your cart').waitFor()
  await page.goto('/checkout.html')
  await deliver(page, email)
  await page.getByRole('button', { name: 'Pay', exact: true }).click()
  await page.getByRole('heading', { name: 'Pay by card' }).waitFor()
  for (const [label, value] of Object.entries(pay)) await page.getByLabel(label).fill(value)
  await page.getByRole('button', { name: 'Pay', exact: true }).click()
  await page.getByRole('heading', { name: /^Order \d+$/ }).waitFor()
  return (await page.getByRole('heading', { name: /^Order \d+$/ }).textContent()).split(' ')[1]
}

test('a guest finds, pays and gets the tracking number; the admin gives the money back', async () => {
  const page = await open(browser)
  const email = address('grace')
  await page.goto('/')
  await page.getByRole('heading', { name: 'Leather satchel' }).waitFor()
  await looks(page, 'list')
  await page.getByRole('searchbox').fill('stone mug')
  await page.getByRole('searchbox').press('Enter')
  await page.getByRole('heading', { name: '“stone mug”' }).waitFor()
  assert.equal(await page.locator('.products li').count(), 1)
  await page.getByRole('link', { name: 'Stoneware mug' }).click()
  await page.getByText('Blue', { exact: true }).click()
  await page.getByLabel('Quantity').fill('4')
  await looks(page, 'product')
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByText('Stoneware mug is in your cart').waitFor()
  await page.getByRole('link', { name: 'Cart 4' }).click()
  await page.getByText('€12.90').first().waitFor() // the price from four on
  await page.getByLabel('Coupon').fill('nonsense')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('This coupon is not valid.').waitFor()
  await page.getByLabel('Coupon').fill('welcome10')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('−€5.16').waitFor()
  await looks(page, 'cart')
  await page.getByRole('link', { name: 'Go to checkout' }).click()
  await deliver(page, email)
  await looks(page, 'checkout')
  await page.getByRole('button', { name: 'Pay', exact: true }).click()

  await page.getByText('61.09 EUR').first().waitFor() // (51.60 - 5.16 + 4.90) and 19 %
  await page.getByRole('button', { name: 'Decline' }).click()
  await page.getByText('Your card was declined.').waitFor()
  await looks(page, 'pay')
  await page.getByRole('button', { name: 'Pay', exact: true }).click()
  await word(page, 'On its way') // paid, a label made by a job, sent
  const way = page.getByRole('link', { name: /^GX\d{9}ZZ$/ })
  const tracking = await way.textContent()
  assert.match(await (await fetch(await way.getAttribute('href'))).text(), /The label was made/)
  await looks(page, 'order')
  assert.equal(new URL(page.url()).pathname, '/order.html')
  const order = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('order')

  const confirmed = await mail(email, `Your order ${order}`)
  const sent = await mail(email, `Your order ${order} is on its way`)
  assert.ok(sent.html.includes(tracking), 'the mail lacks the tracking number')
  assert.ok(confirmed.html.includes(`order=${order}`), 'the mail lacks the way to the order')

  const boss = await admin()
  await boss.getByRole('link', { name: 'Admin' }).click()
  await boss.getByRole('link', { name: order, exact: true }).waitFor()
  await looks(boss, 'admin-orders')
  await boss.getByRole('link', { name: order, exact: true }).click()
  const label = await boss.getByRole('link', { name: 'Label (PDF)' }).getAttribute('href')
  assert.equal((await fetch(label)).headers.get('content-type'), 'application/pdf')
  await boss.getByLabel('Reason').fill('It came broken.')
  await looks(boss, 'admin-order')
  await boss.getByRole('button', { name: 'Refund' }).click()
  await boss.getByText('The refund is on its way.').waitFor()
  await page.reload()
  await word(page, 'Refunded')
  await mail(email, `Money back for order ${order}`)
})

test('a suspicious order waits for the staff, who release one and refuse another', async () => {
  const [one, two] = [await open(browser), await open(browser)]
  const emails = [address('mallory'), address('trudy')]
  const first = await buys(one, 'bread-at-home', emails[0], { 'Billing country': 'US' })
  await word(one, 'Paid, being checked')
  await looks(one, 'held')
  const second = await buys(two, 'a-short-walk', emails[1], { 'Card issued in': 'NG' })
  await word(two, 'Paid, being checked')
  const boss = await admin()
  await boss.goto('/admin.html#orders/review')
  await boss.getByRole('link', { name: first, exact: true }).click()
  await boss.getByText('Held for a look').waitFor()
  await looks(boss, 'review')
  await boss.getByRole('button', { name: 'Release it' }).click()
  await boss.getByRole('button', { name: 'Release it' }).waitFor({ state: 'detached' })
  await one.reload()
  await word(one, 'On its way')
  await boss.goto(`/admin.html#order/${second}`)
  await boss.getByRole('button', { name: /Refuse it/ }).click()
  await boss.getByRole('button', { name: /Refuse it/ }).waitFor({ state: 'detached' })
  await two.reload()
  await word(two, 'Refunded')
})

test('an account keeps its cart, and sees its orders', async () => {
  const customer = await person('ada')
  const page = await open(browser, { width: 390, height: 844 })
  await page.goto('/product.html?of=wool-socks')
  await page.getByText('40-43').click()
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await page.getByText('is in your cart').waitFor()
  await signIn(page, customer.email) // the guest's cart becomes the account's
  await page.getByRole('link', { name: 'Cart 1' }).click()
  await page.getByRole('link', { name: 'Go to checkout' }).click()
  await deliver(page)
  await page.getByRole('button', { name: 'Pay', exact: true }).click()
  await page.getByRole('button', { name: 'Let it expire' }).click()
  await page.getByRole('heading', { name: 'This session has expired' }).waitFor()
  await looks(page, 'expired')
  await page.goto('/account.html')
  await page.getByText('Not paid in time').waitFor()
  await looks(page, 'account')
})

test('staff sell a new product, and nobody else comes in', async () => {
  const boss = await admin()
  await boss.goto('/admin.html#products')
  await boss.getByText('New product').click()
  await boss.getByLabel('Name').fill('Kettle <b>')
  await boss.getByLabel('Description').fill('Whistles in C.')
  await boss.getByLabel('Price without tax').fill('24.50')
  await boss.getByLabel('Stock', { exact: true }).fill('3')
  await boss.getByRole('button', { name: 'Add it' }).click()
  await boss.getByText('is sold now').waitFor()
  await boss.getByLabel('Change of the stock of Kettle').fill('-1')
  await boss.getByRole('row', { name: /Kettle/ }).getByRole('button', { name: 'Save' }).click()
  await boss.getByText('Saved.').waitFor()
  await looks(boss, 'admin-products')
  const page = await open(browser)
  await page.goto('/product.html?of=kettle-b')
  await page.getByText('Only 2 left').waitFor()
  await looks(page, 'new-product')

  const other = await open(browser)
  await signIn(other, (await person('eve')).email)
  assert.equal(await other.getByRole('link', { name: 'Admin' }).count(), 0)
  await other.goto('/admin.html')
  await other.getByText('This is for the staff').waitFor()
})

test('a coupon is made, used and switched off; the report comes by mail', async () => {
  const boss = await admin()
  await boss.goto('/admin.html#coupons')
  await boss.getByLabel('Code', { exact: true }).fill('half')
  await boss.getByLabel('Worth').fill('50')
  await boss.getByRole('button', { name: 'Add it' }).click()
  await boss.getByText('HALF', { exact: true }).waitFor()
  await looks(boss, 'admin-coupons')
  await boss.getByLabel('HALF is active').uncheck()
  await boss.getByRole('link', { name: 'Report' }).click()
  await boss.getByRole('button', { name: 'Send it' }).click()
  await boss.getByText('It is on its way to you.').waitFor()
  const report = await mail(boss.email, 'Sales from')
  assert.equal(report.attachments[0].type, 'application/pdf')
})

test('what is not there, and what went wrong, is told', async () => {
  const page = await open(browser)
  await page.goto('/?q=zzzz')
  await page.getByText('Nothing found').waitFor()
  await page.goto('/product.html?of=none')
  await page.getByText('We do not have this').waitFor()
  await page.goto('/cart.html')
  await page.getByText('Your cart is empty').waitFor()
  await looks(page, 'empty')
  await page.goto('/order.html#order=1001&token=wrong')
  await page.getByText('There is no such order here').waitFor()
  await page.route('**/rpc/search_products', route => route.abort())
  await page.goto('/')
  await page.getByText('This did not work').waitFor()
  assert.equal(new URL(page.url()).origin, url)
})
