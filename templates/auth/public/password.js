// How hard a password is to guess, as it is typed. It is a sketch for the person; the
// server asks zxcvbn, and has the last word.
import { $, html, show } from './galley.js'

const known = ['password', 'passwort', 'qwerty', 'qwertz', 'asdf', 'letmein', 'welcome', 'iloveyou', 'admin', 'dragon', 'monkey', 'football', 'summer', 'winter', 'clubhouse']
const rows = 'abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop asdfghjkl zxcvbnm'
const words = ['Very weak', 'Weak', 'Not enough yet', 'Good', 'Strong']

/** 0 to 4: by the powers of ten that it takes to try all that are alike, without what is known or goes on by itself. */
export function strength(password, own = []) {
  let rest = password.toLowerCase()
  for (const word of [...known, ...own.flatMap(text => text.toLowerCase().split(/[^\p{L}\d]+/u))]) if (word.length > 2) rest = rest.replaceAll(word, '#')
  rest = rest.replace(/(19|20)\d\d/g, '#').replace(/(.)\1+/g, '$1')
  let count = 0
  for (let i = 0; i < rest.length; i++) if (i === 0 || !rows.includes(rest.slice(i - 1, i + 1))) count++
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter(kind => kind.test(password)).length
  const powers = count * (0.75 + 0.2 * kinds)
  return powers < 5 ? 0 : powers < 7 ? 1 : powers < 10 ? 2 : powers < 14 ? 3 : 4
}

/** Shows below a field how strong what is typed there is; own are fields whose texts do not count. */
export function watch(form, own = []) {
  const field = form.elements.password
  const tell = () => {
    const score = strength(field.value, own.map(name => form.elements[name]?.value ?? ''))
    show($('.strength', form), field.value === '' ? html`` : html`<meter min="0" max="5" low="3" high="4" optimum="5" value="${score + 1}" aria-hidden="true"></meter> <span>${words[score]}${score < 3 && ': three rare words are easy to keep in mind'}</span>`)
  }
  field.addEventListener('input', tell)
  tell() // of what was typed, or filled in by the browser, before the script was here
}
