import { $, client, data, html, onClick, show, toast } from './galley.js'
import { people } from './people.js'
import { signedIn } from './session.js'

const me = await signedIn('admin')
const deeds = {
  grant: (who, role) => html`made ${who} ${role}`, revoke: (who, role) => html`took the role ${role} from ${who}`,
  ban: who => html`banned ${who}`, unban: who => html`let ${who} in again`,
}
const toggle = (person, role) => html`<button data-role="${role}" data-id="${person.id}" data-grant="${!person.roles.includes(role)}">${person.roles.includes(role) ? 'Take' : 'Make'} ${role}</button> `

async function events() {
  const list = await data(client.from('events').select('*, actor:profiles!actor(name), subject:profiles!subject(name)').order('id', { ascending: false }).limit(50))
  show($('#events'), list.length === 0 ? html`<p class="muted">Nothing yet.</p>` : html`<ul class="list">${list.map(e => html`<li><span><strong>${e.actor?.name ?? 'Somebody'}</strong>
    ${deeds[e.action](html`<strong>${e.subject?.name ?? 'a deleted account'}</strong>`, e.role)}${e.reason && html`: ${e.reason}`} <small>${new Date(e.at).toLocaleString()}</small></span></li>`)}</ul>`)
}

const refresh = await people(me, person => person.id !== me.sub && ['moderator', 'admin'].map(role => toggle(person, role)))
onClick($('#people'), '[data-role]', async ({ dataset }) => {
  await data(client.rpc('set_role', { user_id: dataset.id, role: dataset.role, granted: dataset.grant === 'true' }))
  await Promise.all([refresh(), events()])
  toast('Done. It counts in pages when they sign in again, at the latest in ten minutes.')
})
await events()
