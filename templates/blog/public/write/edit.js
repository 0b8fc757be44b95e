// A post: its text beside what it looks like, when it appears, and what it was before.
import { $, client, data, day, html, onClick, onSubmit, show, toast } from '/galley.js'

const columns = 'id,kind,slug,title,summary,body,tags,category_id,author_id,published_at,comments_open,version,state'

// A time for <input type=datetime-local>, and back: both are of this browser's zone.
const local = time => new Date(new Date(time).getTime() - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)

export async function edit(into, me, id) {
  const fresh = id === 'new' || id === 'page'
  const [post] = fresh ? [{ kind: id === 'page' ? 'page' : 'post', state: 'draft', tags: [], author_id: me.id, comments_open: true }]
    : await data(client.from('posts').select(columns).eq('id', id))
  if (!post) throw new Error('There is no such post, or it is not yours.')
  const categories = await data(client.from('categories').select('id,name,parent_id').order('name'))
  const versions = fresh ? [] : await data(client.from('post_versions').select('version,title,summary,body,tags,category_id,saved_at,members(name)').eq('post_id', id).order('version', { ascending: false }).limit(50))
  show(into, form(post, categories, versions))
  const fields = $('form', into)
  const view = $('.preview', into)

  let asked = 0
  const preview = async () => {
    const turn = ++asked
    const { data: made, error } = await client.rpc('preview', { body: fields.elements.body.value })
    if (turn !== asked) return
    if (error) return show(view, html`<p class="problem">${error.message}</p>`)
    view.innerHTML = made // made by functions/_shared/markdown.ts, which escapes all text
  }
  let timer
  fields.elements.body.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(preview, 400) })
  preview()

  onSubmit(fields, async (given, _, button) => {
    const values = content(given)
    if (button?.value === 'publish') values.published_at = new Date().toISOString()
    if (button?.value === 'draft') values.published_at = null
    if (button?.value === 'schedule') values.published_at = scheduled(given.at)
    await save(post, values, fresh)
    toast({ publish: 'Published.', draft: 'Taken back: it is a draft now.', schedule: 'It appears at that time, by itself.' }[button?.value] ?? 'Saved. The version before is kept.')
  })
  onClick(into, '[data-version]', async button => {
    const { title, summary, body, tags, category_id } = versions.find(v => v.version === Number(button.dataset.version))
    await save(post, { title, summary, body, tags, category_id }, false)
    toast(`Version ${button.dataset.version} is back; what was there is a version too.`)
  })
  onClick(into, '[data-remove]', async () => {
    if (!confirm('Delete this post with its versions and comments?')) return
    await data(client.from('posts').delete().eq('id', post.id))
    location.hash = '#posts'
  })
}

const content = ({ title, slug, summary, body, tags, category, open }) => ({
  title, summary, body, slug: slug.trim(), tags: tags.split(',').map(t => t.trim()).filter(Boolean), category_id: category ? Number(category) : null, comments_open: open === 'on',
})

function scheduled(text) {
  if (!text || new Date(text) <= new Date()) throw new Error('Choose a time to come.')
  return new Date(text).toISOString()
}

// save writes only over the version that was read: nobody's work is lost to two windows.
async function save(post, values, fresh) {
  if (fresh) {
    const [made] = await data(client.from('posts').insert({ ...values, kind: post.kind, author_id: post.author_id }).select('id'))
    location.hash = `#post/${made.id}`
    return
  }
  const rows = await data(client.from('posts').update(values).eq('id', post.id).eq('version', post.version).select('id'))
  if (rows.length === 0) throw new Error('Somebody saved it meanwhile. Copy your text, and open it again.')
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Categories as options, those within others further in. */
const options = (all, chosen, parent = null, depth = 0) => all.filter(c => c.parent_id === parent).map(c => html`
<option value="${c.id}"${c.id === chosen && html` selected`}>${'\u2003'.repeat(depth)}${c.name}</option>${depth < 9 && options(all, chosen, c.id, depth + 1)}`)
export { options }

const form = (post, categories, versions) => html`
<div class="row apart"><h1>${post.title ?? (post.kind === 'page' ? 'New page' : 'New post')}</h1>
<p class="row"><span><span class="spot ${post.state}"></span>${post.state}${post.state === 'scheduled' && html` for ${new Date(post.published_at).toLocaleString()}`}</span>
${post.state === 'published' && html`<a href="/${post.kind === 'page' ? '' : 'posts/'}${post.slug}">See it</a>`}</p></div>
<form>
<div class="desk">
  <div>
    <label>Title<input name="title" required maxlength="200" value="${post.title}"></label>
    <label>Text, in Markdown<textarea name="body" maxlength="100000" spellcheck="true">${post.body}</textarea></label>
  </div>
  <div><h2>What it looks like</h2><div class="card preview text" aria-live="off"></div></div>
</div>
<label>Summary, for lists and search engines<textarea name="summary" maxlength="500" class="short">${post.summary}</textarea></label>
<div class="two">
  <label>Category<select name="category"><option value="">None</option>${options(categories, post.category_id)}</select></label>
  <label>Tags, with commas<input name="tags" value="${post.tags.join(', ')}"></label>
  <label>Address<input name="slug" pattern="[a-z0-9]+(-[a-z0-9]+)*" maxlength="120" placeholder="made of the title" value="${post.slug}"></label>
  <label>Appears at<input name="at" type="datetime-local" value="${post.published_at && local(post.published_at)}"></label>
</div>
<label class="check"><input type="checkbox" name="open"${post.comments_open && html` checked`}>Readers may comment</label>
<p class="problem" role="alert"></p>
<div class="row"><button class="first">Save</button>
${post.state !== 'published' && html`<button value="publish">Publish now</button><button value="schedule">Publish at that time</button>`}
${post.state !== 'draft' && html`<button value="draft">Back to draft</button>`}
${post.id && html`<button type="button" data-remove class="danger">Delete</button>`}</div>
</form>
${versions.length > 0 && html`<h2 id="versions">Earlier versions</h2><div class="scroll"><table><tr><th>No.<th>Title<th>Saved<th></tr>
${versions.map(v => html`<tr><td>${v.version}<td>${v.title}<br><span class="muted">${v.body.slice(0, 120)}</span><td>${day(v.saved_at)}<br><span class="muted">${v.members?.name}</span><td><button data-version="${v.version}">Restore<span class="unseen"> version ${v.version}</span></button></tr>`)}</table></div>`}`
