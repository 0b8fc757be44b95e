// What a link has to hold to. Each rule throws a Problem, which says so to a person.
import { sql } from "galley"

export class Problem extends Error {
  status: number
  constructor(message: string, status = 422) {
    super(message)
    this.status = status
  }
}

export const json = (body: unknown, status = 200) =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } })

/** Answers with what handler gives, and with a Problem as JSON. */
export async function answering(handler: () => Promise<Response>) {
  try {
    return await handler()
  } catch (error) {
    if (error instanceof Problem) return json({ message: error.message }, error.status)
    if (error instanceof SyntaxError) return json({ message: "The body is no JSON." }, 400)
    if (error?.code === "23505") return json({ message: "This address is taken, or looks like one that is." }, 409)
    if (error?.code === "23514" || error?.code === "22003") return json({ message: "A value is out of its bounds." }, 422)
    throw error
  }
}

// Letters that are hard to mistake for each other.
const letters = "abcdefghjkmnpqrtuvwxyz2346789"

export function randomSlug(length = 7) {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return [...bytes].map(b => letters[b % letters.length]).join("")
}

/** A slug that somebody chose, in the form in which it is kept. */
export async function slugOf(text: unknown) {
  const slug = String(text).trim().toLowerCase()
  if (!/^[a-z0-9][a-z0-9_-]{2,49}$/.test(slug)) {
    throw new Problem("An address has 3 to 50 letters from a to z, digits, - and _, and begins with a letter or digit.")
  }
  const [kept] = await sql.as("service")`select 1 from reserved where look = look_of(${slug})`
  if (kept) throw new Problem("This address is kept for the app itself.")
  return slug
}

/** Where a link leads, when it may: a public web page that is not this app. */
export async function targetOf(text: unknown, self: string) {
  let url: URL
  try {
    url = new URL(String(text).trim())
  } catch {
    throw new Problem("The target is no address, such as https://example.org/page.")
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new Problem("The target has to begin with https:// or http://.")
  if (url.username || url.password) throw new Problem("The target must not hold a name or password.")
  const host = url.hostname.toLowerCase().replace(/\.$/, "")
  if (inside(host)) throw new Problem("The target is not on the public internet.")
  if (host === new URL(self).hostname) throw new Problem("The target leads back here.")
  const parts = host.split(".")
  const above = parts.map((_, i) => parts.slice(i).join("."))
  const [denied] = await sql.as("service")`select host from denied_hosts where host in (${sql.join(above)})`
  if (denied) throw new Problem(`Links to ${denied.host} are not allowed.`)
  if (url.href.length > 4000) throw new Problem("The target is too long.")
  return url.href
}

/** Whether a host is none of the public internet: URL has made plain numbers of all spellings of IPv4. */
function inside(host: string) {
  if (host.startsWith("[")) return inside6(host.slice(1, -1))
  const numbers = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host)?.slice(1).map(Number)
  if (!numbers) return !host.includes(".") || /(^|\.)(localhost|local|internal|intranet|lan|home|corp|private|onion|test|invalid|home\.arpa)$/.test(host)
  const [a, b, c] = numbers
  return a === 0 || a === 10 || a === 127 || a >= 224 || a === 169 && b === 254 || a === 172 && b >= 16 && b < 32 || a === 192 && b === 168 ||
    a === 100 && b >= 64 && b < 128 || a === 198 && (b === 18 || b === 19) || a === 192 && b === 0 && (c === 0 || c === 2) ||
    a === 198 && b === 51 && c === 100 || a === 203 && b === 0 && c === 113
}

/** Of IPv6 only 2000::/3 is public, without what holds IPv4 or is for documents. */
const inside6 = (host: string) => !/^[23][0-9a-f]{3}:/.test(host) || /^(2001:0?:|2001::|2001:db8:|2002:)/.test(host)

/** A whole number or null. */
export function numberOf(value: unknown, what: string, most: number) {
  if (value === undefined || value === null || value === "") return null
  const n = Number(value)
  if (!Number.isInteger(n) || n < 1 || n > most) throw new Problem(`${what} is a whole number from 1 to ${most}.`)
  return n
}

/** A time in the future, or null. */
export function timeOf(value: unknown) {
  if (value === undefined || value === null || value === "") return null
  const time = new Date(String(value))
  if (Number.isNaN(time.getTime())) throw new Problem("The end is no time.")
  if (time.getTime() <= Date.now()) throw new Problem("The end has passed already.")
  return time
}
