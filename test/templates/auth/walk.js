// The accounts as a person uses them, from the first visit to the last.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { address, axe, guest, launch, mail, ok, open, password, person, picture, service, step as test, until } from '../support.js'
import { totp } from '../totp.js'

const email = address('ada')
const other = 'velvet-anchor-77-compass'
let browser, page, secret
let used = 0 // the number of the app's last code

before(async () => {
  browser = await launch()
  page = await open(browser)
})
after(async () => {
  await browser?.close()
})

/** Clicks a button, or a link, by what stands on it. */
const press = (name, at = page) => at.getByRole('button', { name, exact: true }).click()
const heading = (name, at = page) => at.getByRole('heading', { name, exact: true }).waitFor()
const says = (text, at = page) => at.getByRole('status').filter({ hasText: text }).waitFor()
const problem = async (pattern, at = page) => assert.match(await at.locator('.problem:not(:empty)').textContent(), pattern)

/** Keeps a picture of a page, and has axe look at it. */
async function look(name, at = page) {
  await picture(at, `auth-${name}`)
  assert.equal(await axe(at), '', name)
  assert.deepEqual(at.problems, [])
}

/** The address that a mail's button leads to. */
const link = async (to, words) => /href="([^"]*confirm\.html[^"]*)"/.exec((await mail(to, words)).html)[1].replaceAll('&amp;', '&')

/** A code of the app that was not used yet: each is good once, the one before and the next one too.
 * The one before is taken only where there is time left to type it in: at least 20 seconds. */
async function code() {
  const now = () => Math.floor(Date.now() / 30_000)
  used = Math.max(used + 1, Math.floor((Date.now() - 10_000) / 30_000))
  await until('the next code', () => used <= now() + 1, 90)
  return totp(secret, used * 30)
}

/** The entry of a person in a list. */
const entry = (who, at = page) => at.getByRole('listitem').filter({ hasText: who })

async function signIn(at, who, secretWord) {
  await at.goto('/sign-in.html')
  await at.getByLabel('E-mail address').fill(who)
  await at.getByLabel('Password').fill(secretWord)
  await press('Sign in', at)
}

test('signing up, with the mail from the inbox', async () => {
  await page.goto('/')
  await heading('A place with a door')
  await look('welcome')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill('Summer2024')
  await page.getByText('Very weak').waitFor()
  await press('Sign up')
  await problem(/guess|weak|strong/i)
  await look('sign-up')
  await page.getByLabel('Password').fill(password)
  await page.getByText('Strong').waitFor()
  await press('Sign up')
  await heading('Look into your mail')
  await look('look-into-your-mail')
  await page.getByLabel('Code').fill('000000')
  await press('Confirm')
  await problem(/expired|invalid/i)

  const letter = await open(browser)
  await letter.setContent((await mail(email, 'confirm your address')).html)
  await look('mail', letter)
  await page.goto(await link(email, 'confirm your address'))
  await press('Confirm')
  await heading('Account created')
  await look('account-created')
})

test('the profile', async () => {
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await heading('Ada Lovelace')
  assert.equal(await page.locator('.avatar').textContent(), 'AL')
  await page.getByLabel('Name').fill('Ada King <Lovelace>')
  await page.getByLabel('About you').fill('Notes on the engine. '.repeat(20))
  await press('Save')
  await heading('Ada King <Lovelace>')
  await says('Saved.')
  await page.reload()
  await heading('Ada King <Lovelace>')
  await look('account')
})

test('a second factor, by the picture of its key', async () => {
  await press('Add an app')
  await heading('Add an app')
  assert.ok(await page.getByAltText('QR code').evaluate(image => image.decode().then(() => image.naturalWidth > 50)), 'the QR code is shown')
  await look('add-an-app')
  secret = await page.locator('#factors code').textContent()
  await page.getByLabel('Code that the app shows').fill('000000')
  await press('Add')
  await problem(/invalid/i)
  await page.getByLabel('Code that the app shows').fill(await code())
  await press('Add')
  await says('From now on')
  await page.getByText('App since').waitFor()
})

test('signing out, and in again with the factor', async () => {
  await press('Sign out')
  await heading('A place with a door')
  await page.goto('/account.html')
  await page.waitForURL('**/sign-in.html?next=*')
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill('wrong-wrong-wrong')
  await press('Sign in')
  await problem(/Invalid login credentials/)
  await look('sign-in')
  await page.getByLabel('Password').fill(password)
  await press('Sign in')
  await heading('Your second factor')
  await look('second-factor')
  await page.goto('/account.html') // not by another way
  await heading('Your second factor')
  await page.getByLabel('Code').fill(await code())
  await press('Continue')
  await heading('Ada King <Lovelace>')
})

test('a forgotten password: the mail, the factor, a new one', async () => {
  await press('Sign out')
  await heading('A place with a door')
  await page.goto('/sign-in.html')
  await press('Forgot your password?')
  await page.getByLabel('E-mail address').fill(email)
  await press('Send the link')
  await heading('Look into your mail')
  await page.goto(await link(email, 'new password'))
  await press('Continue')
  await heading('Your second factor')
  await page.getByLabel('Code').fill(await code())
  await press('Continue')
  await heading('Choose a password')
  await page.getByLabel('New password').fill(other)
  await look('choose-a-password')
  await press('Save the password')
  await heading('Password changed')
})

test('the sessions: another one is ended', async () => {
  await ok(guest().auth.signInWithPassword({ email, password: other }))
  await page.goto('/account.html')
  await page.locator('#sessions').getByText('this one').waitFor()
  assert.ok(await page.locator('#sessions li').count() >= 2)
  await look('sessions')
  await press('Sign out everywhere else')
  await says('signed out everywhere else')
  assert.equal(await page.locator('#sessions li').count(), 1)
})

test('an admin makes a moderator, who bans', async () => {
  const admin = await person('grace')
  await ok(service.from('user_roles').insert({ user_id: admin.id, role: 'admin' }))
  await ok(service.from('profiles').update({ name: 'Grace Hopper' }).eq('id', admin.id))
  const spammer = await person('spammer')
  await page.goto('/moderate.html')
  await heading('Not for you')

  const office = await open(browser)
  await signIn(office, admin.email, password)
  await heading('Grace Hopper', office)
  await office.getByRole('link', { name: 'Roles' }).click()
  await heading('Roles', office)
  await office.getByLabel('Name or address').fill(email)
  await press('Search', office)
  await entry(email, office).getByRole('button', { name: 'Make moderator' }).click()
  await says('Done.', office)
  await entry(email, office).getByText('moderator', { exact: true }).waitFor()
  await entry('made Ada King <Lovelace> moderator', office).waitFor()
  await office.getByLabel('Name or address').fill('')
  await press('Search', office)
  await entry(spammer.email, office).waitFor()
  await look('admin', office)

  await page.evaluate(async () => (await import('/galley/client.js')).client.auth.refreshSession())
  await page.goto('/moderate.html')
  await heading('People')
  await entry(spammer.email).getByRole('button', { name: 'Ban' }).click()
  await page.getByLabel('Reason').fill('sells watches')
  await look('ban')
  await page.getByRole('dialog').getByRole('button', { name: 'Ban', exact: true }).click()
  await entry(spammer.email).getByText('banned').waitFor()
  await look('moderate')
  await office.reload()
  await office.getByText('sells watches').waitFor()

  const outside = await open(browser)
  await signIn(outside, spammer.email, password)
  await problem(/banned/, outside)
})

test('deleting the account takes the password and the factor', async () => {
  const dora = await person('dora') // Ada's app has shown all codes that are good now
  await press('Sign out')
  await heading('A place with a door') // the page goes there by itself
  await signIn(page, dora.email, password)
  await heading(dora.email.split('@')[0])
  await press('Add an app')
  secret = await page.locator('#factors code').textContent()
  used = 0
  await page.getByLabel('Code that the app shows').fill(await code())
  await press('Add')
  await page.getByText('App since').waitFor()

  await page.reload()
  const form = page.locator('#delete')
  await form.getByLabel('Your password').fill('wrong-wrong-wrong')
  await form.getByLabel('Code of your second factor').fill('000000')
  await form.getByRole('checkbox').check()
  await press('Delete my account')
  await problem(/not your password/)
  await look('delete')
  await form.getByLabel('Your password').fill(password)
  await form.getByLabel('Code of your second factor').fill(await code())
  await press('Delete my account')
  await page.getByText('Your account was deleted.').waitFor()
  await look('deleted')
  await signIn(page, dora.email, password)
  await problem(/Invalid login credentials/)
})

test('signing in by mail, and another address', async () => {
  const eve = await person('eve')
  const mine = await open(browser)
  await mine.goto('/sign-in.html')
  await press('Sign in by mail', mine)
  await mine.getByLabel('E-mail address').fill(eve.email)
  await press('Send the link', mine)
  await heading('Look into your mail', mine)
  await mine.goto(await link(eve.email, 'sign-in link'))
  await press('Sign in', mine)
  await heading(eve.email.split('@')[0], mine)
  const now = address('new')
  await mine.getByLabel('Address', { exact: true }).fill(now)
  await press('Change address', mine)
  await says('Two mails', mine)
  await mine.goto(await link(now, 'new address'))
  await press('Confirm', mine)
  await heading('One mail left', mine)
  await mine.goto(await link(eve.email, 'new address'))
  await press('Confirm', mine)
  await heading('Address changed', mine)
  await mine.getByRole('link', { name: 'Go to your account' }).click()
  await mine.getByText(now).first().waitFor()
})

test('in the dark', async () => {
  const dark = await open(browser, { colorScheme: 'dark' })
  const bob = await person('bob')
  await signIn(dark, bob.email, password)
  await heading(bob.email.split('@')[0], dark)
  await look('account-dark', dark)
})
