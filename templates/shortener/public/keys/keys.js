// Keys for programs.
import { $, client, data, day, html, onClick, onSubmit, show } from '/galley.js'
import { call, signedIn } from '/app.js'

const main = $('#main')

if (await signedIn()) {
  show(main, html`<div class="reading"><h1>API keys</h1>
    <p>With a key a program makes links in your name. Each has its own limit of requests a minute.</p>
    <pre tabindex="0">curl -H "x-api-key: sk_…" -H "content-type: application/json" \\
  -d '{"target":"https://example.org/"}' ${location.origin}/v1/links</pre>
    <form class="card" id="new"><label>Name <input name="name" required maxlength="100" placeholder="newsletter"></label>
      <label>Requests a minute <input name="per_minute" type="number" min="1" max="600" value="60" required></label>
      <button class="first">Make a key</button></form>
    <div id="made"></div><div id="list"></div></div>`)
  onSubmit($('#new'), async (form, element) => {
    const { data: made, error } = await client.functions.invoke('keys', { body: { ...form, per_minute: Number(form.per_minute) } })
    if (error) throw new Error((await error.context?.json?.())?.message ?? error.message)
    element.reset()
    show($('#made'), html`<div class="card made" role="status"><p>This is the key. It is shown only now.</p><p><code class="key">${made.key}</code></p></div>`)
    await list()
  })
  onClick(main, '[data-id]', async button => {
    if (!confirm('Delete the key? Programs that use it can make no more links.')) return
    await data(client.from('api_keys').delete().eq('id', button.dataset.id))
    await list()
  })
  await list()
}

async function list() {
  const keys = await data(client.from('api_keys').select('id,name,start,per_minute,created_at,last_used_at').order('id'))
  show($('#list'), keys.length === 0 ? html`<p class="muted">No keys yet.</p>` : html`<div class="scroll" tabindex="0"><table>
    <thead><tr><th scope="col">Name</th><th scope="col">Begins</th><th scope="col" class="number">A minute</th><th scope="col">Last used</th><th><span class="unseen">Delete</span></th></tr></thead>
    <tbody>${keys.map(k => html`<tr><td>${k.name}</td><td><code>${k.start}…</code></td><td class="number">${k.per_minute}</td><td>${k.last_used_at ? day(k.last_used_at) : 'never'}</td>
      <td><button class="danger" data-id="${k.id}" aria-label="Delete the key ${k.name}">Delete</button></td></tr>`)}</tbody></table></div>`)
}
