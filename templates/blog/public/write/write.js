// The editors' pages: what stands behind # says which one.
import { $, client, data, day, html, message, onClick, onSubmit, show, signInPage, toast, user } from '/galley.js'
import { edit } from './edit.js'
import { categories, people, site, work } from './manage.js'

const page = $('#page')
const pages = { posts, post: edit, comments, work, categories, people, site }
const tabs = { posts: 'Posts', comments: 'Comments', work: 'Work', categories: 'Categories', people: 'People', site: 'Blog' }

/** Who writes: { id, role, name, editor }, or null for an account that is no member. */
async function member() {
  const id = await data(client.rpc('me'))
  if (!id) return null
  const [row] = await data(client.from('members').select('id,role,slug,name,bio').eq('id', id))
  return { ...row, editor: row.role === 'editor' }
}

let shown = 0
async function route() {
  const turn = ++shown
  const who = await user()
  if (!who) return location.assign(signInPage())
  const me = await member()
  if (!me) return show(page, stranger(who))
  const [name, ...rest] = location.hash.slice(1).split('/')
  const open = Object.hasOwn(pages, name) ? name : 'posts'
  const into = document.createElement('div')
  try {
    await pages[open](into, me, ...(open === name ? rest : []))
  } catch (error) {
    show(into, html`<p class="problem card" role="alert">${message(error)}</p>`)
  }
  if (turn !== shown) return // another page was asked for meanwhile
  const current = open === 'post' ? 'posts' : open
  show(page, html`<nav class="tabs" aria-label="Pages">${Object.entries(tabs).filter(([key]) => me.editor || ['posts', 'comments'].includes(key))
    .map(([key, text]) => html`<a href="#${key}"${key === current && html` aria-current="page"`}>${text}</a>`)}</nav>`)
  page.append(into)
  document.title = `${$('h1', into)?.textContent ?? 'Write'} · Write`
  window.scrollTo(0, 0)
}

const stranger = who => html`<div class="card reading"><h1>You do not write here yet</h1>
<p>You are signed in as <b>${who.email}</b>. An editor can add you at <i>People</i>.</p>
<p class="muted">For the first editor of a new blog, whoever runs the server types, in its folder:</p>
<pre>galley sql "select add_member('${(who.email ?? '').replace(/[^\w.+@-]/g, '')}', 'Your name', 'editor')"</pre>
<p><button data-again class="first">Look again</button></p></div>`

const perPage = 20
const states = { '': 'All', draft: 'Drafts', scheduled: 'Scheduled', published: 'Published' }

/** Posts of a state; a page goes on after the id of the last one. */
async function posts(into, me, state = '', before = '') {
  let ask = client.from('posts').select('id,kind,title,slug,state,published_at,updated_at,members!posts_author_id_fkey(name)').order('id', { ascending: false }).limit(perPage + 1)
  if (!me.editor) ask = ask.eq('author_id', me.id)
  if (state) ask = ask.eq('state', state)
  if (before) ask = ask.lt('id', before)
  const all = await data(ask)
  const rows = all.slice(0, perPage)
  show(into, html`<div class="row apart"><h1>Posts</h1><span class="row"><a class="button" href="#post/page">New page</a> <a class="button first" href="#post/new">New post</a></span></div>
<nav class="row states" aria-label="State">${Object.entries(states).map(([key, text]) => html`<a class="tag" href="#posts/${key}"${key === state && html` aria-current="true"`}>${text}</a>`)}</nav>
${rows.length === 0 ? html`<p class="empty card">There is nothing here. <a href="#post/new">Write something.</a></p>` : html`<div class="scroll"><table>
<tr><th>Title<th>State<th class="aside">Author<th class="aside">Changed</tr>
${rows.map(p => html`<tr><td><a href="#post/${p.id}">${p.title}</a>${p.kind === 'page' && html` <span class="tag">page</span>`}<td class="state"><span class="spot ${p.state}"></span>${p.state}${p.state !== 'draft' && html`<br><span class="muted">${day(p.published_at)}</span>`}<td class="aside">${p.members.name}<td class="aside muted">${day(p.updated_at)}</tr>`)}</table></div>`}
<p class="row apart">${before ? html`<a href="#posts/${state}">Newest</a>` : html`<span></span>`}${all.length > perPage && html`<a class="button" href="#posts/${state}/${rows.at(-1).id}">Older</a>`}</p>`)
}

const kinds = { held: 'Held', approved: 'Approved', spam: 'Spam' }

/** Comments to look through, on posts that are one's own to write. */
async function comments(into, me, state = 'held', before = '') {
  let ask = client.from('comments').select('id,name,body,reason,created_at,posts!inner(title,slug,author_id)').eq('state', state).order('id', { ascending: false }).limit(perPage + 1)
  if (!me.editor) ask = ask.eq('posts.author_id', me.id)
  if (before) ask = ask.lt('id', before)
  const all = await data(ask)
  const rows = all.slice(0, perPage)
  const button = (to, text, look = '') => to !== state && html`<button data-to="${to}" class="${look}">${text}</button> `
  show(into, html`<h1>Comments</h1>
<nav class="row states" aria-label="State">${Object.entries(kinds).map(([key, text]) => html`<a class="tag" href="#comments/${key}"${key === state && html` aria-current="true"`}>${text}</a>`)}</nav>
${rows.length === 0 && html`<p class="empty card">No comment is ${state === 'held' ? 'waiting for you' : 'here'}.</p>`}
${rows.map(c => html`<article class="card" data-id="${c.id}"><p class="meta"><b>${c.name}</b> <span class="muted">on <a href="/posts/${c.posts.slug}">${c.posts.title}</a>, ${day(c.created_at)}</span> ${c.reason && html`<span class="tag">${c.reason}</span>`}</p>
${c.body.split('\n').filter(Boolean).map(line => html`<p>${line}</p>`)}
<div class="row">${button('approved', 'Approve', 'first')}${button('held', 'Hold')}${button('spam', 'Spam')}<button data-delete class="danger">Delete</button></div></article>`)}
${all.length > perPage && html`<p><a class="button" href="#comments/${state}/${rows.at(-1).id}">Older</a></p>`}`)
  onClick(into, '[data-to], [data-delete]', async button => {
    const card = button.closest('[data-id]')
    const row = client.from('comments')
    const { to } = button.dataset
    await data((to ? row.update({ state: to }) : row.delete()).eq('id', card.dataset.id))
    card.remove()
    toast(to === 'approved' ? 'It is on the page now.' : to ? `Now ${kinds[to].toLowerCase()}.` : 'Deleted.')
    if (!$('article', into)) route()
  })
}

show($('#account'), html`<a href="/">See the blog</a> <button id="leave">Sign out</button>`)
onClick($('#account'), '#leave', async () => {
  await client.auth.signOut()
  location.assign('/')
})
onClick(page, '[data-again]', route)
addEventListener('hashchange', route)
route()
