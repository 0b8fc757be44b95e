// What editors look after besides posts: work to show, categories, people, the blog.
import { $, client, data, html, onClick, onSubmit, show, toast } from '/galley.js'
import { options } from './edit.js'

const again = () => dispatchEvent(new HashChangeEvent('hashchange'))
const slugOf = text => text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 80)

export async function work(into, me, id) {
  const all = await data(client.from('projects').select('*').order('position').order('id'))
  const one = id === 'new' ? { links: [], shown: true, position: all.length + 1 } : all.find(p => String(p.id) === id)
  if (!one) {
    show(into, html`<div class="row apart"><h1>Work</h1><a class="button first" href="#work/new">New project</a></div>
${all.length === 0 ? html`<p class="empty card">Nothing to show yet.</p>` : html`<div class="scroll"><table><tr><th>Project<th>Shown<th>Order</tr>
${all.map((p, i) => html`<tr><td><a href="#work/${p.id}">${p.title}</a><td>${p.shown ? 'yes' : 'no'}<td>${i > 0 && html`<button data-up="${i}">Up<span class="unseen"> ${p.title}</span></button>`}</tr>`)}</table></div>`}`)
    onClick(into, '[data-up]', async button => {
      const i = Number(button.dataset.up)
      const order = all.toSpliced(i, 1).toSpliced(i - 1, 0, all[i])
      await Promise.all(order.map((p, n) => data(client.from('projects').update({ position: n + 1 }).eq('id', p.id))))
      again()
    })
    return
  }
  show(into, html`<h1>${one.title ?? 'New project'}</h1><form class="card">
<div class="two"><label>Title<input name="title" required maxlength="120" value="${one.title}"></label>
<label>Address<input name="slug" pattern="[a-z0-9]+(-[a-z0-9]+)*" placeholder="made of the title" value="${one.slug}"></label>
<label>Picture's address<input name="picture" placeholder="https://… or /pictures/…" value="${one.picture}"></label>
<label>What the picture shows<input name="picture_text" maxlength="200" value="${one.picture_text}"></label></div>
<label>Summary<input name="summary" maxlength="500" value="${one.summary}"></label>
<label>Text, in Markdown<textarea name="body" maxlength="50000">${one.body}</textarea></label>
<label>Links, one in a line: words, then the address<textarea name="links" class="short">${one.links.map(l => `${l.label} ${l.url}`).join('\n')}</textarea></label>
<label class="check"><input type="checkbox" name="shown"${one.shown && html` checked`}>Shown</label>
<p class="problem"></p><div class="row"><button class="first">Save</button>${one.id && html`<button type="button" data-remove class="danger">Delete</button>`}</div></form>`)
  onSubmit($('form', into), async ({ links, ...given }) => {
    const values = { ...given, slug: given.slug || slugOf(given.title), shown: given.shown === 'on', position: one.position, links: linksOf(links), updated_at: new Date().toISOString() }
    await data(one.id ? client.from('projects').update(values).eq('id', one.id) : client.from('projects').insert(values))
    toast('Saved.')
    location.hash = '#work'
  })
  onClick(into, '[data-remove]', async () => {
    await data(client.from('projects').delete().eq('id', one.id))
    location.hash = '#work'
  })
}

const linksOf = text => text.split('\n').map(line => /^(.*?)\s*(\S+)\s*$/.exec(line.trim())).filter(Boolean).map(([, label, url]) => ({ label, url }))

export async function categories(into) {
  const all = await data(client.from('categories').select('*').order('name'))
  const form = c => html`<form class="card" data-id="${c.id}"><div class="two"><label>Name<input name="name" required maxlength="80" value="${c.name}"></label>
<label>Within<select name="parent"><option value="">Nothing: at the top</option>${options(all, c.parent_id)}</select></label>
<label>Description<input name="description" maxlength="500" value="${c.description}"></label></div>
<p class="problem"></p><div class="row"><button class="first">${c.id ? 'Save' : 'Add'}</button>${c.id && html`<button value="delete" class="danger">Delete</button>`}</div></form>`
  const path = (c, depth = 0) => { const up = all.find(p => p.id === c.parent_id); return up && depth < 20 ? `${path(up, depth + 1)} / ${c.name}` : c.name }
  all.sort((a, b) => path(a).localeCompare(path(b)))
  show(into, html`<h1>Categories</h1><h2>A new one</h2>${form({})}<h2>All</h2>${all.map(c => html`<details class="card"><summary>${path(c)}</summary>${form(c)}</details>`)}`)
  for (const f of into.querySelectorAll('form')) {
    onSubmit(f, async ({ name, parent, description }, _, button) => {
      const values = { name, description, parent_id: parent ? Number(parent) : null }
      const rows = client.from('categories')
      await data(button.value === 'delete' ? rows.delete().eq('id', f.dataset.id) : f.dataset.id ? rows.update(values).eq('id', f.dataset.id) : rows.insert({ ...values, slug: slugOf(name) }))
      again()
    })
  }
}

export async function people(into, me) {
  const all = await data(client.from('members').select('id,role,slug,name,bio').order('name'))
  show(into, html`<h1>People</h1><form class="card" id="add"><h2>Add somebody who has an account</h2><div class="two"><label>Address<input name="email" type="email" required></label>
<label>Name<input name="name" required maxlength="80"></label><label>Role<select name="role"><option>author</option><option>editor</option></select></label></div><p class="problem"></p><button class="first">Add</button></form>
${all.map(m => html`<details class="card"><summary>${m.name} <span class="tag">${m.role}</span></summary><form data-id="${m.id}"><div class="two"><label>Name<input name="name" required maxlength="80" value="${m.name}"></label>
<label>Address of their page<input name="slug" pattern="[a-z0-9]+(-[a-z0-9]+)*" required value="${m.slug}"></label>
<label>Role<select name="role">${['author', 'editor'].map(r => html`<option${r === m.role && html` selected`}>${r}</option>`)}</select></label></div>
<label>About<textarea name="bio" maxlength="2000" class="short">${m.bio}</textarea></label><p class="problem"></p><div class="row"><button class="first">Save</button>${m.id !== me.id && html`<button value="delete" class="danger">Remove</button>`}</div></form></details>`)}`)
  onSubmit($('#add', into), async ({ email, name, role }) => {
    const id = await data(client.rpc('add_member', { email, name, role }))
    if (!id) throw new Error('Nobody has an account with this address, or they write here already.')
    again()
  })
  for (const f of into.querySelectorAll('form[data-id]')) {
    onSubmit(f, async ({ name, slug, bio, role }, _, button) => {
      const rows = client.from('members')
      if (button.value === 'delete') {
        const { error } = await rows.delete().eq('id', f.dataset.id)
        if (error) throw error.code === '23503' ? new Error('They have written posts here, which need an author. Delete these first.') : error
      }
      else {
        await data(rows.update({ name, slug, bio }).eq('id', f.dataset.id))
        const done = role === all.find(m => String(m.id) === f.dataset.id).role || await data(client.rpc('set_role', { member: Number(f.dataset.id), role }))
        if (!done) throw new Error('The last editor stays one.')
      }
      again()
    })
  }
}

export async function site(into) {
  const [one] = await data(client.from('site').select('title,tagline,language'))
  show(into, html`<h1>The blog</h1><form class="card reading"><label>Title<input name="title" required maxlength="80" value="${one.title}"></label>
<label>Tagline<input name="tagline" maxlength="200" value="${one.tagline}"></label><label>Language<input name="language" required pattern="[a-z]{2,3}(-[A-Za-z0-9]{2,8})*" value="${one.language}"></label><p class="problem"></p><button class="first">Save</button></form>`)
  onSubmit($('form', into), async values => {
    await data(client.from('site').update(values).eq('one', true))
    toast('Saved.')
  })
}
