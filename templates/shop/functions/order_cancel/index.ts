// Who has not paid may change their mind.
import { stripe } from "galley"
import { atomic, Problem, type Context } from "../_shared/access.ts"
import { letGo, lockOrder } from "../_shared/orders.ts"
import { ownOrder } from "../_shared/own.ts"

export const rpc = { args: { order: "bigint", "token?": "text" }, returns: "jsonb" }

export default async function ({ order: id, token }: { order: number; token?: string }, ctx: Context) {
  const found = await ownOrder(id, token, ctx)
  await atomic(async tx => {
    const order = await lockOrder(tx, found.id)
    if (order.state !== "pending") throw new Problem("STATE", "This order cannot be cancelled any more.", 409)
    await letGo(tx, [order], "cancelled", "customer")
  })
  if (found.session) await stripe.expire(found.session).catch(() => {}) // paid in this moment: the money goes back by itself
  return { state: "cancelled" }
}
