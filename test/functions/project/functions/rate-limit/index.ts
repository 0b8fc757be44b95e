// At most three calls a minute for each key, counted for all nodes at once.
import { cache } from "galley";

export const verifyJwt = false;
const limit = 3, seconds = 60;

export default async (req: Request) => {
  const key = req.headers.get("X-Api-Key");
  if (!key) return Response.json({ error: "X-Api-Key is missing" }, { status: 401 });
  const used = await cache.increment(`calls:${key}`, 1, seconds);
  const headers = { "RateLimit-Limit": String(limit), "RateLimit-Remaining": String(Math.max(0, limit - used)) };
  if (used > limit) return Response.json({ error: "Too many calls" }, { status: 429, headers: { ...headers, "Retry-After": String(seconds) } });
  return Response.json({ used }, { headers });
};
