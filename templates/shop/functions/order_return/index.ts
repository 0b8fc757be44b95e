// The browser comes back from the payment. What it says counts for nothing: the payment
// service is asked, and the rest is what the webhook does too.
import { stripe } from "galley"
import { atomic, type Context } from "../_shared/access.ts"
import { complete } from "../_shared/orders.ts"
import { ownOrder } from "../_shared/own.ts"

export const rpc = { args: { order: "bigint", "token?": "text" }, returns: "jsonb" }

export default async function ({ order, token }: { order: number; token?: string }, ctx: Context) {
  const found = await ownOrder(order, token, ctx)
  if (found.session === null || found.paid_at !== null) return { state: found.state }
  const session = await stripe.session(found.session)
  return { state: await atomic(tx => complete(tx, session, "browser")) }
}
