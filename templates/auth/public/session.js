// Who is signed in, with which roles, and the links that follow from it.
import { $, client, html, message, onClick, onSubmit, show, toast } from './galley.js'
import { url } from '/galley/config.js'

/** What the access token says: { sub, email, user_roles, has_factor, aal, … }, or null. Pages show by it; the server decides. */
export async function claims() {
  const { data } = await client.auth.getSession()
  if (!data.session) return null
  const part = data.session.access_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), c => c.charCodeAt(0))))
}

/** Whether the second factor has still to be shown. */
export const lacksFactor = me => Boolean(me?.has_factor) && me.aal !== 'aal2'

/** The claims of whoever is here; others are sent to sign in, and come back. */
export async function signedIn(...roles) {
  const me = await claims()
  if (!me || lacksFactor(me)) {
    location.replace(`/sign-in.html?${new URLSearchParams({ next: location.pathname })}`)
    return new Promise(() => {}) // the page is left
  }
  if (roles.length > 0 && !roles.some(role => me.user_roles.includes(role))) {
    show($('main'), html`<h1>Not for you</h1><p>This page is for those who are ${roles.join(' or ')}. A role that you were given a moment ago counts when you <a href="/sign-in.html">sign in</a> again.</p>`).hidden = false
    return new Promise(() => {})
  }
  return me
}

/** Where to go after signing in: a page of this site, and no other. */
export function next() {
  const to = new URL(new URLSearchParams(location.search).get('next') ?? '/account.html', location.origin)
  return to.origin === location.origin ? to.pathname : '/account.html'
}

/** Shows a form that calls act with its fields. */
export function view(content, act) {
  onSubmit($('form', show($('main'), html`<form class="card">${content}</form>`)), act)
  $('input, button', $('main')).focus()
}

/** Says that something is done, and leads to the account. */
export async function done(title, text) {
  show($('main'), html`<div class="card"><h1 tabindex="-1">${title}</h1><p>${text}</p><a class="button first" href="/account.html">Go to your account</a></div>`)
  $('h1').focus()
  await links()
}

/** A request to /auth/v1 that the client has no method for. */
export async function auth(method, path) {
  const { data } = await client.auth.getSession()
  const answer = await fetch(`${url}/auth/v1/${path}`, { method, headers: { Authorization: `Bearer ${data.session?.access_token}` } })
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(body.msg ?? body.message ?? answer.statusText)
  return body
}

/** The field for a code, which may be typed with a space in it. */
export const codeField = (label = 'Code') => html`<label>${label} <input class="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,12}" required></label> <p class="problem"></p>`
export const digits = code => code.replaceAll(' ', '')

/** Shows the links at the top. */
export async function links() {
  const me = await claims()
  const link = (to, text) => html`<a href="/${to}.html"${location.pathname === `/${to}.html` && html` aria-current="page"`}>${text}</a>`
  show($('.bar nav'), me && !lacksFactor(me)
    ? html`${link('account', 'Your account')} ${me.user_roles.length > 0 && link('moderate', 'People')} ${me.user_roles.includes('admin') && link('admin', 'Roles')} <button data-sign-out>Sign out</button>`
    : html`${link('sign-in', 'Sign in')} ${link('sign-up', 'Sign up')}`)
}

onClick(document, '[data-sign-out]', async () => {
  await client.auth.signOut({ scope: 'local' })
  location.assign('/')
})

// A link of the server's own, as that of a locked account, ends here with what it has to say.
const said = new URLSearchParams(location.hash.slice(1))
if (said.has('message') || said.has('error_description')) toast(said.get('message') ?? said.get('error_description'))

links().catch(error => toast(message(error)))
