// Who signs in takes the cart along that was filled before.
import { atomic, Problem, userOf, type Context } from "../_shared/access.ts"
import { lockCart, openCart, showCart } from "../_shared/carts.ts"

export const rpc = { args: { token: "text", "country?": "text" }, returns: "jsonb", role: "authenticated" }

export default ({ token, country }: { token: string; country?: string }, ctx: Context) =>
  atomic(async tx => {
    if (userOf(ctx) === null) throw new Problem("42501", "Sign in first.", 401)
    const guest = await lockCart(tx, { token }, { role: "anon", claims: null })
    const cart = await openCart(tx, {}, ctx)
    if (guest === null) return showCart(tx, cart, country, ctx) // it was merged before
    await tx`insert into cart_items (cart_id, variant_id, quantity) select ${cart.id}::uuid, variant_id, quantity from cart_items where cart_id = ${guest.id}
      on conflict (cart_id, variant_id) do update set quantity = least(99, cart_items.quantity + excluded.quantity)`
    const coupon = cart.coupon ?? guest.coupon
    await tx`update carts set coupon = ${coupon} where id = ${cart.id}`
    await tx`delete from carts where id = ${guest.id}`
    return showCart(tx, { ...cart, coupon }, country, ctx)
  })
