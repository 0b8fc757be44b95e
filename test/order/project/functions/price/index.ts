// What an order costs is the server's to say, and what is not in stock is not sold.
import { enqueue, sql, type HookEvent } from "galley";

export const hook = { table: "orders", before: ["insert"], after: ["insert"] };

interface Order {
	id: string;
	customer: string;
	product: number;
	quantity: number;
	price: string;
}

const service = sql.as("service");

export default async function (event: HookEvent<Order>) {
	if (event.when === "before") {
		for (const row of event.rows) row.new = await priced(row.new!);
		return;
	}
	for (const { new: order } of event.rows) {
		await service`insert into payments ("order", amount) values (${order!.id}, ${order!.price})`;
		await enqueue("confirm", { order: order!.id });
	}
}

async function priced(order: Order): Promise<Order> {
	const [product] = await service`
		update products set stock = stock - ${order.quantity} where id = ${order.product} and stock >= ${order.quantity} returning price`;
	if (!product) {
		throw Object.assign(new Error("out of stock"), { status: 409, code: "OUTOF", details: `product ${order.product}`, hint: "Take another one." });
	}
	const [customer] = await service`select tier from customers where id = ${order.customer}`;
	const cents = Math.round(Number(product.price) * 100) * order.quantity;
	const off = customer?.tier === "gold" ? Math.round(cents / 10) : 0;
	return { ...order, price: ((cents - off) / 100).toFixed(2) };
}
