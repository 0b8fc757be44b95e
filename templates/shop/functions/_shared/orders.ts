// The life of an order. Whatever changes one locks its row first (lockOrder), so that the
// webhook, the browser, jobs and staff come one after the other, on any node.
import { enqueue, mail, type Sql } from "galley"
import { Problem } from "./access.ts"
import { letter, sendInvoice } from "./mails.ts"

export interface Payment {
  id: string; status: string; paymentStatus: string; orderId: string | null; amountTotal: number; currency: string
  paymentIntent: string | null; country: string | null; cardCountry: string | null
}

/** The states that have goods set aside. */
const held = ["pending", "review", "paid"]

export async function lockOrder(tx: Sql, id: number): Promise<any | null> {
  const [order] = await tx`update orders set updated_at = now() where id = ${id} returning *`
  return order ?? null
}

/** Takes a locked order to another state; the database refuses what is not allowed. */
export async function move(tx: Sql, order: any, state: string, actor: string, note: string | null = null) {
  const [done] = await tx`select order_move(${order.id}::bigint, ${order.state}, ${state}, ${actor}, ${note}) as step`
  if (done.step === null) throw new Problem("STATE", `Order ${order.id} is not ${order.state} any more.`, 409)
  order.state = state
}

/** Puts the goods of orders back on the shelf. */
export async function restock(tx: Sql, ids: number[]) {
  await tx`select id from variants where id in (select variant_id from order_lines where order_id = any (${ids}::bigint[])) order by id for update`
  await tx`update variants v set stock = v.stock + l.quantity
    from (select variant_id, sum(quantity)::integer as quantity from order_lines where order_id = any (${ids}::bigint[]) group by variant_id) l
    where v.id = l.variant_id`
}

/** Gives the uses of coupons back. */
async function freeCoupons(tx: Sql, ids: number[]) {
  await tx`update coupons c set uses = c.uses - o.uses
    from (select coupon, count(*)::integer as uses from orders where id = any (${ids}::bigint[]) and coupon is not null group by coupon) o
    where c.code = o.coupon`
  await tx`update coupon_uses c set uses = c.uses - o.uses
    from (select coupon, email, count(*)::integer as uses from orders where id = any (${ids}::bigint[]) and coupon is not null group by coupon, email) o
    where c.code = o.coupon and c.customer = o.email`
}

/** Ends locked orders that were not paid: what they had set aside is for others again. */
export async function letGo(tx: Sql, orders: any[], state: "expired" | "cancelled", actor: string, note: string | null = null) {
  for (const order of orders) await move(tx, order, state, actor, note)
  const ids = orders.map(o => o.id)
  await freeCoupons(tx, ids)
  await restock(tx, ids)
}

/** One more use of a coupon, if its limits have room: it is counted where it is checked. */
export async function useCoupon(tx: Sql, code: string, email: string, subtotal: number | null) {
  const [coupon] = await tx`update coupons set uses = uses + 1
    where code = ${code} and (max_uses is null or uses < max_uses)
      and (${subtotal}::bigint is null or (active and minimum <= ${subtotal}::bigint
        and coalesce(valid_from <= now(), true) and coalesce(valid_until > now(), true)))
    returning kind, value, max_per_customer`
  if (!coupon) return null
  const counted = await tx`insert into coupon_uses (code, customer, uses) values (${code}, ${email}, 1)
    on conflict (code, customer) do update set uses = coupon_uses.uses + 1
      where coupon_uses.uses < coalesce(${coupon.max_per_customer}::integer, 2147483647) returning uses`
  return counted.length === 1 ? coupon as any : null
}

/** Takes the goods of an order that had run out, or gives false and takes nothing. */
async function takeAgain(tx: Sql, order: any): Promise<boolean> {
  const wanted = await tx`
    select v.id, v.stock, l.quantity from variants v
    join (select variant_id, sum(quantity)::integer as quantity from order_lines where order_id = ${order.id} group by variant_id) l on l.variant_id = v.id
    order by v.id for update of v`
  const [{ lost }] = await tx`select count(*)::integer as lost from order_lines where order_id = ${order.id} and variant_id is null`
  if (lost > 0 || wanted.some(w => w.stock < w.quantity)) return false
  if (order.coupon !== null) { // its use was given back; others may have had it since
    const [room] = await tx`update coupons c set uses = c.uses + 1 where c.code = ${order.coupon} and (c.max_uses is null or c.uses < c.max_uses)
      and not exists (select 1 from coupon_uses u where u.code = c.code and u.customer = ${order.email} and u.uses >= c.max_per_customer) returning code`
    if (!room) return false
    await tx`update coupon_uses set uses = uses + 1 where code = ${order.coupon} and customer = ${order.email}`
  }
  for (const w of wanted) await tx`update variants set stock = stock - ${w.quantity} where id = ${w.id}`
  return true
}

/**
 * What happens when an order is paid, or its payment came to nothing. The webhook and the
 * browser that comes back both end here, with the session as the payment service has it
 * at that moment, so it does not matter who is first, or how often they come.
 */
export async function complete(tx: Sql, session: Payment, actor: string): Promise<string> {
  const order = /^\d{1,15}$/.test(session.orderId ?? "") ? await lockOrder(tx, Number(session.orderId)) : null
  if (!order) return "not ours"
  const [payment] = await tx`update payments set session = coalesce(session, ${session.id}) where order_id = ${order.id} returning *`
  if (payment.session !== session.id) return "another session"
  if (session.paymentStatus !== "paid") {
    if (session.status === "expired" && order.state === "pending") await letGo(tx, [order], "expired", actor, "the payment was not made in time")
    return order.state
  }
  if (payment.paid_at !== null) return order.state
  await tx`update payments set paid_at = now(), url = null, intent = ${session.paymentIntent}, amount = ${session.amountTotal},
    billing_country = ${session.country}, card_country = ${session.cardCountry} where order_id = ${order.id}`
  if (session.amountTotal !== order.total || session.currency.toUpperCase() !== order.currency) {
    await giveMoneyBack(tx, order, actor, "The payment is not what the order costs.")
  } else if (order.state === "pending" || (order.state === "expired" && await takeAgain(tx, order))) {
    await accept(tx, order, session.cardCountry, session.country, actor)
  } else {
    await giveMoneyBack(tx, order, actor, order.state === "cancelled" ? "The order had been cancelled." : "Something of it is sold out meanwhile.")
  }
  return order.state
}

/** A paid order: on its way, or held where something about it is odd. */
export async function accept(tx: Sql, order: any, card: string | null, billing: string | null, actor: string) {
  const flags = await suspicions(tx, order, card, billing)
  for (const [reason, detail] of flags) await tx`insert into order_flags (order_id, reason, detail) values (${order.id}, ${reason}, ${detail})`
  await move(tx, order, flags.length > 0 ? "review" : "paid", actor, flags.map(f => f[0]).join(", ") || null)
  await tx`delete from cart_items i where i.cart_id = ${order.cart_id} and exists (
    select 1 from order_lines l where l.order_id = ${order.id} and l.variant_id = i.variant_id and l.quantity >= i.quantity)`
  await tx`update carts set coupon = null where id = ${order.cart_id} and coupon = ${order.coupon}`
  await sendInvoice(tx, order)
  if (order.state === "paid") await enqueue("ship", { order: order.id }, { maxAttempts: 12, uniqueKey: `order-${order.id}` })
}

/** Why an order should be looked at before it is sent: [reason, detail] each. */
async function suspicions(tx: Sql, order: any, card: string | null, billing: string | null): Promise<[string, string][]> {
  const [s] = await tx`
    select s.*, (select count(*) from orders o where o.email = ${order.email} and o.id <> ${order.id}
        and o.state in ('paid', 'review', 'shipped') and o.created_at > now() - s.window_minutes * interval '1 minute') as by_email,
      (select count(*) from orders o where o.address_key = ${order.address_key} and o.id <> ${order.id}
        and o.state in ('paid', 'review', 'shipped') and o.created_at > now() - s.window_minutes * interval '1 minute') as by_address,
      (select count(*) from payments p where p.card_country = ${card} and p.order_id <> ${order.id}
        and p.paid_at > now() - s.window_minutes * interval '1 minute') as by_country
    from review_rules s`
  const found: [string, string][] = []
  if (order.total >= s.total) found.push(["high value", `${order.total} cents`])
  if (billing !== null && billing !== order.address.country) found.push(["countries differ", `delivery to ${order.address.country}, billing in ${billing}`])
  else if (card !== null && card !== order.address.country) found.push(["countries differ", `delivery to ${order.address.country}, card of ${card}`])
  if (s.by_email >= s.email_orders) found.push(["many orders of one e-mail address", `${s.by_email} others`])
  if (s.by_address >= s.address_orders) found.push(["many orders to one address", `${s.by_address} others`])
  if (s.by_country >= s.country_orders) found.push(["many cards of one country", `${s.by_country} others from ${card}`])
  return found
}

/** Gives back all that is left of the payment, and the goods to the shelf where they were set aside. */
export async function giveMoneyBack(tx: Sql, order: any, actor: string, reason: string) {
  const had = held.includes(order.state)
  await move(tx, order, "refunding", actor, reason)
  if (had) {
    await freeCoupons(tx, [order.id])
    await restock(tx, [order.id])
  }
  const [{ left }] = await tx`select p.amount - (select coalesce(sum(r.amount), 0) from refunds r where r.order_id = p.order_id and r.state <> 'failed') as left
    from payments p where p.order_id = ${order.id}`
  if (left > 0) await addRefund(tx, order, left, reason, crypto.randomUUID())
  else await closeRefunded(tx, order, actor)
}

export async function addRefund(tx: Sql, order: any, amount: number, reason: string, key: string): Promise<number> {
  const [refund] = await tx`insert into refunds (order_id, amount, reason, key) values (${order.id}, ${amount}, ${reason}, ${key}) returning id`
  await enqueue("refund", { refund: refund.id }, { maxAttempts: 12 })
  return refund.id
}

/** A refund that was made: counted once, told to the customer, and the last one ends the order. */
export async function refunded(tx: Sql, order: any, amount: number, reason: string) {
  const [now] = await tx`update orders set refunded = least(total, refunded + ${amount}) where id = ${order.id} returning refunded`
  order.refunded = now.refunded
  await mail.send({ to: order.email, template: "order_refunded",
    data: { ...await letter(tx, order), amount: (amount / 100).toFixed(2), reason } })
  await closeRefunded(tx, order, "refund")
}

async function closeRefunded(tx: Sql, order: any, actor: string) {
  const [{ done }] = await tx`select coalesce(sum(r.amount), 0) >= (select coalesce(p.amount, 0) from payments p where p.order_id = ${order.id}) as done
    from refunds r where r.order_id = ${order.id} and r.state = 'done'`
  if (done && order.state === "refunding") await move(tx, order, "refunded", actor)
}
