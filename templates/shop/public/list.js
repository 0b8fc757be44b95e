// The products: searched, by category, sorted, a page at a time. The URL says which.
import { client, data, html, page, show, tile } from './shop.js'

const perPage = 24
const given = Object.fromEntries(new URLSearchParams(location.search))
const link = change => `./?${new URLSearchParams(Object.entries({ ...given, page: '', ...change }).filter(([, value]) => value))}`
const sorts = { relevance: given.q ? 'Best match' : 'Newest', price: 'Cheapest first', price_desc: 'Dearest first', name: 'Name' }

const chip = (slug, name) => html`<li><a href="${link({ category: slug })}" ${(given.category ?? '') === slug && html`aria-current="page"`}>${name}</a></li>`

function pages(total) {
  const now = Number(given.page) || 1
  const last = Math.ceil(total / perPage)
  return last > 1 && html`<nav class="row apart" aria-label="Pages"><span>${now > 1 && html`<a class="button" href="${link({ page: now - 1 })}">Back</a>`}</span>
    <span class="muted">Page ${now} of ${last}</span><span>${now < last && html`<a class="button" href="${link({ page: now + 1 })}">More</a>`}</span></nav>`
}

page(given.q, async main => {
  const [categories, found] = await Promise.all([data(client.from('categories').select('slug, name, parent_id').order('parent_id', { nullsFirst: true }).order('position')),
    data(client.rpc('search_products', { words: given.q, category: given.category, sort: given.sort, per_page: perPage, page: Number(given.page) || 1 }))])
  const total = found[0]?.total ?? 0
  show(main, html`<h1>${given.q ? html`“${given.q}”` : categories.find(c => c.slug === given.category)?.name ?? 'Good things that last'}</h1>
    ${!given.q && !given.category && html`<p class="lead">Made by people we know, of wood, wool, clay and paper. Sent the day you order.</p>`}
    <div class="row apart"><nav aria-label="Categories"><ul class="chips">${chip('', 'All')}${categories.map(c => chip(c.slug, c.name))}</ul></nav>
    <label>Sort <select>${Object.entries(sorts).map(([value, name]) => html`<option value="${value}" ${given.sort === value && 'selected'}>${name}</option>`)}</select></label></div>
    ${found.length ? html`<ul class="products">${found.map(p => tile(p))}</ul>${pages(total)}`
    : html`<div class="empty"><h2>Nothing found</h2><p class="muted">Try fewer letters, or another category.</p><a class="button" href="./">Show everything</a></div>`}`)
  main.querySelector('select').addEventListener('change', event => location.assign(link({ sort: event.target.value })))
})
