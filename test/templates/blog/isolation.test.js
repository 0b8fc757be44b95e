// An author's drafts, versions and the comments that wait are nobody else's.
import { test } from 'node:test'
import { isolation } from '../isolation.js'
import { ok, person, service } from '../support.js'

test('another author and a guest see and change nothing', async () => {
  const [alice, bob] = [await person('alice'), await person('bob')]
  const [author] = [await ok(service.rpc('add_member', { email: alice.email, name: 'Alice', role: 'author' })), await ok(service.rpc('add_member', { email: bob.email, name: 'Bob', role: 'author' }))]
  const [post] = await ok(alice.from('posts').insert({ title: 'alices-draft-4711', body: 'alices-body-4711', author_id: author }).select('id'))
  await ok(alice.from('posts').update({ body: 'alices-second-4711' }).eq('id', post.id))
  const [open] = await ok(alice.from('posts').insert({ title: 'Open', slug: 'alices-open', author_id: author, published_at: new Date(Date.now() - 1000).toISOString() }).select('id'))
  await ok(service.from('comments').insert({ post_id: open.id, name: 'Ida', body: 'a-held-comment-4711' }))
  await isolation({
    alice, bob, markers: ['alices-draft-4711', 'alices-body-4711', 'alices-second-4711', 'a-held-comment-4711'],
    tables: { posts: `author_id=eq.${author}&published_at=is.null`, post_versions: `post_id=eq.${post.id}`, comments: `post_id=eq.${open.id}&state=eq.held` },
    paths: ['/posts/:slug', '/search?q=alices', '/rss.xml', '/sitemap.xml', '/', '/tags/:tag'],
  })
})
