// What the pages of all starter apps use: the official client, HTML without holes, and
// forms that say what went wrong.
import { client } from '/galley/client.js'

export { client }

class Safe extends String {}

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escape = value =>
  value instanceof Safe ? value
    : Array.isArray(value) ? value.map(escape).join('')
      : value === null || value === undefined || value === false ? ''
        : String(value).replace(/[&<>"']/g, c => escapes[c])

/** html`<b>${text}</b>` escapes each value that is not HTML itself. */
export const html = (strings, ...values) => new Safe(String.raw({ raw: strings }, ...values.map(escape)))

/** An address for href and src: what is no http(s) or relative one becomes '#'. */
export const address = text =>
  URL.canParse(text, location.href) && ['http:', 'https:', 'mailto:'].includes(new URL(text, location.href).protocol) ? String(text) : '#'

export const $ = (selector, within = document) => within.querySelector(selector)

/** Shows HTML (of html`…`) in an element, and returns the element. */
export function show(element, content) {
  if (!(content instanceof Safe)) throw new TypeError('show() wants html`…`')
  element.innerHTML = content
  return element
}

/** The data of an answer of the client; its error is thrown. */
export async function data(request) {
  const { data, error, count } = await request
  if (error) throw error
  return count === null || count === undefined ? data : Object.assign(data ?? [], { count })
}

/** Says something for a few seconds, to screen readers too. */
export function toast(text) {
  $('#toast')?.remove()
  document.body.insertAdjacentHTML('beforeend', html`<p id="toast" role="status">${text}</p>`)
  setTimeout(() => $('#toast')?.remove(), 5000)
}

/** Calls act with the fields of a form when it is sent; an error is shown in the form. */
export function onSubmit(form, act) {
  form.addEventListener('submit', async event => {
    event.preventDefault()
    const problem = $('.problem', form) ?? form.appendChild(Object.assign(document.createElement('p'), { className: 'problem' }))
    problem.setAttribute('role', 'alert')
    problem.textContent = ''
    await busy(event.submitter, () => act(Object.fromEntries(new FormData(form)), form, event.submitter), error => { problem.textContent = message(error) })
  })
}

/** Calls act when the element, or one in it that the selector names, is clicked. */
export function onClick(element, selector, act) {
  element.addEventListener('click', event => {
    const target = event.target.closest(selector)
    if (target && element.contains(target)) busy(target, () => act(target, event), error => toast(message(error)))
  })
}

/** What an error says to a person. */
export const message = error => [error?.message ?? String(error), error?.hint].filter(Boolean).join(' ')

async function busy(button, act, failed) {
  if (button) button.disabled = true
  try {
    await act()
  } catch (error) {
    console.error(error)
    failed(error)
  } finally {
    if (button) button.disabled = false
  }
}

/** Who is signed in: { id, email, role, … } or null. The claims of the token are the server's word only there. */
export async function user() {
  const { data } = await client.auth.getSession()
  return data.session?.user ?? null
}

/** Where to sign in, and come back to this page. */
export const signInPage = () => `/auth/ui?${new URLSearchParams({ redirect_to: location.href })}`

export const money = (amount, currency = 'EUR') => new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount)
export const day = time => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(time))
