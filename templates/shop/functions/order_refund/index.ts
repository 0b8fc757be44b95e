// Admins give money back: some of it, or all that is left. A key that was used before
// gives what it made then.
import { atomic, asKey, must, notFound, Problem, userOf, type Context } from "../_shared/access.ts"
import { addRefund, lockOrder, move, restock } from "../_shared/orders.ts"

export const rpc = { args: { order: "bigint", reason: "text", "amount?": "bigint", "restock?": "boolean", "key?": "text" }, returns: "jsonb", role: "authenticated" }

interface Args { order: number; reason: string | null; amount?: number | null; restock?: boolean | null; key?: string | null }

export default async function (args: Args, ctx: Context) {
  await must("orders.refund")
  const key = args.key ? asKey(args.key) : crypto.randomUUID()
  const reason = (args.reason ?? "").trim().slice(0, 500) || "Refund"
  return atomic(async tx => {
    const order = await lockOrder(tx, args.order)
    if (!order) throw notFound()
    const [before] = await tx`select id from refunds where key = ${key} and order_id = ${order.id}`
    if (before) return { state: order.state, refunded: order.refunded, refund: before.id }
    const [{ left }] = await tx`select p.amount - (select coalesce(sum(r.amount), 0) from refunds r where r.order_id = p.order_id and r.state <> 'failed') as left
      from payments p where p.order_id = ${order.id}`
    if (!["paid", "review", "shipped", "refunding"].includes(order.state) || !(left > 0)) throw new Problem("STATE", "Of this order nothing can be given back.", 409)
    const amount = args.amount === undefined || args.amount === null ? left : Number(args.amount)
    if (!(amount > 0 && amount <= left)) throw new Problem("BAD_INPUT", `From 0.01 to ${(left / 100).toFixed(2)} can be given back.`)
    const actor = `staff ${userOf(ctx)}`
    if (amount < left || order.state === "refunding") return { state: order.state, refunded: order.refunded, refund: await addRefund(tx, order, amount, reason, key) }
    const shipped = order.state === "shipped"
    await move(tx, order, "refunding", actor, reason)
    if (shipped ? args.restock === true : args.restock !== false) await restock(tx, [order.id])
    return { state: order.state, refunded: order.refunded, refund: await addRefund(tx, order, amount, reason, key) }
  })
}
