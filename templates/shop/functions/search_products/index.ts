// Products that have a word beginning with each of the words, in a category or below it.
// The rarest of the words leads; where all are common, the products do, in the order that
// was asked for: either way few rows are read, however many products there are.
import { sql, type Sql } from "galley"

export const rpc = {
  args: { "words?": "text", "category?": "text", "sort?": "text", "per_page?": "integer", "page?": "integer" },
  returns: [{ id: "bigint", slug: "text", name: "text", image: "text", category_id: "bigint", price_from: "bigint", in_stock: "boolean", total: "integer" }],
  volatility: "stable",
}

/** How many are counted and shown. */
const MOST = 1000
/** From how many products on a word is common. */
const COMMON = 10_000

interface Args { words?: string; category?: string; sort?: string; per_page?: number; page?: number }

export default async function ({ words, category, sort, per_page, page }: Args) {
  const q = sql.as("service")
  const wanted = words ? await rarestFirst(q, words) : []
  if (wanted[0]?.hits === 0) return []
  const rare = wanted.filter(w => w.hits < COMMON)
  const conditions = [q`p.active and p.price_from is not null`, ...wanted.slice(rare.length).map(w => has(q, w.word))]
  if (category) conditions.push(q`p.category_id = any (${await below(q, category)}::bigint[])`)
  if (rare.length > 0) conditions.push(q`p.id = any (${await withAll(q, rare)}::bigint[])`)
  const where = q.join(conditions, " and ")
  const size = Math.min(Math.max(per_page ?? 24, 1), 100)
  const skip = Math.min((Math.max(page ?? 1, 1) - 1) * size, MOST)
  const shown = await q`select p.id from products p where ${where} order by ${order(q, sort, wanted)} limit ${size}::integer offset ${skip}::integer`
  const ids = shown.map(p => p.id)
  if (ids.length === 0) return []
  const found = await q`
    select p.id, p.slug, p.name, p.image, p.category_id, p.price_from,
      exists (select 1 from variants v where v.product_id = p.id and v.active and v.stock > 0) as in_stock
    from products p where p.id = any (${ids}::bigint[])`
  found.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
  if (skip === 0 && found.length < size) return found.map(p => ({ ...p, total: found.length }))
  const [{ total }] = await q`select count(*)::integer as total from (select 1 from products p where ${where} limit ${MOST}::integer) t`
  return found.map(p => ({ ...p, total }))
}

/** A word of one letter is meant as it is, a longer one may go on. */
const like = (q: Sql, word: string) => [...word].length === 1 ? q`w.word = ${word}` : q`w.word >= ${word} and w.word < ${word + "\u{10FFFF}"}`

/** Has the product a word like this one? */
const has = (q: Sql, word: string) => q`exists (select 1 from product_words w where w.product_id = p.id and ${like(q, word)})`

/** The products that have all of the words. A statement of its own: what it finds is few, which no plan for all words can know. */
async function withAll(q: Sql, words: { word: string }[]): Promise<number[]> {
  const rows = await q`${q.join(words.map(w => q`select w.product_id from product_words w where ${like(q, w.word)}`), " intersect ")}`
  return rows.map(r => r.product_id)
}

async function rarestFirst(q: Sql, words: string): Promise<{ word: string; hits: number }[]> {
  const list = await q`select word from words_of(${words.slice(0, 100)}) as t(word) limit 6`
  const counted = []
  for (const { word } of list) {
    const [{ hits }] = await q`select count(*)::integer as hits from (select 1 from product_words w where ${like(q, word)} limit ${COMMON}::integer) t`
    counted.push({ word, hits })
  }
  return counted.sort((a, b) => a.hits - b.hits)
}

async function below(q: Sql, slug: string): Promise<number[]> {
  const rows = await q`with recursive below as (
    select id from categories where slug = ${slug} union select c.id from categories c join below b on c.parent_id = b.id) select id from below`
  return rows.map(r => r.id)
}

function order(q: Sql, sort: string | undefined, wanted: { word: string; hits: number }[]) {
  if (sort === "name") return q`p.name, p.id`
  if (sort === "price") return q`p.price_from, p.id`
  if (sort === "price_desc") return q`p.price_from desc, p.id desc`
  if (sort === "new" || wanted.length === 0 || wanted[0].hits >= COMMON) return q`p.id desc`
  return q`case when ${q.join(wanted.map(w => q`strpos(lower(p.name), ${w.word}) > 0`), " and ")} then 0 else 1 end, p.id desc`
}
