// What customers are told by mail. All of it is enqueued in the transaction of what
// happened, so it is sent if and only if that is so, and once.
import { enqueue, type Sql } from "galley"

export async function site(q: Sql): Promise<string> {
  const [s] = await q`select site_url from settings`
  return (s.site_url ?? Deno.env.get("SUPABASE_URL")!).replace(/\/$/, "")
}

/** What all mails of an order say: its number, the shop's name, and the page of the order with the token by which a guest sees it. */
export async function letter(q: Sql, order: { id: number; currency: string }) {
  const [row] = await q`select s.token, t.name as shop from order_secrets s cross join settings t where s.order_id = ${order.id}`
  return { order: order.id, currency: order.currency, shop: row.shop, link: `${await site(q)}/order.html#order=${order.id}&token=${row.token}` }
}

const amount = (name: string, title: string) => ({ name, title, format: "#,##0.00" })

/** The confirmation, with the invoice as a PDF. */
export async function sendInvoice(tx: Sql, order: any) {
  const a = order.address
  await enqueue("invoices", {
    sql: `select name, quantity, each / 100.0 as each, net / 100.0 as net, -discount / 100.0 as discount, rate / 100.0 as rate, tax / 100.0 as tax, amount / 100.0 as amount
      from (
        select line, name || case when option = '' then '' else ', ' || option end as name, quantity, unit_price as each, net, discount, tax_rate as rate,
          tax, net - discount + tax as amount from order_lines where order_id = $1::bigint
        union all select 100000, 'Shipping', null, null, o.shipping, 0, null, o.tax - l.tax, o.shipping + o.tax - l.tax
          from orders o cross join (select sum(x.tax) as tax from order_lines x where x.order_id = $1::bigint) l where o.id = $1::bigint
        union all select 100001, 'All', null, null, subtotal + shipping, discount, null, tax, total from orders where id = $1::bigint) t order by line`,
    args: [String(order.id)],
    format: "pdf",
    title: `Invoice ${order.id}, ${a.name}, ${a.postcode} ${a.city}, ${a.country} (${order.currency})`,
    columns: [{ name: "name", title: "Item", width: 36 }, { name: "quantity", title: "Quantity" }, amount("each", "Each"), amount("net", "Net"),
      amount("discount", "Discount"), amount("rate", "Tax %"), amount("tax", "Tax"), amount("amount", "Amount")],
    to: { name: `invoice-${order.id}`, mail: { to: order.email, template: "order_confirmed", variables: { data: {
      ...await letter(tx, order), total: (order.total / 100).toFixed(2), held: order.state === "review" } } } },
  }, { kind: "report" })
}
