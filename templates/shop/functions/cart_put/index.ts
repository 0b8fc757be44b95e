// So many of something in the cart; none takes it out.
import { atomic, Problem, type Context } from "../_shared/access.ts"
import { openCart, showCart } from "../_shared/carts.ts"

export const rpc = { args: { variant: "bigint", quantity: "integer", "token?": "text", "country?": "text" }, returns: "jsonb" }

interface Args { variant: number; quantity: number; token?: string; country?: string }

export default ({ variant, quantity, token, country }: Args, ctx: Context) =>
  atomic(async tx => {
    if (!(quantity >= 0 && quantity <= 99)) throw new Problem("BAD_INPUT", "Take from 1 to 99.")
    const cart = await openCart(tx, { token }, ctx)
    if (quantity === 0) {
      await tx`delete from cart_items where cart_id = ${cart.id} and variant_id = ${variant}`
    } else {
      const put = await tx`insert into cart_items (cart_id, variant_id, quantity)
        select ${cart.id}::uuid, v.id, ${quantity}::integer from variants v join products p on p.id = v.product_id where v.id = ${variant} and v.active and p.active
        on conflict (cart_id, variant_id) do update set quantity = excluded.quantity returning quantity`
      if (put.length === 0) throw new Problem("NOT_FOUND", "This is not sold (any more).", 404)
      const [{ n }] = await tx`select count(*)::integer as n from cart_items where cart_id = ${cart.id}`
      if (n > 90) throw new Problem("BAD_INPUT", "A cart holds 90 different things.") // a page of Stripe's shows 100 lines
    }
    return showCart(tx, cart, country, ctx)
  })
