// Markdown, a safe part of it: headings, paragraphs, lists, quotes, code, rules, links,
// pictures, emphasis. HTML in the text is text. All that comes out is made of the tags
// written here, with each piece of the text escaped, so there is nothing to sanitise.
import { address, escape, Html } from "./html"

const maxDepth = 6

/** Renders Markdown. "#" and "##" are <h2>: the page has its <h1>. */
export const markdown = (text: string) => new Html(blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0))

const fence = /^ {0,3}(```+|~~~+) *([\w+#-]*)[^`]*$/
const heading = /^ {0,3}(#{1,6}) +(.*)$/
const rule = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/
const item = /^( {0,3})([-*+]|\d{1,9}[.)]) +(?=\S)/
const begins = (line: string) => fence.test(line) || heading.test(line) || rule.test(line) || item.test(line) || /^ {0,3}>/.test(line)

function blocks(lines: string[], depth: number): string {
  let out = ""
  for (let i = 0; i < lines.length;) {
    const line = lines[i]
    let m: RegExpExecArray | null
    if (line.trim() === "") { i++; continue }
    if ((m = fence.exec(line))) {
      const mark = m[1]
      const last = next(lines, i, l => l.trim().startsWith(mark) && l.trim().replaceAll(mark[0], "") === "")
      out += `<pre tabindex="0"><code${m[2] ? ` class="language-${escape(m[2])}"` : ""}>${escape(lines.slice(i + 1, last).join("\n"))}\n</code></pre>\n`
      i = last + 1
    } else if ((m = heading.exec(line))) {
      const level = Math.max(m[1].length, 2)
      out += `<h${level}>${inline(m[2].replace(/(?<! ) +#+ *$/, "").trim())}</h${level}>\n`
      i++
    } else if (rule.test(line)) {
      out += "<hr>\n"
      i++
    } else if (/^ {0,3}>/.test(line) && depth < maxDepth) {
      const end = next(lines, i, l => !/^ {0,3}>/.test(l))
      out += `<blockquote>\n${blocks(lines.slice(i, end).map(l => l.replace(/^ {0,3}> ?/, "")), depth + 1)}</blockquote>\n`
      i = end
    } else if ((m = item.exec(line)) && depth < maxDepth) {
      [out, i] = list(lines, i, m, depth, out)
    } else {
      const end = next(lines, i, l => l.trim() === "" || begins(l))
      out += `<p>${inline(lines.slice(i, end).map(l => l.trimStart()).join("\n"))}</p>\n`
      i = end
    }
  }
  return out
}

// next is the first line after i that ends a block.
function next(lines: string[], i: number, ends: (line: string) => boolean): number {
  let n = i + 1
  while (n < lines.length && !ends(lines[n])) n++
  return n
}

// list takes the items that begin as the first does; lines further in belong to them.
function list(lines: string[], i: number, first: RegExpExecArray, depth: number, out: string): [string, number] {
  const ordered = /\d/.test(first[2])
  const start = ordered ? Number.parseInt(first[2]) : 1
  out += ordered ? `<ol${start === 1 ? "" : ` start="${start}"`}>\n` : "<ul>\n"
  for (let m = item.exec(lines[i]); m && /\d/.test(m[2]) === ordered && !rule.test(lines[i]); m = i < lines.length ? item.exec(lines[i]) : null) {
    const width = m[0].length
    let end = i + 1
    while (end < lines.length && (/^ *$/.test(lines[end]) ? / {2}/.test(lines[end + 1] ?? "") : lines[end].startsWith("  ") || !begins(lines[end]) && lines[end - 1].trim() !== "")) end++
    const inner = [lines[i].slice(width), ...lines.slice(i + 1, end).map(l => l.slice(Math.min(width, l.length - l.trimStart().length)))]
    const content = blocks(inner, depth + 1)
    out += `<li>${inner.includes("") ? content : content.replace(/^<p>(.*?)<\/p>\n/s, "$1")}</li>\n`
    i = end
    if (i + 1 < lines.length && lines[i] === "" && item.test(lines[i + 1])) i++
  }
  return [out + (ordered ? "</ol>\n" : "</ul>\n"), i]
}

// What stands in a line, the longest first. Each class is bounded, so that a text made
// to be slow is not.
const tokens = new RegExp([
  /\\([\\`*_{}[\]()#+\-.!~>|])/, // 1 an escaped sign
  /(`{1,3})((?:(?!\2)[^]){1,2000}?)\2/, // 2, 3 code
  /(!?)\[([^\][]{0,500})\]\(([^\s()<>]{1,1000}(?:\([^\s()<>]{0,200}\))?)(?: +"([^"]{0,200})")?\)/, // 4-7 a link, a picture
  /<((?:https?:\/\/|mailto:)[^\s<>]{1,1000})>/, // 8 an address
  /(https?:\/\/[^\s<>()"']{1,1000}[^\s<>()"'.,:;!?*_~])/, // 9 one as it stands
  /(\*\*|__)(?=\S)((?:(?!\10)[^]){1,2000})(?<=\S)\10/, // 10, 11 strong
  /(~~)(?=\S)((?:(?!~~)[^]){1,2000})~~/, // 12, 13 no longer so
  /\*(?=[^\s*])([^*]{1,2000})\*|(?<![\p{L}\p{N}])_(?=[^\s_])([^_]{1,2000})_(?![\p{L}\p{N}])/, // 14, 15 emphasis
  /((?<! ) {2,}|\\)\n/, // 16 a break
].map(r => r.source).join("|"), "gu")

const attribute = (name: string, value: string | undefined) => (value ? ` ${name}="${escape(value)}"` : "")
const link = (url: string, inner: string, title?: string) =>
  `<a href="${escape(address(url))}"${attribute("title", title)}${/^https?:/i.test(url) ? ' rel="noopener"' : ""}>${inner}</a>`

function inline(text: string, depth = 0): string {
  if (depth > maxDepth) return escape(text)
  let out = ""
  let at = 0
  // matchAll would make the expression anew for each piece of text.
  for (let m; (tokens.lastIndex = at, m = tokens.exec(text));) {
    out += escape(text.slice(at, m.index))
    at = m.index + m[0].length
    if (m[1]) out += escape(m[1])
    else if (m[2]) out += `<code>${escape(m[3].trim())}</code>`
    else if (m[6]) out += m[4] ? `<img src="${escape(address(m[6]))}" alt="${escape(m[5])}"${attribute("title", m[7])} loading="lazy">` : link(m[6], inline(m[5], depth + 1), m[7])
    else if (m[8] ?? m[9]) out += link(m[8] ?? m[9], escape((m[8] ?? m[9]).replace(/^mailto:/i, "")))
    else if (m[10]) out += `<strong>${inline(m[11], depth + 1)}</strong>`
    else if (m[12]) out += `<del>${inline(m[13], depth + 1)}</del>`
    else if (m[14] ?? m[15]) out += `<em>${inline(m[14] ?? m[15], depth + 1)}</em>`
    else out += "<br>\n"
  }
  return out + escape(text.slice(at))
}

/** The words of Markdown, without its signs: for a description, and for the search. */
export const plain = (text: string) =>
  text.replace(/!?\[([^\][]{0,500})\]\([^()\s]{0,1000}\)/g, "$1").replace(/^[ >#*+-]+/gm, "").replace(/[*_`~]+/g, " ").replace(/\s+/g, " ").trim()
