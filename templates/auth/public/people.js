// The list of people that moderators and admins see.
import { $, client, data, day, html, onClick, onSubmit, show, toast } from './galley.js'

/** Shows the list; actions(person) is HTML for the last column, after the button to ban. */
export async function people(me, actions = () => '') {
  let search = ''
  let page = 0
  const list = $('#people')
  const may = person => person.id !== me.sub && !person.roles.includes('admin') && (person.roles.length === 0 || me.user_roles.includes('admin'))

  async function refresh() {
    const found = await data(client.rpc('people', { search, page }))
    show(list, html`${found.length === 0 ? html`<p class="muted">${search === '' ? 'Nobody else.' : html`Nobody is called “${search}”.`}</p>` : html`<ul class="list">${found.map(row)}</ul>`}
      <div class="row">${page > 0 && html`<button data-page="-1">Newer</button>`}${found.length === 25 && html`<button data-page="1">Older</button>`}</div>`)
  }

  const row = person => html`<li><div><strong>${person.name || 'No name yet'}</strong> ${person.roles.map(role => html`<span class="tag">${role}</span> `)}${person.banned && html`<span class="tag bad">banned</span>`}
    <small>${person.email} · since ${day(person.created_at)} · ${person.last_sign_in_at ? html`last seen ${day(person.last_sign_in_at)}` : 'never seen'}</small></div>
    <div class="row">${actions(person)} ${may(person) && (person.banned ? html`<button data-unban="${person.id}">Lift the ban</button>` : html`<button class="danger" data-ban="${person.id}" data-name="${person.name || person.email}">Ban</button>`)}</div></li>`

  onSubmit($('#search'), async ({ q }) => {
    search = q.trim()
    page = 0
    await refresh()
  })
  onClick(list, '[data-page]', async ({ dataset }) => {
    page += Number(dataset.page)
    await refresh()
  })
  onClick(list, '[data-unban]', async ({ dataset }) => {
    await data(client.rpc('set_ban', { user_id: dataset.unban, banned: false }))
    await refresh()
    toast('The ban is lifted.')
  })

  onClick(list, '[data-ban]', ({ dataset: { ban, name } }) => {
    const dialog = show(document.body.appendChild(document.createElement('dialog')), html`<form><h2>Ban ${name}?</h2>
      <p>All sessions end, and nobody signs in with this account until the ban is lifted.</p>
      <label>Reason <input name="reason" maxlength="300" required></label>
      <div class="row"><button class="danger">Ban</button><button type="button" data-close>Cancel</button></div></form>`)
    dialog.addEventListener('close', () => dialog.remove())
    dialog.showModal()
    onClick(dialog, '[data-close]', () => dialog.close())
    onSubmit($('form', dialog), async ({ reason }) => {
      await data(client.rpc('set_ban', { user_id: ban, banned: true, reason }))
      dialog.close()
      await refresh()
      toast('Banned.')
    })
  })

  await refresh()
  $('#content').hidden = false
  return refresh
}
