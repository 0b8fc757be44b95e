// Every night: what was bought with what, and carts that nobody comes back to.
import { sql } from "galley"

export const schedule = "30 3 * * *"

export default async function () {
  const q = sql.as("service")
  await q`select suggest()`
  await q`delete from carts where secret is not null and updated_at < now() - interval '30 days'`
  await q`delete from payment_events where created_at < now() - interval '90 days'`
}
