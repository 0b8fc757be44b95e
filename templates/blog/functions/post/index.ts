// What a save of a post brings along, in the save's own transaction: who and when, the
// version that it replaces, the search, and the announcement when its time has come.
import { enqueue, sql, type HookEvent } from "galley"

export const hook = { table: "public.posts", before: ["insert", "update"], after: ["insert", "update", "delete"] }

// A page has the address /slug, where the blog and Galley have things of their own.
const taken = "api auth authors categories dev docs functions galley graphql health hooks metrics newsletter pictures portfolio posts realtime rest search storage tags write".split(" ")

const content = ["title", "summary", "body", "tags", "category_id"]

export default async (event: HookEvent) => {
  if (event.when === "before") return before(event)
  // Feeds tell by it that a post was changed, taken back or deleted.
  await sql.as("service")`update site set changed_at = now()`
  for (const { old, new: post } of event.rows) if (post) await after(old, post)
}

async function before({ operation, rows }: HookEvent) {
  const [{ me }] = await sql`select me()`
  for (const { old, new: post } of rows) {
    if (operation === "insert") post!.author_id ??= me
    post!.slug ||= slugOf(post!.title)
    if (post!.kind === "page" && taken.includes(post!.slug)) throw Object.assign(new Error(`A page cannot have the address /${post!.slug}.`), { code: "23514", status: 409 })
    post!.tags = tagsOf(post!.tags)
    post!.version = operation === "insert" ? 1 : old!.version + (changed(old, post) ? 1 : 0)
    post!.updated_at = new Date().toISOString()
    post!.updated_by = me
  }
}

async function after(old: HookEvent["rows"][0]["old"], post: Record<string, any>) {
  if (old && post.version !== old.version) {
    await sql.as("service")`insert into post_versions ${sql.values([{
      post_id: old.id, version: old.version, title: old.title, summary: old.summary, body: old.body, tags: old.tags,
      category_id: old.category_id, saved_at: old.updated_at, saved_by: old.updated_by ?? old.author_id,
    }])}`
  }
  if (!old || post.version !== old.version) await enqueue("index", { post: post.id })
  if (post.kind === "post" && post.published_at && post.published_at !== old?.published_at) {
    await enqueue("announce", {}, { runAt: new Date(post.published_at) })
  }
}

const changed = (a: any, b: any) => content.some(name => JSON.stringify(a[name]) !== JSON.stringify(b[name]))

const slugOf = (title: unknown) =>
  String(title ?? "").toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80).replace(/-$/, "") || "untitled"

// Tags are lower case and each is there once. A tag with a slash would have no page.
function tagsOf(tags: unknown): string[] {
  const list = (Array.isArray(tags) ? tags : []).map(t => String(t).trim().toLowerCase().replace(/[\s/\\?#,]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 40))
  return [...new Set(list)].filter(Boolean)
}
