// Where the links of mails lead. Nothing happens before the button is pressed, since
// mail programs open links to look at them.
import { $, client, data, html } from './galley.js'
import { watch } from './password.js'
import { claims, done, lacksFactor, signedIn, view } from './session.js'

const asked = new URLSearchParams(location.search)
const type = asked.get('type')
const token_hash = asked.get('token_hash')

const kinds = {
  signup: { title: 'Confirm your address', button: 'Confirm', then: () => done('Account created', 'Your address is confirmed, and you are signed in.') },
  invite: { title: 'Accept the invitation', button: 'Accept', then: choose },
  magiclink: { title: 'Sign in', button: 'Sign in', then: () => arrived(() => location.assign('/account.html')) },
  recovery: { title: 'A new password', button: 'Continue', then: () => arrived(choose) },
  email_change: { title: 'Confirm the new address', button: 'Confirm', then: ({ session }) => session ? done('Address changed', 'From now on you sign in with the new address.')
    : done('One mail left', 'Open the link in the mail to your other address, too.') },
}

// A link proves the address only: who has a second factor shows it as well.
async function arrived(then) {
  if (lacksFactor(await claims())) location.assign(`/sign-in.html?${new URLSearchParams({ next: type === 'recovery' ? '/confirm.html' : '/account.html' })}`)
  else then()
}

function choose() {
  view(html`<h1>Choose a password</h1>
    <label>New password <input name="password" type="password" autocomplete="new-password" minlength="8" required aria-describedby="strength"></label>
    <p class="strength" id="strength"></p><button class="first">Save the password</button>`, async ({ password }) => {
    await data(client.auth.updateUser({ password }))
    await done('Password changed', 'All your other sessions have ended.')
  })
  watch($('form'))
}

if (token_hash && Object.hasOwn(kinds, type)) {
  const { title, button, then } = kinds[type]
  view(html`<h1>${title}</h1><button class="first">${button}</button>`, async () => {
    const answer = await data(client.auth.verifyOtp({ token_hash, type }))
    history.replaceState(null, '', '/confirm.html')
    await then(answer)
  })
} else {
  await signedIn() // after a code, or the second factor, the password is chosen
  choose()
}
