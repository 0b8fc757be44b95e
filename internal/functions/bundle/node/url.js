// Node's url (nodejs.org/api/url.html), without its old url.parse.
const { URL, URLSearchParams } = globalThis;
export { URL, URLSearchParams };

export function fileURLToPath(url) {
  const u = new URL(url);
  if (u.protocol !== "file:") {
    const error = new TypeError("The URL must be of scheme file");
    error.code = "ERR_INVALID_URL_SCHEME";
    throw error;
  }
  return decodeURIComponent(u.pathname);
}

export function pathToFileURL(path) {
  const url = new URL("file:///");
  url.pathname = path.replace(/%/g, "%25").replace(/\?/g, "%3F").replace(/#/g, "%23");
  return url;
}

export function urlToHttpOptions(url) {
  return {
    protocol: url.protocol, hostname: url.hostname, hash: url.hash, search: url.search, pathname: url.pathname,
    path: url.pathname + url.search, href: url.href,
    ...(url.port && { port: Number(url.port) }),
    ...(url.username && { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
  };
}

export const format = (url) => typeof url === "string" ? url : String(url.href ?? url);
export function resolve(from, to) {
  const base = new URL(to, new URL(from, "resolve://"));
  return base.protocol === "resolve:" ? base.pathname + base.search + base.hash : base.href;
}
export function parse() { throw new Error("url.parse is not available in functions: use new URL(…)"); }
export default { URL, URLSearchParams, fileURLToPath, pathToFileURL, urlToHttpOptions, format, resolve, parse };
