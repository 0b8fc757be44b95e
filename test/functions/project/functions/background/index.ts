// The answer goes out at once; what is left is done after it.
import { sql } from "galley";

export const verifyJwt = false;

// What was begun is told by an event: who answers does not wait for it.
class Begun extends Event {
  constructor(readonly done: Promise<void>) { super("begun"); }
}
addEventListener("begun", async (event) => {
  await (event as Begun).done;
  console.log("recorded");
});

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
  dispatchEvent(new Begun(EdgeRuntime.waitUntil(record(page))));
  return Response.json({ accepted: page }, { status: 202 });
});
