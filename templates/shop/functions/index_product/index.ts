// Keeps the words by which products are found, in the transaction of whoever changes one.
import { sql, type HookEvent } from "galley"

export const hook = [
  { table: "products", after: ["insert", "update"] },
  { table: "variants", after: ["insert", "update"] },
]

export default async function (event: HookEvent) {
  const ids = event.rows.map(r => event.table === "products" ? r.new!.id : r.new!.product_id)
  await sql.as("service")`select index_products(${[...new Set(ids)]}::bigint[])`
}
