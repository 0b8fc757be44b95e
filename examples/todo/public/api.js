// The data API (PostgREST's protocol) with plain fetch. The official client does
// the same: createClient(url, anonKey).from('todos').select().
import { url, anonKey } from '/galley/config.js'

/** An answer that is no success, with the message of the database. */
export class APIError extends Error {
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}.`)
    this.status = status
    this.code = body?.code
  }
}

async function request(method, path, body) {
  const response = await fetch(`${url}/rest/v1/${path}`, {
    method,
    headers: {
      apikey: anonKey,
      ...(body && { 'Content-Type': 'application/json', Prefer: 'return=representation' }),
    },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  const value = text ? JSON.parse(text) : null
  if (!response.ok) throw new APIError(response.status, value)
  return value
}

export const lists = {
  all: () => request('GET', 'lists?select=id,name&order=id'),
  add: async name => (await request('POST', 'lists?select=id,name', { name }))[0],
}

export const todos = {
  of: list => request('GET', `todos?select=id,title,done&list_id=eq.${list}&order=id`),
  add: async (list, title) => (await request('POST', 'todos?select=id,title,done', { list_id: list, title }))[0],
  change: async (id, change) => (await request('PATCH', `todos?id=eq.${id}&select=id,title,done`, change))[0],
  remove: id => request('DELETE', `todos?id=eq.${id}`),
  removeDone: list => request('DELETE', `todos?list_id=eq.${list}&done=is.true`),
}
