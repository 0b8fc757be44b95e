// Links are made and changed here, by people and by programs:
//
//   POST   /v1/links        { target, slug?, title?, password?, expires_at?, max_clicks? }
//   POST   /v1/links/import a CSV file: target,slug,title
//   PATCH  /v1/links/:id    what changes; password: "" takes it away
//   GET    /v1/links        one's own, the newest first: ?limit=&before=
//
// A person shows the token of a session, a program a key in x-api-key.
import { limit, sql } from "galley"
import { answering, json, numberOf, Problem, randomSlug, slugOf, targetOf, timeOf } from "../_shared/rules.ts"
import { hashKey, hashPassword } from "../_shared/secret.ts"
import { csv } from "../_shared/csv.ts"

export const path = ["/v1/links", "/v1/links/:id"]
export const methods = ["GET", "POST", "PATCH"]
export const verifyJwt = false

const service = sql.as("service")
const shown = service(["id", "slug", "target", "title", "locked", "expires_at", "max_clicks", "disabled", "created_at"])
const maxRows = 1000

export default (req: Request, ctx: any) => answering(async () => {
  const owner = await who(req, ctx)
  const id = ctx.params.id
  if (req.method === "GET" && id === undefined) return list(owner, new URL(req.url))
  if (req.method === "POST" && id === "import") return importAll(owner, await req.text(), req.url)
  if (req.method === "POST" && id === undefined) return json(await make(owner, await req.json(), req.url), 201)
  if (req.method === "PATCH" && /^\d{1,15}$/.test(id ?? "")) return json(await change(owner, id, await req.json(), req.url))
  throw new Problem("There is nothing here.", 404)
})

/** Who asks: the user of the token, or of the key, whose calls of a minute are counted on all nodes together. */
async function who(req: Request, ctx: any): Promise<string> {
  const key = req.headers.get("x-api-key")
  if (!key) {
    if (ctx.role !== "authenticated") throw new Problem("Sign in, or show a key in x-api-key.", 401)
    await bounded("user", ctx.claims.sub, 120)
    return ctx.claims.sub
  }
  const [found] = await service`select id, owner, per_minute, last_used_at is null or last_used_at < now() - interval '1 minute' as old
    from api_keys where hash = ${await hashKey(key)}`
  if (!found) throw new Problem("There is no such key.", 401)
  await bounded("key", found.id, found.per_minute)
  if (found.old) await service`update api_keys set last_used_at = now() where id = ${found.id}`
  return found.owner
}

async function bounded(what: string, whose: string, most: number) {
  if (!(await limit(what, whose, { events: most, per: "1m" })).allowed) throw new Problem(`At most ${most} requests a minute.`, 429)
}

async function list(owner: string, url: URL) {
  const limit = Math.min(numberOf(url.searchParams.get("limit"), "limit", 200) ?? 50, 200)
  const before = numberOf(url.searchParams.get("before"), "before", Number.MAX_SAFE_INTEGER) ?? Number.MAX_SAFE_INTEGER
  return json(await service`select ${shown} from links where owner = ${owner} and id < ${before} order by id desc limit ${limit}`)
}

/** What a request says of a link, checked. Only what it names is there. */
async function fields(given: any, self: string) {
  if (given === null || typeof given !== "object") throw new Problem("A link is a JSON object.", 400)
  const out: Record<string, any> = {}
  if (given.target !== undefined) out.target = await targetOf(given.target, self)
  if (given.slug) out.slug = await slugOf(given.slug)
  if (given.title !== undefined) out.title = String(given.title ?? "").trim().slice(0, 200)
  if (given.expires_at !== undefined) out.expires_at = timeOf(given.expires_at)
  if (given.max_clicks !== undefined) out.max_clicks = numberOf(given.max_clicks, "The number of clicks", 1_000_000)
  if (given.disabled !== undefined) out.disabled = given.disabled === true
  if (given.password !== undefined) {
    const password = String(given.password ?? "")
    if (password !== "" && (password.length < 4 || password.length > 200)) throw new Problem("A password has 4 to 200 characters.")
    out.password = password === "" ? null : await hashPassword(password)
  }
  return out
}

async function make(owner: string, given: any, self: string) {
  const row = await fields(given, self)
  if (row.target === undefined) throw new Problem("A link needs a target.")
  for (let attempt = 0; ; attempt++) {
    try {
      const [made] = await service`insert into links ${sql.values({ ...row, owner, slug: row.slug ?? randomSlug(7 + attempt) })} returning ${shown}`
      return { ...made, short: new URL(`/${made.slug}`, self).href }
    } catch (error) {
      if (error.code !== "23505" || row.slug || attempt === 3) throw error // chance has made one that is there
    }
  }
}

async function change(owner: string, id: string, given: any, self: string) {
  const row = await fields(given, self)
  if (Object.keys(row).length === 0) throw new Problem("Nothing is to be changed.", 400)
  const [changed] = await service`update links set ${sql.set(row)} where id = ${id} and owner = ${owner} returning ${shown}`
  if (!changed) throw new Problem("There is no such link.", 404)
  return changed
}

/** Makes a link of each line; one that is wrong does not keep the others from it. */
async function importAll(owner: string, text: string, self: string) {
  if (text.length > 1_000_000) throw new Problem("The file is larger than a megabyte.", 413)
  const { head, rows } = csv(text)
  if (!head.includes("target")) throw new Problem("The first line names the columns: target, and slug and title if there are any.")
  if (rows.length > maxRows) throw new Problem(`At most ${maxRows} links at once; the file has ${rows.length}.`, 413)
  const errors: { line: number; message: string }[] = []
  let made = 0
  for (const { line, values } of rows) {
    const given = Object.fromEntries(head.map((name, i) => [name, values[i] ?? ""]))
    const problem = await answering(async () => {
      await make(owner, { target: given.target, slug: given.slug, title: given.title }, self)
      return json(null)
    })
    if (problem.ok) made++
    else errors.push({ line, message: (await problem.json()).message })
  }
  return json({ made, errors })
}
