// Money goes back. The key is the refund's, so a job that is done again pays nothing twice.
import { log, sql, stripe } from "galley"
import { atomic } from "../_shared/access.ts"
import { lockOrder, refunded } from "../_shared/orders.ts"

export const job = { queue: "refund", concurrency: 4 }

export default async function ({ refund: id }: { refund: number }, ctx: { attempt: number; maxAttempts: number }) {
  const [refund] = await sql.as("service")`select r.*, p.intent from refunds r join payments p on p.order_id = r.order_id where r.id = ${id}`
  if (refund?.state !== "pending") return
  let made: { id: string; status: string }
  try {
    made = await stripe.refund({ paymentIntent: refund.intent, amount: refund.amount, metadata: { order_id: String(refund.order_id) }, idempotencyKey: `refund-${refund.key}` })
    if (made.status === "failed" || made.status === "canceled") throw Object.assign(new Error(`the refund ${made.status}`), { retryable: false })
  } catch (error) {
    if ((error as any).retryable !== false && ctx.attempt < ctx.maxAttempts) throw error
    log.error("no refund", { order: refund.order_id, refund: id, error: String(error) })
    await sql.as("service")`update refunds set state = 'failed', problem = ${String((error as Error).message)} where id = ${id} and state = 'pending'`
    return
  }
  await atomic(async tx => {
    const order = await lockOrder(tx, refund.order_id)
    const done = await tx`update refunds set state = 'done', reference = ${made.id} where id = ${id} and state = 'pending' returning id`
    if (done.length === 1) await refunded(tx, order, refund.amount, refund.reason)
  })
}
