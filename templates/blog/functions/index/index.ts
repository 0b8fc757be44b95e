// Writes the words of posts that people search by: of one post after each save, of all
// that have none when nothing is said (the seed, an import by SQL).
import { sql, transaction } from "galley"
import { weights } from "../_shared/words"

export const job = { queue: "index", concurrency: 1 }

export default async ({ post }: { post?: number }) => {
  const ids = post ? [{ id: post }] : await sql`select id from posts p where not exists (select 1 from post_words w where w.post_id = p.id) limit 10000`
  for (const { id } of ids) await index(id)
}

// The row is locked, so of two jobs for one post the later one reads what was saved last.
const index = (id: number) => transaction(async tx => {
  const [post] = await tx`select id, title, summary, body, tags from posts where id = ${id} for update`
  if (!post) return
  const all = weights(post)
  await tx`delete from post_words where post_id = ${id}`
  await tx`insert into post_words (post_id, word, weight) select ${id}, word, weight from unnest(${[...all.keys()]}::text[], ${[...all.values()]}::int[]) as t (word, weight)`
})
