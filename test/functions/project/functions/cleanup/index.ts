// What has expired is deleted each night, or when the service role asks: nobody else may
// call a function that has a schedule and no path.
import { sql } from "galley";

export const schedule = "15 3 * * *";

export default async () => {
  const gone = await sql.as("service")`delete from uploads where expires_at < now() returning id`;
  return Response.json({ deleted: gone.length });
};
