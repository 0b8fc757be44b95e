// Looks at comments before they are written, and tells the author of the post.
import { mail, sql, type HookEvent } from "galley"
import { site } from "../_shared/posts"

export const hook = { table: "public.comments", before: ["insert"], after: ["insert", "update", "delete"] }

export default async (event: HookEvent) => {
  if (event.when === "before") return before(event)
  await sql.as("service")`update site set changed_at = now()`
  if (event.operation !== "insert") return
  for (const { new: comment } of event.rows) if (comment?.state === "held") await tell(comment)
}

async function before({ rows, remoteAddr }: HookEvent) {
  const sender = await hash(remoteAddr?.hostname ?? "")
  if (rows.length > 1) throw refusal("One comment at a time.", 400)
  const [{ new: comment }] = rows
  // The table refuses nulls after this hook, not before it.
  const said = { name: comment!.name ?? "", body: comment!.body ?? "", homepage: comment!.homepage ?? "" }
  const [past] = await sql.as("service")`
    select count(*) filter (where sender = ${sender} and created_at > now() - interval '10 minutes')::int as hers,
           count(*) filter (where body = ${said.body})::int as same
      from comments where created_at > now() - interval '1 day'`
  if (past.hers >= perTenMinutes) throw refusal("That were many comments in a short time. Please wait ten minutes.", 429)
  const [{ member }] = await sql`select may_edit(${comment!.post_id}) as member`
  const reason = suspicious(said, past.same)
  comment!.sender = sender
  comment!.reason = member ? "" : reason
  comment!.state = member ? "approved" : reason === "" ? "held" : "spam"
}

const perTenMinutes = 5
const refusal = (message: string, status: number) => Object.assign(new Error(message), { code: `PT${status}`, status })

/** Why a comment looks like spam, or "". Change it to what your readers and spammers are like. */
function suspicious({ name, body, homepage }: { name: string; body: string; homepage: string }, same: number): string {
  const links = body.match(/https?:\/\/|www\.|\[url/gi)?.length ?? 0
  const letters = body.match(/\p{L}/gu)?.length ?? 0
  const capitals = body.match(/\p{Lu}/gu)?.length ?? 0
  if (homepage) return "a field that no person sees was filled in"
  if (links > 2) return `${links} links`
  if (/https?:|www\./i.test(name)) return "a link as a name"
  if (same > 0 && body.length > 20) return "the same text was sent before"
  if (letters > 20 && capitals > letters * 0.7) return "capitals all over"
  if (/\b(casino|viagra|cialis|payday loan|backlinks?|seo services|crypto giveaway)\b/i.test(body)) return "words that spam is full of"
  if (/<a\s|<script|<iframe/i.test(body)) return "HTML"
  return ""
}

// The address itself is not kept, only what tells that it is the same.
async function hash(address: string) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(Deno.env.get("SUPABASE_SERVICE_ROLE_KEY") ?? ""), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  const sum = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(address)))
  return [...sum.slice(0, 12)].map(b => b.toString(16).padStart(2, "0")).join("")
}

async function tell(comment: Record<string, any>) {
  const [to] = await sql.as("service")`select title, email_of(author_id) as email from posts where id = ${comment.post_id}`
  if (!to?.email) return // an author without an account
  const { url } = await site()
  await mail.send({ to: to.email, template: "comment", data: { title: to.title, name: comment.name, body: comment.body, url: `${url}/write/#comments` } })
}
