// The answer goes out at once; what is left is done after it.
import { sql } from "galley";

export const verifyJwt = false;

async function record(page: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  await sql.as("service")`insert into visits (page) values (${page})`;
}

Deno.serve(async (req) => {
  const url = new URL(req.url);
  if (req.method === "GET") {
    const [{ n }] = await sql.as("service")`select count(*)::int as n from visits where page = ${url.searchParams.get("page")}`;
    return Response.json({ visits: n });
  }
  const { page } = await req.json();
  EdgeRuntime.waitUntil(record(page));
  return Response.json({ accepted: page }, { status: 202 });
});
