// Puts the mails about a post into the queue, a hundred subscribers at a time. How far
// it came is in the row of announcements, changed in the transaction of the mails: a
// job that runs again after a crash finds that it was done, and sends nothing twice.
import { enqueue, mail, sql, transaction } from "galley"
import { site } from "../_shared/posts"

export const job = { queue: "newsletter", concurrency: 1 }

const portion = 100

export default async ({ post, after }: { post: number; after: number }) => {
  const { url, title } = await site()
  const [about] = await sql`select title, summary, slug from posts where id = ${post} and published_at <= now()`
  if (!about) return // taken back meanwhile
  await transaction(async tx => {
    const list = await tx`select id, email, token from subscribers where confirmed_at is not null and id > ${after} order by id limit ${portion}`
    const last = list.at(-1)?.id
    if (last === undefined) return
    const mine = await tx`update announcements set mailed_to = ${last} where post_id = ${post} and mailed_to = ${after} returning post_id`
    if (mine.length === 0) return
    for (const { email, token } of list) {
      const leave = `${url}/newsletter/leave?token=${token}`
      await mail.send({
        to: email, template: "post", data: { ...about, site: title, url: `${url}/posts/${about.slug}`, leave },
        headers: { "List-Unsubscribe": `<${leave}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }, // a button in mail programs (RFC 8058)
      })
    }
    if (list.length === portion) await enqueue("newsletter", { post, after: last })
  })
}
