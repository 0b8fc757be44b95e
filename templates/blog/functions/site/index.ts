// The pages that visitors and search engines read, made on the server.
import { answer } from "../_shared/answer"
import { address, html, type Html } from "../_shared/html"
import { layout, list, day, entry, minutes, tagLinks, typed, type Page } from "../_shared/layout"
import { markdown } from "../_shared/markdown"
import * as read from "../_shared/posts"

export const path = ["/", "/posts/:slug", "/categories/:slug", "/tags/:slug", "/authors/:slug", "/search", "/portfolio", "/portfolio/:slug", "/:slug", "/*"]
export const methods = ["GET"]
export const verifyJwt = false

interface Asked { site: read.Site; slug: string; query: URLSearchParams }
type Made = Page & { changed?: Date }

export default async (req: Request, ctx: { params: Record<string, string> }) => {
  const url = new URL(req.url)
  const [, first, more, rest] = url.pathname.split("/")
  const site = await read.site()
  const make = rest !== undefined ? undefined : pages[first === "" || more !== undefined || first in pages ? first : "page"]
  const page = await make?.({ site, slug: ctx.params.slug ?? "", query: url.searchParams })
  if (page) return answer(req, layout(site, page), { changed: page.changed })
  return answer(req, layout(site, missing(url.pathname)), { status: 404 })
}

const pages: Record<string, ((asked: Asked) => Promise<Made | undefined>) | undefined> = Object.assign(Object.create(null), {
  "": home, posts: post, categories: category, tags: tag, authors: author, search, portfolio, page: plainPage,
})

const missing = (path: string): Page => ({ title: "Not here", path, hidden: true, body: html`
<div class="reading"><h1>This page is not here</h1>
<p>It may have moved, or the address has a mistake. <a href="/">All posts</a>, or:</p>${searchForm("")}</div>` })

const searchForm = (q: string) => html`<form action="/search" role="search" class="row search"><input name="q" type="search" value="${q}" aria-label="Search posts" maxlength="200"><button class="first">Search</button></form>`

async function home({ site, query }: Asked): Promise<Made> {
  const from = query.get("after")
  const found = await read.posts({ after: from })
  const categories = await read.categories()
  const tags = await read.tags()
  return { title: site.title, path: "/", hidden: !!from, body: html`
<div class="hero"><h1>${site.title}</h1><p>${site.tagline}</p></div>
<div class="columns"><div>${list(found, "/", from)}</div>
<aside>
  <h2>Categories</h2>${tree(categories)}
  <h2>Tags</h2><p class="tags">${tagLinks(tags.map(t => t.tag))}</p>
</aside></div>` }
}

const tree = (all: read.Category[]) => html`<ul class="tree">${all.map(c => html`<li class="depth-${Math.min(c.depth, 4)}"><a href="/categories/${c.slug}">${c.name}</a> <span class="muted">${c.posts}</span></li>`)}</ul>`

async function post({ site, slug }: Asked): Promise<Made | undefined> {
  const p = await read.post("post", slug)
  if (!p) return
  const said = await read.comments(p.id)
  const data = {
    "@context": "https://schema.org", "@type": "BlogPosting", headline: p.title, description: p.summary, keywords: p.tags.join(", "),
    datePublished: p.published_at, dateModified: later(p.updated_at, p.published_at).toISOString(), mainEntityOfPage: `${site.url}/posts/${p.slug}`,
    author: { "@type": "Person", name: p.author, url: `${site.url}/authors/${p.author_slug}` }, publisher: { "@type": "Organization", name: site.title },
  }
  const times = [p.updated_at, p.published_at, site.changed_at, ...said.map(c => c.created_at)]
  return { title: p.title, description: p.summary, path: `/posts/${p.slug}`, kind: "article", data, changed: later(...times), scripts: p.comments_open ? ["/comments.js"] : [], body: html`
<article class="reading text">
  <header>
    <p class="muted meta">${day(p.published_at)} · ${minutes(p.body)} min${p.category && html` · <a href="/categories/${p.category_slug}">${p.category}</a>`}</p>
    <h1>${p.title}</h1>
    ${p.summary && html`<p class="lead">${p.summary}</p>`}
    <p class="muted">By <a href="/authors/${p.author_slug}">${p.author}</a></p>
  </header>
  ${rendered(p)}
  <p class="tags">${tagLinks(p.tags)}</p>
</article>
<section class="reading comments" id="comments" aria-labelledby="said">
  <h2 id="said">${said.length === 0 ? "Comments" : said.length === 1 ? "One comment" : `${said.length} comments`}</h2>
  ${said.map(c => html`<article class="comment" id="comment-${c.id}"><p class="meta"><b>${c.name}</b> <span class="muted">${day(c.created_at)}</span></p>${typed(c.body)}</article>`)}
  ${p.comments_open ? form(p) : html`<p class="muted">Comments are closed.</p>`}
</section>` }
}

// An instance of this function serves many requests: it keeps the last posts it made
// HTML of, with the text that it was, so that no old one can be shown.
const kept = new Map<number, { body: string; html: Html }>()

function rendered({ id, body }: read.Post): Html {
  const before = kept.get(id)
  if (before?.body === body) return before.html
  const html = markdown(body)
  kept.delete(id)
  if (kept.size >= 64) kept.delete(kept.keys().next().value!)
  kept.set(id, { body, html })
  return html
}

const form = (p: read.Post) => html`
<form id="comment" class="card" data-post="${p.id}">
  <h3>Say something</h3>
  <label>Name<input name="name" required maxlength="60" autocomplete="name"></label>
  <label>Comment<textarea name="body" required minlength="2" maxlength="5000"></textarea></label>
  <label class="trap" aria-hidden="true">Homepage<input name="homepage" tabindex="-1" autocomplete="off"></label>
  <button class="first">Send</button> <span class="muted">It appears once the author has approved it.</span>
  <noscript><p class="muted">Sending a comment needs JavaScript.</p></noscript>
</form>`

async function category({ slug, query }: Asked): Promise<Made | undefined> {
  const up = await read.path(slug)
  const here = up.at(-1)
  if (!here) return
  const from = query.get("after")
  const all = await read.categories()
  const at = all.findIndex(c => c.id === here.id)
  const end = all.findIndex((c, i) => i > at && c.depth <= all[at].depth)
  const below = all.slice(at + 1, end < 0 ? undefined : end).map(c => ({ ...c, depth: c.depth - all[at].depth - 1 }))
  return { title: here.name, description: here.description, path: `/categories/${slug}`, hidden: !!from, body: html`
<nav class="muted crumbs" aria-label="Where you are"><a href="/">Posts</a>${up.slice(0, -1).map(c => html` / <a href="/categories/${c.slug}">${c.name}</a>`)} /</nav>
<h1>${here.name}</h1>
${here.description && html`<p class="lead">${here.description}</p>`}
${below.length > 0 && tree(below)}
${list(await read.posts({ category: slug, after: from }), `/categories/${slug}`, from)}` }
}

async function tag({ slug, query }: Asked): Promise<Made | undefined> {
  const from = query.get("after")
  const found = await read.posts({ tag: slug, after: from })
  if (found.length === 0 && !from) return
  const path = `/tags/${encodeURIComponent(slug)}`
  return { title: `Tagged “${slug}”`, path, hidden: !!from, body: html`<h1>Tagged “${slug}”</h1>${list(found, path, from)}` }
}

async function author({ slug, query }: Asked): Promise<Made | undefined> {
  const from = query.get("after")
  const found = await read.posts({ author: slug, after: from })
  const [one] = found
  if (!one && !from) return
  const path = `/authors/${slug}`
  return { title: one?.author ?? slug, description: one?.bio, path, hidden: !!from, body: html`
<h1>${one?.author ?? slug}</h1>${one?.bio && html`<p class="lead">${one.bio}</p>`}${list(found, path, from)}` }
}

async function search({ query }: Asked): Promise<Made> {
  const q = (query.get("q") ?? "").slice(0, 200).trim()
  const found = q === "" ? [] : await read.search(q)
  const result: Html | false = q !== "" && (found.length > 0
    ? html`<p class="muted" role="status">${found.length === 1 ? "One post" : `${found.length} posts`} with “${q}”</p><div class="entries">${found.map(entry)}</div>`
    : html`<p class="empty card" role="status">Nothing has all of these words: “${q}”. Fewer words find more.</p>`)
  return { title: "Search", path: "/search", hidden: q !== "", body: html`<h1>Search</h1>${searchForm(q)}${result}` }
}

async function portfolio({ site, slug }: Asked): Promise<Made | undefined> {
  const all = await read.projects()
  if (slug !== "") {
    const one = all.find(p => p.slug === slug)
    return one && project(site, one)
  }
  const cards = all.map(p => html`
<article class="card work">${p.picture && html`<a href="/portfolio/${p.slug}" tabindex="-1"><img src="${p.picture}" alt="${p.picture_text}" loading="lazy" width="640" height="400"></a>`}
  <h2><a href="/portfolio/${p.slug}">${p.title}</a></h2><p>${p.summary}</p></article>`)
  return { title: "Work", description: "What we have made.", path: "/portfolio", body: html`<h1>Work</h1>${all.length > 0 ? html`<div class="works">${cards}</div>` : html`<p class="empty card">There is nothing to show yet.</p>`}` }
}

const project = (site: read.Site, p: read.Project): Made => ({
  title: p.title, description: p.summary, path: `/portfolio/${p.slug}`, picture: p.picture, changed: later(p.updated_at, site.changed_at),
  data: { "@context": "https://schema.org", "@type": "CreativeWork", name: p.title, description: p.summary, url: `${site.url}/portfolio/${p.slug}` },
  body: html`<article class="reading text">
  <p class="crumbs muted"><a href="/portfolio">Work</a> /</p>
  <h1>${p.title}</h1><p class="lead">${p.summary}</p>
  ${p.picture && html`<img src="${p.picture}" alt="${p.picture_text}" width="640" height="400">`}
  ${markdown(p.body)}
  ${links(p.links)}
</article>` })

const links = (list: { label?: unknown; url?: unknown }[]) => html`<p class="row">${list.slice(0, 10).map(l => button(String(l?.label ?? ""), String(l?.url ?? "")))}</p>`
const button = (label: string, url: string) => html`<a class="button" href="${address(url)}" rel="noopener">${label || url}</a>`

async function plainPage({ site, slug }: Asked): Promise<Made | undefined> {
  const p = await read.post("page", slug)
  return p && { title: p.title, description: p.summary, path: `/${p.slug}`, changed: later(p.updated_at, p.published_at, site.changed_at), body: html`
<article class="reading text"><h1>${p.title}</h1>${p.summary && html`<p class="lead">${p.summary}</p>`}${markdown(p.body)}</article>` }
}

const later = (...times: string[]) => new Date(Math.max(...times.map(t => Date.parse(t))))
