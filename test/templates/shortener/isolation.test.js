// A second user and a guest, by random requests.
import { test } from 'node:test'
import { isolation } from '../isolation.js'
import { ok, person, service } from '../support.js'

test("nobody sees or changes another's links, clicks and keys", async () => {
  const alice = await person('alice'), bob = await person('bob')
  const [link] = await ok(service.from('links').insert([{ owner: alice.id, slug: 'alices-own-4711', target: 'https://example.org/alices-target-4711', title: 'alices-title-4711' }]).select('id'))
  await ok(service.from('clicks').insert({ link: link.id, referrer: 'alices-referrer-4711' }))
  await ok(service.from('api_keys').insert({ owner: alice.id, name: 'alices-key-4711', hash: 'alices-hash-4711', start: 'sk_a' }))
  await ok(service.from('link_uses').insert({ link: link.id, used: 3 }))
  await isolation({ alice, bob, markers: ['alices-title-4711', 'alices-referrer-4711', 'alices-key-4711', 'alices-hash-4711'],
    tables: { links: 'owner', api_keys: 'owner', clicks: `link=eq.${link.id}`, link_uses: `link=eq.${link.id}` },
    paths: ['/v1/links', '/v1/links/:id', '/functions/v1/keys', '/qr/:slug'] })
})
