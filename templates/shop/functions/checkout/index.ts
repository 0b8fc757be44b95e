// From the cart to the page where it is paid. Everything is set aside and priced in one
// transaction; the payment service is asked after it, with the order's number as the key,
// so a call that is repeated finds the same order and the same page.
import { log, sql, stripe, type Sql } from "galley"
import { asKey, atomic, bounded, Problem, secret, userOf, type Context } from "../_shared/access.ts"
import { deliveryTo, itemsOf, lockCart } from "../_shared/carts.ts"
import { site } from "../_shared/mails.ts"
import { accept, letGo, lockOrder, move, useCoupon } from "../_shared/orders.ts"
import { price } from "../_shared/prices.ts"

export const rpc = { args: { key: "text", address: "jsonb", "token?": "text", "email?": "text", "total?": "bigint" }, returns: "jsonb" }

/** How long a page to pay on is open; whoever pays later than the goods were set aside gets them if they are still there, or the money back. */
const OPEN = 3_600_000

/** What Stripe takes at once, in cents. */
const MOST = 99_999_999

interface Args { key: string; address: Record<string, unknown>; token?: string; email?: string; total?: number }

export default async function (args: Args, ctx: Context) {
  const key = asKey(args.key)
  const known = await find(sql.as("service"), key, ctx)
  const { order, old } = known ? { order: known, old: [] } : await begin(key, args, ctx)
  for (const session of old) await stripe.expire(session).catch(() => {}) // paid in this moment: the money goes back by itself
  return { order: order.id, token: order.token, total: order.total, url: await pageOf(order) }
}

async function find(q: Sql, key: string, ctx: Context): Promise<any | null> {
  const [order] = await q`select o.*, s.token from orders o
    join order_secrets s on s.order_id = o.id where o.key = ${key} and o.user_id is not distinct from ${userOf(ctx)}::uuid`
  return order ?? null
}

async function begin(key: string, args: Args, ctx: Context) {
  const address = addressOf(args.address)
  const email = emailOf(ctx.claims?.email || args.email)
  if (userOf(ctx) === null) await bounded("guest_checkouts", ctx) // goods are set aside for whoever comes
  try {
    return await atomic(tx => place(tx, key, args, address, email, ctx))
  } catch (error) {
    if ((error as any).constraint !== "orders_key_key") throw error
    const order = await find(sql.as("service"), key, ctx) // the same call, at the same time
    if (!order) throw new Problem("BAD_INPUT", "The key has to be a random UUID.")
    return { order, old: [] }
  }
}

async function place(tx: Sql, key: string, args: Args, address: any, email: string, ctx: Context) {
  const cart = await lockCart(tx, args, ctx)
  const delivery = await deliveryTo(tx, address.country)
  const old = cart ? await replaced(tx, cart.id) : []
  const items = cart ? await itemsOf(tx, cart.id, delivery.code, true) : []
  if (items.length === 0) throw new Problem("EMPTY_CART", "The cart is empty.")
  const missing = items.filter((i: any) => i.problem)
  if (missing.length > 0) {
    throw new Problem("OUT_OF_STOCK", `There is not enough left of ${missing.map((i: any) => i.name).join(", ")}.`, 409,
      JSON.stringify(missing.map((i: any) => ({ variant: i.variant, problem: i.problem, stock: i.stock }))))
  }
  const subtotal = items.reduce((sum: number, i: any) => sum + i.unit_price * i.quantity, 0)
  const coupon = cart!.coupon === null ? null : await useCoupon(tx, cart!.coupon, email, subtotal)
  if (cart!.coupon !== null && coupon === null) throw new Problem("COUPON", "The coupon is not valid, or has been used up.", 409)
  const { lines, totals } = price(items, coupon, delivery)
  if (totals.subtotal + totals.shipping + totals.tax > MOST) throw new Problem("BAD_INPUT", "This is too much for one order. Please make two of it.")
  if (args.total !== undefined && args.total !== null && Number(args.total) !== totals.total) {
    throw new Problem("PRICE_CHANGED", "The prices have changed. Please look at your cart again.", 409, JSON.stringify(totals))
  }
  const [{ id }] = await tx`insert into orders ${tx.values({ key, user_id: userOf(ctx), cart_id: cart!.id, email, currency: delivery.currency,
    coupon: cart!.coupon, address: tx.json(address), address_key: doorOf(address), reserved_until: new Date(Date.now() + delivery.minutes * 60_000), ...totals })} returning id`
  await tx`insert into order_secrets (order_id, token) values (${id}, ${secret()})`
  await tx`insert into payments (order_id, site) values (${id}, ${await site(tx)})`
  await tx`insert into order_lines ${tx.values(items.map((i: any, n: number) => ({ order_id: id, line: n + 1, variant_id: i.variant, product_id: i.product,
    name: i.name, option: i.option, sku: i.sku, quantity: i.quantity, unit_price: i.unit_price, tax_rate: i.tax_rate, ...lines[n] })))}`
  await tx`update variants v set stock = v.stock - l.quantity from order_lines l where l.order_id = ${id} and l.variant_id = v.id`
  const order = await lockOrder(tx, id)
  await move(tx, order, "pending", "customer")
  if (order.total === 0) {
    await tx`update payments set paid_at = now(), amount = 0 where order_id = ${id}`
    await accept(tx, order, null, null, "customer")
  }
  return { order: await find(tx, key, ctx), old }
}

/** Lets go of what the same cart had set aside before, and gives the pages where it was to be paid. */
async function replaced(tx: Sql, cart: string): Promise<string[]> {
  const rows = await tx`select o.id, p.session from orders o left join payments p on p.order_id = o.id where o.cart_id = ${cart} and o.state = 'pending' order by o.id`
  const orders = []
  for (const row of rows) {
    const order = await lockOrder(tx, row.id)
    if (order?.state === "pending") orders.push(order)
  }
  if (orders.length > 0) await letGo(tx, orders, "cancelled", "customer", "a new checkout of the same cart")
  return rows.map(r => r.session).filter(Boolean)
}

/** The page where an order is paid; null when there is nothing to pay (any more). */
async function pageOf(order: any): Promise<string | null> {
  if (order.state !== "pending") return null
  const q = sql.as("service")
  const [payment] = await q`select url, site from payments where order_id = ${order.id}`
  if (payment.url) return payment.url
  const lines = await q`select name, option, quantity, unit_price from order_lines where order_id = ${order.id} order by line`
  const session = await stripe.checkout({
    orderId: String(order.id),
    lines: [
      ...lines.map(l => ({ name: l.option ? `${l.name}, ${l.option}` : l.name, amount: l.unit_price, quantity: l.quantity })),
      ...[["Shipping", order.shipping], ["Tax", order.tax]].filter(l => l[1] > 0).map(([name, amount]) => ({ name, amount, quantity: 1 })),
    ],
    discount: order.discount,
    currency: order.currency,
    email: order.email,
    successUrl: `${payment.site}/order.html#order=${order.id}&token=${order.token}&paid=1`,
    cancelUrl: `${payment.site}/cart.html`,
    expiresAt: new Date(Date.parse(order.created_at) + OPEN), // a fixed time: a call that is repeated has to be the same
    idempotencyKey: `order-${order.id}`,
  }).catch(error => refused(order, error))
  await q`update payments set session = coalesce(session, ${session.id}), url = case when paid_at is null then ${session.url} end where order_id = ${order.id}`
  return session.url
}

/** No page to pay on: for now, or for good, and then nothing stays set aside. */
async function refused(order: any, error: any): Promise<never> {
  log.error("no page to pay on", { order: order.id, error: String(error) })
  if (error.retryable) throw new Problem("PAYMENT", "The payment service does not answer. Please try again.", 503)
  await atomic(async tx => {
    const locked = await lockOrder(tx, order.id)
    if (locked.state === "pending") await letGo(tx, [locked], "cancelled", "checkout", "the payment service refused it")
  })
  throw new Problem("PAYMENT", "This order cannot be paid. Please write to us.", 502)
}

function addressOf(given: Record<string, unknown> | null) {
  const text = (name: string, least: number, most: number) => {
    const value = String(given?.[name] ?? "").normalize("NFC").replace(/\s+/g, " ").trim()
    if (value.length < least || value.length > most) throw new Problem("BAD_INPUT", `Please give the ${name === "line1" ? "street" : name}.`, 400, name)
    return value
  }
  return { name: text("name", 2, 100), line1: text("line1", 2, 100), line2: text("line2", 0, 100),
    postcode: text("postcode", 2, 12), city: text("city", 1, 80), country: text("country", 2, 2).toUpperCase() }
}

const doorOf = (a: any) => [a.country, a.postcode, a.line1].map((s: string) => s.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")).join(" ")

function emailOf(given: unknown): string {
  const email = String(given ?? "").trim().toLowerCase()
  if (email.length > 254 || !/^[^@\s,;<>"]+@[^@\s,;<>"]+\.[^@\s,;<>"]+$/.test(email)) throw new Problem("BAD_INPUT", "Please give your e-mail address.", 400, "email")
  return email
}
