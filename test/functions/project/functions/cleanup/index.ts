// What has expired is deleted each night, or when the service role asks.
import { sql } from "galley";

export const schedule = "15 3 * * *";

export default async (_req: Request, ctx: { role: string | null }) => {
  if (ctx.role !== "service_role") return Response.json({ error: "For the service role" }, { status: 403 });
  const gone = await sql.as("service")`delete from uploads where expires_at < now() returning id`;
  return Response.json({ deleted: gone.length });
};
