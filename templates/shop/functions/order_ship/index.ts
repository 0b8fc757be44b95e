// Staff have the label tried again.
import { enqueue } from "galley"
import { atomic, must, notFound, Problem, type Context } from "../_shared/access.ts"
import { lockOrder } from "../_shared/orders.ts"

export const rpc = { args: { order: "bigint" }, returns: "jsonb", role: "authenticated" }

export default async function ({ order: id }: { order: number }, ctx: Context) {
  await must("orders.ship")
  return atomic(async tx => {
    const order = await lockOrder(tx, id)
    if (!order) throw notFound()
    if (order.state !== "paid") throw new Problem("STATE", "This order is not waiting for a label.", 409)
    const job = await enqueue("ship", { order: id }, { maxAttempts: 12, uniqueKey: `order-${id}` })
    await tx`select galley.retry_job(${job}::bigint)`
    return { state: order.state }
  })
}
