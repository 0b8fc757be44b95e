import { $, client, data, html, onClick, onSubmit, toast } from './galley.js'
import { watch } from './password.js'
import { codeField, digits, done, view } from './session.js'

const created = () => done('Account created', 'Your address is confirmed, and you are signed in.')

watch($('#form'), ['name', 'email'])
onSubmit($('#form'), async ({ name, email, password }) => {
  const { session } = await data(client.auth.signUp({ email, password, options: { data: { name: name.trim() } } }))
  if (session) await created() // where addresses are not confirmed
  else waiting(email)
})

// The address has to be confirmed: by the link of the mail, or by its code here.
function waiting(email) {
  view(html`<h1>Look into your mail</h1>
    <p>We wrote to <strong>${email}</strong>. Open the link in the mail, or enter its code:</p>
    ${codeField()} <button class="first">Confirm</button>
    <p class="after muted">Nothing there? Look into the spam folder, or <button type="button" class="link" data-again>have it sent again</button>.</p>`, async ({ code }) => {
    await data(client.auth.verifyOtp({ type: 'signup', email, token: digits(code) }))
    await created()
  })
  onClick($('main form'), '[data-again]', async () => {
    await data(client.auth.resend({ type: 'signup', email }))
    toast('Sent again.')
  })
}
