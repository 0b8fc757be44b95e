// What was sold in a time, as a PDF by mail to the admin who asks.
import { enqueue } from "galley"
import { must, Problem, type Context } from "../_shared/access.ts"

export const rpc = { args: { from: "date", to: "date" }, returns: "jsonb", role: "authenticated" }

const lines = `
  select p.name, sum(l.quantity) as quantity, sum(l.net) / 100.0 as net, sum(l.discount) / 100.0 as discount, sum(l.tax) / 100.0 as tax,
    sum(l.net - l.discount + l.tax) / 100.0 as total
  from order_lines l join orders o on o.id = l.order_id join products p on p.id = l.product_id
  where o.state in ('paid', 'shipped') and o.created_at >= $1::date and o.created_at < $2::date + 1
  group by p.name order by 6 desc, 1`

export default async function ({ from, to }: { from: string; to: string }, ctx: Context) {
  await must("reports.read")
  if (!ctx.claims?.email) throw new Problem("BAD_INPUT", "Your account has no e-mail address.")
  if (from > to) throw new Problem("BAD_INPUT", "The time ends before it begins.")
  const money = (name: string, title: string) => ({ name, title, format: "#,##0.00" })
  const job = await enqueue("reports", {
    sql: lines, args: [from, to], format: "pdf", title: `Sales from ${from} to ${to}`,
    columns: [{ name: "name", title: "Product", width: 40 }, { name: "quantity", title: "Sold" }, money("net", "Net"), money("discount", "Discount"), money("tax", "Tax"), money("total", "Total")],
    to: { name: `sales-${from}-${to}`, mail: { to: ctx.claims.email, subject: `Sales from ${from} to ${to}`, text: "The report is attached." } },
  }, { kind: "report" })
  return { job }
}
