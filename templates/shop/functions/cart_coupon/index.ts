// The coupon of a cart. Whether it counts is said with the cart, and decided at the checkout.
import { atomic, bounded, Problem, type Context } from "../_shared/access.ts"
import { couponOf, openCart, showCart } from "../_shared/carts.ts"

export const rpc = { args: { "code?": "text", "token?": "text", "country?": "text" }, returns: "jsonb" }

export default async ({ code, token, country }: { code?: string; token?: string; country?: string }, ctx: Context) => {
  const wanted = code?.trim().toUpperCase() || null
  if (wanted !== null && !/^[A-Z0-9-]{3,40}$/.test(wanted)) throw new Problem("COUPON", "This coupon is not valid.")
  if (wanted !== null) await bounded("coupon_tries", ctx) // codes can be guessed
  return atomic(async tx => {
    const cart = await openCart(tx, { token }, ctx)
    const { shown } = await couponOf(tx, wanted, Number.MAX_SAFE_INTEGER, ctx) // its minimum may come with more goods
    if (shown?.problem) throw new Problem("COUPON", shown.problem)
    await tx`update carts set coupon = ${wanted} where id = ${cart.id}`
    return showCart(tx, { ...cart, coupon: wanted }, country, ctx)
  })
}
