// A feed at the root, with an entity tag: who has it already is told so.
import { sql } from "galley";
import { toHex } from "@shared/bytes.ts";

export const path = ["/rss.xml", "/feed"];
export const methods = ["GET"];
export const verifyJwt = false;

const xml = (text: string) => text.replace(/[<>&'"]/g, (c) => `&#${c.codePointAt(0)};`);

export default async (req: Request) => {
  const posts = await sql<{ slug: string; title: string; day: string }>`
    select slug, title, published::text as day from posts order by published desc`;
  const items = posts.map(({ slug, title, day }) =>
    `<item><title>${xml(title)}</title><link>https://example.com/${encodeURIComponent(slug)}</link>` +
    `<pubDate>${new Date(day).toUTCString()}</pubDate></item>`);
  const feed = `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Posts</title>${items.join("")}</channel></rss>\n`;
  const sum = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(feed));
  const etag = `"${toHex(sum).slice(0, 16)}"`;
  if (req.headers.get("If-None-Match") === etag) return new Response(null, { status: 304, headers: { ETag: etag } });
  return new Response(feed, { headers: { "Content-Type": "application/rss+xml", ETag: etag } });
};
