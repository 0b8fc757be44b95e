// Headers: a flat list of lower-case names and values, in the order of their
// coming; sorted only when somebody iterates.
const { need, iterable } = exports;

const known = new Map();
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const badValue = /[\0\r\n]|[^\0-\xff]/;
const outerSpace = /^[\t\n\r ]+|[\t\n\r ]+$/g;

function headerName(name) {
  const found = known.get(name);
  if (found !== undefined) return found;
  const text = `${name}`;
  if (!token.test(text)) throw new TypeError(`Headers: '${text}' is not a valid header name`);
  const lower = text.toLowerCase();
  if (known.size < 256 && typeof name === "string") known.set(name, lower);
  return lower;
}

function headerValue(value) {
  let text = `${value}`;
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (first <= 32 || last <= 32) text = text.replace(outerSpace, "");
  if (badValue.test(text)) throw new TypeError(`Headers: the value is not a valid header value`);
  return text;
}

const isEnumerable = Function.prototype.call.bind(Object.prototype.propertyIsEnumerable);

// add does not go by Array.prototype, which is the script's.
function add(list, name, value) {
  list[list.length] = name;
  list[list.length] = value;
}

const IMMUTABLE = 1;

class Headers {
  #list = [];
  #guard = 0;
  #sorted = null;

  constructor(init) {
    if (init !== undefined) Headers.#fill(this, init);
  }

  static {
    exports.headers = {
      is: (value) => typeof value === "object" && value !== null && #list in value,
      list: (headers) => headers.#list,
      // of makes Headers of a flat list whose names and values are known to be right.
      of(list, immutable) {
        const headers = new Headers();
        headers.#list = list;
        if (immutable) headers.#guard = IMMUTABLE;
        return headers;
      },
      // ofText makes them of lines, names and values in turns.
      ofText: (text, immutable) => exports.headers.of(text === "" ? [] : text.split("\n"), immutable),
      text: (headers) => headers.#list.join("\n"),
      lock(headers) {
        headers.#guard = IMMUTABLE;
        return headers;
      },
      copy: (headers) => exports.headers.of(headers.#list.slice(), false),
    };
    iterable(Headers, "Headers", (headers) => headers.#pairs());
  }

  static #fill(headers, init) {
    if (init === null || (typeof init !== "object" && typeof init !== "function")) {
      throw new TypeError("Headers: the argument is neither a sequence nor a record");
    }
    const list = headers.#list;
    if (#list in init && init[Symbol.iterator] === Headers.prototype[Symbol.iterator]) {
      headers.#list = init.#list.slice();
      return;
    }
    const iterate = init[Symbol.iterator];
    if (iterate === undefined || iterate === null) {
      for (const key of Reflect.ownKeys(init)) {
        if (!isEnumerable(init, key)) continue;
        if (typeof key === "symbol") throw new TypeError("Headers: a symbol is not a header name");
        add(list, headerName(key), headerValue(init[key]));
      }
      return;
    }
    for (const pair of { [Symbol.iterator]: () => iterate.call(init) }) {
      if (typeof pair !== "object" || pair === null) throw new TypeError("Headers: an entry is not a pair");
      const both = [...pair];
      if (both.length !== 2) throw new TypeError("Headers: an entry has not exactly two parts");
      add(list, headerName(both[0]), headerValue(both[1]));
    }
  }

  // The pairs in the order of names, each name once (Set-Cookie as often as it is there).
  #pairs() {
    if (this.#sorted !== null) return this.#sorted;
    const list = this.#list;
    const joined = new Map();
    const pairs = [];
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === "set-cookie") {
        pairs.push([list[i], list[i + 1]]);
        continue;
      }
      const pair = joined.get(list[i]);
      if (pair !== undefined) {
        pair[1] += ", " + list[i + 1];
        continue;
      }
      const fresh = [list[i], list[i + 1]];
      joined.set(list[i], fresh);
      pairs.push(fresh);
    }
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#sorted = pairs;
    return pairs;
  }

  #change() {
    if (this.#guard === IMMUTABLE) throw new TypeError("Headers are immutable");
    this.#sorted = null;
    return this.#list;
  }

  append(name, value) {
    need(arguments.length, 2, "Headers.append");
    const lower = headerName(name);
    const text = headerValue(value);
    add(this.#change(), lower, text);
  }

  delete(name) {
    need(arguments.length, 1, "Headers.delete");
    const lower = headerName(name);
    const list = this.#change();
    for (let i = list.length - 2; i >= 0; i -= 2) {
      if (list[i] === lower) list.splice(i, 2);
    }
  }

  get(name) {
    need(arguments.length, 1, "Headers.get");
    const lower = headerName(name);
    const list = this.#list;
    let found = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === lower) found = found === null ? list[i + 1] : found + ", " + list[i + 1];
    }
    return found;
  }

  getSetCookie() {
    const found = [];
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] === "set-cookie") found.push(this.#list[i + 1]);
    }
    return found;
  }

  has(name) {
    need(arguments.length, 1, "Headers.has");
    const lower = headerName(name);
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] === lower) return true;
    }
    return false;
  }

  set(name, value) {
    need(arguments.length, 2, "Headers.set");
    const lower = headerName(name);
    const text = headerValue(value);
    const list = this.#change();
    let at = -1;
    for (let i = list.length - 2; i >= 0; i -= 2) {
      if (list[i] !== lower) continue;
      if (at >= 0) list.splice(at, 2);
      at = i;
    }
    if (at < 0) add(list, lower, text);
    else list[at + 1] = text;
  }

  get [Symbol.toStringTag]() {
    return "Headers";
  }
}

exports.Headers = Headers;
exports.define("Headers", Headers);
