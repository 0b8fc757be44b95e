// Carts: of an account, or of whoever has the token.
import { type Sql } from "galley"
import { Problem, secret, userOf, type Context } from "./access.ts"
import { price, type Coupon } from "./prices.ts"

export interface Who { token?: string | null }

const hash = (q: Sql, token: string) => q`encode(sha256(convert_to(${token}::text, 'UTF8')), 'hex')`

const mine = (q: Sql, who: Who, ctx: Context) => userOf(ctx) !== null ? q`user_id = ${userOf(ctx)}` : q`secret = ${hash(q, who.token ?? "")}`

/** The caller's cart, or null. */
export async function findCart(q: Sql, who: Who, ctx: Context): Promise<{ id: string; coupon: string | null } | null> {
  const [cart] = await q`select id, coupon from carts where ${mine(q, who, ctx)}`
  return (cart as any) ?? null
}

/** The same, locked until the transaction ends. */
export async function lockCart(tx: Sql, who: Who, ctx: Context): Promise<{ id: string; coupon: string | null } | null> {
  const [cart] = await tx`update carts set updated_at = now() where ${mine(tx, who, ctx)} returning id, coupon`
  return (cart as any) ?? null
}

/** The caller's cart, a new one if there is none; token is the new secret of a guest. */
export async function openCart(tx: Sql, who: Who, ctx: Context) {
  const user = userOf(ctx)
  if (user !== null) {
    const [cart] = await tx`insert into carts (user_id) values (${user})
      on conflict (user_id) do update set updated_at = now() returning id, coupon`
    return { id: cart.id, coupon: cart.coupon, token: null }
  }
  const found = await lockCart(tx, who, ctx)
  if (found) return { ...found, token: who.token! }
  const token = secret()
  const [cart] = await tx`insert into carts (secret) values (${hash(tx, token)}) returning id`
  return { id: cart.id as string, coupon: null, token }
}

/** What lies in a cart, with today's prices; the rows of the stock are locked if it is to be sold. */
export async function itemsOf(q: Sql, cart: string, country: string, sell = false) {
  const rows = await q`
    select i.variant_id as variant, p.id as product, p.slug, p.name, v.name as option, v.sku, p.image, i.quantity, v.stock,
      v.active and p.active as sold, v.price as list_price, coalesce(r.rate, 0) as tax_rate,
      coalesce((select t.price from price_tiers t where t.variant_id = v.id and t.from_quantity <= i.quantity
        order by t.from_quantity desc limit 1), v.price) as unit_price
    from cart_items i join variants v on v.id = i.variant_id join products p on p.id = v.product_id
    left join tax_rates r on r.country = ${country} and r.class = p.tax_class
    where i.cart_id = ${cart} order by v.id ${sell ? q`for update of v` : q``}`
  return rows.map(({ sold, ...row }: any) => ({ ...row, problem: !sold ? "gone" : row.stock < row.quantity ? "stock" : null }))
}

/** How it is delivered to a country; unknown ones are the customer's mistake. */
export async function deliveryTo(q: Sql, country: string | null | undefined) {
  const [row] = await q`
    select c.code, c.shipping, c.free_from, coalesce(r.rate, 0) as tax_rate, s.currency, s.reservation_minutes as minutes
    from settings s join countries c on c.code = coalesce(${country ?? null}::text, s.country)
    left join tax_rates r on r.country = c.code and r.class = 'standard'`
  if (!row) throw new Problem("BAD_INPUT", "We do not deliver to this country.")
  return row as any
}

/** A coupon as the customer sees it, before it is used. */
export async function couponOf(q: Sql, code: string | null, subtotal: number, ctx: Context) {
  if (code === null) return { shown: null, coupon: null }
  const [c] = await q`
    select c.kind, c.value, c.minimum,
      c.active and coalesce(c.valid_from <= now(), true) and coalesce(c.valid_until > now(), true) as valid,
      coalesce(c.uses >= c.max_uses, false) or coalesce((select u.uses >= c.max_per_customer from coupon_uses u
        where u.code = c.code and u.customer = ${ctx.claims?.email?.toLowerCase() ?? ""}), false) as used_up
    from coupons c where c.code = ${code}`
  const problem = !c || !c.valid ? "This coupon is not valid."
    : c.used_up ? "This coupon has been used up."
    : subtotal < c.minimum ? `This coupon is for orders from ${(c.minimum / 100).toFixed(2)} on.` : null
  return { shown: { code, problem }, coupon: problem ? null : c as unknown as Coupon }
}

/** The cart as pages show it. */
export async function showCart(q: Sql, cart: { id: string; coupon: string | null; token?: string | null } | null, country: string | null | undefined, ctx: Context) {
  const delivery = await deliveryTo(q, country)
  const items = cart ? await itemsOf(q, cart.id, delivery.code) : []
  const counted = items.filter((i: any) => i.problem !== "gone")
  const subtotal = counted.reduce((sum: number, i: any) => sum + i.unit_price * i.quantity, 0)
  const { shown, coupon } = await couponOf(q, cart?.coupon ?? null, subtotal, ctx)
  const { lines, totals } = price(counted, coupon, delivery)
  counted.forEach((item: any, i: number) => Object.assign(item, lines[i]))
  return { token: cart?.token ?? null, country: delivery.code, currency: delivery.currency, items, coupon: shown, ...totals }
}
