// Staff looked at an order that was held, and want no part of it: the money goes back.
import { atomic, must, notFound, Problem, userOf, type Context } from "../_shared/access.ts"
import { giveMoneyBack, lockOrder } from "../_shared/orders.ts"

export const rpc = { args: { order: "bigint", reason: "text" }, returns: "jsonb", role: "authenticated" }

export default async function ({ order: id, reason }: { order: number; reason: string | null }, ctx: Context) {
  await must("orders.review")
  return atomic(async tx => {
    const order = await lockOrder(tx, id)
    if (!order) throw notFound()
    if (order.state !== "review") throw new Problem("STATE", "This order is not held.", 409)
    await giveMoneyBack(tx, order, `staff ${userOf(ctx)}`, (reason ?? "").trim().slice(0, 500) || "The order was refused.")
    return { state: order.state }
  })
}
