// Every night: what was sold on each day.
import { sql } from "galley";

export const schedule = "0 3 * * *";

export default async function () {
	await sql`insert into days (day, orders, revenue)
		select (o.created at time zone 'UTC')::date, count(*), sum(p.amount) from orders o join payments p on p."order" = o.id group by 1
		on conflict (day) do update set orders = excluded.orders, revenue = excluded.revenue`;
}
