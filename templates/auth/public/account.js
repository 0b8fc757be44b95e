import { $, client, data, day, html, onClick, onSubmit, show, toast } from './galley.js'
import { watch } from './password.js'
import { auth, codeField, digits, links, signedIn } from './session.js'

const me = await signedIn()
const page = $('#content')
const initials = name => (name.match(/[\p{L}\p{N}]+/gu) ?? ['?']).map(word => [...word][0]).filter((_, i, all) => i === 0 || i === all.length - 1).join('').toUpperCase()

function head({ name, created_at }) {
  show($('#head'), html`<span class="avatar" aria-hidden="true">${initials(name)}</span><div><h1>${name}</h1>
    <span class="muted">${me.email} · since ${day(created_at)}</span> ${me.user_roles.map(role => html`<span class="tag">${role}</span> `)}</div>`)
  $('.avatar').style.setProperty('--hue', parseInt(me.sub.slice(0, 4), 16) % 360)
}

async function profile() {
  const mine = await data(client.from('profiles').select('name, bio, created_at').eq('id', me.sub).single())
  head(mine)
  for (const field of ['name', 'bio']) $('#profile').elements[field].value = mine[field]
}

onSubmit($('#profile'), async ({ name, bio }) => {
  head(await data(client.from('profiles').update({ name: name.trim(), bio }).eq('id', me.sub).select('name, created_at').single()))
  toast('Saved.')
})

onSubmit($('#email'), async ({ email }) => {
  await data(client.auth.updateUser({ email }))
  toast('Two mails are on their way. Confirm the change in both.')
})

onSubmit($('#password'), async ({ current_password, password }, form) => {
  await data(client.auth.updateUser({ current_password, password }))
  form.reset()
  show($('.strength', form), html``)
  await sessions()
  toast('Password changed. Your other sessions have ended.')
})

// Second factors: an app that shows codes.

async function factors() {
  const { totp } = await data(client.auth.mfa.listFactors())
  $('#code').hidden = totp.length === 0
  $('#code input').required = totp.length > 0
  show($('#factors'), html`<h2 id="factors-title">Second factor</h2>
    ${totp.length > 0 ? html`<ul class="list">${totp.map(f => html`<li><span>${f.friendly_name} <small>since ${day(f.created_at)}</small></span> <button data-remove="${f.id}">Remove</button></li>`)}</ul>`
      : html`<p class="muted">An app on your phone that shows a code, so that a stolen password is not enough.</p>`}
    <button data-add>Add an app</button>`)
}

onClick($('#factors'), '[data-add]', async () => {
  const { all, totp } = await data(client.auth.mfa.listFactors())
  for (const left of all.filter(f => f.status === 'unverified')) await data(client.auth.mfa.unenroll({ factorId: left.id }))
  const taken = new Set(totp.map(f => f.friendly_name))
  let name = 'App'
  for (let n = 2; taken.has(name); n++) name = `App ${n}`
  const made = await data(client.auth.mfa.enroll({ factorType: 'totp', friendlyName: name, issuer: 'Clubhouse' }))
  show($('#factors'), html`<h2 id="factors-title">Add an app</h2>
    <p>Scan this with an authenticator app, such as Aegis or the password manager of your phone.</p>
    <img class="qr" alt="QR code" src="${made.totp.qr_code}">
    <p class="muted">Or type in the key <code>${made.totp.secret}</code></p>
    <form>${codeField('Code that the app shows')}
      <div class="row"><button class="first">Add</button><button type="button" data-cancel>Cancel</button></div></form>`)
  $('#factors input').focus()
  onSubmit($('#factors form'), async ({ code }) => {
    await data(client.auth.mfa.challengeAndVerify({ factorId: made.id, code: digits(code) }))
    await everything()
    toast('From now on you are asked for a code when you sign in.')
  })
})

onClick($('#factors'), '[data-cancel]', factors)
onClick($('#factors'), '[data-remove]', async ({ dataset }) => {
  await data(client.auth.mfa.unenroll({ factorId: dataset.remove }))
  await data(client.auth.refreshSession()) // the token says whether there is a factor
  await everything()
  toast('Removed.')
})

// Where the account is signed in.

const names = [[/Edg/, 'Edge'], [/OPR/, 'Opera'], [/Firefox/, 'Firefox'], [/Chrom/, 'Chrome'], [/Safari/, 'Safari']]
const systems = [[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/Linux/, 'Linux']]
const first = (list, agent) => list.find(([mark]) => mark.test(agent))?.[1]
const device = agent => [first(names, agent), first(systems, agent)].filter(Boolean).join(' on ') || agent.slice(0, 40) || 'Unknown device'
const time = text => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text))

async function sessions() {
  const { sessions } = await auth('GET', 'sessions')
  show($('#sessions'), html`<h2 id="sessions-title">Where you are signed in</h2>
    <ul class="list">${sessions.map(s => html`<li><span>${device(s.user_agent)} <small>${s.ip} · ${time(s.refreshed_at ?? s.created_at)}</small></span>
      ${s.current ? html`<span class="tag">this one</span>` : html`<button data-end="${s.id}">Sign out</button>`}</li>`)}</ul>
    ${sessions.length > 1 && html`<button data-others>Sign out everywhere else</button>`}`)
}

onClick($('#sessions'), '[data-end]', async ({ dataset }) => {
  await auth('DELETE', `sessions/${dataset.end}`)
  await sessions()
})
onClick($('#sessions'), '[data-others]', async () => {
  await data(client.auth.signOut({ scope: 'others' }))
  await sessions()
  toast('You are signed out everywhere else.')
})

// The function that deletes asks for a sign-in of the last minutes: this is one.
onSubmit($('#delete'), async ({ password, code }) => {
  const { error } = await client.auth.signInWithPassword({ email: me.email, password })
  if (error) throw error.code === 'invalid_credentials' ? new Error('This is not your password.') : error
  const { totp } = await data(client.auth.mfa.listFactors())
  if (totp.length > 0) await data(client.auth.mfa.challengeAndVerify({ factorId: totp[0].id, code: digits(code) }))
  await data(client.rpc('delete_account'))
  await client.auth.signOut({ scope: 'local' })
  location.assign('/?deleted')
})

async function everything() {
  await Promise.all([profile(), factors(), sessions(), links()])
}

watch($('#password'))
$('#email').elements.email.value = me.email
await everything()
page.hidden = false
