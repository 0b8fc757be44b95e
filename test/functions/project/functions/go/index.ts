// Short links at a path of their own; visits are counted.
import { sql } from "galley";

export const path = "/go/:slug";
export const methods = ["GET", "HEAD"];
export const verifyJwt = false;

export default async (req: Request, { params }: { params: { slug: string } }) => {
  const [link] = await sql.as("service")<{ target: string; visits: number }>`
    update links set visits = visits + 1 where slug = ${params.slug} returning target, visits`;
  if (!link) return new Response("No such link", { status: 404 });
  const response = Response.redirect(link.target, 302);
  return new Response(null, { status: response.status, headers: [...response.headers, ["X-Visits", String(link.visits)]] });
};
