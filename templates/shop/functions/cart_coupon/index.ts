// The coupon of a cart. Whether it counts is said with the cart, and decided at the checkout.
import { atomic, Problem, type Context } from "../_shared/access.ts"
import { openCart, showCart } from "../_shared/carts.ts"

export const rpc = { args: { "code?": "text", "token?": "text", "country?": "text" }, returns: "jsonb" }

export default ({ code, token, country }: { code?: string; token?: string; country?: string }, ctx: Context) =>
  atomic(async tx => {
    const wanted = code?.trim().toUpperCase() || null
    if (wanted !== null && !/^[A-Z0-9-]{3,40}$/.test(wanted)) throw new Problem("COUPON", "This coupon is not valid.")
    const cart = await openCart(tx, { token }, ctx)
    await tx`update carts set coupon = ${wanted} where id = ${cart.id}`
    const shown = await showCart(tx, { ...cart, coupon: wanted }, country, ctx)
    const problem = shown.coupon?.problem
    if (problem && !problem.includes("from")) throw new Problem("COUPON", problem) // the cart keeps the one it had
    return shown
  })
