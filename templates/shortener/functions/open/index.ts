// Links that need more than a redirect: those with a password, an end or a limit, and
// what is no link. All others galley.toml answers from memory, without a script.
import { cached, limit, sql } from "galley"
import { isPassword } from "../_shared/secret.ts"

export const path = "/:slug"
export const methods = ["GET", "POST"]
export const verifyJwt = false

export default async (req: Request, ctx: any) => {
  const slug = ctx.params.slug
  if (slug !== slug.toLowerCase()) return Response.redirect(new URL(`/${slug.toLowerCase()}`, req.url), 302)
  const link = await cached("links", { slug })
  if (!link) return page(404, "There is no such link", "Look at the address once more: a letter may be missing.")
  if (link.disabled) return page(410, "This link is switched off", "Who made it has switched it off.")
  if (link.expires_at && new Date(link.expires_at).getTime() <= Date.now()) return page(410, "This link has ended", "It was for a time that is over.")
  if (link.password !== null) {
    if (req.method === "GET") return ask(200)
    const here = await limit(`open/${link.id}`, ctx.remoteAddr.hostname, { events: 10, per: "1m" })
    if (!here.allowed || !(await limit("open", link.id, { events: 100, per: "1m" })).allowed) return ask(429, "Too many attempts. Wait a minute, then try again.")
    const password = (await form(req)).get("password") ?? ""
    if (password.length > 200 || !await isPassword(password, link.password)) return ask(403, "That is not the password.")
  }
  if (link.max_clicks !== null) {
    const [{ left }] = await sql.as("service")`select use_link(${link.id}, ${link.max_clicks}) as left`
    if (!left) return page(410, "This link is used up", `It was for ${link.max_clicks} ${link.max_clicks === 1 ? "click" : "clicks"}.`)
  }
  await record(req, link.id)
  return new Response(null, { status: 303, headers: { location: link.target, "cache-control": "no-store", "referrer-policy": "no-referrer" } })
}

async function form(req: Request) {
  try {
    return new URLSearchParams(await req.text())
  } catch {
    return new URLSearchParams()
  }
}

/** Records a click as redirects do, but for the visitor. */
async function record(req: Request, link: number) {
  const agent = req.headers.get("user-agent") ?? ""
  const kind = /bot|crawl|spider|curl|wget|python|headless|preview/i.test(agent) ? "bot"
    : /mobile|iphone|android/i.test(agent) ? "mobile" : /windows|macintosh|x11/i.test(agent) ? "desktop" : "other"
  let referrer = null
  try {
    const host = new URL(req.headers.get("referer") ?? "").hostname.replace(/^www\./, "")
    if (host !== new URL(req.url).hostname) referrer = host.slice(0, 253)
  } catch {} // there is none
  await sql.as("service")`insert into clicks (link, referrer, agent) values (${link}, ${referrer}, ${kind})`
}

const ask = (status: number, problem = "") => html(status, "A password is needed", `
  <h1>A password is needed</h1>
  <p>Who made this link gave one with it.</p>
  <form method="post">
    <label>Password <input name="password" type="password" autocomplete="off" required autofocus maxlength="200"></label>
    ${problem && `<p class="problem" role="alert">${problem}</p>`}
    <button class="first">Go on</button>
  </form>`)

const page = (status: number, title: string, text: string) => html(status, title, `<h1>${title}</h1><p>${text}</p><p><a href="/">Make a link of your own</a></p>`)

// Nothing of a request or a link stands in these pages.
const html = (status: number, title: string, body: string) => new Response(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="/galley.css">
<link rel="stylesheet" href="/style.css">
<main class="page narrow alone"><div class="card">${body}</div></main>
</html>`, {
  status,
  headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action *; frame-ancestors 'none'; base-uri 'none'" },
})
