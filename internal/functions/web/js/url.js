// URL and URLSearchParams. Of an address that is plainly http the host tells at which
// places its parts end, and they are cut out when somebody asks; everything else it
// parses as the URL standard says. A query is parsed when more is asked than a value.
const { need, usv, iterable } = exports;

// cut makes the parts of an address of the places that the host found.
function cut(text, places) {
  const query = places % 4096;
  places = (places - query) / 4096;
  const path = places % 4096;
  places = (places - path) / 4096;
  const host = places % 4096;
  const name = (places - host) / 4096;
  const secure = text[4] === "s";
  const search = text.slice(path, query);
  const hash = text.slice(query);
  return {
    href: text, protocol: secure ? "https:" : "http:", username: "", password: "",
    hostname: text.slice(secure ? 8 : 7, name), port: text.slice(name + 1, host), pathname: text.slice(host, path),
    search: search === "?" ? "" : search, hash: hash === "#" ? "" : hash,
  };
}

function parse(url, base) {
  if (base === undefined) {
    const places = host.call("url.plain", url);
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

class URL {
  #cut; // the parts, or null until somebody asks for them
  #text; // the address that they are cut out of, at these places
  #places;
  #query = null;

  constructor(url, base) {
    if (arguments.length < 1) need(0, 1, "URL");
    const text = typeof url === "string" && base === undefined ? url : usv(url);
    if (base === undefined) {
      const places = host.call("url.plain", text);
      if (places !== null) {
        this.#cut = null;
        this.#text = text;
        this.#places = places;
        return;
      }
    }
    const parts = host.call("url.parse", text, base === undefined ? null : usv(base));
    if (parts === null) throw invalid(usv(text));
    this.#cut = parts;
  }

  get #parts() {
    return (this.#cut ??= cut(this.#text, this.#places));
  }
  set #parts(parts) {
    this.#cut = parts;
  }

  static {
    exports.url = {
      is: (value) => typeof value === "object" && value !== null && #query in value,
      // href is the address of a text in its normal form, or null.
      href: (text) => parse(text, undefined),
      search(url, text) {
        url.#set("search", text);
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

  #set(name, value) {
    const parts = host.call("url.set", this.#parts.href, name, value);
    if (parts !== null) this.#parts = parts;
  }

  #change(name, value) {
    this.#set(name, usv(value));
  }

  get href() { return this.#parts.href; }
  set href(value) {
    const text = usv(value);
    const parts = parse(text, undefined);
    if (parts === null) throw invalid(text);
    this.#parts = parts;
    this.#renew();
  }
  get origin() {
    const { protocol, hostname, port } = this.#parts;
    if (origins.includes(protocol)) return protocol + "//" + hostname + (port === "" ? "" : ":" + port);
    if (protocol !== "blob:") return "null";
    const inner = parse(this.#parts.pathname, undefined);
    if (inner === null || (inner.protocol !== "http:" && inner.protocol !== "https:")) return "null";
    return new URL(inner.href).origin;
  }
  get protocol() { return this.#parts.protocol; }
  set protocol(value) { this.#change("protocol", value); }
  get username() { return this.#parts.username; }
  set username(value) { this.#change("username", value); }
  get password() { return this.#parts.password; }
  set password(value) { this.#change("password", value); }
  get host() { return this.#parts.port === "" ? this.#parts.hostname : this.#parts.hostname + ":" + this.#parts.port; }
  set host(value) { this.#change("host", value); }
  get hostname() { return this.#parts.hostname; }
  set hostname(value) { this.#change("hostname", value); }
  get port() { return this.#parts.port; }
  set port(value) { this.#change("port", value); }
  get pathname() { return this.#parts.pathname; }
  set pathname(value) { this.#change("pathname", value); }
  #search() {
    if (this.#cut !== null) return this.#cut.search;
    const end = this.#places % 4096;
    return this.#text.slice(((this.#places - end) / 4096) % 4096, end);
  }
  get search() { return this.#parts.search; }
  set search(value) {
    this.#change("search", value);
    this.#renew();
  }
  get hash() { return this.#parts.hash; }
  set hash(value) { this.#change("hash", value); }
  get searchParams() {
    if (this.#query === null) this.#query = exports.params.of(this, this.#search());
    return this.#query;
  }
  #renew() {
    if (this.#query !== null) exports.params.renew(this.#query, this.#parts.search);
  }

  toString() { return this.#parts.href; }
  toJSON() { return this.#parts.href; }
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

class URLSearchParams {
  #text = ""; // of which the pairs are made when they are asked for
  #list = null;
  #url = null;

  constructor(init) {
    if (init === undefined) return;
    if ((typeof init === "object" && init !== null) || typeof init === "function") this.#list = URLSearchParams.#read(init);
    else if (init !== "") {
      const text = usv(init);
      this.#text = text[0] === "?" ? text.slice(1) : text;
    }
  }

  get #pairs() {
    return (this.#list ??= parsePairs(this.#text));
  }
  set #pairs(pairs) {
    this.#list = pairs;
  }

  static #read(init) {
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

  static {
    exports.params = {
      is: (value) => typeof value === "object" && value !== null && #url in value,
      parse: parsePairs,
      of(url, search) {
        const params = new URLSearchParams();
        params.#text = search.slice(1);
        params.#url = url;
        return params;
      },
      renew(params, search) {
        params.#list = null;
        params.#text = search.slice(1);
      },
    };
    iterable(URLSearchParams, "URLSearchParams", (params) => params.#pairs);
  }

  #changed() {
    if (this.#url !== null) exports.url.search(this.#url, this.toString());
  }

  append(name, value) {
    need(arguments.length, 2, "URLSearchParams.append");
    this.#pairs.push([usv(name), usv(value)]);
    this.#changed();
  }

  delete(name, value) {
    need(arguments.length, 1, "URLSearchParams.delete");
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key || (only !== undefined && pair[1] !== only));
    this.#changed();
  }

  get(name) {
    if (arguments.length < 1) need(0, 1, "URLSearchParams.get");
    if (this.#list === null) return host.call("url.first", this.#text, typeof name === "string" ? name : usv(name));
    const key = usv(name);
    for (const pair of this.#list) if (pair[0] === key) return pair[1];
    return null;
  }

  getAll(name) {
    need(arguments.length, 1, "URLSearchParams.getAll");
    const key = usv(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name, value) {
    need(arguments.length, 1, "URLSearchParams.has");
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    return this.#pairs.some((pair) => pair[0] === key && (only === undefined || pair[1] === only));
  }

  set(name, value) {
    need(arguments.length, 2, "URLSearchParams.set");
    const key = usv(name);
    const text = usv(value);
    let found = false;
    this.#pairs = this.#pairs.filter((pair) => {
      if (pair[0] !== key) return true;
      if (found) return false;
      pair[1] = text;
      found = true;
      return true;
    });
    if (!found) this.#pairs.push([key, text]);
    this.#changed();
  }

  sort() {
    this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed();
  }

  get size() { return this.#pairs.length; }

  toString() {
    let text = "";
    for (const [name, value] of this.#pairs) {
      if (text !== "") text += "&";
      text += encode(name) + "=" + encode(value);
    }
    return text;
  }

  get [Symbol.toStringTag]() { return "URLSearchParams"; }
}

exports.define("URL", URL);
exports.define("URLSearchParams", URLSearchParams);
