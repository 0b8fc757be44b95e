// An order, for its customer or whoever has its link: where it is, and what is in it.
import { address, cart, client, data, day, html, onClick, page, price, show, state, states, sums, toast } from './shop.js'

const given = new URLSearchParams(location.hash.slice(1))
const which = { order: Number(given.get('order')), token: given.get('token') ?? undefined }
const way = ['pending', 'paid', 'shipped']
const early = ['pending', 'paid', 'refunding'] // what changes by itself, soon
const clock = time => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))

const steps = o => (way.includes(o.state) || o.state === 'review') && html`<ol class="steps">${['Ordered', 'Paid', 'Sent'].map((name, i) =>
  html`<li class="${i <= Math.max(way.indexOf(o.state), o.state === 'review' ? 1 : 0) && 'done'}">${name}</li>`)}</ol>`

const news = { pending: 'We set your goods aside until it is paid.', paid: 'Thank you! We are packing.', review: 'Thank you! Somebody has a look at it before we send it.',
  expired: 'It was not paid in time. Nothing was charged.', cancelled: 'Nothing was charged.', refunding: 'The money is on its way back to you.', refunded: 'You have your money back.' }

const draw = o => html`<p class="muted">${day(o.created_at)}</p><div class="row apart"><h1>Order ${o.id}</h1>${state(o.state)}</div>
  ${steps(o)}<p>${news[o.state]}</p>
  ${o.state === 'pending' && html`<p class="row">${o.url && html`<a class="button first" href="${address(o.url)}">Pay ${price(o.total, o.currency)}</a>`}<button data-cancel>Cancel the order</button></p>`}
  ${o.shipment && html`<p class="card">Sent with ${o.shipment.carrier}. Tracking number: ${o.shipment.tracking_url ? html`<a href="${address(o.shipment.tracking_url)}">${o.shipment.tracking}</a>` : html`<b>${o.shipment.tracking}</b>`}</p>`}
  <div class="two aside"><div class="card"><h2>What you ordered</h2><div class="scroll"><table><thead><tr><th scope="col">Item</th><th scope="col" class="number">Quantity</th><th scope="col" class="number">Net</th></tr></thead><tbody>
    ${o.lines.map(l => html`<tr><td>${l.name}${l.option && html`<br><span class="muted">${l.option}</span>`}</td><td class="number">${l.quantity}</td><td class="number">${price(l.net, o.currency)}</td></tr>`)}</tbody></table></div>${sums(o)}</div>
  <div><section class="card"><h2>Goes to</h2><address>${[o.address.name, o.address.line1, o.address.line2, `${o.address.postcode} ${o.address.city}`, o.address.country].filter(Boolean).map(line => html`${line}<br>`)}</address></section>
  <section class="card"><h2>What happened</h2>${o.history.toReversed().map(h => html`<p>${states[h.state] ?? h.state}<br><span class="muted">${clock(h.at)}</span></p>`)}
  ${o.refunds.map(r => html`<p>Refund of ${price(r.amount, o.currency)}<br><span class="muted">${r.state === 'done' ? 'done' : 'under way'}, ${clock(r.created_at)}</span></p>`)}</section></div></div>`

page(`Order ${which.order || ''}`, async main => {
  if (given.has('paid')) { // the payment page sent the browser back: what it says counts for nothing
    await data(client.rpc('order_return', which)).catch(error => toast(error.message))
    await cart('show') // what was paid is no longer in it
    given.delete('paid')
    history.replaceState(null, '', `#${given}`)
  }
  const refresh = async left => {
    const o = await data(client.rpc('order_show', which))
    if (!o) return show(main, html`<div class="empty"><h1>There is no such order here</h1><p class="muted">Use the link of the mail, or sign in.</p><a class="button" href="./">To the shop</a></div>`)
    if (JSON.stringify(o) !== main.dataset.shown) show(main, draw(o)).dataset.shown = JSON.stringify(o)
    if (left > 0 && early.includes(o.state)) setTimeout(() => refresh(left - 1).catch(console.error), 2000)
  }
  onClick(main, '[data-cancel]', async () => {
    await data(client.rpc('order_cancel', which))
    await refresh(0)
  })
  await refresh(60)
})
addEventListener('hashchange', () => location.reload())
