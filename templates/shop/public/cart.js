// The cart: quantities, a coupon, and what it comes to.
import { $, cart, client, data, html, item, onClick, onSubmit, page, show, sums } from './shop.js'

const coupon = c => c ? html`<p class="row apart"><span>Coupon <b>${c.code}</b></span><button class="link" data-coupon>Remove</button></p>${c.problem && html`<p class="problem">${c.problem}</p>`}`
  : html`<form class="row"><input name="code" aria-label="Coupon" placeholder="Coupon" required maxlength="40"><button>Use it</button></form>`

page('Cart', async main => {
  const countries = await data(client.from('countries').select('code, name').order('name'))
  const draw = c => {
    if (c.items.length === 0) return show(main, html`<div class="empty"><h1>Your cart is empty</h1><p class="muted">There are good things to put into it.</p><a class="button first" href="./">Look around</a></div>`)
    show(main, html`<h1>Cart</h1><div class="two aside"><div class="card"><ul class="items">${c.items.map(i => item(i, c.currency, true))}</ul></div>
      <section class="card" aria-label="Sum"><label>Deliver to <select name="country">${countries.map(k => html`<option value="${k.code}" ${k.code === c.country && 'selected'}>${k.name}</option>`)}</select></label>
      ${sums(c)}${coupon(c.coupon)}<a class="button first wide" href="checkout.html">Go to checkout</a></section></div>`)
    const form = $('form', main)
    if (form) onSubmit(form, async ({ code }) => {
      const after = await cart('coupon', { code: code.trim().toUpperCase() })
      draw(after)
    })
  }
  main.addEventListener('change', async ({ target }) => {
    if (target.dataset.variant && target.reportValidity()) draw(await cart('put', { variant: Number(target.dataset.variant), quantity: Number(target.value) }))
    if (target.name === 'country') draw(await cart('show', { country: target.value }))
  })
  onClick(main, '[data-remove]', async button => draw(await cart('put', { variant: Number(button.dataset.remove), quantity: 0 })))
  onClick(main, '[data-coupon]', async () => draw(await cart('coupon', { code: null })))
  draw(await cart('show'))
})
