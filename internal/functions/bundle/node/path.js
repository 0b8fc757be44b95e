// Node's path, of POSIX (nodejs.org/api/path.html).
function string(value, name = "path") {
  if (typeof value !== "string") {
    const error = new TypeError(`The "${name}" argument must be of type string. Received ${value === null ? "null" : typeof value}`);
    error.code = "ERR_INVALID_ARG_TYPE";
    throw error;
  }
  return value;
}

// reduce takes "." and ".." out of segments; above a root there is nothing.
function reduce(segments, rooted) {
  const out = [];
  for (const s of segments) {
    if (s === "" || s === ".") continue;
    if (s !== "..") out.push(s);
    else if (out.length && out.at(-1) !== "..") out.pop();
    else if (!rooted) out.push("..");
  }
  return out.join("/");
}

export const sep = "/";
export const delimiter = ":";
export const isAbsolute = (p) => string(p).startsWith("/");

export function normalize(p) {
  if (string(p) === "") return ".";
  const rooted = p.startsWith("/");
  let out = reduce(p.split("/"), rooted);
  if (out && p.endsWith("/")) out += "/";
  if (!out && !rooted) return p.endsWith("/") ? "./" : ".";
  return (rooted ? "/" : "") + out;
}

export function join(...parts) {
  const given = parts.map((p) => string(p)).filter((p) => p !== "");
  return given.length ? normalize(given.join("/")) : ".";
}

export function resolve(...parts) {
  let out = "";
  for (const p of parts.toReversed()) {
    if (string(p) === "") continue;
    out = out ? `${p}/${out}` : p;
    if (p.startsWith("/")) break;
  }
  if (!out.startsWith("/")) out = "/" + out; // the folder a function works in is /
  return "/" + reduce(out.split("/"), true);
}

export function relative(from, to) {
  const a = resolve(string(from, "from")).split("/").filter(Boolean);
  const b = resolve(string(to, "to")).split("/").filter(Boolean);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
}

const trimmed = (p) => p.length > 1 ? p.replace(/\/+$/, "") || "/" : p;

export function dirname(p) {
  const at = string(p).replace(/\/+$/, "").lastIndexOf("/");
  if (at < 0) return p.startsWith("/") ? "/" : ".";
  if (at === 0) return "/";
  return at === 1 && p.startsWith("/") ? "//" : p.slice(0, at);
}

export function basename(p, suffix) {
  const t = trimmed(string(p));
  if (suffix === undefined) return t === "/" ? "" : t.slice(t.lastIndexOf("/") + 1);
  if (t === "/") return string(suffix, "ext").length <= p.length ? p : ""; // as Node does
  const base = t.slice(t.lastIndexOf("/") + 1);
  if (string(suffix, "ext") !== base && base.endsWith(suffix)) return base.slice(0, base.length - suffix.length);
  return base;
}

export function extname(p) {
  const base = basename(p);
  const at = base.lastIndexOf(".");
  return at <= 0 || base === ".." ? "" : base.slice(at);
}

export function parse(p) {
  const base = basename(p);
  const ext = extname(p);
  const root = isAbsolute(p) ? "/" : "";
  return { root, dir: trimmed(p).includes("/") ? dirname(p) : "", base, ext, name: ext ? base.slice(0, -ext.length) : base };
}

export function format({ dir, root = "", base, name = "", ext = "" }) {
  const file = base ?? name + (ext && !ext.startsWith(".") ? "." + ext : ext);
  if (!dir) return root + file;
  return dir === root ? dir + file : `${dir}/${file}`;
}

export const toNamespacedPath = (p) => p;
export const posix = { sep, delimiter, isAbsolute, normalize, join, resolve, relative, dirname, basename, extname, parse, format, toNamespacedPath };
posix.posix = posix;
export default posix;
