// What was set aside and not paid in time is for others again.
import { sql } from "galley"
import { atomic } from "../_shared/access.ts"
import { letGo, lockOrder } from "../_shared/orders.ts"

export const schedule = "* * * * *"

export default async function () {
  for (let batch = 0; batch < 100; batch++) {
    const due = await sql.as("service")`select id from orders where state = 'pending' and reserved_until <= now() order by id limit 20`
    if (due.length === 0) return
    await atomic(async tx => {
      const orders = []
      for (const { id } of due) {
        const order = await lockOrder(tx, id)
        if (order?.state === "pending") orders.push(order)
      }
      if (orders.length > 0) await letGo(tx, orders, "expired", "release")
    })
  }
}
