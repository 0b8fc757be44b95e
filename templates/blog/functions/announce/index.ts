// Tells subscribers of a post, once. A save enqueues it for the time of publishing; the
// schedule is for posts that came by SQL, and for what was missed. Which posts are due
// is read from the table, so the job may come late, early or twice: the primary key of
// announcements lets each post in once, in the transaction that enqueues its mails.
import { enqueue, transaction } from "galley"

export const job = { queue: "announce", concurrency: 1 }
export const schedule = { cron: "*/10 * * * *", overlap: false }

// Posts of an old blog that are brought in are no news.
const news = "2 days"

export default () => transaction(async tx => {
  const due = await tx`
    insert into announcements (post_id)
      select id from posts p
       where kind = 'post' and published_at <= now() and published_at > now() - ${news}::interval
         and not exists (select 1 from announcements a where a.post_id = p.id)
    on conflict do nothing returning post_id`
  for (const { post_id } of due) await enqueue("newsletter", { post: post_id, after: 0 })
  // Pages and feeds are not those of a minute ago.
  if (due.length > 0) await tx`update site set changed_at = now()`
  return { announced: due.length }
})
