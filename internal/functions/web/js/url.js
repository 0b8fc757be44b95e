// URL and URLSearchParams. Of an address that is plainly http the host tells at which
// places its parts end, and they are cut out when somebody asks; everything else it
// parses as the URL standard says. A query is parsed when more is asked than a value.
const { need, usv, iterable, derived } = exports;
const { like } = host;
const plain = host.operation("url.plain");
const INNER = {};

// cut makes the parts of an address of the places that the host found.
function cut(text, places) {
  const query = places & 4095;
  const path = places >> 12;
  const ends = host.call("url.host", text);
  const port = ends & 4095;
  const name = ends >> 12;
  const secure = text[4] === "s";
  const search = text.slice(path, query);
  const hash = text.slice(query);
  return {
    href: text, protocol: secure ? "https:" : "http:", username: "", password: "",
    hostname: text.slice(secure ? 8 : 7, name), port: text.slice(name + 1, port), pathname: text.slice(port, path),
    search: search === "?" ? "" : search, hash: hash === "#" ? "" : hash,
  };
}

function parse(url, base) {
  if (base === undefined) {
    const places = plain(url);
    if (places !== null) return cut(url, places);
    return host.call("url.parse", url, null);
  }
  return host.call("url.parse", url, base);
}

function invalid(url) {
  const error = new TypeError("Invalid URL");
  error.code = "ERR_INVALID_URL";
  error.input = url;
  return error;
}

const origins = ["http:", "https:", "ws:", "wss:", "ftp:"];

// What its methods share stands beside the class: a private method would be added to
// each object.
let partsOf, set, renew, oneURL, noParams;

class URL extends exports.Based {
  #parts; // or the address that they are cut out of at #places, until somebody asks
  #places = 0;
  #query = null;

  constructor(url, base) {
    if (url === INNER) {
      super();
      return;
    }
    const text = typeof url === "string" && base === undefined ? url : usv(url);
    const places = base === undefined ? plain(text) : null;
    let made;
    if (places !== null) made = like(oneURL, text, places);
    else {
      const parts = host.call("url.parse", text, base === undefined ? null : usv(base));
      if (parts === null) throw invalid(usv(text));
      made = like(oneURL, parts);
    }
    return new.target === URL ? made : derived(made, new.target);
  }

  static {
    partsOf = (url) => (typeof url.#parts === "string" ? (url.#parts = cut(url.#parts, url.#places)) : url.#parts);
    set = (url, name, value) => {
      const parts = host.call("url.set", partsOf(url).href, name, value);
      if (parts !== null) url.#parts = parts;
    };
    renew = (url) => {
      if (url.#query !== null) exports.params.renew(url.#query, partsOf(url).search);
    };
    exports.url = {
      is: (value) => typeof value === "object" && value !== null && #query in value,
      // href is the address of a text in its normal form, or null.
      href: (text) => parse(text, undefined),
      search(url, text) {
        set(url, "search", text);
      },
    };
  }

  static canParse(url, base) {
    need(arguments.length, 1, "URL.canParse");
    const text = usv(url);
    return parse(text, base === undefined ? undefined : usv(base)) !== null;
  }

  static parse(url, base) {
    need(arguments.length, 1, "URL.parse");
    try {
      return new URL(url, base);
    } catch (error) {
      if (error?.code === "ERR_INVALID_URL") return null;
      throw error;
    }
  }

  static createObjectURL() {
    throw new exports.DOMException("URL.createObjectURL is not there in functions", "NotSupportedError");
  }

  static revokeObjectURL() {}

  get href() { return partsOf(this).href; }
  set href(value) {
    const text = usv(value);
    const parts = parse(text, undefined);
    if (parts === null) throw invalid(text);
    this.#parts = parts;
    renew(this);
  }
  get origin() {
    const { protocol, hostname, port } = partsOf(this);
    if (origins.includes(protocol)) return protocol + "//" + hostname + (port === "" ? "" : ":" + port);
    if (protocol !== "blob:") return "null";
    const inner = parse(partsOf(this).pathname, undefined);
    if (inner === null || (inner.protocol !== "http:" && inner.protocol !== "https:")) return "null";
    return new URL(inner.href).origin;
  }
  get protocol() { return partsOf(this).protocol; }
  set protocol(value) { set(this, "protocol", usv(value)); }
  get username() { return partsOf(this).username; }
  set username(value) { set(this, "username", usv(value)); }
  get password() { return partsOf(this).password; }
  set password(value) { set(this, "password", usv(value)); }
  get host() { return partsOf(this).port === "" ? partsOf(this).hostname : partsOf(this).hostname + ":" + partsOf(this).port; }
  set host(value) { set(this, "host", usv(value)); }
  get hostname() { return partsOf(this).hostname; }
  set hostname(value) { set(this, "hostname", usv(value)); }
  get port() { return partsOf(this).port; }
  set port(value) { set(this, "port", usv(value)); }
  get pathname() { return partsOf(this).pathname; }
  set pathname(value) { set(this, "pathname", usv(value)); }
  get search() { return partsOf(this).search; }
  set search(value) {
    set(this, "search", usv(value));
    renew(this);
  }
  get hash() { return partsOf(this).hash; }
  set hash(value) { set(this, "hash", usv(value)); }
  get searchParams() {
    if (this.#query !== null) return this.#query;
    const parts = this.#parts;
    const places = this.#places;
    const search = typeof parts === "string" ? parts.slice((places >> 12) + 1, places & 4095) : parts.search.slice(1);
    return (this.#query = like(noParams, search, this));
  }
  toString() { return partsOf(this).href; }
  toJSON() { return partsOf(this).href; }
  get [Symbol.toStringTag]() { return "URL"; }
}

const unsafe = /[^A-Za-z0-9*\-._]/;
const escapes = /[!'()~]|%20/g;

function encode(text) {
  if (!unsafe.test(text)) return text;
  return encodeURIComponent(text).replace(escapes, (found) => {
    if (found === "%20") return "+";
    return "%" + found.charCodeAt(0).toString(16).toUpperCase();
  });
}

function decode(text) {
  if (text.includes("+")) text = text.replaceAll("+", " ");
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return host.call("url.unescape", text);
  }
}

// parsePairs reads application/x-www-form-urlencoded.
function parsePairs(text) {
  const pairs = [];
  if (text === "") return pairs;
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const at = piece.indexOf("=");
    pairs.push(at < 0 ? [decode(piece), ""] : [decode(piece.slice(0, at)), decode(piece.slice(at + 1))]);
  }
  return pairs;
}

function read(init) {
  const iterate = init[Symbol.iterator];
  const pairs = [];
  if (iterate === undefined || iterate === null) {
    const seen = new Map();
    for (const key of Reflect.ownKeys(init)) {
      if (!Reflect.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
      if (typeof key === "symbol") throw new TypeError("URLSearchParams: a symbol is not a name");
      seen.set(usv(key), usv(init[key]));
    }
    return [...seen];
  }
  for (const pair of { [Symbol.iterator]: () => iterate.call(init) }) {
    if (typeof pair !== "object" || pair === null) throw new TypeError("URLSearchParams: an entry is not a pair");
    const both = [...pair];
    if (both.length !== 2) throw new TypeError("URLSearchParams: an entry has not exactly two parts");
    pairs.push([usv(both[0]), usv(both[1])]);
  }
  return pairs;
}

let pairsOf, changed;

class URLSearchParams extends exports.Based {
  #pairs = ""; // the text that they are made of, until somebody asks for them
  #url = null;

  constructor(init) {
    if (init === INNER) {
      super();
      return;
    }
    let pairs = "";
    if ((typeof init === "object" && init !== null) || typeof init === "function") pairs = read(init);
    else if (init !== undefined && init !== "") {
      const text = usv(init);
      pairs = text[0] === "?" ? text.slice(1) : text;
    }
    const made = like(noParams, pairs);
    return new.target === URLSearchParams ? made : derived(made, new.target);
  }

  static {
    pairsOf = (params) => (typeof params.#pairs === "string" ? (params.#pairs = parsePairs(params.#pairs)) : params.#pairs);
    changed = (params) => {
      if (params.#url !== null) exports.url.search(params.#url, params.toString());
    };
    exports.params = {
      is: (value) => typeof value === "object" && value !== null && #url in value,
      parse: parsePairs,
      renew(params, search) {
        params.#pairs = search.slice(1);
      },
    };
    iterable(URLSearchParams, "URLSearchParams", pairsOf);
  }

  append(name, value) {
    need(arguments.length, 2, "URLSearchParams.append");
    pairsOf(this).push([usv(name), usv(value)]);
    changed(this);
  }

  delete(name, value) {
    need(arguments.length, 1, "URLSearchParams.delete");
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    this.#pairs = pairsOf(this).filter((pair) => pair[0] !== key || (only !== undefined && pair[1] !== only));
    changed(this);
  }

  get(name) {
    need(arguments.length, 1, "URLSearchParams.get");
    const key = usv(name);
    for (const pair of pairsOf(this)) if (pair[0] === key) return pair[1];
    return null;
  }

  getAll(name) {
    need(arguments.length, 1, "URLSearchParams.getAll");
    const key = usv(name);
    return pairsOf(this).filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name, value) {
    need(arguments.length, 1, "URLSearchParams.has");
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    return pairsOf(this).some((pair) => pair[0] === key && (only === undefined || pair[1] === only));
  }

  set(name, value) {
    need(arguments.length, 2, "URLSearchParams.set");
    const key = usv(name);
    const text = usv(value);
    let found = false;
    this.#pairs = pairsOf(this).filter((pair) => {
      if (pair[0] !== key) return true;
      if (found) return false;
      pair[1] = text;
      found = true;
      return true;
    });
    if (!found) pairsOf(this).push([key, text]);
    changed(this);
  }

  sort() {
    pairsOf(this).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    changed(this);
  }

  get size() { return pairsOf(this).length; }

  toString() {
    let text = "";
    for (const [name, value] of pairsOf(this)) {
      if (text !== "") text += "&";
      text += encode(name) + "=" + encode(value);
    }
    return text;
  }

  get [Symbol.toStringTag]() { return "URLSearchParams"; }
}

oneURL = new URL(INNER);
noParams = new URLSearchParams(INNER);
exports.method(URLSearchParams, "get", host.method(noParams, 0, "get", "url.first", URLSearchParams.prototype.get));
exports.unbased(URL);
exports.unbased(URLSearchParams);
exports.define("URL", URL);
exports.define("URLSearchParams", URLSearchParams);
