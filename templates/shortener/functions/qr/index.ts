// The QR code of a link, as SVG: /qr/news. It holds the address, nothing of the link.
import { cached, qr } from "galley"

export const path = "/qr/:slug"
export const methods = ["GET"]
export const verifyJwt = false

export default async (req: Request, ctx: any) => {
  const link = await cached("links", { slug: ctx.params.slug.toLowerCase() })
  if (!link) return new Response("There is no such link.", { status: 404 })
  return new Response(qr(new URL(`/${link.slug}`, req.url).href), {
    headers: { "content-type": "image/svg+xml", "cache-control": "public, max-age=86400", "content-security-policy": "default-src 'none'" },
  })
}
