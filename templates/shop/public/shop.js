// What all pages of the shop have: the header, prices, pictures, and the cart.
import { $, address, client, data, html, message, money, show, signInPage, user } from './galley.js'
export * from './galley.js'

const [shop, account] = await Promise.all([data(client.from('settings').select('name, currency').single()), user()])
export const me = account
export const may = permission => data(client.rpc('may', { permission }))
const staff = me !== null && await may('orders.read').catch(() => false)

/** An amount of cents as the customer reads it. */
export const price = (cents, currency = shop.currency) => money(cents / 100, currency)

/** The picture of a product, or its first letter. */
export const picture = p => html`<span class="picture">${p.image ? html`<img src="${address(p.image)}" alt="" width="480" height="480" loading="lazy">` : p.name[0]}</span>`

export const productLink = p => `product.html?${new URLSearchParams({ of: p.slug })}`

/** A product in a list. */
export const tile = (p, level = 'h2') => html`<li class="${p.in_stock === false && 'gone'}"><a href="${productLink(p)}">${picture(p)}
  ${level === 'h2' ? html`<h2>${p.name}</h2>` : html`<h3>${p.name}</h3>`}<p>${p.in_stock === false ? html`<span class="muted">Sold out</span>` : html`<span class="muted">from</span> ${price(p.price_from)}`}</p></a></li>`

const problems = { gone: 'This is no longer sold. Please take it out.', stock: 'There is not enough of it left.' }

/** A line of the cart; change says that it can be changed. */
export const item = (i, currency, change) => html`<li><a href="${productLink(i)}" tabindex="-1" aria-hidden="true">${picture(i)}</a>
  <div><a href="${productLink(i)}">${i.name}</a><div class="muted">${i.option && html`${i.option} · `}${change ? '' : `${i.quantity} × `}${price(i.unit_price, currency)}
    ${i.unit_price < i.list_price && html` <s>${price(i.list_price, currency)}</s>`}</div>
    ${i.problem && html`<div class="problem">${problems[i.problem]} ${i.problem === 'stock' && `We have ${i.stock}.`}</div>`}
    ${change && html`<div class="row"><input type="number" min="1" max="99" value="${i.quantity}" data-variant="${i.variant}" aria-label="Quantity of ${i.name} ${i.option}">
      <button class="link" data-remove="${i.variant}" aria-label="Remove ${i.name} ${i.option}">Remove</button></div>`}</div>
  <div class="number">${price(i.net ?? 0, currency)}</div></li>`

/** What a state of an order means to its customer. */
export const states = { pending: 'Waiting for payment', paid: 'Paid', review: 'Paid, being checked', shipped: 'On its way', expired: 'Not paid in time', cancelled: 'Cancelled',
  refunding: 'Money on its way back', refunded: 'Refunded' }

export const state = name => html`<span class="tag ${name}">${states[name] ?? name}</span>`

/** The sums of a cart or an order. */
export const sums = c => html`<dl class="sums"><dt>Goods</dt><dd>${price(c.subtotal, c.currency)}</dd>
  ${c.discount > 0 && html`<dt>Discount</dt><dd>−${price(c.discount, c.currency)}</dd>`}
  <dt>Shipping</dt><dd>${c.shipping > 0 ? price(c.shipping, c.currency) : 'free'}</dd><dt>Tax</dt><dd>${price(c.tax, c.currency)}</dd>
  <dt class="total">Total</dt><dd class="total">${price(c.total, c.currency)}</dd>
  ${c.refunded > 0 && html`<dt>Refunded</dt><dd>−${price(c.refunded, c.currency)}</dd>`}</dl>`

// A guest's cart is his who has its token; that of an account needs none.
const KEY = 'shop.cart'
export const kept = () => JSON.parse(localStorage.getItem(KEY) ?? '{}')
const keep = what => localStorage.setItem(KEY, JSON.stringify(what))
const badge = () => { $('.count').textContent = kept().count || '' }

/** Calls a procedure of the cart ('show', 'put', 'coupon', 'merge'), and gives the cart. */
export async function cart(call, args) {
  const { token, country } = kept()
  const got = await data(client.rpc(`cart_${call}`, { token: me ? undefined : token ?? undefined, country, ...args }))
  keep({ token: got.token, country: got.country, count: got.items.reduce((sum, i) => sum + i.quantity, 0) })
  badge()
  return got
}

/** Fills the page; an error is shown in its place. */
export async function page(title, fill) {
  if (title) document.title = `${title} · ${shop.name}`
  try {
    if (me && kept().token) await cart('merge', { token: kept().token })
    await fill($('main'))
  } catch (error) {
    console.error(error)
    show($('main'), html`<div class="card"><h1>This did not work</h1><p class="problem" role="alert">${message(error)}</p><a class="button" href="">Try again</a></div>`)
  }
}

show($('.bar'), html`<a href="./">${shop.name}</a>
  <form class="search" action="./" role="search"><input name="q" type="search" placeholder="Search" aria-label="Search" value="${new URLSearchParams(location.search).get('q')}"></form>
  <nav aria-label="Shop">${staff && html`<a href="admin.html">Admin</a>`}
  ${me ? html`<a href="account.html">Your orders</a>` : html`<a href="${signInPage()}">Sign in</a>`} <a href="cart.html">Cart <span class="count"></span></a></nav>`)
badge()
document.body.insertAdjacentHTML('beforeend', html`<footer>Prices are without tax. Tax and shipping depend on where we deliver; the cart shows both.</footer>`)
