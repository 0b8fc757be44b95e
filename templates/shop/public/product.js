// One product: its variants, what it costs, and what others bought with it.
import { $, cart, client, data, html, onSubmit, page, picture, price, show, tile, toast } from './shop.js'

const few = 5

const stock = v => v.stock === 0 ? html`<span class="problem">Sold out</span>` : v.stock <= few ? html`Only ${v.stock} left` : html`<span class="good">In stock</span>`

const costs = v => html`<p class="price">${price(v.price)}</p><p class="muted">${stock(v)} · ${v.sku}</p>
  ${v.price_tiers.length > 0 && html`<p class="row">${v.price_tiers.toSorted((a, b) => a.from_quantity - b.from_quantity).map(t => html`<span class="tag">from ${t.from_quantity}: ${price(t.price)} each</span>`)}</p>`}`

const option = (v, chosen) => html`<label><input type="radio" name="variant" value="${v.id}" ${v === chosen && 'checked'} ${v.stock === 0 && 'disabled'}><span>${v.name}</span></label>`

page('', async main => {
  const slug = new URLSearchParams(location.search).get('of') ?? ''
  const p = await data(client.from('products').select('*, categories(slug, name), variants(*, price_tiers(from_quantity, price))').eq('slug', slug).order('id', { referencedTable: 'variants' }).maybeSingle())
  if (!p) return show(main, html`<div class="empty"><h1>We do not have this (any more)</h1><a class="button" href="./">Show everything</a></div>`)
  const others = await data(client.from('bought_together').select('times, other:products!other_id(slug, name, image, variants(price))').eq('product_id', p.id).order('times', { ascending: false }).limit(4))
  document.title = `${p.name} · ${document.title}`
  const chosen = p.variants.find(v => v.stock > 0) ?? p.variants[0]
  show(main, html`<div class="two">${picture(p)}<div>
    ${p.categories && html`<p><a href="./?category=${p.categories.slug}">${p.categories.name}</a></p>`}
    <h1>${p.name}</h1><p>${p.description}</p>
    <form><fieldset ${p.variants.length < 2 && 'hidden'}><legend>Which one?</legend><div class="options">${p.variants.map(v => option(v, chosen))}</div></fieldset>
    <div id="costs" aria-live="polite"></div>
    <div class="buy"><label>Quantity <input name="quantity" type="number" min="1" max="99" value="1" required></label><button class="first">Add to cart</button></div></form></div></div>
    ${others.length > 0 && html`<h2 class="together">Bought together</h2><ul class="products">${others.map(o => tile({ ...o.other, price_from: Math.min(...o.other.variants.map(v => v.price)) }, 'h3'))}</ul>`}`)
  const form = $('form', main)
  const now = () => p.variants.find(v => String(v.id) === form.elements.variant.value) ?? chosen
  const refresh = () => {
    show($('#costs'), costs(now()))
    $('button', form).disabled = now().stock === 0
  }
  form.addEventListener('change', refresh)
  refresh()
  onSubmit(form, async ({ quantity }) => {
    const before = (await cart('show')).items.find(i => i.variant === now().id)?.quantity ?? 0
    const after = await cart('put', { variant: now().id, quantity: Math.min(99, before + Number(quantity)) })
    const item = after.items.find(i => i.variant === now().id)
    toast(item?.problem === 'stock' ? `We have ${item.stock} of it. Your cart says ${item.quantity}.` : `${p.name} is in your cart.`)
  })
})
