// Request. One that came by HTTP is made of what the server gave, and its Headers
// and signal only when somebody asks.
const { need, dictionary, oneOf, usv, derived } = exports;
const { like } = host;
const INNER = {};

const upper = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"]);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const enums = {
  mode: ["navigate", "same-origin", "no-cors", "cors"],
  credentials: ["omit", "same-origin", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  redirect: ["follow", "error", "manual"],
  referrerPolicy: [
    "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
    "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url",
  ],
};
const defaults = Object.freeze({
  mode: "cors", credentials: "same-origin", cache: "default", redirect: "follow", referrerPolicy: "",
  integrity: "", keepalive: false, referrer: "about:client",
});

function methodOf(value) {
  const text = `${value}`;
  if (!token.test(text)) throw new TypeError(`Request: '${text}' is not a valid method`);
  const big = text.toUpperCase();
  if (big === "CONNECT" || big === "TRACE" || big === "TRACK") throw new TypeError(`Request: the method '${text}' is forbidden`);
  return upper.has(big) ? big : text;
}

let build, follow, fill; // a private method would be added to each object
let one;

class Request extends exports.Body {
  #method;
  #url;
  #headers = null; // Headers, or their text until somebody asks for them
  #signal = null;
  #parent = null; // the signal that its own follows, or a function that gives its own
  #options = defaults;

  constructor(input, init) {
    if (input === INNER) {
      super();
      return;
    }
    need(arguments.length, 1, "Request");
    const request = like(one);
    build(request, input, dictionary(init, "Request"));
    return new.target === Request ? request : derived(request, new.target);
  }

  static {
    build = (request, input, init) => {
      const from = typeof input === "object" && input !== null && #url in input ? input : null;
      if (from === null) request.#url = address(input);
      else request.#url = from.#url;
      request.#method = init.method === undefined ? (from === null ? "GET" : from.#method) : methodOf(init.method);
      request.#options = options(init, from === null ? defaults : from.#options);
      follow(request, init.signal, from);
      request.#headers = init.headers !== undefined
        ? new exports.Headers(init.headers)
        : from === null ? new exports.Headers() : exports.headers.copy(from.headers);
      fill(request, init, from);
    };
    follow = (request, signal, from) => {
      if (signal === undefined) {
        if (from !== null) request.#parent = from.signal;
      } else if (signal !== null) {
        if (!exports.abort.is(signal)) throw new TypeError("Request: the signal is not an AbortSignal");
        request.#parent = signal;
      }
    };
    fill = (request, init, from) => {
      const given = init.body !== undefined && init.body !== null;
      const inherited = !given && from !== null && !exports.body.absent(from);
      if ((given || inherited) && (request.#method === "GET" || request.#method === "HEAD")) {
        throw new TypeError("Request: a GET or HEAD request has no body");
      }
      if (given) {
        const { source, stream, type } = exports.body.extract(init.body);
        exports.body.set(request, source, stream);
        if (type !== null && !request.#headers.has("content-type")) request.#headers.append("content-type", type);
      } else if (inherited) {
        if (exports.body.unusable(from)) throw new TypeError("Request: the body of the given request was already used");
        exports.body.move(from, request);
      }
    };
    exports.request = {
      is: (value) => typeof value === "object" && value !== null && #url in value,
      // one is what a Request that came by HTTP is made like. Its properties are, in this
      // order, the source of its body (bytes or a HostBody; it has none), its stream and
      // whether it was used; method, address, headers as lines (names in lower case and
      // values in turns), signal, and a function that gives the signal which tells that the
      // caller is gone, or null.
      get one() { return one; },
      parent: (request) => request.#signal ?? (typeof request.#parent === "function" ? request.signal : request.#parent),
    };
  }

  get method() { return this.#method; }
  get url() { return this.#url; }
  get headers() {
    if (typeof this.#headers === "string") this.#headers = exports.headers.ofText(this.#headers, true);
    return this.#headers;
  }
  get signal() {
    if (this.#signal === null) {
      this.#signal = typeof this.#parent === "function" ? this.#parent() : this.#parent === null ? new exports.AbortController().signal : exports.abort.follow(this.#parent);
    }
    return this.#signal;
  }
  get destination() { return ""; }
  get referrer() { return this.#options.referrer; }
  get referrerPolicy() { return this.#options.referrerPolicy; }
  get mode() { return this.#options.mode; }
  get credentials() { return this.#options.credentials; }
  get cache() { return this.#options.cache; }
  get redirect() { return this.#options.redirect; }
  get integrity() { return this.#options.integrity; }
  get keepalive() { return this.#options.keepalive; }
  get isReloadNavigation() { return false; }
  get isHistoryNavigation() { return false; }
  get duplex() { return "half"; }

  clone() {
    if (exports.body.unusable(this)) throw new TypeError("Request.clone: the body was already used");
    const copy = like(one);
    copy.#method = this.#method;
    copy.#url = this.#url;
    copy.#headers = exports.headers.copy(this.headers);
    copy.#options = this.#options;
    copy.#parent = this.signal;
    exports.body.tee(this, copy);
    return copy;
  }

  get [Symbol.toStringTag]() { return "Request"; }
}

function address(input) {
  const text = usv(input);
  const parts = exports.url.href(text);
  if (parts === null) throw new TypeError(`Request: '${text}' is not a valid URL`);
  if (parts.username !== "" || parts.password !== "") {
    throw new TypeError("Request: the URL has a name or a password in it");
  }
  return parts.href;
}

function options(init, base) {
  let found = base;
  const put = (name, value) => {
    if (found === base) found = { ...base };
    found[name] = value;
  };
  if (init.window !== undefined && init.window !== null) throw new TypeError("Request: window can only be null");
  for (const name of Object.keys(enums)) {
    if (init[name] !== undefined) put(name, oneOf(init[name], enums[name], "Request"));
  }
  if (found.mode === "navigate") throw new TypeError("Request: the mode 'navigate' is not for scripts");
  if (init.integrity !== undefined) put("integrity", `${init.integrity}`);
  if (init.keepalive !== undefined) put("keepalive", !!init.keepalive);
  if (init.referrer !== undefined) put("referrer", referrer(usv(init.referrer)));
  if (init.duplex !== undefined) oneOf(init.duplex, ["half"], "Request");
  return found;
}

function referrer(text) {
  if (text === "") return "";
  const parts = exports.url.href(text);
  if (parts === null) throw new TypeError(`Request: the referrer '${text}' is not a valid URL`);
  return parts.href === "about:client" ? "about:client" : parts.href;
}

one = new Request(INNER);
exports.field(Request, "method", one, 3);
exports.field(Request, "url", one, 4);
exports.Request = Request;
exports.define("Request", Request);
