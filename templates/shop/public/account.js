// The orders of the account.
import { client, data, day, html, me, onClick, page, price, show, signInPage, state } from './shop.js'

page('Your orders', async main => {
  if (!me) return location.replace(signInPage())
  const orders = await data(client.from('orders').select('id, state, total, currency, created_at').eq('user_id', me.id).order('id', { ascending: false }).limit(100))
  show(main, html`<div class="row apart"><h1>Your orders</h1><span>${me.email} <button data-out>Sign out</button></span></div>
    ${orders.length ? html`<div class="card scroll"><table><thead><tr><th scope="col">Order</th><th scope="col">Date</th><th scope="col">State</th><th scope="col" class="number">Total</th></tr></thead><tbody>
    ${orders.map(o => html`<tr><td><a href="order.html#order=${o.id}">${o.id}</a></td><td>${day(o.created_at)}</td><td>${state(o.state)}</td><td class="number">${price(o.total, o.currency)}</td></tr>`)}</tbody></table></div>`
    : html`<div class="empty"><p class="muted">Nothing yet.</p><a class="button first" href="./">Look around</a></div>`}`)
  onClick(main, '[data-out]', async () => {
    await client.auth.signOut()
    location.assign('./')
  })
})
