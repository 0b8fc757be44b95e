// Node's querystring (nodejs.org/api/querystring.html).
export const escape = (text) => encodeURIComponent(text);
export function unescape(text) {
  try { return decodeURIComponent(text); } catch { return unescapeBytes(text); }
}

// unescapeBytes leaves what is no escape as it is, and reads the bytes as UTF-8.
function unescapeBytes(text) {
  const bytes = [];
  const utf8 = new TextEncoder();
  for (const part of text.split(/(%[0-9a-f]{2})/i)) {
    if (/^%[0-9a-f]{2}$/i.test(part)) bytes.push(parseInt(part.slice(1), 16));
    else bytes.push(...utf8.encode(part));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const primitive = (v) => typeof v === "string" ? v : typeof v === "bigint" || typeof v === "boolean" || typeof v === "number" && Number.isFinite(v) ? String(v) : "";

export function stringify(object, separator = "&", equals = "=", { encodeURIComponent: code = escape } = {}) {
  if (object === null || typeof object !== "object") return "";
  const pairs = [];
  for (const [key, value] of Object.entries(object)) {
    for (const v of Array.isArray(value) ? value : [value]) pairs.push(code(primitive(key)) + equals + code(primitive(v)));
  }
  return pairs.join(separator);
}

export function parse(text, separator = "&", equals = "=", { decodeURIComponent: code = unescape, maxKeys = 1000 } = {}) {
  const out = Object.create(null);
  if (typeof text !== "string" || text === "") return out;
  let pairs = text.split(separator);
  if (maxKeys > 0) pairs = pairs.slice(0, maxKeys);
  for (const pair of pairs) {
    if (pair === "") continue;
    const at = pair.indexOf(equals);
    const key = code((at < 0 ? pair : pair.slice(0, at)).replaceAll("+", " "));
    const value = at < 0 ? "" : code(pair.slice(at + equals.length).replaceAll("+", " "));
    if (!(key in out)) out[key] = value;
    else if (Array.isArray(out[key])) out[key].push(value);
    else out[key] = [out[key], value];
  }
  return out;
}

export { parse as decode, stringify as encode };
export default { escape, unescape, stringify, parse, decode: parse, encode: stringify };
