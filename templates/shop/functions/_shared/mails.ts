// What customers are told by mail. All of it is enqueued in the transaction of what
// happened, so it is sent if and only if that is so, and once.
import { enqueue, type Sql } from "galley"

export async function site(q: Sql): Promise<string> {
  const [s] = await q`select site_url from settings`
  return (s.site_url ?? Deno.env.get("SUPABASE_URL")!).replace(/\/$/, "")
}

/** The page of an order, with the token by which a guest sees it. */
export async function siteOf(q: Sql, order: number): Promise<string> {
  const [secret] = await q`select token from order_secrets where order_id = ${order}`
  return `${await site(q)}/order.html#order=${order}&token=${secret.token}`
}

/** The confirmation, with the invoice as a PDF. */
export async function sendInvoice(tx: Sql, order: any) {
  const a = order.address
  await enqueue("invoices", {
    sql: `select name, quantity, unit_price, net, discount, tax_rate, tax from (
        select line, name || case when option = '' then '' else ', ' || option end as name, quantity, unit_price / 100.0 as unit_price,
          net / 100.0 as net, -discount / 100.0 as discount, tax_rate / 100.0 as tax_rate, tax / 100.0 as tax from order_lines where order_id = $1::bigint
        union all select 100000, 'Shipping', null, null, shipping / 100.0, null, null,
          (tax - (select sum(l.tax) from order_lines l where l.order_id = o.id)) / 100.0 from orders o where id = $1::bigint
        union all select 100001, 'Total, tax included', null, null, total / 100.0, null, null, tax / 100.0 from orders where id = $1::bigint) t order by line`,
    args: [String(order.id)],
    format: "pdf",
    title: `Invoice ${order.id}, ${a.name}, ${a.postcode} ${a.city}, ${a.country} (${order.currency})`,
    columns: [{ name: "name", title: "Item", width: 40 }, { name: "quantity", title: "Quantity" }, { name: "unit_price", title: "Each", format: "#,##0.00" },
      { name: "net", title: "Net", format: "#,##0.00" }, { name: "discount", title: "Discount", format: "#,##0.00" },
      { name: "tax_rate", title: "Tax %", format: "0.00" }, { name: "tax", title: "Tax", format: "#,##0.00" }],
    to: { name: `invoice-${order.id}`, mail: { to: order.email, template: "order_confirmed", variables: { data: {
      order: order.id, total: (order.total / 100).toFixed(2), currency: order.currency, held: order.state === "review", link: await siteOf(tx, order.id) } } } },
  }, { kind: "report" })
}
