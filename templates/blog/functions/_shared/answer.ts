// How pages and feeds are answered: with what a browser and a reader of feeds need to
// ask again only for what has changed (RFC 9110, section 13).
import { Html } from "./html"

// Scripts, styles and forms are the blog's own; pictures may come from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface Options { status?: number; type?: string; changed?: Date }

export async function answer(req: Request, body: Html | string, { status = 200, type = "text/html; charset=utf-8", changed }: Options = {}) {
  const text = String(body)
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))
  const etag = `"${[...digest.slice(0, 12)].map(b => b.toString(16).padStart(2, "0")).join("")}"`
  const headers = new Headers({
    "Content-Type": type, ETag: etag, "Cache-Control": "no-cache", "Content-Security-Policy": policy,
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin",
  })
  if (changed) headers.set("Last-Modified", changed.toUTCString())
  if (status === 200 && fresh(req, etag, changed)) return new Response(null, { status: 304, headers })
  return new Response(text, { status, headers })
}

// fresh tells whether the caller has this already; a tag goes before a time.
function fresh(req: Request, etag: string, changed?: Date): boolean {
  const tags = req.headers.get("If-None-Match")
  if (tags !== null) return tags.trim() === "*" || tags.split(",").some(t => t.trim().replace(/^W\//, "").replace(/-\w+"$/, '"') === etag)
  const since = Date.parse(req.headers.get("If-Modified-Since") ?? "")
  return changed !== undefined && Math.floor(changed.getTime() / 1000) * 1000 <= since
}
