// GitHub's webhook: HMAC of the body in X-Hub-Signature-256, by Node's crypto; a
// delivery that comes again is known.
import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { sql } from "galley";

export const verifyJwt = false;
export const methods = ["POST"];

function signed(body: string, header: string | null): boolean {
  const wanted = Buffer.from("sha256=" + createHmac("sha256", process.env.GITHUB_WEBHOOK_SECRET!).update(body).digest("hex"));
  const given = Buffer.from(header ?? "");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

export default async (req: Request) => {
  const body = await req.text();
  if (!signed(body, req.headers.get("x-hub-signature-256"))) return new Response("The signature is wrong", { status: 401 });
  const event = req.headers.get("x-github-event");
  if (event === "ping") return Response.json({ pong: true });
  if (event !== "push") return new Response(null, { status: 204 });
  const { repository, commits } = JSON.parse(body);
  const delivery = req.headers.get("x-github-delivery");
  const { count } = await sql.as("service")`
    insert into pushes values (${delivery}, ${repository.full_name}, ${commits.length}) on conflict do nothing`;
  return Response.json({ stored: count });
};
