// What the tests of all starter apps use.
import { createClient } from '@supabase/supabase-js'
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export const { GALLEY_URL: url, GALLEY_ANON: anonKey, GALLEY_SERVICE_ROLE: serviceRole } = process.env
const options = { auth: { persistSession: false, autoRefreshToken: false } }

/** A client that nobody is signed in with. */
export const guest = () => createClient(url, anonKey, options)

/** The client that may do everything. */
export const service = createClient(url, serviceRole, options)

let count = 0

/** An address that no other test uses. */
export const address = (name = 'user') => `${name}-${process.pid}-${++count}@example.org`

export const password = 'tangible-otter-42-umbrella'

/** A client with a new user who is signed in; app_metadata as given. */
export async function person(name, app_metadata) {
  const email = address(name)
  const { data, error } = await service.auth.admin.createUser({ email, password, email_confirm: true, app_metadata })
  assert.equal(error, null)
  const client = guest()
  assert.equal((await client.auth.signInWithPassword({ email, password })).error, null)
  return Object.assign(client, { id: data.user.id, email })
}

/** The data of an answer, which has to be one. */
export async function ok(request) {
  const { data, error } = await request
  assert.equal(error, null, JSON.stringify(error))
  return data
}

/** Waits until a question has an answer that is not false, null or undefined. */
export async function until(what, ask, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
    const answer = await ask()
    if (answer) return answer
  }
  assert.fail(`waited ${seconds} s in vain for ${what}`)
}

/** The mails to an address in the development inbox, the newest first. */
export async function mails(to) {
  const answer = await fetch(`${url}/dev/inbox.json?${new URLSearchParams({ to })}`, { headers: { apikey: serviceRole, Authorization: `Bearer ${serviceRole}` } })
  assert.equal(answer.status, 200)
  return (await answer.json()).messages
}

/** The newest mail to an address whose subject has the words. */
export const mail = (to, words) => until(`a mail "${words}" to ${to}`, async () => (await mails(to)).find(m => m.subject.includes(words)))

let broken = ''

/** A test that is a step of a walk: those after one that failed are skipped, or each would wait for what will not come. */
export const step = (name, walk) => test(name, async t => {
  if (broken) return t.skip(`after "${broken}"`)
  try {
    await walk(t)
  } catch (error) {
    broken = name
    throw error
  }
})

/** Starts Chromium. The walks are driven by it; close it in after(). */
export async function launch() {
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath: process.env.GALLEY_CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
}

/** A page of a fresh profile. What goes wrong with its scripts, and with its policy, ends the test that looks at problems. */
export async function open(browser, { width = 1280, height = 900, ...more } = {}) {
  const context = await browser.newContext({ baseURL: url, viewport: { width, height }, ...more })
  context.setDefaultTimeout(60_000)
  // What is said for five seconds is there for a minute: a busy machine may look later.
  await context.addInitScript(() => {
    const later = window.setTimeout
    window.setTimeout = (act, time, ...more) => later.call(window, act, time === 5000 ? 60_000 : time, ...more)
  })
  const page = await context.newPage()
  page.problems = []
  page.on('pageerror', error => page.problems.push(error.message))
  page.on('console', said => { if (said.text().includes('Content Security Policy')) page.problems.push(said.text()) })
  page.on('response', answer => {
    const { 'content-type': type = '', 'content-security-policy': policy = '' } = answer.headers()
    const html = answer.request().resourceType() === 'document' && answer.status() === 200 && type.startsWith('text/html') && answer.url().startsWith(url)
    if (html && (!policy.includes("frame-ancestors 'none'") || policy.includes('unsafe'))) page.problems.push(`the policy of ${answer.url()} is "${policy}"`)
  })
  return page
}

/** Keeps a picture, wide and as on a phone, where GALLEY_SCREENSHOTS names a folder; the page must not scroll sideways. */
export async function picture(page, name) {
  const folder = process.env.GALLEY_SCREENSHOTS
  const before = page.viewportSize()
  for (const [kind, size] of Object.entries({ wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } })) {
    await page.setViewportSize(size)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(over <= 0, `${name} is ${over} px wider than a ${kind} screen`)
    if (!folder) continue
    await mkdir(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${name}-${kind}.png`), fullPage: true })
  }
  await page.setViewportSize(before)
}

/** What axe finds wrong for people who use other senses, as text; '' is nothing. */
export async function axe(page) {
  // Not by a script element, which the page's own policy may refuse.
  await page.evaluate(await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8'))
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }))
  return violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`).join('\n')
}
