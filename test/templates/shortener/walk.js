// What a person does: sign up by the app's own page, shorten, follow, look at the clicks.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { axe, launch, ok, open, password, person, picture, service, step as test, until, url } from '../support.js'

let browser
before(async () => { browser = await launch() })
after(() => browser?.close())

/** A page on which somebody is signed in. */
async function signedIn(who, options) {
  const page = await open(browser, { permissions: ['clipboard-read', 'clipboard-write'], ...options })
  await page.goto('/')
  await page.getByRole('link', { name: 'Sign in to begin' }).click()
  await page.getByLabel('E-mail address', { exact: true }).fill(who.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByLabel('Where does it lead?').waitFor()
  return page
}

test('the front page says what this is', async () => {
  const page = await open(browser)
  await page.goto('/')
  await page.getByRole('heading', { name: 'Links that are short, and yours' }).waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-front')
  await page.goto('/there-is-nothing')
  await page.getByRole('heading', { name: 'There is no such link' }).waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-none')
  assert.deepEqual(page.problems, [])
})

test('links are made, followed and looked at', async () => {
  const ann = await person('ann')
  const page = await signedIn(ann)
  await page.getByText('None yet. The first one is made above.').waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-empty')

  await page.getByLabel('Where does it lead?').fill('http://10.0.0.1/')
  await page.getByRole('button', { name: 'Shorten' }).click()
  await page.getByText('The target is not on the public internet.').waitFor()
  await page.getByLabel('Where does it lead?').fill('https://example.org/a/very/long/address/that/nobody/would/type?with=parameters&and=more')
  await page.getByText('Address of your own').click()
  await page.getByLabel('Title').fill('The spring catalogue, with a title that goes on for longer than a line on a phone has room for')
  const slug = `spring-${process.pid}`
  await page.getByLabel(`${new URL(url).host}/`).fill(slug)
  await page.getByRole('button', { name: 'Shorten' }).click()
  await page.getByText('There it is').waitFor()
  assert.equal(await axe(page), '')
  await page.locator('.made').getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${url}/${slug}`)
  await page.getByLabel('Where does it lead?').fill('https://example.org/secret')
  await page.getByLabel('Password').fill('opensesame')
  await page.getByLabel('Ends').fill('2099-12-24T12:00')
  await page.getByRole('button', { name: 'Shorten' }).click()
  await page.locator('#list').getByText('password').waitFor()
  await picture(page, 'shortener-links')

  const [link] = await ok(service.from('links').select('id').eq('slug', slug))
  for (let i = 0; i < 5; i++) await fetch(`${url}/${slug}`, { redirect: 'manual', headers: { referer: 'https://news.example/', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' } })
  await until('the clicks', async () => (await ok(service.from('clicks').select('id').eq('link', link.id))).length === 5)
  const old = Array.from({ length: 120 }, (_, i) => ({ link: link.id, at: new Date(Date.now() - i * i % 28 * 86_400_000).toISOString(), visitor: `v${i % 40}`,
    referrer: [null, 'news.example', 'search.example', 'a-very-long-name-of-a-host.example'][i % 4], agent: ['mobile', 'desktop', 'bot'][i % 3], country: ['DE', 'FR', null][i % 3] }))
  await ok(service.from('clicks').insert(old))
  await page.locator('#list').getByRole('link', { name: new RegExp(slug) }).first().click()
  await page.getByRole('heading', { name: new RegExp(slug) }).waitFor()
  await page.getByText('a-very-long-name-of-a-host.example').waitFor()
  assert.equal(await page.locator('img.qr').evaluate(img => img.decode().then(() => img.naturalWidth > 0)), true)
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-link')
  await page.getByLabel('Switched off').check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. It counts at once.').waitFor()
  assert.equal((await fetch(`${url}/${slug}`, { redirect: 'manual' })).status, 410)

  const [locked] = await ok(service.from('links').select('slug').eq('owner', ann.id).eq('locked', true))
  await page.goto(`/${locked.slug}`)
  await page.getByLabel('Password').fill('not it')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByText('That is not the password.').waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-password')
  await page.getByLabel('Password').fill('opensesame')
  const arrived = page.waitForRequest('https://example.org/secret')
  await page.getByRole('button', { name: 'Go on' }).click()
  await arrived
  assert.deepEqual(page.problems, [])
})

test('keys and imports', async () => {
  const page = await signedIn(await person('ben'), { colorScheme: 'dark' })
  await page.getByRole('link', { name: 'API keys' }).click()
  await page.getByLabel('Name').fill('newsletter')
  await page.getByRole('button', { name: 'Make a key' }).click()
  const key = await page.locator('.key').textContent()
  assert.match(key, /^sk_[0-9a-f]{40}$/)
  await page.getByRole('cell', { name: 'newsletter', exact: true }).waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-keys')
  page.once('dialog', dialog => dialog.accept())
  await page.getByRole('button', { name: 'Delete the key newsletter' }).click()
  await page.getByText('No keys yet.').waitFor()

  await page.getByRole('link', { name: 'Import' }).click()
  await page.getByLabel('File').setInputFiles({ name: 'links.csv', mimeType: 'text/csv', buffer: Buffer.from('target,slug\nhttps://example.org/1,\nnowhere,\nhttps://example.org/2,admin\n') })
  await page.getByRole('button', { name: 'Import' }).click()
  await page.getByRole('heading', { name: '1 link made' }).waitFor()
  assert.equal(await axe(page), '')
  await picture(page, 'shortener-import')
  await page.getByRole('link', { name: 'Your links' }).click()
  await page.locator('#list li').first().waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in to begin' }).waitFor()
  assert.deepEqual(page.problems, [])
})
