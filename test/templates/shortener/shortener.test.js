// Short links by the official client, and as people and programs follow them.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { guest, ok, person, service, until, url } from '../support.js'

let ann, bob
before(async () => {
  ann = await person('ann')
  bob = await person('bob')
})

const token = async client => (await client.auth.getSession()).data.session.access_token

/** Calls /v1/links as a user or with a key; { status, body }. */
async function call(who, method, path = '', body, type = 'application/json') {
  const headers = typeof who === 'string' ? { 'x-api-key': who } : who ? { Authorization: `Bearer ${await token(who)}` } : {}
  const answer = await fetch(`${url}/v1/links${path}`, { method, headers: { ...headers, 'content-type': type }, body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}

async function make(who, link) {
  const { status, body } = await call(who, 'POST', '', link)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

/** Follows a link: status and where it leads. */
async function follow(slug, options = {}) {
  const answer = await fetch(`${url}/${slug}`, { redirect: 'manual', ...options })
  return { status: answer.status, to: answer.headers.get('location'), text: await answer.text(), cache: answer.headers.get('cache-control') }
}

const clicks = async (client, link) => ok(client.from('clicks').select('at,referrer,agent,country,visitor').eq('link', link).order('id'))

test('a link that is made redirects at once, and leads elsewhere as soon as it is changed', async () => {
  const link = await make(ann, { target: 'https://example.org/a?b=c', slug: 'First-One' })
  assert.equal(link.slug, 'first-one')
  assert.equal(link.short, `${url}/first-one`)
  assert.deepEqual([(await follow('first-one')).status, (await follow('first-one')).to], [302, 'https://example.org/a?b=c'])
  for (let i = 0; i < 20; i++) {
    assert.equal((await call(ann, 'PATCH', `/${link.id}`, { target: `https://example.org/${i}` })).status, 200)
    assert.equal((await follow('first-one')).to, `https://example.org/${i}`)
  }
  assert.equal((await follow('FIRST-one')).to, `${url}/first-one`)
  await ok(ann.from('links').delete().eq('id', link.id))
  assert.equal((await follow('first-one')).status, 404)
})

test('slugs are chosen when none is given, and no two look alike', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => make(ann, { target: 'https://example.org/' })))
  assert.equal(new Set(made.map(l => l.slug)).size, 20)
  assert.ok(made.every(l => /^[abcdefghjkmnpqrtuvwxyz2-46-9]{7}$/.test(l.slug)), made.map(l => l.slug).join())
  await make(ann, { target: 'https://example.org/', slug: 'paypal-login' })
  for (const [slug, status] of Object.entries({ 'paypal-login': 409, 'PAYPAL-LOGIN': 409, paypa1login: 409, 'paypai-l0gin': 409, 'paypal_login': 409 })) {
    assert.equal((await call(bob, 'POST', '', { target: 'https://example.org/', slug })).status, status, slug)
  }
})

test('slugs that are no slugs, kept words and their likes are refused', async () => {
  for (const slug of ['ab', 'a'.repeat(51), '-abc', 'a b c', 'a/b', 'раураl', 'ａｄｍｉｎ', 'abc.d', 'api', 'admin', 'l0gin', 'ad-min', 'adrnin', 'keys', '1ink', "a'--", '../x']) {
    const { status, body } = await call(ann, 'POST', '', { target: 'https://example.org/', slug })
    assert.equal(status, 422, `${slug}: ${JSON.stringify(body)}`)
    assert.ok(body.message.length > 10)
  }
})

test('links lead to public pages only', async () => {
  for (const target of ['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org/', 'file:///etc/passwd', 'x', '', 'http://', 'http://localhost/', 'http://127.0.0.1/', 'http://2130706433/',
    'http://0x7f.1/', 'http://10.1.2.3/', 'http://172.20.0.1/', 'http://192.168.1.1/', 'http://169.254.169.254/latest', 'http://100.64.0.1/', 'http://[::1]/', 'http://[fe80::1]/', 'http://[fd00::1]/',
    'http://[::ffff:10.0.0.1]/', 'http://[2002:a00:1::]/', 'http://0/', 'http://router/', 'http://a.internal/', 'http://a.local./', 'https://user:pass@example.org/', 'https://bit.ly/x', 'https://www.BIT.LY./x',
    'https://malware.example/', `${url}/first`, `https://example.org/${'x'.repeat(5000)}`]) {
    const { status } = await call(ann, 'POST', '', { target })
    assert.equal(status, 422, target)
  }
  for (const target of ['https://example.org', 'http://93.184.216.34/', 'https://[2606:2800:220:1::]/', 'https://notbit.ly/', 'https://müller.example/ä?q=ö', 'https://example.org/#"><script>']) {
    const link = await make(ann, { target })
    assert.equal((await follow(link.slug)).to, new URL(target).href)
  }
  await ok(service.from('denied_hosts').insert({ host: 'later.example' }))
  assert.equal((await call(ann, 'POST', '', { target: 'https://a.later.example/' })).status, 422)
})

test('a password is asked for, kept as a hash, and cannot be guessed at speed', async () => {
  const link = await make(ann, { target: 'https://example.org/secret', slug: 'with-password', password: 'correct horse' })
  assert.equal(link.locked, true)
  assert.equal(link.password, undefined)
  const page = await follow('with-password')
  assert.equal(page.status, 200)
  assert.match(page.text, /type="password"/)
  assert.doesNotMatch(page.text, /example\.org/)
  const post = password => follow('with-password', { method: 'POST', body: new URLSearchParams({ password }) })
  assert.equal((await post('wrong')).status, 403)
  assert.equal((await post('')).status, 403)
  const right = await post('correct horse')
  assert.deepEqual([right.status, right.to], [303, 'https://example.org/secret'])
  const [row] = await ok(service.from('links').select('password').eq('id', link.id))
  assert.match(row.password, /^[0-9a-f]{32}\$[0-9a-f]{64}$/)
  assert.ok((await ann.from('links').select('password').eq('id', link.id)).error)
  const tries = []
  for (let i = 0; i < 24; i++) tries.push((await post('guess')).status)
  assert.ok(tries.includes(429), tries.join())
  await call(ann, 'PATCH', `/${link.id}`, { password: '' })
  assert.equal((await follow('with-password')).to, 'https://example.org/secret')
})

test('a link ends at its time', async () => {
  assert.equal((await call(ann, 'POST', '', { target: 'https://example.org/', expires_at: '2020-01-01' })).status, 422)
  for (let seconds = 2, before; before !== 303; seconds *= 3) { // on a slow machine it has ended before it is followed
    const end = Date.now() + seconds * 1000
    const { status, body } = await call(ann, 'POST', '', { target: 'https://example.org/', expires_at: new Date(end).toISOString() })
    if (Date.now() < end) assert.equal(status, 201, JSON.stringify(body))
    if (status !== 201) continue
    before = (await follow(body.slug)).status
    if (Date.now() < end) assert.equal(before, 303)
    await sleep(Math.max(0, end - Date.now()) + 50)
    assert.equal((await follow(body.slug)).status, 410)
    assert.ok(seconds < 100, 'a minute is too short to follow a link')
  }
})

test('a link with a limit is followed so often and no more, however many come at once', async () => {
  const link = await make(ann, { target: 'https://example.org/', max_clicks: 5 })
  const got = await Promise.all(Array.from({ length: 20 }, () => follow(link.slug)))
  assert.equal(got.filter(g => g.status === 303).length, 5)
  assert.equal(got.filter(g => g.status === 410).length, 15)
  assert.deepEqual(await ok(ann.from('link_uses').select('used').eq('link', link.id)), [{ used: 5 }])
})

test('a link can be switched off and on', async () => {
  const link = await make(ann, { target: 'https://example.org/' })
  await call(ann, 'PATCH', `/${link.id}`, { disabled: true })
  assert.equal((await follow(link.slug)).status, 410)
  await call(ann, 'PATCH', `/${link.id}`, { disabled: false })
  assert.equal((await follow(link.slug)).status, 302)
})

const day = (at) => new Date(at).toISOString().slice(0, 10)

test('clicks are recorded, without saying who it was', async () => {
  const began = day(Date.now())
  const link = await make(ann, { target: 'https://example.org/' })
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1'
  for (const headers of [{ 'user-agent': phone, referer: 'https://www.news.example/story?id=1', 'cf-ipcountry': 'DE' }, { 'user-agent': phone }, { 'user-agent': 'Googlebot/2.1' }]) {
    assert.equal((await follow(link.slug, { headers })).status, 302)
  }
  await follow(link.slug, { method: 'HEAD' })
  const rows = await until('three clicks', async () => {
    const rows = await clicks(ann, link.id)
    return rows.length >= 3 && rows
  })
  assert.equal(rows.length, 3)
  assert.deepEqual(rows.map(r => [r.referrer, r.agent, r.country]).sort(), [['news.example', 'mobile', 'DE'], [null, 'bot', null], [null, 'mobile', null]].sort())
  const oneDay = began === day(Date.now()) // at midnight a visitor becomes another one
  if (oneDay) assert.equal(new Set(rows.map(r => r.visitor)).size, 2)
  assert.ok(rows.every(r => /^[\w-]{20}$/.test(r.visitor)))
  const byDay = await ok(ann.rpc('clicks_by_day', { link: link.id }))
  const people = rows.filter(r => r.agent !== 'bot')
  const expected = [...new Set(people.map(r => day(r.at)))].sort().map(date => {
    const those = people.filter(r => day(r.at) === date)
    return [date, those.length, new Set(those.map(r => r.visitor)).size]
  })
  assert.deepEqual(byDay.map(d => [d.day, d.clicks, d.visitors]), expected)
  if (oneDay) assert.deepEqual(expected, [[began, 2, 1]])
  assert.deepEqual(await ok(ann.rpc('clicks_by', { link: link.id, what: 'agent' })), [{ name: 'mobile', clicks: 2 }, { name: 'bot', clicks: 1 }])
  assert.deepEqual(await ok(ann.rpc('clicks_by', { link: link.id, what: 'referrer' })), [{ name: 'direct', clicks: 1 }, { name: 'news.example', clicks: 1 }])
  assert.deepEqual(await ok(ann.from('link_counts').select('clicks').eq('link', link.id)), [{ clicks: 2 }])
  assert.deepEqual(await ok(bob.rpc('clicks_by_day', { link: link.id })), [])
})

test('a QR code holds the address', async () => {
  const link = await make(ann, { target: 'https://example.org/', password: 'abcdef' })
  const answer = await fetch(`${url}/qr/${link.slug}`)
  assert.equal(answer.headers.get('content-type'), 'image/svg+xml')
  assert.match(await answer.text(), /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox/)
  assert.equal((await fetch(`${url}/qr/there-is-none`)).status, 404)
})

test('a key makes links for its owner, is kept as a hash, and has a limit', async () => {
  const { data: made, error } = await ann.functions.invoke('keys', { body: { name: 'news', per_minute: 5 } })
  assert.equal(error, null)
  assert.match(made.key, /^sk_[0-9a-f]{40}$/)
  const link = await make(made.key, { target: 'https://example.org/by-key' })
  assert.equal((await ok(ann.from('links').select('id').eq('id', link.id))).length, 1)
  const [row] = await ok(service.from('api_keys').select('*').eq('id', made.id))
  assert.ok(!JSON.stringify(row).includes(made.key.slice(8)))
  const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await call(made.key, 'GET')).status))
  assert.ok(statuses.includes(429) && statuses.filter(s => s === 200).length <= 10, statuses.join()) // a minute may end meanwhile
  assert.equal((await call('sk_0000', 'GET')).status, 401)
  assert.equal((await call(undefined, 'GET')).status, 401)
  assert.ok((await ann.from('api_keys').select('hash')).error)
  assert.equal((await guest().functions.invoke('keys', { body: { name: 'x' } })).error.context.status, 401)
  await ok(ann.from('api_keys').delete().eq('id', made.id))
  assert.equal((await call(made.key, 'GET')).status, 401)
})

test('a CSV file makes many links, and says which lines it could not', async () => {
  const file = '\ufefftarget,slug,title\r\nhttps://example.org/1,csv-one,"One, ""quoted"""\r\nhttps://example.org/2,,\r\n\r\nnot an address,csv-two,\r\nhttps://example.org/3,csv-one,again\r\nhttp://10.0.0.1/,,\r\n"https://example.org/4\n",csv-four,"two\nlines"\r\nhttps://example.org/5,admin,'
  const { status, body } = await call(ann, 'POST', '/import', file, 'text/csv')
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.made, 3)
  assert.deepEqual(body.errors.map(e => e.line), [5, 6, 7, 11])
  assert.deepEqual(await ok(ann.from('links').select('title').eq('slug', 'csv-one')), [{ title: 'One, "quoted"' }])
  assert.equal((await follow('csv-one')).to, 'https://example.org/1')
  for (const [bad, want] of [['slug\nx', 422], ['target\n"x', 422], ['', 422], [`target\n${'https://example.org/\n'.repeat(1001)}`, 413], [`target\n${'x'.repeat(1_000_001)}`, 413]]) {
    assert.equal((await call(bob, 'POST', '/import', bad, 'text/csv')).status, want)
  }
})

test('what makes no sense is refused, and no more is said', async () => {
  for (const [method, path, body, want] of [['POST', '', '{', 400], ['POST', '', 'null', 400], ['POST', '', {}, 422], ['POST', '', { target: 'https://example.org/', max_clicks: 1.5 }, 422],
    ['POST', '', { target: 'https://example.org/', max_clicks: -1 }, 422], ['POST', '', { target: 'https://example.org/', password: 'abc' }, 422], ['POST', '', { target: ['https://example.org/'], owner: bob.id }, 201],
    ['PATCH', '/999999', { title: 'x' }, 404], ['PATCH', '/x', { title: 'x' }, 404], ['PATCH', '/1', {}, 400], ['GET', '?limit=x', undefined, 422]]) {
    const got = await call(ann, method, path, body)
    assert.equal(got.status, want, `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(got.body)}`)
  }
  assert.deepEqual(await ok(bob.from('links').select('id')), [])
})

test("nobody changes what is another's", async () => {
  const link = await make(ann, { target: 'https://example.org/hers' })
  assert.equal((await call(bob, 'PATCH', `/${link.id}`, { target: 'https://example.org/his' })).status, 404)
  assert.deepEqual(await ok(bob.from('links').delete().eq('id', link.id).select('id')), [])
  assert.ok((await bob.from('links').insert({ slug: 'straight', target: 'https://example.org/' })).error)
  assert.ok((await ann.from('links').update({ target: 'http://10.0.0.1/' }).eq('id', link.id)).error)
  assert.ok((await ann.from('clicks').insert({ link: link.id })).error)
  assert.ok((await ann.rpc('use_link', { link: link.id, most: 1 })).error)
  assert.equal((await follow(link.slug)).to, 'https://example.org/hers')
})
