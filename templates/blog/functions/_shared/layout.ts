// The frame of every page, and the parts that several have.
import { html, Html, json, escape } from "./html"
import { mark, pageSize, type Post, type Site } from "./posts"

export interface Page {
  title: string; description?: string; path: string; body: Html
  kind?: "website" | "article"; picture?: string; data?: unknown; hidden?: boolean; scripts?: string[]
}

const trim = (text: string, most = 160) => (text.length > most ? `${text.slice(0, most - 1).replace(/\s+\S*$/, "")}…` : text)

export function layout(site: Site, page: Page): Html {
  const title = page.path === "/" ? site.title : `${page.title} · ${site.title}`
  const description = trim(page.description || site.tagline)
  const link = (path: string, text: string) => html`<a href="${path}"${page.path === path && html` aria-current="page"`}>${text}</a>`
  return html`<!doctype html>
<html lang="${site.language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="description" content="${description}">
${page.hidden ? html`<meta name="robots" content="noindex">` : html`<link rel="canonical" href="${site.url}${page.path}">`}
<meta property="og:site_name" content="${site.title}">
<meta property="og:title" content="${page.title}">
<meta property="og:description" content="${description}">
<meta property="og:type" content="${page.kind ?? "website"}">
<meta property="og:url" content="${site.url}${page.path}">
${page.picture && html`<meta property="og:image" content="${page.picture.startsWith("/") ? site.url : ""}${page.picture}">`}
<link rel="alternate" type="application/rss+xml" title="${site.title}" href="/rss.xml">
<link rel="icon" href="/pictures/icon.svg">
<link rel="stylesheet" href="/galley.css"><link rel="stylesheet" href="/style.css">
${page.data && html`<script type="application/ld+json">${json(page.data)}</script>`}
${(page.scripts ?? []).map(src => html`<script type="module" src="${src}"></script>`)}
<a class="skip" href="#content">To the text</a>
<header class="bar">
  <a href="/" class="name">${site.title}</a>
  <nav aria-label="Site">${link("/", "Posts")} ${link("/portfolio", "Work")} ${link("/about", "About")} ${link("/search", "Search")}</nav>
</header>
<main class="page" id="content">
${page.body}
</main>
<footer class="foot"><div>
  <form action="/newsletter" method="post" class="subscribe">
    <label for="email">New posts by mail</label>
    <div class="row"><input id="email" name="email" type="email" required maxlength="254" autocomplete="email" placeholder="you@example.org"><button>Subscribe</button></div>
  </form>
  <p class="muted">${site.title} · <a href="/rss.xml">RSS</a> · <a href="/write/">Write</a></p>
</div></footer>
</html>
`
}

const dates = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")

/** A day as people read it, in UTC: "3 Mar 2026". */
export function day(time: string): Html {
  const d = new Date(time)
  return html`<time datetime="${time}">${d.getUTCDate()} ${dates[d.getUTCMonth()]} ${d.getUTCFullYear()}</time>`
}

export const minutes = (text: string) => Math.max(1, Math.round(text.split(/\s+/).length / 220))
export const tagLinks = (tags: string[]) => tags.map(t => html` <a class="tag" href="/tags/${encodeURIComponent(t)}">${t}</a>`)

/** A post in a list. */
export const entry = (p: Post) => html`
<article class="entry">
  <p class="muted meta">${day(p.published_at)}${p.category && html` · <a href="/categories/${p.category_slug}">${p.category}</a>`}</p>
  <h2><a href="/${p.kind === "page" ? "" : "posts/"}${p.slug}">${p.title}</a></h2>
  <p>${p.summary}</p>
  <p class="muted meta">By <a href="/authors/${p.author_slug}">${p.author}</a>${tagLinks(p.tags)}</p>
</article>`

/** A list with the way to its next page; given one post more than a page has. */
export function list(posts: Post[], path: string, from: string | null): Html {
  const shown = posts.slice(0, pageSize)
  if (shown.length === 0) return html`<p class="empty card">${from ? "There are no older posts." : "Nothing is published here yet."}</p>`
  const older = posts.length > pageSize && `${path}?after=${encodeURIComponent(mark(shown.at(-1)!))}`
  return html`<div class="entries">${shown.map(entry)}</div>
<nav class="row apart pages" aria-label="Pages">${from ? html`<a href="${path}">Newest</a>` : html`<span></span>`}${older && html`<a class="button" href="${older}" rel="next">Older posts</a>`}</nav>`
}

/** Text as people typed it: lines stay lines. */
export const typed = (text: string) => new Html(text.trim().split(/\n{2,}/).map(p => `<p>${escape(p.trim()).replaceAll("\n", "<br>")}</p>`).join(""))
