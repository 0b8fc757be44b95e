// Subscribing by double opt-in: the form, the link that confirms, the link that ends it.
// Links show a button, because programs that look at mails follow links; whether an
// address is known is not told.
import { limit, mail, sql } from "galley"
import { answer } from "../_shared/answer"
import { html } from "../_shared/html"
import { layout } from "../_shared/layout"
import { site } from "../_shared/posts"

export const path = ["/newsletter", "/newsletter/:step"]
export const methods = ["GET", "POST"]
export const verifyJwt = false

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export default async (req: Request, ctx: { params: { step?: string }; remoteAddr: { hostname: string } }) => {
  const url = new URL(req.url)
  const { step = "" } = ctx.params
  const sent = req.method === "POST" ? await form(req) : new URLSearchParams()
  const token = sent.get("token") ?? url.searchParams.get("token") ?? ""
  if (step === "" && req.method === "POST") return subscribe(req, sent.get("email") ?? "", ctx.remoteAddr.hostname)
  if ((step !== "confirm" && step !== "leave") || !uuid.test(token)) return page(req, "Not here", "This link is not complete. Copy all of it from the mail.", 404)
  if (req.method !== "POST") return ask(req, step, token)
  return step === "confirm" ? confirm(req, token) : leave(req, token)
}

// form reads a small form; another body is an empty one.
async function form(req: Request) {
  if (!req.headers.get("Content-Type")?.startsWith("application/x-www-form-urlencoded")) return new URLSearchParams()
  const text = await req.text()
  return new URLSearchParams(text.length > 4096 ? "" : text)
}

async function subscribe(req: Request, given: string, from: string) {
  const email = given.trim().toLowerCase()
  if (email.length > 254 || !/^[^\s@<>"',;:]+@[^\s@<>"',;:]+\.[^\s@<>"',;:]+$/.test(email)) return page(req, "Check the address", "That does not look like an address.", 400)
  const may = (await limit("newsletter", from, { events: 20, per: "1h" })).allowed && (await limit("newsletter-mail", email, { events: 4, per: "1h" })).allowed
  if (!may) return page(req, "Later, please", "That was asked for too often. Try again in an hour.", 429)
  const { url, title } = await site()
  const [row] = await sql.as("service")`insert into subscribers (email) values (${email}) on conflict (email) do update set email = excluded.email returning token, confirmed_at`
  if (!row.confirmed_at) await mail.send({ to: email, template: "subscribe", data: { site: title, url: `${url}/newsletter/confirm?token=${row.token}` } })
  return page(req, "Look into your mail", "If it is new here, we have sent a link to that address. Open it, and you hear of each new post.")
}

async function ask(req: Request, step: string, token: string) {
  const text = step === "confirm" ? ["Subscribe", "Do you want a mail for each new post?", "Yes, subscribe"] : ["Unsubscribe", "Do you want no more mails?", "Yes, unsubscribe"]
  return page(req, text[0], html`${text[1]}<form method="post" action="/newsletter/${step}"><input type="hidden" name="token" value="${token}"><button class="first">${text[2]}</button></form>`)
}

async function confirm(req: Request, token: string) {
  const rows = await sql.as("service")`update subscribers set confirmed_at = coalesce(confirmed_at, now()) where token = ${token} returning id`
  return rows.length > 0 ? page(req, "Welcome", "You will hear of the next post.") : page(req, "Not here", "This link has expired. Subscribe once more.", 404)
}

async function leave(req: Request, token: string) {
  await sql.as("service")`delete from subscribers where token = ${token}`
  return page(req, "Done", "Your address is deleted. No more mails.")
}

async function page(req: Request, title: string, text: unknown, status = 200) {
  const made = await site()
  const body = html`<div class="reading"><h1>${title}</h1><div>${text}</div></div>`
  const res = await answer(req, layout(made, { title, path: "/newsletter", hidden: true, body }), { status })
  res.headers.set("Cache-Control", "no-store")
  res.headers.set("Referrer-Policy", "no-referrer")
  return res
}
