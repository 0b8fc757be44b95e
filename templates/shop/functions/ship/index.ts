// A label for a paid order. The carrier gives the same one for the same key, so a job that
// is done again makes no second one. Where there is none to be had, the money goes back.
import { log, mail, shipping, sql } from "galley"
import { atomic } from "../_shared/access.ts"
import { giveMoneyBack, lockOrder, move } from "../_shared/orders.ts"
import { letter } from "../_shared/mails.ts"

export const job = { queue: "ship", concurrency: 8 }

export default async function ({ order: id }: { order: number }, ctx: { attempt: number; maxAttempts: number }) {
  const q = sql.as("service")
  const [order] = await q`select * from orders where id = ${id}`
  if (order?.state !== "paid") return
  const items = await q`select l.name, l.quantity, coalesce(v.grams, 0) as grams from order_lines l left join variants v on v.id = l.variant_id where l.order_id = ${id} order by l.line`
  let label
  try {
    const { postcode, ...address } = order.address
    label = await shipping.label({ orderId: String(id), address: { ...address, postalCode: postcode }, items: [...items], idempotencyKey: `order-${id}` })
  } catch (error) {
    const again = (error as any).retryable && ctx.attempt < ctx.maxAttempts
    await q`insert into shipments (order_id, problem) values (${id}, ${String((error as Error).message)}) on conflict (order_id) do update set problem = excluded.problem`
    if (again) throw error
    log.error("no label", { order: id, error: String(error) })
    await atomic(async tx => {
      const order = await lockOrder(tx, id)
      if (order?.state === "paid") await giveMoneyBack(tx, order, "ship", "We cannot deliver to this address.")
    })
    return
  }
  if (!await atomic(tx => sent(tx, id, label))) await shipping.cancel(label.id) // refunded or held meanwhile
}

async function sent(tx: any, id: number, label: any): Promise<boolean> {
  const order = await lockOrder(tx, id)
  if (order?.state !== "paid") return order?.state === "shipped"
  await tx`insert into shipments (order_id, label, carrier, tracking, tracking_url, label_url) values (${id}, ${label.id}, ${label.carrier}, ${label.tracking}, ${label.trackingUrl}, ${label.labelUrl})
    on conflict (order_id) do update set label = excluded.label, carrier = excluded.carrier, tracking = excluded.tracking, tracking_url = excluded.tracking_url, label_url = excluded.label_url, problem = null`
  await move(tx, order, "shipped", "ship")
  await mail.send({ to: order.email, template: "order_shipped",
    data: { ...await letter(tx, order), carrier: label.carrier, tracking: label.tracking, trackingUrl: label.trackingUrl } })
  return true
}
