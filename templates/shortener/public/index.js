// The front page: what this is, or one's own links and a form for a new one.
import { $, html, onClick, onSubmit, show, signInPage, toast, user } from '/galley.js'
import { address, bar, call, copy, counts, fields, more, shown, tags } from '/app.js'

const person = await user()
bar(person)
const main = $('#main')
let last // of the list, for older ones

if (person) await home()
else {
  show(main, html`<section class="hero"><h1>Links that are short, and yours</h1>
    <p>An address that fits on a poster. A password or an end where you want one. Clicks counted without following anybody around.</p>
    <p class="row"><a class="button first" href="${signInPage()}">Sign in to begin</a></p></section>`)
}

async function home() {
  show(main, html`<h1 class="unseen">Your links</h1>
    <form class="card" id="new">
      <div class="make"><label>Where does it lead? <input name="target" type="url" inputmode="url" required placeholder="https://example.org/a/long/address" maxlength="4000"></label>
      <button class="first">Shorten</button></div>
      <details><summary>Address of your own, password, end</summary>
        <div class="more"><label>${location.host}/ <input name="slug" placeholder="chosen for you" pattern="[A-Za-z0-9][A-Za-z0-9_\\-]{2,49}" title="3 to 50 letters from a to z, digits, - and _" autocapitalize="none"></label>${more()}</div>
      </details>
    </form>
    <div id="made"></div>
    <section aria-labelledby="all"><h2 id="all">Your links</h2><ul class="links" id="list"></ul><p id="none" class="muted" hidden>None yet. The first one is made above.</p>
    <button id="older" hidden>Older ones</button></section>`)
  onSubmit($('#new'), async (form, element) => {
    const link = await call('POST', '/v1/links', fields(form))
    element.reset()
    show($('#made'), html`<div class="card made" role="status"><p class="muted">There it is</p>
      <p class="row apart"><a class="short" href="${address(link.slug)}">${shown(link.slug)}</a> <button class="first" data-copy="${link.slug}">Copy</button></p></div>`)
    await first()
  })
  onClick(main, '[data-copy]', async button => {
    await copy(address(button.dataset.copy))
    toast('Copied.')
  })
  onClick(main, '#older', older)
  await first()
}

async function first() {
  last = undefined
  show($('#list'), html``)
  await older()
  $('#none').hidden = $('#list').children.length > 0
}

async function older() {
  const links = await call('GET', `/v1/links?limit=50${last ? `&before=${last}` : ''}`)
  const clicks = links.length > 0 ? await counts(links.map(l => l.id)) : new Map()
  $('#list').insertAdjacentHTML('beforeend', html`${links.map(link => html`<li>
    <div><a class="short" href="/link/?id=${link.id}">${shown(link.slug)}</a> ${tags(link)}<div class="to">${link.title || link.target}</div></div>
    <div class="row"><a class="count" href="/link/?id=${link.id}" aria-label="${clicks.get(link.id) ?? 0} clicks on ${link.slug}"><b>${clicks.get(link.id) ?? 0}</b> clicks</a>
    <button data-copy="${link.slug}" aria-label="Copy ${shown(link.slug)}">Copy</button></div></li>`)}`)
  last = links.at(-1)?.id
  $('#older').hidden = links.length < 50
}
