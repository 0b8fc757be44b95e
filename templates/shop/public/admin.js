// For staff: orders, products and their stock, coupons, the report. The database and the
// functions refuse who may not; the page only leaves out what would be refused.
import { $, address, client, data, day, html, may, onClick, onSubmit, page, price, show, signInPage, me, state, states, sums, toast } from './shop.js'

const tabs = { orders: 'Orders', products: 'Products', coupons: 'Coupons', report: 'Report' }
const cents = text => Math.round(Number(text) * 100)
const amount = value => (value / 100).toFixed(2)
const table = (label, heads, rows) => html`<div class="card scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${heads.map(h => html`<th scope="col">${h}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`

const views = {
  async orders(within, wanted = 'all') {
    let list = client.from('orders').select('id, email, state, total, refunded, currency, created_at').order('id', { ascending: false }).limit(100)
    if (wanted !== 'all') list = list.eq('state', wanted)
    const [orders, held] = await Promise.all([data(list), data(client.from('orders').select('id', { count: 'exact', head: true }).eq('state', 'review'))])
    show(within, html`<ul class="chips">${['all', 'review', 'paid', 'shipped', 'pending', 'refunded'].map(s => html`<li><a href="#orders/${s}" ${s === wanted && html`aria-current="true"`}>${s === 'all' ? 'All' : states[s]}
      ${s === 'review' && held.count > 0 && html` <span class="count">${held.count}</span>`}</a></li>`)}</ul><br>
      ${orders.length ? table('Orders', ['Order', 'Customer', 'Date', 'State', 'Total'], orders.map(o => html`<tr><td><a href="#order/${o.id}">${o.id}</a></td><td>${o.email}</td><td>${day(o.created_at)}</td>
      <td>${state(o.state)}</td><td>${price(o.total, o.currency)}${o.refunded > 0 && html`<br><span class="muted">−${price(o.refunded, o.currency)}</span>`}</td></tr>`)) : html`<p class="empty muted">No orders here.</p>`}`)
  },

  async order(within, id) {
    const [o, flags, payment, shipment, refunds] = await Promise.all([data(client.rpc('order_show', { order: Number(id) })), data(client.from('order_flags').select().eq('order_id', id)),
      data(client.from('payments').select().eq('order_id', id).maybeSingle()), data(client.from('shipments').select().eq('order_id', id).maybeSingle()), may('orders.refund')])
    const left = o.total - o.refunded
    const facts = { 'E-mail': o.email, 'Goes to': [o.address.name, o.address.line1, o.address.line2, `${o.address.postcode} ${o.address.city}`, o.address.country].filter(Boolean).join(', '),
      'Card from': payment?.card_country, 'Billed in': payment?.billing_country, Coupon: o.coupon, Tracking: shipment?.tracking, 'No label': shipment?.problem }
    show(within, html`<p><a href="#orders">All orders</a></p><div class="row apart"><h2>Order ${o.id}</h2>${state(o.state)}</div>
      ${flags.length > 0 && html`<div class="card"><h3>${o.state === 'review' ? 'Held for a look' : 'Was held for a look'}</h3>${flags.map(f => html`<p><span class="tag warn">${f.reason}</span> ${f.detail}</p>`)}
      ${o.state === 'review' && html`<p class="row"><button class="first" data-release="${o.id}">Release it</button><button class="danger" data-refuse="${o.id}">Refuse it, give the money back</button></p>`}</div>`}
      <div class="two aside"><div class="card"><ul class="items">${o.lines.map(l => html`<li><span class="muted">${l.sku}</span><span>${l.quantity} × ${l.name} ${l.option}</span><span class="number">${price(l.net, o.currency)}</span></li>`)}</ul>${sums(o)}</div>
      <div><section class="card"><h3>Facts</h3>${Object.entries(facts).filter(([, v]) => v).map(([k, v]) => html`<p><span class="muted">${k}</span><br>${v}</p>`)}
      <p class="row">${shipment?.label_url && html`<a class="button" href="${address(shipment.label_url)}" target="_blank">Label (PDF)</a>`}${o.state === 'paid' && html`<button data-ship="${o.id}">Make the label now</button>`}</p></section>
      ${refunds && left > 0 && (['paid', 'review', 'shipped'].includes(o.state) || o.refunds.some(r => r.state === 'failed')) && html`<section class="card"><h3>Give money back</h3><form><label>Amount <input name="amount" type="number" step="0.01" min="0.01" max="${amount(left)}" value="${amount(left)}" required></label>
      <label>Reason <input name="reason" required maxlength="500"></label><label class="check"><input name="restock" type="checkbox"> The goods are back in stock</label><button class="danger">Refund</button></form></section>`}
      <section class="card"><h3>History</h3>${o.history.map(h => html`<p><b>${states[h.state] ?? h.state}</b><br><span class="muted">${new Date(h.at).toLocaleString()}</span></p>`)}</section></div></div>`)
    const form = $('form', within)
    const key = crypto.randomUUID() // of this form: sent twice, it is one refund
    if (form) onSubmit(form, async ({ amount, reason, restock }) => {
      await data(client.rpc('order_refund', { order: o.id, amount: cents(amount), reason, restock: restock === 'on', key }))
      toast('The refund is on its way.')
      await views.order(within, id)
    })
  },

  async products(within, words = '') {
    let list = client.from('products').select('id, name, active, variants(id, sku, name, price, stock, active)').order('name').order('id', { referencedTable: 'variants' }).limit(50)
    if (words) list = list.ilike('name', `%${decodeURIComponent(words)}%`)
    const [products, categories] = await Promise.all([data(list), data(client.from('categories').select('id, name').order('name'))])
    show(within, html`<form data-find class="row"><input name="words" type="search" aria-label="Find products" placeholder="Find products" value="${decodeURIComponent(words)}"></form><br>
      <details class="card"><summary>New product</summary><form data-new class="narrow"><label>Name <input name="name" required maxlength="160"></label><label>Category <select name="category_id">${categories.map(c => html`<option value="${c.id}">${c.name}</option>`)}</select></label>
      <label>Description <textarea name="description"></textarea></label><label>Price without tax <input name="price" type="number" step="0.01" min="0" required></label><label>Stock <input name="stock" type="number" min="0" value="0" required></label><button class="first">Add it</button></form></details>
      ${table('Products', ['Product', 'Variant', 'Stock', 'Price and change of the stock', 'Sold'], products.flatMap(p => p.variants.map((v, n) => html`<tr><td>${n === 0 && html`<b>${p.name}</b>`}</td><td>${v.name}<br><span class="muted">${v.sku}</span></td>
      <td class="${v.stock < 5 && 'problem'}">${v.stock}</td><td><form data-variant="${v.id}" data-price="${v.price}"><input name="price" type="number" step="0.01" min="0" value="${amount(v.price)}" required aria-label="Price of ${p.name} ${v.name}">
      <input name="change" type="number" step="1" placeholder="+/−" aria-label="Change of the stock of ${p.name} ${v.name}"><button>Save</button></form></td>
      <td><input type="checkbox" data-active="${v.id}" ${v.active && 'checked'} aria-label="${p.name} ${v.name} is sold"></td></tr>`)))}`)
    onSubmit($('[data-find]', within), ({ words }) => { location.hash = `products/${encodeURIComponent(words)}` })
    onSubmit($('[data-new]', within), async ({ name, category_id, description, price, stock }) => {
      const slug = name.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'product'
      const made = await data(client.from('products').insert({ name, slug, category_id, description }).select('id').single())
      const variant = await data(client.from('variants').insert({ product_id: made.id, sku: `${slug.slice(0, 40)}-${made.id}`, price: cents(price) }).select('id').single())
      if (Number(stock) > 0) await data(client.rpc('adjust_stock', { variant: variant.id, change: Number(stock), reason: 'first stock' }))
      toast(`${name} is sold now.`)
      await views.products(within, words)
    })
    for (const form of within.querySelectorAll('[data-variant]')) onSubmit(form, async ({ price, change }) => {
      const id = Number(form.dataset.variant)
      if (cents(price) !== Number(form.dataset.price)) await data(client.from('variants').update({ price: cents(price) }).eq('id', id))
      if (Number(change)) await data(client.rpc('adjust_stock', { variant: id, change: Number(change), reason: 'by hand' }))
      toast('Saved.')
      await views.products(within, words)
    })
  },

  async coupons(within) {
    const coupons = await data(client.from('coupons').select('code, kind, value, minimum, uses, max_uses, active').order('code'))
    show(within, html`${table('Coupons', ['Code', 'Worth', 'From', 'Used', 'Active'], coupons.map(c => html`<tr><td><b>${c.code}</b></td><td>${c.kind === 'percent' ? `${c.value / 100} %` : price(c.value)}</td><td>${c.minimum ? price(c.minimum) : ''}</td>
      <td>${c.uses}${c.max_uses && ` of ${c.max_uses}`}</td><td><input type="checkbox" data-coupon="${c.code}" ${c.active && 'checked'} aria-label="${c.code} is active"></td></tr>`))}
      <section class="card narrow"><h2>New coupon</h2><form><label>Code <input name="code" required pattern="[A-Za-z0-9\\-]{3,40}"></label><label>Kind <select name="kind"><option value="percent">Percent</option><option value="amount">Amount</option></select></label>
      <label>Worth <input name="value" type="number" step="0.01" min="0.01" required></label><label>For orders from <input name="minimum" type="number" step="0.01" min="0" value="0"></label><label>Uses in all <input name="uses" type="number" min="1" placeholder="no limit"></label><button class="first">Add it</button></form></section>`)
    onSubmit($('form', within), async ({ code, kind, value, minimum, uses }) => {
      await data(client.from('coupons').insert({ code: code.toUpperCase(), kind, value: cents(value), minimum: cents(minimum), max_uses: uses === '' ? null : Number(uses) }))
      await views.coupons(within)
    })
  },

  async report(within) {
    const today = new Date().toISOString().slice(0, 10)
    show(within, html`<section class="card narrow"><h2>Sales report</h2><p>What was sold, as a PDF by mail to ${me.email}.</p><form><label>From <input name="from" type="date" value="${today.slice(0, 8)}01" required></label>
      <label>To <input name="to" type="date" value="${today}" required></label><button class="first">Send it</button></form></section>`)
    onSubmit($('form', within), async fields => {
      await data(client.rpc('sales_report', fields))
      toast('It is on its way to you.')
    })
  },
}

page('Admin', async main => {
  if (!me) return location.replace(signInPage())
  if (!await may('orders.read')) return show(main, html`<div class="empty"><h1>This is for the staff</h1><p class="muted">A role that was just given counts from the next sign-in on.</p></div>`)
  const draw = async () => {
    const [view, what] = (location.hash.slice(1) || 'orders').split('/')
    const tab = view === 'order' ? 'orders' : view
    show(main, html`<h1>Admin</h1><nav aria-label="Admin"><ul class="chips">${Object.entries(tabs).map(([id, name]) => html`<li><a href="#${id}" ${id === tab && html`aria-current="page"`}>${name}</a></li>`)}</ul></nav><br><div id="view"></div>`)
    await (views[view] ?? views.orders)($('#view'), what)
  }
  const again = () => draw().catch(error => toast(error.message))
  addEventListener('hashchange', again)
  main.addEventListener('change', async ({ target }) => {
    const { active, coupon } = target.dataset
    if (active) await data(client.from('variants').update({ active: target.checked }).eq('id', active)).catch(error => toast(error.message))
    if (coupon) await data(client.from('coupons').update({ active: target.checked }).eq('code', coupon)).catch(error => toast(error.message))
  })
  for (const [name, call] of Object.entries({ release: 'order_release', refuse: 'order_refuse', ship: 'order_ship' })) {
    onClick(main, `[data-${name}]`, async button => {
      await data(client.rpc(call, { order: Number(button.dataset[name]), ...name === 'refuse' && { reason: 'We cannot take this order.' } }))
      await draw()
    })
  }
  await draw()
})
