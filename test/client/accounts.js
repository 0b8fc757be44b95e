// What the tests of accounts share: people, and the mail and SMS that they get, read
// from the development inbox.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import { ok } from './support.js'

const { GALLEY_URL: url, GALLEY_ANON: anonKey, GALLEY_SERVICE_ROLE: serviceKey } = process.env

export const password = 'tangible-otter-42-umbrella'
export const address = () => `u${crypto.randomUUID()}@example.org`
export const number = () => '49151' + String(Math.floor(Math.random() * 1e8)).padStart(8, '0')
export const client = (more) => createClient(url, anonKey, { auth: { persistSession: false, autoRefreshToken: false, ...more } })

/**
 * The newest message to an address or number, once it is there; of a template, when
 * one is named. token is what its link carries, code what is typed.
 */
export async function message(to, template) {
  const headers = { apikey: serviceKey, Authorization: `Bearer ${serviceKey}` }
  for (let i = 0; i < 600; i++) {
    const answer = await fetch(`${url}/dev/inbox.json?to=${encodeURIComponent(to)}`, { headers })
    const found = (await answer.json()).messages?.find((m) => !template || m.template === template)
    if (found) {
      const link = found.text.match(/\/auth\/v1\/verify\?\S+/)?.[0]
      return { ...found, link, token: link?.match(/[?&]token=([^&]+)/)[1], code: found.code ?? found.text.match(/\b\d{6}\b/)?.[0] }
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no ${template ?? 'message'} to ${to}`)
}

/** Follows the link of a mail as a browser does, and returns where it ends. */
export async function follow({ link }) {
  const answer = await fetch(url + link, { redirect: 'manual' })
  assert.equal(answer.status, 303)
  return new URL(answer.headers.get('location'))
}

/** Signs somebody up and follows the link in the mail. */
export async function member(supabase) {
  const email = address()
  const { data } = ok(await supabase.auth.signUp({ email, password, options: { data: { name: 'Ada' } } }))
  assert.equal(data.session, null)
  assert.match((await follow(await message(email))).hash, /access_token=/)
  return { email, id: data.user.id }
}

/** A member who is signed in. */
export async function signedIn(more) {
  const supabase = client(more)
  const { email, id } = await member(supabase)
  const { data } = ok(await supabase.auth.signInWithPassword({ email, password }))
  return { supabase, email, id, session: data.session }
}
