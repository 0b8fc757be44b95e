// The order of who asks for it: one's own, or that of the token.
import { sql } from "galley"
import { notFound, userOf, type Context } from "./access.ts"

export async function ownOrder(order: number, token: string | undefined, ctx: Context) {
  const [found] = await sql.as("service")`
    select o.id, o.state, p.session, p.paid_at from orders o join payments p on p.order_id = o.id
    where o.id = ${order} and (o.user_id = ${userOf(ctx)}::uuid
      or exists (select 1 from order_secrets s where s.order_id = o.id and s.token = ${token ?? null}::text))`
  if (!found) throw notFound()
  return found
}
