// /rss.xml by RSS 2.0 (rssboard.org/rss-specification), /sitemap.xml by sitemaps.org,
// and /robots.txt, which names it.
import { sql } from "galley"
import { answer } from "../_shared/answer"
import { html } from "../_shared/html"
import { markdown } from "../_shared/markdown"
import * as read from "../_shared/posts"

export const path = ["/rss.xml", "/sitemap.xml", "/robots.txt"]
export const methods = ["GET"]
export const verifyJwt = false

export default async (req: Request) => {
  const site = await read.site()
  switch (new URL(req.url).pathname) {
    case "/rss.xml": return rss(req, site)
    case "/sitemap.xml": return sitemap(req, site)
    default: return answer(req, `User-agent: *\nDisallow: /write/\nDisallow: /search\nSitemap: ${site.url}/sitemap.xml\n`, { type: "text/plain; charset=utf-8" })
  }
}

const latest = (...times: string[]) => new Date(Math.max(0, ...times.map(t => Date.parse(t))))

// A date of RFC 822 with the year in four digits, as RSS asks for.
const rfc822 = (time: string | Date) => new Date(time).toUTCString().replace("GMT", "+0000")

// Readers of feeds are elsewhere: addresses of this blog are to be whole. What looks like
// one in the text itself has its quotes escaped.
const whole = (html: string, url: string) => html.replace(/ (href|src)="\//g, ` $1="${url}/`)

async function rss(req: Request, site: read.Site) {
  const posts = await read.posts({ limit: 20, body: true })
  const changed = latest(site.changed_at, ...posts.flatMap(p => [p.published_at, p.updated_at]))
  const items = posts.map(p => html`<item>
<title>${p.title}</title>
<link>${site.url}/posts/${p.slug}</link>
<guid isPermaLink="false">${site.url}/posts/${p.id}</guid>
<pubDate>${rfc822(p.published_at)}</pubDate>
<dc:creator>${p.author}</dc:creator>
${[p.category, ...p.tags].filter(Boolean).map(c => html`<category>${c}</category>`)}
<description>${p.summary}</description>
<content:encoded>${whole(markdown(p.body).text, site.url)}</content:encoded>
</item>
`)
  return answer(req, html`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>${site.title}</title>
<link>${site.url}/</link>
<atom:link href="${site.url}/rss.xml" rel="self" type="application/rss+xml"/>
<description>${site.tagline || site.title}</description>
<language>${site.language}</language>
<lastBuildDate>${rfc822(changed)}</lastBuildDate>
<docs>https://www.rssboard.org/rss-specification</docs>
${items}</channel>
</rss>
`, { type: "application/rss+xml; charset=utf-8", changed })
}

// A sitemap has 50,000 addresses at most; a statement of a function 10,000 rows.
const most = 10_000

async function sitemap(req: Request, site: read.Site) {
  const posts = await sql`select kind, slug, greatest(published_at, updated_at) as changed from posts where published_at <= now() order by published_at desc, id desc limit ${most}`
  const works = await sql`select slug, updated_at as changed from projects where shown order by position, id limit ${most}`
  const categories = await sql`select slug from categories order by slug limit ${most}`
  const changed = latest(site.changed_at, ...posts.map(p => p.changed), ...works.map(w => w.changed))
  const all: [string, string?][] = [
    ["/", changed.toISOString()], ["/portfolio"],
    ...posts.map((p): [string, string] => [`/${p.kind === "post" ? "posts/" : ""}${p.slug}`, p.changed]),
    ...works.map((w): [string, string] => [`/portfolio/${w.slug}`, w.changed]),
    ...categories.map((c): [string] => [`/categories/${c.slug}`]),
  ]
  const urls = all.map(([path, time]) => html`<url><loc>${site.url}${path}</loc>${time && html`<lastmod>${new Date(time).toISOString()}</lastmod>`}</url>\n`)
  return answer(req, html`<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls}</urlset>
`, { type: "application/xml; charset=utf-8", changed })
}
