// The cart with today's prices.
import { transaction } from "galley"
import { type Context } from "../_shared/access.ts"
import { findCart, showCart } from "../_shared/carts.ts"

export const rpc = { args: { "token?": "text", "country?": "text" }, returns: "jsonb" }

export default ({ token, country }: { token?: string; country?: string }, ctx: Context) =>
  transaction(async tx => {
    const cart = await findCart(tx, { token }, ctx)
    return showCart(tx, cart && { ...cart, token: ctx.claims?.sub ? null : token }, country, ctx)
  }, { as: "service", readOnly: true })
