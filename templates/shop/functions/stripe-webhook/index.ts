// What the payment service tells. An event is a hint: its signature is checked, then the
// session is asked for, so that it does not matter in which order events come. Its id is
// noted in the transaction of what it does, so that none counts twice.
import { sql, stripe, type Sql } from "galley"
import { atomic } from "../_shared/access.ts"
import { complete, lockOrder, move, refunded, type Payment } from "../_shared/orders.ts"

export const methods = ["POST"]
export const verifyJwt = false

export default async function (req: Request) {
  const body = await req.text()
  let event: any
  try {
    event = await stripe.event(body, req.headers.get("stripe-signature"))
  } catch {
    return Response.json({ error: "the signature is not valid" }, { status: 400 })
  }
  if (!event.type.startsWith("checkout.session.") && !event.type.startsWith("charge.")) return Response.json({ received: true, outcome: "unused" })
  const [known] = await sql.as("service")`select outcome from payment_events where id = ${event.id}`
  if (known) return Response.json({ received: true, outcome: "known" })
  const session = await sessionOf(event)
  const outcome = await atomic(async tx => {
    const fresh = await tx`insert into payment_events (id, type) values (${event.id}, ${event.type}) on conflict (id) do nothing returning id`
    if (fresh.length === 0) return "known"
    const done = session ? await apply(tx, event, session) : "not ours"
    await tx`update payment_events set outcome = ${done}, order_id = ${session?.orderId && /^\d{1,15}$/.test(session.orderId) ? session.orderId : null}::bigint where id = ${event.id}`
    return done
  })
  return Response.json({ received: true, outcome })
}

/** The session that an event is about, as the payment service has it now. */
async function sessionOf(event: any): Promise<Payment | null> {
  if (event.type.startsWith("checkout.session.")) return stripe.session(event.data.id)
  const order = event.data.metadata?.order_id
  const [payment] = await sql.as("service")`select session from payments
    where intent = ${event.data.payment_intent ?? ""} or order_id = ${/^\d{1,15}$/.test(order ?? "") ? order : null}::bigint order by intent = ${event.data.payment_intent ?? ""} desc limit 1`
  return payment?.session ? stripe.session(payment.session) : null
}

async function apply(tx: Sql, event: any, session: Payment): Promise<string> {
  const state = await complete(tx, session, "webhook")
  const order = event.type.startsWith("charge.") ? await lockOrder(tx, Number(session.orderId)) : null
  if (!order) return state
  if (event.type === "charge.refunded") await refundedElsewhere(tx, order, event.data.amount_refunded)
  if (event.type === "charge.dispute.created" && order.state === "paid") {
    await tx`insert into order_flags (order_id, reason, detail) values (${order.id}, 'disputed', ${String(event.data.reason ?? "")}) on conflict do nothing`
    await move(tx, order, "review", "webhook", "disputed")
  }
  return order.state
}

/** Money that was given back in the dashboard of the payment service: what is beyond our own refunds. */
async function refundedElsewhere(tx: Sql, order: any, all: number) {
  const [{ ours }] = await tx`select coalesce(sum(amount), 0) as ours from refunds where order_id = ${order.id} and state <> 'failed'`
  const more = all - ours
  if (!(more > 0)) return
  const reason = "Refunded by the payment service."
  await tx`insert into refunds (order_id, amount, reason, state) values (${order.id}, ${more}, ${reason}, 'done')`
  if (all >= order.total && ["review", "paid", "shipped"].includes(order.state)) await move(tx, order, "refunding", "webhook", reason)
  await refunded(tx, order, more, reason)
}
