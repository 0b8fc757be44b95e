// Those who read: comments, the newsletter, what is fresh, work to show.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { address, guest, mail, mails, ok, person, service, until, url } from '../support.js'

const text = async path => (await fetch(url + path)).text()

async function member(name, role = 'author') {
  const who = await person(name)
  return Object.assign(who, { member: await ok(service.rpc('add_member', { email: who.email, name, role })) })
}

let posts = 0
async function published(who, more = {}) {
  const slug = `readers-${process.pid}-${++posts}`
  const [post] = await ok(who.from('posts').insert({ title: `Readers ${posts}`, slug, published_at: new Date(Date.now() - 1000).toISOString(), author_id: who.member, ...more }).select('id,slug'))
  return post
}

// All tests come from one address, which may say only so much.
beforeEach(() => ok(service.from('comments').update({ sender: '' }).neq('sender', '')))

const say = (client, post, body, more) => client.from('comments').insert({ post_id: post.id, name: 'Ida', body, ...more })

test('a comment is held until the author approves it, who is told of it', async () => {
  const [ann, ben] = [await member('Ann'), await member('Ben')]
  const post = await published(ann)
  await ok(say(guest(), post, 'What a <b>nice</b> screw\n\nindeed'))
  const told = await mail(ann.email, 'New comment')
  assert.match(JSON.stringify(told), /Ida/)
  assert.doesNotMatch(await text(`/posts/${post.slug}`), /nice/)
  for (const other of [ben, guest()]) assert.deepEqual(await ok(other.from('comments').select('id').eq('post_id', post.id)), [])
  const [held] = await ok(ann.from('comments').select('id,state,reason').eq('post_id', post.id))
  assert.deepEqual([held.state, held.reason], ['held', ''])
  assert.deepEqual(await ok(ben.from('comments').update({ state: 'approved' }).eq('id', held.id).select('id')), [])
  assert.notEqual((await guest().from('comments').update({ state: 'approved' }).eq('id', held.id)).error, null)
  await ok(ann.from('comments').update({ state: 'approved' }).eq('id', held.id))
  assert.match(await text(`/posts/${post.slug}`), /What a &lt;b&gt;nice&lt;\/b&gt; screw<\/p><p>indeed/)
  assert.equal((await ok(guest().from('comments').select('name,body').eq('post_id', post.id))).length, 1)
  await ok(say(ann, post, 'Thank you.'))
  assert.equal((await ok(guest().from('comments').select('id').eq('post_id', post.id))).length, 2) // the author's own needs no approval
})

test('what a comment may not say, and where', async () => {
  const ann = await member('Ann')
  const post = await published(ann)
  const [closed, draft] = [await published(ann, { comments_open: false }), await published(ann, { published_at: null })]
  for (const other of [closed, draft, { id: 8 }, { id: 999999 }]) assert.equal((await say(guest(), other, 'hello')).error.code, '42501', other.id)
  for (const more of [{ state: 'approved' }, { reason: '' }, { user_id: ann.id }, { sender: 'x' }, { created_at: '2000-01-01' }]) assert.equal((await say(guest(), post, 'hello', more)).error.code, '42501', JSON.stringify(more))
  for (const more of [{ body: '' }, { body: 'x'.repeat(5001) }, { name: ' ' }, { name: 'x'.repeat(61) }]) assert.equal((await say(guest(), post, 'hello', more)).error.code, '23514', JSON.stringify(more).slice(0, 40))
  assert.notEqual((await guest().from('comments').select('user_id')).error, null)
  assert.notEqual((await ann.from('comments').select('sender')).error, null)
})

test('what looks like spam is put aside with its reason, and nobody is told', async () => {
  const ann = await member('Ann')
  const post = await published(ann)
  const spam = { 'see http://a.example http://b.example https://c.example': /3 links/, 'BUY NOW BUY NOW BUY NOW BUY': /capitals/, 'the best casino in town': /words/, '<a href=x>click</a>': /HTML/ }
  for (const body of Object.keys(spam)) await ok(say(guest(), post, body))
  const rows = await ok(ann.from('comments').select('body,state,reason').eq('post_id', post.id))
  for (const row of rows) assert.match(`${row.state}: ${row.reason}`, new RegExp(`spam: .*${spam[row.body].source}`))
  await ok(service.from('comments').update({ sender: '' }).neq('sender', ''))
  await ok(say(guest(), post, 'a machine', { homepage: 'http://x.example' }))
  const twice = `A sentence that is sent two times ${process.pid}.`
  await ok(say(guest(), post, twice))
  await ok(say(guest(), post, twice))
  assert.deepEqual((await ok(ann.from('comments').select('state').eq('post_id', post.id).order('id'))).map(c => c.state), ['spam', 'spam', 'spam', 'spam', 'spam', 'held', 'spam'])
  await mail(ann.email, 'New comment')
  assert.equal((await mails(ann.email)).length, 1)
})

test('an address says five things in ten minutes, whatever it claims to be', async () => {
  const ann = await member('Ann')
  const post = await published(ann)
  const ida = await person('ida')
  const answers = []
  for (let i = 0; i < 8; i++) answers.push((await say(i % 2 ? ida : guest(), post, `Number ${i} of eight.`)).status)
  assert.deepEqual(answers, [201, 201, 201, 201, 201, 429, 429, 429])
  const proxied = address => say(guest(), post, `From ${address}.`).setHeader('X-Forwarded-For', address) // the test is a trusted proxy
  assert.deepEqual([(await proxied('203.0.113.7')).status, (await proxied('203.0.113.8, 127.0.0.1')).status], [201, 201])
  assert.equal((await proxied('203.0.113.7, nonsense')).status, 429)
  assert.equal((await guest().from('comments').insert([1, 2, 3].map(i => ({ post_id: post.id, name: 'x', body: `many ${i}` })))).error.code, 'PT400')
})

test('the newsletter asks twice, and ends by its link', async () => {
  const reader = address('reader')
  const send = (path, fields) => fetch(url + path, { method: 'POST', body: new URLSearchParams(fields) })
  for (const bad of ['', 'x', 'a@b', 'a b@c.example', 'a@b.example\nBcc: c@d.example']) assert.equal((await send('/newsletter', { email: bad })).status, 400, bad)
  assert.equal((await send('/newsletter', { email: ` ${reader.toUpperCase()} ` })).status, 200)
  const link = /\/newsletter\/confirm\?token=[0-9a-f-]{36}/.exec((await mail(reader, 'Confirm')).text)[0]
  assert.match(await text(link), /Yes, subscribe/)
  assert.equal((await ok(service.from('subscribers').select('confirmed_at').eq('email', reader)))[0].confirmed_at, null) // looking is not saying yes
  const token = link.split('=')[1]
  for (const step of ['confirm', 'leave']) assert.equal((await fetch(`${url}/newsletter/${step}?token=${token}`, { method: 'HEAD' })).status, 200)
  assert.equal((await send('/newsletter/confirm', { token: crypto.randomUUID() })).status, 404)
  assert.equal((await send('/newsletter/confirm', { token })).status, 200)
  assert.notEqual((await ok(service.from('subscribers').select('confirmed_at').eq('email', reader)))[0].confirmed_at, null)
  const again = await (await send('/newsletter', { email: reader })).text()
  assert.match(again, /If it is new here/)
  assert.equal((await mails(reader)).length, 1)
  for (const client of [guest(), await person('curious')]) assert.notEqual((await client.from('subscribers').select('*')).error, null)
  assert.equal((await send('/newsletter/leave', { token })).status, 200)
  assert.deepEqual(await ok(service.from('subscribers').select('id').eq('email', reader)), [])
  const answers = []
  const other = address('often')
  for (let i = 0; i < 6; i++) answers.push((await send('/newsletter', { email: other })).status)
  assert.deepEqual(answers, [200, 200, 200, 200, 429, 429])
})

test('what has not changed is not sent again', async () => {
  const ann = await member('Ann')
  const post = await published(ann)
  await until('the announcement, which changes the feeds', async () => (await ok(service.from('announcements').select('post_id').eq('post_id', post.id))).length > 0)
  for (const path of ['/rss.xml', '/sitemap.xml', `/posts/${post.slug}`]) {
    const first = await fetch(url + path)
    const [tag, time] = [first.headers.get('ETag').replace('W/', ''), first.headers.get('Last-Modified')]
    assert.match(tag, /^"[0-9a-f]{24}"$/)
    assert.ok(Date.parse(time) <= Date.now() + 1000, time)
    const ask = async headers => (await fetch(url + path, { headers, cache: 'no-store' })).status
    assert.equal(await ask({ 'If-None-Match': tag }), 304, path)
    assert.equal(await ask({ 'If-None-Match': `"x", W/${tag}` }), 304, path)
    assert.equal(await ask({ 'If-None-Match': '"x"', 'If-Modified-Since': time }), 200, path)
    assert.equal(await ask({ 'If-Modified-Since': time }), 304, path)
    assert.equal(await ask({ 'If-Modified-Since': new Date(Date.parse(time) - 60_000).toUTCString() }), 200, path)
    assert.equal((await fetch(url + path, { method: 'HEAD' })).headers.get('ETag').replace('W/', ''), tag, path)
    assert.equal((await fetch(url + path, { method: 'POST' })).status, 405, path)
  }
  const { headers } = await fetch(`${url}/rss.xml`)
  await until('a second', () => Date.now() - Date.parse(headers.get('Last-Modified')) > 1100)
  await ok(ann.from('posts').delete().eq('id', post.id))
  for (const [name, value] of [['If-None-Match', headers.get('ETag')], ['If-Modified-Since', headers.get('Last-Modified')]]) {
    const now = await fetch(`${url}/rss.xml`, { headers: { [name]: value }, cache: 'no-store' })
    assert.equal(now.status, 200, name) // taking a post back is a change, too
    assert.doesNotMatch(await now.text(), new RegExp(`/posts/${post.slug}<`))
  }
})

test('work is shown in its order, changed by editors, with links that lead nowhere else', async () => {
  const [eve, ann] = [await member('Eve', 'editor'), await member('Ann')]
  const project = { title: 'Kite', slug: `kite-${process.pid}`, summary: 'It flies.', body: '**High**', picture: 'https://pictures.example/k.png', picture_text: 'A kite', links: [{ label: 'Bad', url: 'javascript:alert(1)' }, { label: 'Good', url: 'https://good.example/' }], position: 0 }
  await ok(eve.from('projects').insert(project))
  assert.equal((await ann.from('projects').insert({ ...project, slug: 'other' })).error.code, '42501')
  assert.equal((await eve.from('projects').insert({ ...project, slug: 'other', picture: 'javascript:x' })).error.code, '23514')
  const body = await text(`/portfolio/${project.slug}`)
  assert.match(body, /<a class="button" href="#" rel="noopener">Bad/)
  assert.match(body, /<strong>High<\/strong>/)
  assert.match(body, /og:image" content="https:\/\/pictures\.example\/k\.png"/)
  const list = await text('/portfolio')
  assert.ok(list.indexOf('Kite') < list.indexOf('Tide clock'))
  await ok(eve.from('projects').update({ shown: false }).eq('slug', project.slug))
  assert.equal((await fetch(`${url}/portfolio/${project.slug}`)).status, 404)
  assert.deepEqual(await ok(ann.from('projects').select('id').eq('slug', project.slug)), [])
})
