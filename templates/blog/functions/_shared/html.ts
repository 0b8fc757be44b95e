// HTML without holes: what is put into html`…` is escaped, unless it is HTML itself.

export class Html {
  constructor(readonly text: string) {}
  toString() { return this.text }
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

// XML, and so a feed, has no control characters but tab and line break.
export const escape = (text: unknown) =>
  String(text).replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "").replace(/[&<>"']/g, c => escapes[c])

function part(value: unknown): string {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(part).join("")
  return value === null || value === undefined || value === false ? "" : escape(value)
}

export const html = (strings: TemplateStringsArray, ...values: unknown[]) =>
  new Html(strings.reduce((text, s, i) => text + part(values[i - 1]) + s))

/** An address for href and src; what is no http(s), mailto or local one becomes "#". */
export function address(text: string): string {
  const t = text.replace(/[\0-\x20]/g, "")
  return /^(https?:\/\/|mailto:|#)/i.test(t) || /^\/(?![/\\])/.test(t) ? t : "#"
}

/** JSON in a script element: no "<" can end it. */
export const json = (value: unknown) => new Html(JSON.stringify(value).replace(/[<\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`))
