import { $, client, data, html, onClick, toast } from './galley.js'
import { claims, codeField, digits, lacksFactor, next, view } from './session.js'

const go = { password, link, forgot }

onClick($('main'), '[data-go]', target => go[target.dataset.go]($('main [name=email]')?.value))

const address = email => html`<label>E-mail address <input name="email" type="email" autocomplete="email" value="${email}" required></label>`
const to = (name, text) => html`<button type="button" class="link" data-go="${name}">${text}</button>`

function password(email = '') {
  view(html`<h1>Sign in</h1>${address(email)}
    <label>Password <input name="password" type="password" autocomplete="current-password" required></label> <p class="problem"></p>
    <button class="first">Sign in</button>
    <p class="after">${to('forgot', 'Forgot your password?')} · ${to('link', 'Sign in by mail')}</p>
    <p>New here? <a href="/sign-up.html">Sign up</a></p>`, async fields => {
    await data(client.auth.signInWithPassword(fields))
    await arrived()
  })
}

// By a link or code. Who has no account is answered the same, and gets no mail.
function link(email = '') {
  view(html`<h1>Sign in by mail</h1><p class="muted">You get a link that signs you in, without a password.</p>${address(email)}
    <button class="first">Send the link</button>
    <p class="after">${to('password', 'Use the password')}</p>`, async ({ email }) => {
    await data(client.auth.signInWithOtp({ email, options: { shouldCreateUser: false } }))
    code(email, 'email', 'Open the link in the mail, or enter its code:')
  })
}

function forgot(email = '') {
  view(html`<h1>A new password</h1><p class="muted">You get a link to choose another one.</p>${address(email)}
    <button class="first">Send the link</button>
    <p class="after">${to('password', 'Back')}</p>`, async ({ email }) => {
    await data(client.auth.resetPasswordForEmail(email))
    code(email, 'recovery', 'Open the link in the mail to choose a password, or enter its code:')
  })
}

function code(email, type, text) {
  view(html`<h1>Look into your mail</h1><p>If <strong>${email}</strong> has an account here, there is a mail now. ${text}</p>
    ${codeField()} <button class="first">Continue</button><p class="after">${to('password', 'Back')}</p>`, async ({ code }) => {
    await data(client.auth.verifyOtp({ email, type, token: digits(code) }))
    if (type === 'recovery') location.assign('/confirm.html?type=recovery')
    else await arrived()
  })
}

// Who has a second factor is asked for it.
async function factor() {
  const { totp } = await data(client.auth.mfa.listFactors())
  view(html`<h1>Your second factor</h1><p>Enter the code that your app shows.</p>
    ${totp.length > 1 && html`<label>App <select name="factorId">${totp.map(f => html`<option value="${f.id}">${f.friendly_name}</option>`)}</select></label>`}
    ${codeField()} <button class="first">Continue</button><p class="after"><button type="button" class="link" data-sign-out>Sign out</button></p>`, async ({ factorId, code }) => {
    await data(client.auth.mfa.challengeAndVerify({ factorId: factorId ?? totp[0].id, code: digits(code) }))
    await arrived()
  })
}

async function arrived() {
  if (lacksFactor(await claims())) await factor()
  else location.assign(next())
}

if (lacksFactor(await claims())) await factor().catch(error => toast(error.message))
else password()
