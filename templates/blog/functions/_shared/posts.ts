// What pages and feeds read. All of it runs as the visitor, under row-level security, so
// a draft can be on no page by mistake; searching alone needs the table of words, and
// says itself what is published.
import { sql } from "galley"
import { asked } from "./words"

export interface Site { title: string; tagline: string; language: string; changed_at: string; url: string }
export interface Post {
  id: number; kind: string; slug: string; title: string; summary: string; body: string; tags: string[]
  published_at: string; updated_at: string; comments_open: boolean; category_id: number | null
  category: string | null; category_slug: string | null; author: string; author_slug: string; bio: string
}
export interface Category { id: number; parent_id: number | null; slug: string; name: string; description: string; depth: number; posts: number }
export interface Comment { id: number; name: string; body: string; created_at: string }
export interface Project { id: number; slug: string; title: string; summary: string; body: string; picture: string; picture_text: string; links: { label: string; url: string }[]; updated_at: string }

export async function site(): Promise<Site> {
  const [row] = await sql`select title, tagline, language, changed_at from site`
  return { ...row, url: (Deno.env.get("SUPABASE_URL") ?? "").replace(/\/$/, "") }
}

const columns = sql`p.id, p.kind, p.slug, p.title, p.summary, p.tags, p.published_at, p.updated_at, p.comments_open, p.category_id,
  c.name as category, c.slug as category_slug, m.name as author, m.slug as author_slug, m.bio`
const tables = sql`posts p join members m on m.id = p.author_id left join categories c on c.id = p.category_id`
const visible = sql`p.kind = 'post' and p.published_at <= now()`

/** Pages of a list have this many posts. */
export const pageSize = 8

/** A page goes on after a row, not at a number: posts that come meanwhile move nothing. */
export function after(text: string | null) {
  const found = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))_(\d{1,15})$/.exec(text ?? "")
  return found && !Number.isNaN(Date.parse(found[1])) ? found : null
}
export const mark = (p: Post) => `${p.published_at}_${p.id}`

export interface Wanted { category?: string; tag?: string; author?: string; after?: string | null; limit?: number; body?: boolean }

const below = (slug: string) => sql`with recursive below as (
  select id from categories where slug = ${slug} union select c.id from categories c join below b on c.parent_id = b.id)`

/** Published posts, the newest first; of a category with all that stand in it. */
export async function posts({ category, tag, author, after: from, limit = pageSize + 1, body = false }: Wanted = {}): Promise<Post[]> {
  const last = after(from ?? null)
  return await sql`${category ? below(category) : sql``} select ${columns}${body ? sql`, p.body` : sql``} from ${tables} where ${visible}
    ${category ? sql`and p.category_id in (select id from below)`: sql``}
    ${tag ? sql`and p.tags @> array[${tag}]::text[]` : sql``}
    ${author ? sql`and m.slug = ${author}` : sql``}
    ${last ? sql`and (p.published_at, p.id) < (${last[1]}::timestamptz, ${last[2]}::bigint)` : sql``}
    order by p.published_at desc, p.id desc limit ${limit}`
}

export async function post(kind: string, slug: string): Promise<Post | undefined> {
  const [row] = await sql`select ${columns}, p.body from ${tables} where p.kind = ${kind} and p.slug = ${slug} and p.published_at <= now()`
  return row
}

export const comments = async (post: number): Promise<Comment[]> =>
  await sql`select id, name, body, created_at from comments where post_id = ${post} and state = 'approved' order by created_at, id limit 500`

/** All categories as a tree read from the top, with how many posts each has, those below included. */
export const categories = async (): Promise<Category[]> => tree(await sql`
  select c.id, c.parent_id, c.slug, c.name, c.description, (select count(*) from posts p where p.category_id = c.id and ${visible})::int as posts
    from categories c order by c.name, c.id limit 1000`)

function tree(rows: Category[], parent: number | null = null, depth = 0): Category[] {
  return rows.filter(c => c.parent_id === parent).flatMap(c => {
    const below = tree(rows, c.id, depth + 1)
    return [{ ...c, depth, posts: c.posts + below.filter(b => b.depth === depth + 1).reduce((n, b) => n + b.posts, 0) }, ...below]
  })
}

/** A category with those it stands in, from the top down. */
export const path = async (slug: string): Promise<Category[]> => await sql`
  with recursive up as (
    select c.*, 0 as depth from categories c where slug = ${slug}
    union all
    select c.*, up.depth + 1 from categories c join up on up.parent_id = c.id where up.depth < 20)
  select id, parent_id, slug, name, description, depth from up order by depth desc`

export const tags = async (): Promise<{ tag: string; posts: number }[]> => await sql`
  select tag, count(*)::int as posts from (select unnest(p.tags) as tag from posts p where ${visible}) t group by tag order by 2 desc, 1 limit 40`

/** Posts that have all of the words, the last of them as a beginning; the best first. */
export async function search(text: string, limit = 20): Promise<(Post & { score: number })[]> {
  const list = asked(text)
  if (list.length === 0) return []
  const [last, ...rest] = list.toReversed()
  return await sql.as("service")`
    with found as (
      select post_id, word as asked, weight from post_words where word = any(${rest})
      union all
      select post_id, ${last}, max(weight * case when word = ${last} then 2 else 1 end) from post_words
       where word >= ${last} and word < ${`${last}\u{10ffff}`} group by post_id)
    select ${columns}, sum(f.weight)::int as score
      from found f join ${tables} on p.id = f.post_id
     where p.published_at <= now()
     group by p.id, c.id, m.id having count(*) = ${list.length}
     order by score desc, p.published_at desc, p.id desc limit ${limit}`
}

export const projects = async (): Promise<Project[]> => await sql`
  select id, slug, title, summary, body, picture, picture_text, links, updated_at from projects where shown order by position, id limit 200`
