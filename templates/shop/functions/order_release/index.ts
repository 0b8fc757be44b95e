// Staff looked at an order that was held: it is fine.
import { enqueue } from "galley"
import { atomic, must, notFound, Problem, userOf, type Context } from "../_shared/access.ts"
import { lockOrder, move } from "../_shared/orders.ts"

export const rpc = { args: { order: "bigint" }, returns: "jsonb", role: "authenticated" }

export default async function ({ order: id }: { order: number }, ctx: Context) {
  await must("orders.review")
  return atomic(async tx => {
    const order = await lockOrder(tx, id)
    if (!order) throw notFound()
    if (order.state !== "review") throw new Problem("STATE", "This order is not held.", 409)
    await move(tx, order, "paid", `staff ${userOf(ctx)}`, "released")
    await enqueue("ship", { order: id }, { maxAttempts: 12, uniqueKey: `order-${id}` })
    return { state: order.state }
  })
}
