// Random requests to the data APIs of a project, made of what its OpenAPI document
// tells: tables with their columns and relations, and functions with their arguments.

/** What a project offers: { tables: [{ name, columns: [{ name, type, key, to }], of: [table…] }], functions: [{ name, args }] }. */
export async function known(call) {
  const { paths, components: { schemas } } = JSON.parse((await call({ path: '/openapi.json' })).text)
  const names = prefix => Object.keys(paths).filter(p => p.startsWith(prefix)).map(p => p.slice(prefix.length))
  const tables = names('/rest/v1/').filter(name => !name.includes('/') && schemas[name]).map(name => ({ name, columns: columns(schemas[name]) }))
  for (const table of tables) {
    table.near = [...new Set([...table.columns.map(c => c.to), ...tables.filter(t => t.columns.some(c => c.to === table.name)).map(t => t.name)])].filter(Boolean)
  }
  const functions = names('/rest/v1/rpc/').map(name => ({ name, args: args(paths[`/rest/v1/rpc/${name}`]) }))
  return { tables, functions }
}

const columns = schema => Object.entries(schema.properties ?? {}).map(([name, p]) =>
  ({ name, type: p['x-postgres-type'] ?? 'text', key: p['x-primary-key'] === true, to: p['x-foreign-key']?.table }))

const args = ({ post }) => columns(post?.requestBody?.content?.['application/json']?.schema ?? {})

/** The random numbers of a seed (mulberry32). */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A value without the texts that an answer is searched for: half of one is as good for a filter. */
export function hidden(value, texts) {
  if (value !== null && typeof value === 'object') return JSON.parse(hidden(JSON.stringify(value), texts))
  return typeof value === 'string' ? texts.reduce((v, text) => v.replaceAll(text, text.slice(0, text.length / 2)), value) : value
}

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

const fits = (value, type) => /int|numeric|real|double/.test(type) ? typeof value === 'number'
  : /bool/.test(type) ? typeof value === 'boolean'
    : /uuid/.test(type) ? uuid.test(value)
      : /text|char/.test(type) && typeof value === 'string'

export class Requests {
  /** rows: those of the other user by table; texts: what no request says whole; ids: of users. */
  constructor({ tables, functions }, { seed, never = [], paths = [], rows, texts, ids }) {
    this.random = generator(seed)
    this.tables = tables.filter(t => !never.includes(t.name))
    this.functions = functions.filter(f => !never.includes(`rpc/${f.name}`))
    this.paths = paths
    Object.assign(this, { rows, texts, ids })
    this.hers = this.tables.filter(t => rows[t.name])
    this.values = [...new Set([...ids, ...Object.values(rows).flat().flatMap(Object.values)].filter(v => v !== null && typeof v !== 'object').map(v => this.hidden(v)))]
  }

  number = n => Math.floor(this.random() * n)
  chance = share => this.random() < share
  one = list => list[this.number(list.length)]
  some = (list, most = 4) => Array.from({ length: 1 + this.number(most) }, () => this.one(list))

  /** A table, mostly one with rows of hers. */
  table = () => this.one(this.hers.length > 0 && this.chance(0.75) ? this.hers : this.tables)

  /** A request, which is also kept in last. */
  request() {
    const kinds = [this.read, this.read, this.read, this.read, this.insert, this.change, this.change, this.resource, this.batch]
    if (this.functions.length > 0) kinds.push(this.called, this.called)
    if (this.paths.length > 0) kinds.push(this.path, this.path)
    return (this.last = this.one(kinds).call(this))
  }

  hidden = value => hidden(value, this.texts)

  /** A value for a column or an argument: mostly one of its type, often one that stands in her rows. */
  value(type = 'text') {
    if (this.chance(0.15)) return this.one(this.values)
    const fit = this.chance(0.6) ? this.values.filter(v => fits(v, type)) : []
    if (fit.length > 0) return this.one(fit)
    if (/int|numeric|real|double/.test(type)) return this.one([0, 1, -1, 2, 3, this.number(50), 2147483647])
    if (/bool/.test(type)) return this.chance(0.5)
    if (/uuid/.test(type)) return this.one([...this.ids, '00000000-0000-0000-0000-000000000000'])
    if (/json/.test(type)) return this.one([{}, { [this.one(['id', 'role', 'owner'])]: this.one(this.ids) }, [1], null])
    if (/time|date/.test(type)) return this.one(['2001-01-01', '2999-12-31T00:00:00Z', 'infinity', 'now'])
    if (/\[\]$/.test(type)) return this.one([[], [this.one(this.values)]])
    return this.one(['', '*', '%', '\' or 1=1 --', 'a,b)', '"', 'true', 'admin', 'ü😀', null, this.one(this.texts).slice(0, 6)])
  }

  text = value => value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value)
  quoted = value => `"${this.text(value).replace(/["\\]/g, '\\$&')}"`

  condition(column, inList = false) {
    const op = this.one(['eq', 'eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'is', ...(/text|char/.test(column.type) ? ['like', 'ilike', 'match'] : [])])
    const value = this.value(column.type)
    const shown = op === 'in' ? `(${this.some(this.values).map(this.quoted)})`
      : op === 'is' ? this.one(['null', 'not_null', 'true', 'unknown'])
        : op.endsWith('like') ? `${this.text(value).slice(0, 12)}*`
          : op === 'match' ? '.' : this.text(value)
    return `${this.chance(0.2) ? 'not.' : ''}${op}.${inList && !['in', 'is'].includes(op) ? this.quoted(shown) : shown}`
  }

  filters(table, query, within = '') {
    for (let n = this.number(3); n > 0 && table.columns.length > 0; n--) {
      const column = this.one(table.columns)
      if (this.chance(0.3)) query.append(`${within}${this.one(['or', 'and', 'not.or'])}`, `(${this.some(table.columns, 3).map(c => `${c.name}.${this.condition(c, true)}`)})`)
      else query.append(within + column.name, this.condition(column))
    }
  }

  /** What a select asks for: columns, casts, and related rows to any depth that is allowed. */
  selection(table, query, depth = 2, within = '') {
    const parts = this.chance(0.6) || table.columns.length === 0 ? ['*'] : this.some(table.columns).map(c => c.name + this.one(['', '', '::text']))
    for (const name of depth > 0 && this.chance(0.6) ? table.near : []) {
      const other = this.tables.find(t => t.name === name)
      if (!other || this.chance(0.3)) continue
      if (this.chance(0.3)) this.filters(other, query, `${within}${name}.`)
      parts.push(`${name}${this.one(['', '', '!inner', '!left'])}(${this.selection(other, query, depth - 1, `${within}${name}.`)})`)
    }
    return [...new Set(parts)].join(',')
  }

  read() {
    const table = this.table()
    const query = new URLSearchParams()
    if (this.chance(0.8)) query.set('select', this.selection(table, query))
    this.filters(table, query)
    if (this.chance(0.4) && table.columns.length > 0) query.set('order', `${this.one(table.columns).name}.${this.one(['asc', 'desc', 'desc.nullslast'])}`)
    if (this.chance(0.3)) query.set('limit', this.number(5))
    if (this.chance(0.2)) query.set('offset', this.number(3))
    const headers = this.chance(0.4) ? { Prefer: `count=${this.one(['exact', 'planned', 'estimated'])}` } : {}
    if (this.chance(0.2)) headers.Accept = this.one(['text/csv', 'application/vnd.pgrst.object+json'])
    return { method: this.chance(0.1) ? 'HEAD' : 'GET', path: `/rest/v1/${table.name}?${query}`, headers }
  }

  /** A row to write: mostly one of hers, with or without its key, and with another value or two; the owner is anybody. */
  row(table) {
    const own = this.rows[table.name]
    const row = own && this.chance(0.8) ? { ...this.one(own) } : {}
    const changed = table.columns.length === 0 ? [] : Object.keys(row).length === 0 ? table.columns.filter(() => this.chance(0.7)) : this.some(table.columns, 2)
    if (this.chance(0.6)) for (const { name } of table.columns.filter(c => c.key)) delete row[name]
    for (const column of this.chance(0.3) ? [] : changed) row[column.name] = this.value(column.type)
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, this.hidden(value)]))
  }

  preference() {
    return { Prefer: this.one(['return=representation', 'return=minimal', 'return=headers-only', 'count=exact', 'return=representation,count=exact']) }
  }

  insert() {
    const table = this.table()
    const query = new URLSearchParams()
    const headers = this.preference()
    const row = this.row(table)
    if (this.chance(0.5)) {
      headers.Prefer += `,resolution=${this.one(['merge', 'merge', 'ignore'])}-duplicates`
      if (this.chance(0.3)) query.set('on_conflict', this.one(table.columns)?.name ?? 'id')
    }
    if (this.chance(0.3)) query.set('select', this.selection(table, query))
    return { method: 'POST', path: `/rest/v1/${table.name}?${query}`, headers, body: this.chance(0.7) ? row : [row, { ...row }] }
  }

  change() {
    const table = this.table()
    const query = new URLSearchParams()
    const method = this.one(['PATCH', 'PATCH', 'DELETE', 'PUT'])
    const row = method === 'PATCH' && this.chance(0.5) ? this.columns(table) : this.row(table)
    if (this.chance(0.5)) this.filters(table, query)
    const hers = this.rows[table.name]
    if (hers && (method === 'PUT' || this.chance(0.5))) {
      const { [this.number(hers.length)]: which } = hers
      for (const { name } of table.columns.filter(c => c.key)) query.set(name, `eq.${row[name] = which[name]}`)
    }
    if (this.chance(0.3)) query.set('select', this.selection(table, query))
    return { method, path: `/rest/v1/${table.name}?${query}`, headers: this.preference(), body: method === 'DELETE' ? undefined : row }
  }

  /** One or two columns with new values. */
  columns = table => Object.fromEntries(table.columns.length === 0 ? [] : this.some(table.columns, 2).map(c => [c.name, this.value(c.type)]))

  called() {
    const { name, args } = this.one(this.functions)
    const given = Object.fromEntries(args.filter(() => this.chance(0.9)).map(a => [a.name, this.value(a.type)]))
    if (this.chance(0.7)) return { method: 'POST', path: `/rest/v1/rpc/${name}`, body: given }
    return { method: 'GET', path: `/rest/v1/rpc/${name}?${new URLSearchParams(Object.entries(given).map(([k, v]) => [k, this.text(v)]))}` }
  }

  resource() {
    const table = this.table()
    const hers = this.rows[table.name]
    const keys = table.columns.filter(c => c.key)
    if (!hers || keys.length === 0 || this.chance(0.3)) {
      const column = this.one(table.columns)?.name ?? 'id'
      const query = new URLSearchParams({ page_size: 1 + this.number(20), ...(this.chance(0.5) && { sort: `-${column}` }), ...(this.chance(0.5) && { filter: `${column} ${this.one(['=', '!=', '>='])} ${this.quoted(this.one(this.values))}` }) })
      return this.chance(0.7) ? { method: 'GET', path: `/api/${table.name}?${query}` } : { method: 'POST', path: `/api/${table.name}`, body: this.row(table) }
    }
    const row = this.one(hers)
    const method = this.one(['GET', 'PATCH', 'PUT', 'DELETE'])
    return { method, path: `/api/${table.name}/${keys.map(k => encodeURIComponent(row[k.name])).join(',')}`, body: ['PATCH', 'PUT'].includes(method) ? this.row(table) : undefined }
  }

  batch() {
    const kinds = this.chance(0.5) ? [this.read] : [this.read, this.insert, this.change, this.resource]
    const requests = Array.from({ length: 2 }, () => this.one(kinds).call(this)).filter(r => r.method !== 'HEAD')
    return { method: 'POST', path: '/api/batch', body: { requests: requests.map(({ method, path, body }) => ({ method, path, ...(body && { body }) })) } }
  }

  path() {
    const path = this.one(this.paths).replace(/:\w+/g, () => encodeURIComponent(this.text(this.one(this.values))))
    if (this.chance(0.4)) return { method: 'GET', path: `${path}?${new URLSearchParams({ [this.one(['id', 'user_id', 'q'])]: this.text(this.one(this.values)) })}` }
    const fields = Object.values(this.rows).flatMap(rows => Object.keys(rows[0]))
    return { method: this.one(['POST', 'POST', 'DELETE', 'PUT']), path, body: Object.fromEntries(this.some(['id', 'user_id', ...fields]).map(name => [name, this.value()])) }
  }
}
