// Where it goes, and on to the page where it is paid.
import { $, cart, client, data, html, item, kept, me, onSubmit, page, show, signInPage, sums } from './shop.js'

const field = (name, label, more = '') => html`<label>${label}<input name="${name}" required ${more}></label>`

page('Checkout', async main => {
  const [countries, first] = await Promise.all([data(client.from('countries').select('code, name').order('name')), cart('show')])
  if (first.items.length === 0) return location.replace('cart.html')
  let shown = first
  let key = crypto.randomUUID() // of this try: sent again, it is the same order
  show(main, html`<h1>Checkout</h1><div class="two aside"><form class="card">
    ${me ? html`<p>For <b>${me.email}</b>.</p>` : html`<p class="muted">No account needed. If you have one, <a href="${signInPage()}">sign in</a>.</p>${field('email', 'E-mail', html`type="email" autocomplete="email" maxlength="254"`)}`}
    <h2>Delivery</h2>${field('name', 'Name', html`autocomplete="name" maxlength="100"`)}
    ${field('line1', 'Street and number', html`autocomplete="address-line1" maxlength="100"`)}
    <label>More <span class="muted">(optional)</span><input name="line2" autocomplete="address-line2" maxlength="100"></label>
    <div class="pair">${field('postcode', 'Postcode', html`autocomplete="postal-code" maxlength="12"`)}${field('city', 'City', html`autocomplete="address-level2" maxlength="80"`)}</div>
    <label>Country <select name="country" autocomplete="country">${countries.map(k => html`<option value="${k.code}" ${k.code === first.country && 'selected'}>${k.name}</option>`)}</select></label>
    <button class="first wide">Pay</button></form><section class="card" aria-label="Your order"></section></div>`)
  const draw = c => {
    shown = c
    show($('section', main), html`<ul class="items">${c.items.map(i => item(i, c.currency))}</ul><hr>${sums(c)}<a href="cart.html">Change the cart</a>`)
  }
  draw(first)
  $('select', main).addEventListener('change', async ({ target }) => draw(await cart('show', { country: target.value })))
  onSubmit($('form', main), async ({ email, ...to }) => {
    const { data: made, error, status } = await client.rpc('checkout', { key, token: me ? undefined : kept().token, email, address: to, total: shown.total })
    if (!error) return location.assign(made.url ?? `order.html#${new URLSearchParams({ order: made.order, token: made.token })}`)
    if (status === 502) key = crypto.randomUUID() // that order cannot be paid any more
    draw(await cart('show')) // prices or stock may be others now
    throw error
  })
})
