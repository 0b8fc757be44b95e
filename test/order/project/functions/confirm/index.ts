// A job may be done twice; what says that the mail is on its way is written along with it.
import { enqueue, transaction } from "galley";

export const job = "confirm";

export default ({ order }: { order: string }) =>
	transaction(async (tx) => {
		const fresh = await tx`insert into confirmations ("order") values (${order}) on conflict do nothing returning "order"`;
		if (fresh.length === 0) return;
		const [customer] = await tx`select c.email from customers c join orders o on o.customer = c.id where o.id = ${order}`;
		await enqueue("reports", {
			sql: "select p.name, o.quantity, o.price from orders o join products p on p.id = o.product where o.id = $1::uuid",
			args: [order],
			format: "pdf",
			title: `Order ${order}`,
			to: { mail: { to: customer.email, subject: `Your order ${order}`, text: "Thank you. The bill is attached." }, name: `order-${order}` },
		}, { kind: "report" });
	});
