// What was sold in a time, as a PDF by mail to the admin who asks.
import { enqueue } from "galley"
import { must, Problem, type Context } from "../_shared/access.ts"

export const rpc = { args: { from: "date", to: "date" }, returns: "jsonb", role: "authenticated" }

const lines = `
  with sold as (
    select o.id, o.subtotal, o.discount, o.shipping, o.tax, o.total from orders o join payments p on p.order_id = o.id
    where p.paid_at >= $1::date and p.paid_at < $2::date + 1 and o.state in ('paid', 'review', 'shipped', 'refunding', 'refunded')),
  lines as (
    select l.name, sum(l.quantity) as quantity, sum(l.net) as net, sum(l.discount) as discount, sum(l.tax) as tax
    from order_lines l join sold s on s.id = l.order_id group by l.name),
  given as (
    select coalesce(sum(r.amount), 0) as amount from refunds r
    where r.state = 'done' and r.created_at >= $1::date and r.created_at < $2::date + 1),
  parts as (
    select 1 as part, name, quantity, net, discount, tax, net - discount + tax as total from lines
    union all select 2, 'Shipping', null, coalesce(sum(shipping), 0), 0, coalesce(sum(tax), 0) - (select coalesce(sum(l.tax), 0) from lines l),
      coalesce(sum(shipping + tax), 0) - (select coalesce(sum(l.tax), 0) from lines l) from sold
    union all select 3, 'Given back', null, null, null, null, -amount from given
    union all select 4, 'All (' || count(*) || ')', null, coalesce(sum(subtotal + shipping), 0), coalesce(sum(discount), 0), coalesce(sum(tax), 0),
      coalesce(sum(total), 0) - (select g.amount from given g) from sold)
  select name, quantity, net / 100.0 as net, discount / 100.0 as discount, tax / 100.0 as tax, total / 100.0 as total
  from parts order by part, total desc, name`

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
