// URLPattern by the URL Pattern Standard (urlpattern.spec.whatwg.org): a pattern for each
// component of an address, as regular expressions whose groups have names.
const { usv } = exports;
const { URL } = globalThis;
const names = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const special = { http: "80", https: "443", ws: "80", wss: "443", ftp: "21", file: "" };
const { tokenize, compile, escape: escapePattern, failed } = exports.pattern;

// ---- the normal form of components

const through = (address, change) => {
  const url = new URL(address);
  change(url);
  return url;
};

const canonical = {
  protocol(value) {
    if (value === "") return "";
    if (!/^[a-z][a-z\d+.-]*$/i.test(value)) throw failed(`'${value}' is no protocol`);
    return value.toLowerCase();
  },
  username: (value) => (value === "" ? "" : through("https://x", (url) => (url.username = value)).username),
  password: (value) => (value === "" ? "" : through("https://x", (url) => (url.password = value)).password),
  hostname(value) {
    if (value === "") return "";
    if (/[\0-\x20#/:<>?@\\^|%]/.test(value.replace(/^\[.*\]$/, ""))) throw failed(`'${value}' is no host`);
    const found = URL.parse(`https://${value}`);
    if (found === null) throw failed(`'${value}' is no host`);
    return found.hostname;
  },
  bracketed(value) {
    if (!/^[\da-f:[\]]*$/i.test(value)) throw failed(`'${value}' is no part of an IPv6 address`);
    return value.toLowerCase();
  },
  port(value, protocol) {
    if (value === "") return "";
    if (!/^\d+$/.test(value) || Number(value) > 65535) throw failed(`'${value}' is no port`);
    return `${Number(value)}` === special[protocol] ? "" : `${Number(value)}`;
  },
  pathname(value) {
    if (value === "") return "";
    const absolute = value[0] === "/";
    const path = through("https://x", (url) => (url.pathname = absolute ? value : `/-${value}`)).pathname;
    return absolute ? path : path.slice(2);
  },
  opaque: (value) => (value === "" ? "" : new URL(`data:${value}`).pathname),
  search: (value) => (value === "" ? "" : through("https://x", (url) => (url.search = value)).search.slice(1)),
  hash: (value) => (value === "" ? "" : through("https://x", (url) => (url.hash = value)).hash.slice(1)),
};

// ---- what a pattern or an address is made of

// filled is {protocol, …} of an init: as patterns, or in the normal form of an address.
function filled(init, pattern, initial) {
  const out = { ...initial };
  let base = null;
  const said = {};
  for (const name of [...names, "baseURL"]) if (init[name] !== undefined) said[name] = usv(init[name]);
  if (said.baseURL !== undefined) {
    base = URL.parse(said.baseURL);
    if (base === null) throw failed(`'${said.baseURL}' is no URL`);
    inherit(out, said, base, pattern);
  }
  const normal = (name, value) => (pattern ? value : canonical[name](value, out.protocol));
  if (said.protocol !== undefined) out.protocol = normal("protocol", said.protocol.replace(/:$/, ""));
  for (const name of ["username", "password", "hostname", "port"]) if (said[name] !== undefined) out[name] = normal(name, said[name]);
  if (said.pathname !== undefined) out.pathname = pathOf(said.pathname, base, out.protocol, pattern);
  if (said.search !== undefined) out.search = normal("search", said.search.replace(/^\?/, ""));
  if (said.hash !== undefined) out.hash = normal("hash", said.hash.replace(/^#/, ""));
  return out;
}

// inherit takes of the base what stands before everything that is said.
function inherit(out, said, base, pattern) {
  const own = (text) => (pattern ? escapePattern(text) : text);
  const missing = (...list) => list.every((name) => said[name] === undefined);
  if (missing("protocol")) out.protocol = own(base.protocol.slice(0, -1));
  if (!pattern && missing("protocol", "hostname", "port", "username")) out.username = base.username;
  if (!pattern && missing("protocol", "hostname", "port", "username", "password")) out.password = base.password;
  if (missing("protocol", "hostname")) out.hostname = own(base.hostname);
  if (missing("protocol", "hostname", "port")) out.port = own(base.port);
  if (missing("protocol", "hostname", "port", "pathname")) out.pathname = own(base.pathname);
  if (missing("protocol", "hostname", "port", "pathname", "search")) out.search = own(base.search.slice(1));
  if (missing("protocol", "hostname", "port", "pathname", "search", "hash")) out.hash = own(base.hash.slice(1));
}

function pathOf(value, base, protocol, pattern) {
  let path = value;
  const absolute = value.startsWith("/") || (pattern && /^(?:\\|\{)\//.test(value));
  if (base !== null && !absolute && base.pathname.startsWith("/")) {
    const folder = base.pathname.slice(0, base.pathname.lastIndexOf("/") + 1);
    path = (pattern ? escapePattern(folder) : folder) + value;
  }
  if (pattern) return path;
  return protocol === "" || protocol === undefined || special[protocol] !== undefined ? canonical.pathname(path) : canonical.opaque(path);
}

// ---- a pattern as one text

// split is the init of a pattern that is written like an address.
function split(text) {
  const { chars, tokens } = tokenize(text, true);
  const init = {};
  let state = "init", start = 0, at = 0, step = 1, depth = 0, brackets = 0, known = false;
  const plain = (k, value) => tokens[k]?.value === value && ["char", "escaped", "invalid"].includes(tokens[k].type);
  const part = () => chars.slice(tokens[start].index, tokens[at].index).join("");
  const query = () => plain(at, "?") || (tokens[at].value === "?" && !["name", "regexp", "close", "asterisk"].includes(tokens[at - 1]?.type));
  const rewind = (to) => {
    at = start;
    step = 0;
    state = to;
  };
  const change = (to, skip) => {
    if (!["init", "authority", "done"].includes(state)) init[state] = part();
    if (state !== "init" && to !== "done") {
      const from = names.indexOf(state === "authority" ? "username" : state), into = names.indexOf(to);
      if (from < 3 && into > 3) init.hostname ??= "";
      if (from < 5 && into > 5) init.pathname ??= known ? "/" : "";
      if (from < 6 && into > 6) init.search ??= "";
    }
    state = to;
    at += skip;
    start = at;
    step = 0;
  };
  const rest = () => (plain(at, "/") ? change("pathname", 0) : query() ? change("search", 1) : plain(at, "#") ? change("hash", 1) : undefined);
  const steps = {
    init() { if (plain(at, ":")) rewind("protocol"); },
    protocol() {
      if (!plain(at, ":")) return;
      const { regexp } = compile(part(), { delimiter: "", prefix: "", ignoreCase: false }, canonical.protocol);
      known = Object.keys(special).some((scheme) => regexp.test(scheme));
      if (plain(at + 1, "/") && plain(at + 2, "/")) change("authority", 3);
      else change(known ? "authority" : "pathname", 1);
    },
    authority() {
      if (plain(at, "@")) rewind("username");
      else if (plain(at, "/") || query() || plain(at, "#")) rewind("hostname");
    },
    username() { plain(at, ":") ? change("password", 1) : plain(at, "@") ? change("hostname", 1) : undefined; },
    password() { if (plain(at, "@")) change("hostname", 1); },
    hostname() {
      if (plain(at, "[")) brackets++;
      else if (plain(at, "]")) brackets--;
      else if (plain(at, ":") && brackets === 0) change("port", 1);
      else rest();
    },
    port: rest,
    pathname() { query() ? change("search", 1) : plain(at, "#") ? change("hash", 1) : undefined; },
    search() { if (plain(at, "#")) change("hash", 1); },
    hash() {},
  };
  for (; at < tokens.length; at += step) {
    step = 1;
    const { type } = tokens[at];
    if (type === "end") {
      if (state === "init") {
        rewind("init");
        plain(at, "#") ? change("hash", 1) : query() ? change("search", 1) : change("pathname", 0);
        continue;
      }
      if (state === "authority") {
        rewind("hostname");
        continue;
      }
      change("done", 0);
      break;
    }
    if (type === "open") depth++;
    else if (type === "close" && depth > 0) depth--;
    else if (depth === 0) steps[state]();
  }
  if (init.hostname !== undefined) init.port ??= "";
  return init;
}

// ---- URLPattern

class URLPattern {
  #components = {};

  constructor(input = {}, second, third) {
    const based = typeof second === "string";
    const options = (based ? third : second) ?? {};
    let init = input;
    if (typeof input !== "object" || input === null) {
      init = split(usv(input));
      if (based) init.baseURL = second;
      else if (init.protocol === undefined) throw failed(`'${input}' is relative, and there is no base`);
    } else if (based) {
      throw failed("an init and a base cannot be given both");
    }
    const texts = filled(init, true, {});
    for (const name of names) texts[name] ??= "*";
    if (texts.port !== "" && special[texts.protocol] === texts.port) texts.port = "";
    this.#compile(texts, options.ignoreCase === true);
  }

  #compile(texts, ignoreCase) {
    const plain = { delimiter: "", prefix: "", ignoreCase: false };
    const set = (name, options, encode) => (this.#components[name] = compile(texts[name], options, encode));
    const { regexp } = set("protocol", plain, canonical.protocol);
    for (const name of ["username", "password"]) set(name, plain, canonical[name]);
    set("hostname", { ...plain, delimiter: "." }, /^(?:\\?\[|\{\\?\[)/.test(texts.hostname) ? canonical.bracketed : canonical.hostname);
    set("port", plain, (value) => canonical.port(value, ""));
    const known = Object.keys(special).some((scheme) => regexp.test(scheme));
    if (known) set("pathname", { delimiter: "/", prefix: "/", ignoreCase }, canonical.pathname);
    else set("pathname", { ...plain, ignoreCase }, canonical.opaque);
    for (const name of ["search", "hash"]) set(name, { ...plain, ignoreCase }, canonical[name]);
  }

  test(input = {}, base) {
    return this.exec(input, base) !== null;
  }

  exec(input = {}, base) {
    const values = valuesOf(input, base);
    if (values === null) return null;
    const result = { inputs: base === undefined ? [input] : [input, base] };
    for (const name of names) {
      const { regexp, groups } = this.#components[name];
      const found = regexp.exec(values[name]);
      if (found === null) return null;
      result[name] = { input: values[name], groups: Object.fromEntries(groups.map((group, k) => [group, found[k + 1]])) };
    }
    return result;
  }

  get hasRegExpGroups() { return names.some((name) => this.#components[name].custom); }
  get [Symbol.toStringTag]() { return "URLPattern"; }

  static {
    for (const name of names) {
      Object.defineProperty(this.prototype, name, { get() { return this.#components[name].text; }, enumerable: true, configurable: true });
    }
  }
}

// valuesOf are the components of what is looked at; null for what is no address.
function valuesOf(input, base) {
  if (typeof input === "object" && input !== null && !exports.url.is(input)) {
    if (base !== undefined) throw failed("an init and a base cannot be given both");
    try {
      return filled(input, false, Object.fromEntries(names.map((name) => [name, ""])));
    } catch {
      return null;
    }
  }
  const url = URL.parse(usv(input), base === undefined ? undefined : usv(base));
  if (url === null) return null;
  return Object.fromEntries(names.map((name) => [name, name === "protocol" ? url.protocol.slice(0, -1) : name === "search" || name === "hash" ? url[name].slice(1) : url[name]]));
}

exports.URLPattern = URLPattern;
