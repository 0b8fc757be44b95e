// One link: its clicks, its QR code, its settings.
import { $, client, data, day, html, onClick, onSubmit, show, toast } from '/galley.js'
import { address, call, copy, fields, more, shown, signedIn, tags } from '/app.js'

const main = $('#main')
const id = Number(new URLSearchParams(location.search).get('id'))
const days = 30
const columns = 'id,slug,target,title,locked,expires_at,max_clicks,disabled,created_at'

if (await signedIn()) await load()

async function load() {
  const [link] = await data(client.from('links').select(columns).eq('id', id))
  if (!link) return show(main, html`<h1>There is no such link</h1><p><a href="/">Your links</a></p>`)
  const ask = what => data(client.rpc('clicks_by', { link: id, what, days }))
  const [byDay, referrers, agents, countries] = await Promise.all([data(client.rpc('clicks_by_day', { link: id, days })), ask('referrer'), ask('agent'), ask('country')])
  const total = byDay.reduce((n, d) => n + d.clicks, 0)
  const visitors = byDay.reduce((n, d) => n + d.visitors, 0)
  document.title = `${link.slug} · Short links`
  show(main, html`<p><a href="/">Your links</a></p>
    <div class="row apart"><h1>${shown(link.slug)}</h1> <button class="first" id="copy">Copy</button></div>
    <p>${tags(link)}<a href="${link.target}" rel="noreferrer">${link.title || link.target}</a> <span class="muted">since ${day(link.created_at)}</span></p>
    <section class="card"><h2>The last ${days} days</h2>
      <div class="row figures"><div><div class="figure">${total}</div><div class="muted">clicks</div></div>
        <div><div class="figure">${visitors}</div><div class="muted">visitors, counted by day</div></div></div>
      ${chart(byDay)}</section>
    <div class="split">
      <section class="card"><h2>From</h2>${parts(referrers)}</section>
      <section class="card"><h2>With</h2>${parts(agents)}</section>
      ${countries.some(c => c.name !== 'unknown') && html`<section class="card"><h2>In</h2>${parts(countries)}</section>`}
      <section class="card"><h2>QR code</h2><img class="qr" src="/qr/${link.slug}" alt="QR code of ${shown(link.slug)}" width="176" height="176">
        <a class="button" href="/qr/${link.slug}" download="${link.slug}.svg">Download SVG</a></section>
    </div>
    <section class="card"><h2>Settings</h2><form id="edit">
      <label>Leads to <input name="target" type="url" required maxlength="4000" value="${link.target}"></label>
      <div class="more">${more(link)}</div>
      ${link.locked && html`<label class="check"><input type="checkbox" name="open"> Take the password away</label>`}
      <label class="check"><input type="checkbox" name="disabled" ${link.disabled && 'checked'}> Switched off</label>
      <div class="row apart"><button class="first">Save</button> <button type="button" class="danger" id="delete">Delete the link</button></div></form></section>`)
  onClick(main, '#copy', async () => {
    await copy(address(link.slug))
    toast('Copied.')
  })
  onClick(main, '#delete', async () => {
    if (!confirm(`Delete ${shown(link.slug)} and its clicks? Who follows it finds nothing then.`)) return
    await data(client.from('links').delete().eq('id', id))
    location.assign('/')
  })
  onSubmit($('#edit'), async ({ open, disabled, password, expires_at, ...form }) => {
    const change = fields({ ...form, expires_at })
    if (open) change.password = ''
    else if (password) change.password = password
    if (change.expires_at && link.expires_at && Math.abs(new Date(change.expires_at) - new Date(link.expires_at)) < 60_000) delete change.expires_at
    await call('PATCH', `/v1/links/${id}`, { ...change, disabled: disabled === 'on' })
    await load()
    toast('Saved. It counts at once.')
  })
}

/** A column for each day, with the days that had none. */
function chart(byDay) {
  const known = new Map(byDay.map(d => [d.day, d.clicks]))
  const list = Array.from({ length: days }, (_, i) => new Date(Date.now() - (days - 1 - i) * 86_400_000).toISOString().slice(0, 10)).map(d => ({ day: d, clicks: known.get(d) ?? 0 }))
  const most = Math.max(1, ...list.map(d => d.clicks))
  const step = 640 / days
  return html`<svg class="chart" viewBox="0 0 640 190" role="img" aria-label="Clicks of each day: ${list.filter(d => d.clicks).map(d => `${d.day} ${d.clicks}`).join(', ') || 'none'}">
    <line x1="0" x2="640" y1="160" y2="160"></line><text x="0" y="14">${most}</text>
    ${list.map((d, i) => html`<rect x="${(i * step + 2).toFixed(1)}" y="${(160 - d.clicks / most * 136).toFixed(1)}" width="${(step - 4).toFixed(1)}" height="${(d.clicks / most * 136).toFixed(1)}" rx="2"><title>${day(d.day)}: ${d.clicks}</title></rect>`)}
    <text x="0" y="180">${day(list[0].day)}</text><text x="640" y="180" text-anchor="end">${day(list.at(-1).day)}</text></svg>`
}

function parts(rows) {
  if (rows.length === 0) return html`<p class="muted">No clicks yet.</p>`
  const most = Math.max(...rows.map(r => r.clicks))
  return html`<ul class="parts">${rows.map(r => html`<li><span>${r.name}</span> <b>${r.clicks}</b>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="6"></rect><rect width="${(r.clicks / most * 100).toFixed(1)}" height="6"></rect></svg></li>`)}</ul>`
}
