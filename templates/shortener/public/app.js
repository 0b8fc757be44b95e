// What the pages of this app share: who is signed in, the bar, calls of /v1/links.
import { $, client, data, html, show, signInPage, user } from '/galley.js'

/** The short address of a link, and how it is shown. */
export const address = slug => `${location.origin}/${slug}`
export const shown = slug => `${location.host}/${slug}`

/** The signed-in user of a page that needs one; others are sent to sign in. */
export async function signedIn() {
  const person = await user()
  bar(person)
  if (!person) location.replace(signInPage())
  return person
}

export function bar(person) {
  const here = path => location.pathname === path ? html`aria-current="page"` : ''
  show($('#bar'), person
    ? html`<a href="/">Short links</a><nav aria-label="Main"><a href="/" ${here('/')}>Links</a> <a href="/import/" ${here('/import/')}>Import</a>
      <a href="/keys/" ${here('/keys/')}>API keys</a></nav><button id="out">Sign out</button>`
    : html`<a href="/">Short links</a><a href="${signInPage()}">Sign in</a>`)
  $('#out')?.addEventListener('click', async () => {
    await client.auth.signOut()
    location.assign('/')
  })
}

/** Calls a function of this app as the user; what it refuses is thrown as an Error. */
export async function call(method, path, body) {
  const { data: { session } } = await client.auth.getSession()
  const answer = await fetch(path, { method, body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { Authorization: `Bearer ${session?.access_token}`, 'Content-Type': typeof body === 'string' ? 'text/csv' : 'application/json' } })
  const said = await answer.json().catch(() => null)
  if (!answer.ok) throw new Error(said?.message ?? `The server answered ${answer.status}.`)
  return said
}

/** The fields of a form as /v1/links takes them. */
export const fields = form => ({ ...form, expires_at: form.expires_at ? new Date(form.expires_at).toISOString() : null, max_clicks: form.max_clicks ? Number(form.max_clicks) : null })

export async function copy(text) {
  await navigator.clipboard.writeText(text)
}

/** What is special about a link, as tags. */
export const tags = link => [
  link.disabled && html`<span class="tag">off</span>`,
  link.locked && html`<span class="tag">password</span>`,
  link.expires_at && html`<span class="tag">${new Date(link.expires_at) <= new Date() ? 'ended' : 'ends'} ${new Date(link.expires_at).toLocaleDateString()}</span>`,
  link.max_clicks && html`<span class="tag">${link.max_clicks} clicks at most</span>`
].filter(Boolean).map(tag => html`${tag} `)

/** The rest of the fields of a link, in a form. */
export const more = (link = {}) => html`
  <label>Title <input name="title" maxlength="200" value="${link.title}"></label>
  <label>Password <input name="password" type="password" autocomplete="new-password" minlength="4" maxlength="200" placeholder="${link.locked ? 'unchanged' : 'none'}"></label>
  <label>Ends <input name="expires_at" type="datetime-local" value="${link.expires_at ? local(link.expires_at) : ''}"></label>
  <label>Clicks at most <input name="max_clicks" type="number" min="1" max="1000000" placeholder="no limit" value="${link.max_clicks}"></label>`

const local = time => new Date(new Date(time) - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16)

export const counts = async ids => new Map((await data(client.from('link_counts').select('link,clicks').in('link', ids))).map(row => [row.link, row.clicks]))
