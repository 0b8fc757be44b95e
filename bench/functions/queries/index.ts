import { sql } from "galley";

export default async (req: Request) => {
	const id = new URL(req.url).searchParams.get("id");
	const [one] = await sql`select * from todos where id = ${id}`;
	const first = await sql`select * from todos order by id limit 20`;
	return Response.json({ one, first });
};
