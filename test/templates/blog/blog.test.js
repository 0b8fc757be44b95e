// Those who write: roles, drafts, times, versions, categories, search, pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { guest, mails, ok, person, service, serviceRole, until, url } from '../support.js'

const page = (path, headers = {}) => fetch(url + path, { headers, redirect: 'manual' })
const text = async path => (await page(path)).text()
const status = async path => (await page(path)).status

export async function member(name, role = 'author') {
  const who = await person(name)
  const id = await ok(service.rpc('add_member', { email: who.email, name, role }))
  return Object.assign(who, { member: id })
}

const columns = 'id,slug,title,tags,version,state,author_id,published_at,updated_by'
const write = async (who, post) => (await ok(who.from('posts').insert(post).select(columns)))[0]
const past = () => new Date(Date.now() - 1000).toISOString()
const indexed = id => until(`the words of post ${id}`, async () => (await ok(service.from('post_words').select('word').eq('post_id', id).limit(1))).length > 0)

test('who is no member writes nothing, and nobody makes himself one', async () => {
  const stranger = await person('stranger')
  for (const client of [stranger, guest()]) {
    const { error } = await client.from('posts').insert({ title: 'Mine', author_id: 1 })
    assert.equal(error.code, '42501')
    assert.deepEqual(await ok(client.from('posts').update({ title: 'Mine' }).eq('id', 1).select('id')).catch(() => []), [])
    assert.notEqual((await client.from('members').insert({ name: 'Me', slug: 'me', role: 'editor' })).error, null)
    assert.equal((await ok(client.rpc('me'))) ?? null, null)
  }
  assert.equal(await ok(stranger.rpc('add_member', { email: stranger.email, name: 'Me', role: 'editor' })), null)
  assert.equal((await guest().rpc('add_member', { email: stranger.email, name: 'Me' })).error.code, '42501')
})

test('authors write their own, editors all, and the server says who and when', async () => {
  const [ann, ben, eve] = [await member('Ann'), await member('Ben'), await member('Eve', 'editor')]
  const post = await write(ann, { title: 'Ärger mit <Schrauben>!', tags: [' Repair ', 'repair', 'a/b c', ''], slug: '' })
  assert.deepEqual([post.slug, post.tags, post.version, post.state, post.author_id, post.updated_by], ['arger-mit-schrauben', ['repair', 'a-b-c'], 1, 'draft', ann.member, ann.member])
  assert.deepEqual(await ok(ben.from('posts').select('id').eq('id', post.id)), [])
  assert.deepEqual(await ok(ben.from('posts').update({ title: 'x' }).eq('id', post.id).select('id')), [])
  assert.deepEqual(await ok(ben.from('posts').delete().eq('id', post.id).select('id')), [])
  assert.equal((await ben.from('posts').insert({ title: 'As Ann', author_id: ann.member })).error.code, '42501')
  assert.equal((await ann.from('posts').update({ author_id: ben.member }).eq('id', post.id)).error.code, '42501')
  assert.equal((await ann.from('posts').insert({ kind: 'page', title: 'Search', author_id: ann.member })).error.code, '23514')
  assert.equal((await ann.from('posts').update({ version: 7 }).eq('id', post.id)).error.code, '42501')
  assert.equal((await ok(eve.from('posts').update({ title: 'Better' }).eq('id', post.id).select(columns)))[0].updated_by, eve.member)
  assert.equal((await ok(ann.from('posts').select('id').eq('state', 'draft').eq('author_id', ann.member))).length, 1)
  assert.deepEqual(await ok(ann.from('members').update({ name: 'Hijacked' }).eq('id', ben.member).select('id')), [])
  assert.equal((await ann.from('members').update({ role: 'editor' }).eq('id', ann.member)).error.code, '42501')
  assert.equal(await ok(ann.rpc('set_role', { member: ann.member, role: 'editor' })), null)
  assert.equal(await ok(eve.rpc('set_role', { member: ann.member, role: 'editor' })), true)
})

test('a save keeps the version before; an old one comes back; two windows lose nothing', async () => {
  const [ann, ben] = [await member('Ann'), await member('Ben')]
  const post = await write(ann, { title: 'One', body: 'first', tags: ['a'] })
  const save = (values, version) => ok(ann.from('posts').update(values).eq('id', post.id).eq('version', version).select('id,version'))
  assert.deepEqual(await save({ body: 'second', tags: ['b'] }, 1), [{ id: post.id, version: 2 }])
  assert.deepEqual(await save({ body: 'late' }, 1), []) // the other window
  assert.deepEqual(await save({ comments_open: false }, 2), [{ id: post.id, version: 2 }]) // no new text, no new version
  const versions = await ok(ann.from('post_versions').select('version,body,tags,saved_by').eq('post_id', post.id))
  assert.deepEqual(versions, [{ version: 1, body: 'first', tags: ['a'], saved_by: ann.member }])
  assert.deepEqual(await save({ body: versions[0].body, tags: versions[0].tags }, 2), [{ id: post.id, version: 3 }])
  assert.deepEqual(await ok(ann.from('post_versions').select('body').eq('post_id', post.id).order('version')), [{ body: 'first' }, { body: 'second' }])
  assert.deepEqual(await ok(ben.from('post_versions').select('body').eq('post_id', post.id)), [])
  assert.notEqual((await guest().from('post_versions').select('body')).error, null)
  assert.notEqual((await ann.from('post_versions').delete().eq('post_id', post.id)).error, null)
})

const admin = (path, method, body) => fetch(`${url}/admin/v1/${path}`, { method, body: JSON.stringify(body), headers: { apikey: serviceRole, Authorization: `Bearer ${serviceRole}` } })

test('a scheduled post is there at its time without any job, and announced once, however often the job runs', async () => {
  const ann = await member('Ann')
  const reader = `reader-${process.pid}@example.org`
  await ok(service.from('subscribers').insert({ email: reader, confirmed_at: past() }))
  assert.equal((await admin('queues/announce', 'PATCH', { paused: true })).status, 200)
  const at = new Date(Date.now() + 3000)
  const post = await write(ann, { title: 'In time', summary: 'It came.', published_at: at.toISOString() })
  // A slow machine may be there after the time already; whoever comes before it sees nothing.
  if (Date.now() < at) assert.equal(post.state, 'scheduled')
  const [early, feed] = [await status('/posts/in-time'), await text('/rss.xml')]
  if (Date.now() < at) assert.deepEqual([early, feed.includes('In time')], [404, false])
  await sleep(Math.max(0, at - Date.now()) + 50)
  assert.equal(await status('/posts/in-time'), 200) // the queue is at rest
  assert.deepEqual(await ok(service.from('announcements').select('*').eq('post_id', post.id)), [])
  for (let i = 0; i < 4; i++) assert.equal((await admin('jobs', 'POST', { queue: 'announce' })).status < 300, true)
  await admin('queues/announce', 'PATCH', { paused: false })
  await until('the mail', async () => (await mails(reader)).length > 0)
  await ok(ann.from('posts').update({ published_at: null }).eq('id', post.id))
  assert.equal(await status('/posts/in-time'), 404)
  await ok(ann.from('posts').update({ published_at: past() }).eq('id', post.id)) // and once more
  await until('all jobs to end', async () => (await (await admin('jobs?limit=200', 'GET')).json()).jobs.every(j => !['announce', 'newsletter', 'mail'].includes(j.queue) || j.state === 'completed'))
  const sent = await mails(reader)
  assert.deepEqual(sent.map(m => m.subject), ['In time'])
  const { headers } = await (await fetch(`${url}/dev/inbox/${sent[0].id}`, { headers: { Accept: 'application/json', apikey: serviceRole, Authorization: `Bearer ${serviceRole}` } })).json()
  const leave = /<(.*)>/.exec(headers.find(h => h.name === 'List-Unsubscribe').value)[1]
  assert.equal((await fetch(leave, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) })).status, 200) // as a mail program does it (RFC 8058)
  assert.deepEqual(await ok(service.from('subscribers').select('id').eq('email', reader)), [])
})

test('categories stand in one another: a page has the posts of all below, and no ring is made', async () => {
  const eve = await member('Eve', 'editor')
  const [top] = await ok(eve.from('categories').insert({ name: 'Top', slug: 'top' }).select('id'))
  const [mid] = await ok(eve.from('categories').insert({ name: 'Mid', slug: 'mid', parent_id: top.id }).select('id'))
  const [low] = await ok(eve.from('categories').insert({ name: 'Low', slug: 'low', parent_id: mid.id }).select('id'))
  await write(eve, { title: 'Deep down', category_id: low.id, published_at: past() })
  for (const slug of ['top', 'mid', 'low']) assert.match(await text(`/categories/${slug}`), /Deep down/)
  assert.match(await text('/categories/low'), /Posts<\/a> \/ <a href="\/categories\/top">Top<\/a> \/ <a href="\/categories\/mid">Mid<\/a>/)
  assert.match(await text('/categories/top'), /depth-1"><a href="\/categories\/low">Low<\/a> <span class="muted">1</)
  for (const parent of [top.id, mid.id, low.id]) {
    assert.equal((await eve.from('categories').update({ parent_id: parent }).eq('id', top.id)).error.code, '23514')
  }
  assert.equal((await eve.from('categories').delete().eq('id', mid.id)).error.code, '23503')
  assert.equal((await (await member('Ann')).from('categories').insert({ name: 'x', slug: 'x' })).error.code, '42501')
  assert.equal(await status('/categories/nowhere'), 404)
})

const found = async q => [...(await text(`/search?q=${encodeURIComponent(q)}`)).matchAll(/<h2><a href="\/posts\/([^"]+)">/g)].map(m => m[1])

test('the search finds all words, folded, the last as a beginning, and the title weighs most', async () => {
  const ann = await member('Ann')
  const one = await write(ann, { title: 'Zitronenkuchen backen', body: 'Ein **Rezept** mit Crème brûlée und Straße.', tags: ['kuchen'], published_at: past() })
  const two = await write(ann, { title: 'Vom Backen', body: 'zitronenkuchen, ganz am Rand', published_at: past() })
  const draft = await write(ann, { title: 'Zitronenkuchen geheim' })
  for (const { id } of [one, two, draft]) await indexed(id)
  const table = [
    ['zitronenkuchen', ['zitronenkuchen-backen', 'vom-backen']], ['ZITRONENKUCHEN backen', ['zitronenkuchen-backen', 'vom-backen']],
    ['zitronenku', ['zitronenkuchen-backen', 'vom-backen']], ['creme BRULEE', ['zitronenkuchen-backen']], ['strasse', ['zitronenkuchen-backen']],
    ['zitronenkuchen geheim', []], ['', []], ["' or zz=zz --", []], ['100% _', []], ['kuchen rezept', ['zitronenkuchen-backen']],
    // the same on both engines: of the seed
    ['patience', ['a-radio-that-waited', 'the-path-that-is-not-there']], ['the apple tree', ['listening-at-night']],
  ]
  for (const [q, want] of table) assert.deepEqual(await found(q), want, q)
  await ok(ann.from('posts').update({ title: 'Apfelkuchen', tags: [] }).eq('id', two.id))
  await ok(ann.from('posts').update({ body: 'nichts' }).eq('id', two.id))
  await until('the new words', async () => (await found('zitronenkuchen')).length === 1)
  assert.deepEqual(await found('apfelk nichts'), [])
  assert.deepEqual(await found('nichts apfelk'), ['vom-backen'])
})

test('pages of a list have each post once, also when one comes meanwhile', async () => {
  const ann = await member('Ann')
  const tag = `many-${process.pid}`
  const when = new Date(Date.now() - 60_000).toISOString()
  await ok(ann.from('posts').insert(Array.from({ length: 19 }, (_, i) => ({ title: `Many ${i}`, slug: `${tag}-${i}`, tags: [tag], published_at: when, author_id: ann.member }))))
  const seen = []
  for (let path = `/tags/${tag}`; path;) {
    const body = await text(path)
    seen.push(...[...body.matchAll(/<h2><a href="\/posts\/([^"]+)">/g)].map(m => m[1]))
    if (seen.length === 8) await write(ann, { title: 'Between', slug: `${tag}-between`, tags: [tag], published_at: past() })
    path = /href="([^"]+)" rel="next"/.exec(body)?.[1].replaceAll('&amp;', '&')
  }
  assert.equal(seen.length, 19)
  assert.equal(new Set(seen).size, 19)
  for (const bad of ['x', "2026-01-01T00:00:00Z_1' or 1=1", '9999-99-99T99:99:99Z_1']) assert.ok([200, 400].includes(await status(`/tags/${tag}?after=${encodeURIComponent(bad)}`)), bad)
})

test('a page of a post speaks to search engines, and what its author types is text', async () => {
  const ann = await member('Ann')
  const evil = '</script><script>alert(1)</script>"\'><img src=x onerror=alert(1)>&amp;'
  const body = `${evil}\n\n[x](javascript:alert(1)) [y](data:text/html,x) ![z](javascript:alert(1) "a\\" onerror=alert(1)") [w](https://a.example/?q="onload=1)\n\n\`\`\`html" onclick="x\n${evil}\n\`\`\`\n\n<b onclick=x>\n\n[j](JAVA\u0000SCRIPT:x) [k](//evil.example) \u0001\ufffe end`
  const post = await write(ann, { title: evil, slug: 'evil', summary: evil, body: body.replaceAll('\0', ''), tags: [evil], published_at: past() })
  const answer = await page('/posts/evil')
  const html = await answer.text()
  assert.equal(answer.status, 200)
  const scripts = [...html.matchAll(/<script\b[^>]*>/g)].map(m => m[0])
  assert.deepEqual(scripts, ['<script type="application/ld+json">', '<script type="module" src="/comments.js">'])
  assert.doesNotMatch(html.replace(/<script type="application[^]*?<\/script>/, ''), /<[^>]*\son\w+=(?![^<]*&)|href="javascript|src="javascript|href="data|href="\/\/|<b /i)
  const data = JSON.parse(/ld\+json">(.*?)<\/script>/.exec(html)[1])
  assert.deepEqual([data['@type'], data.headline, data.author.name, data.datePublished], ['BlogPosting', evil, 'Ann', post.published_at])
  assert.match(html, /<meta property="og:type" content="article">/)
  assert.match(html, new RegExp(`<link rel="canonical" href="${url}/posts/evil">`))
  assert.match(html, /<title>&lt;\/script&gt;.*· Field Notes<\/title>/)
  assert.match(answer.headers.get('Content-Security-Policy'), /script-src 'self';/)
  assert.doesNotMatch(answer.headers.get('Content-Security-Policy'), /unsafe/)
  for (const path of ['/', '/search?q=%3Cscript%3Ealert(1)%3C/script%3E', `/tags/${encodeURIComponent(post.tags[0])}`, '/nope/%3Cscript%3E']) {
    assert.doesNotMatch(await text(path), /<script>|<img src=x/, path)
  }
})

test('Markdown is what it should be, and quick with texts made to be slow', async () => {
  const ann = await member('Ann')
  assert.equal((await (await person('stranger')).rpc('preview', { body: 'x' })).error.code, '42501')
  const made = body => ok(ann.rpc('preview', { body }))
  const table = [
    ['# A *b*', '<h2>A <em>b</em></h2>\n'], ['a\nb  \nc', '<p>a\nb<br>\nc</p>\n'], ['**a** __b__ ~~c~~ `<d>`', '<p><strong>a</strong> <strong>b</strong> <del>c</del> <code>&lt;d&gt;</code></p>\n'],
    ['- a\n- b\n  - c\n', '<ul>\n<li>a</li>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n'], ['3. a\n4. b', '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'],
    ['> a\n> > b', '<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>\n'], ['---', '<hr>\n'], ['~~~js\n<a>\n~~~', '<pre tabindex="0"><code class="language-js">&lt;a&gt;\n</code></pre>\n'],
    ['[a](/b) <https://c.example> https://d.example/e.', '<p><a href="/b">a</a> <a href="https://c.example" rel="noopener">https://c.example</a> <a href="https://d.example/e" rel="noopener">https://d.example/e</a>.</p>\n'],
    ['![a](/b.png "c")', '<p><img src="/b.png" alt="a" title="c" loading="lazy"></p>\n'], ['snake_case_name 2*3*4', '<p>snake_case_name 2<em>3</em>4</p>\n'], ['\\*a\\*', '<p>*a*</p>\n'], ['', ''], ['```\nopen', '<pre tabindex="0"><code>open\n</code></pre>\n'],
  ]
  for (const [body, want] of table) assert.equal(await made(body), want, body)
  assert.equal(await made(null), '')
  const slow = ['*', '**a ', '`', '``` `` ', '[', '[a](', '![a](b', ' ', '# a   ', '> ', '- ', '1. ', '_a ', '~~a', '\\', 'http://', 'http://a....', '```\n', '- a\n\n', '<http://', '\n', 'a_']
  for (const part of slow) assert.equal(typeof await made(part.repeat(Math.floor(12_000 / part.length))), 'string', part)
})
