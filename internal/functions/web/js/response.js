// Response, and what the server takes of one.
const { need, dictionary, usv, derived } = exports;
const { like } = host;
const { stringify } = JSON;

const badPhrase = /[^\t\x20-\x7e\x80-\xff]/;
const INNER = {};

// What most responses have as their origin.
const own = Object.freeze({ statusText: "", type: "default", url: "", redirected: false });

const TEXT = "text/plain;charset=UTF-8";
const { take } = exports.body;

let begin; // of what a constructor was given; a private method would be added to each object
let one;

class Response extends exports.Body {
  #status = 200;
  #headers = null; // Headers, null for none, or their text until somebody asks for them
  #origin = own;

  constructor(body = null, init) {
    if (body === INNER) {
      super();
      return;
    }
    let made;
    if (typeof body === "string") made = begin(like(one, body), init, true, TEXT);
    else if (body === null) made = begin(like(one), init, false, null);
    else {
      const { source, stream, type } = exports.body.extract(body);
      made = begin(like(one, source, stream), init, true, type);
    }
    return new.target === Response ? made : derived(made, new.target);
  }

  static error() {
    const response = like(one);
    response.#status = 0;
    response.#origin = { ...own, type: "error" };
    exports.headers.lock(response.headers);
    return response;
  }

  static redirect(url, status = 302) {
    need(arguments.length, 1, "Response.redirect");
    const text = usv(url);
    const parts = exports.url.href(text);
    if (parts === null) throw new TypeError(`Response.redirect: '${text}' is not a valid URL`);
    const code = Number(status) & 0xffff;
    if (![301, 302, 303, 307, 308].includes(code)) throw new RangeError(`Response.redirect: ${status} is not a redirect`);
    const response = like(one);
    response.#status = code;
    response.#headers = exports.headers.of(["location", parts.href], true);
    return response;
  }

  static json(data, init) {
    const text = stringify(data);
    if (text === undefined) throw new TypeError("Response.json: the value is not a JSON value");
    if (init === undefined) return like(one, text, null, false, 200, "content-type\napplication/json");
    return begin(like(one, text), init, true, "application/json");
  }

  static {
    begin = (response, init, present, type) => {
      if (init !== undefined && init !== null) {
        dictionary(init, "Response");
        const { headers, status, statusText } = init;
        if (status !== undefined) response.#status = statusOf(status);
        if (statusText !== undefined) response.#origin = { ...own, statusText: phrase(statusText) };
        if (headers !== undefined) response.#headers = new exports.Headers(headers);
      }
      if (!present) return response;
      const code = response.#status;
      if (code === 204 || code === 205 || code === 304 || code === 101 || code === 103) {
        throw new TypeError(`Response: a response of status ${code} has no body`);
      }
      if (type === null) return response;
      if (response.#headers === null) response.#headers = "content-type\n" + type;
      else if (!response.#headers.has("content-type")) response.#headers.append("content-type", type);
      return response;
    };
    exports.response = {
      is: (value) => typeof value === "object" && value !== null && #status in value,
      // fetched makes the Response of an answer that came from elsewhere.
      fetched(answer, body) {
        const response = like(one);
        response.#status = answer.status;
        response.#origin = { statusText: answer.statusText, type: "basic", url: answer.url.split("#")[0], redirected: answer.redirected };
        response.#headers = exports.headers.of(answer.headers, true);
        if (body !== null) exports.body.set(response, body, null);
        return response;
      },
      // one is what others are made like: its properties are, in this order, the source of
      // its body (a string, or an object), its stream (null) and whether it was used, its
      // status, its headers (a text, null, or an object) and its origin.
      get one() { return one; },
      // give hands a response over as send(status, headers, body, streams): the headers as
      // lines, names in lower case and values in turns; the body, which counts as used
      // afterwards, as null, string or Uint8Array (a Blob's bytes are there already). It
      // gives null, or the ReadableStream that the body is.
      give(response, send) {
        if (typeof response !== "object" || response === null || !(#status in response)) throw new TypeError("the handler returned no Response");
        const list = response.#headers;
        const headers = typeof list === "string" ? list : list === null ? "" : exports.headers.text(list);
        const body = take(response);
        const streams = typeof body === "object" && body !== null && !(body instanceof Uint8Array);
        send(response.#status, headers, streams ? null : body, streams);
        return streams ? body : null;
      },
    };
  }

  get status() { return this.#status; }
  get statusText() { return this.#origin.statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get type() { return this.#origin.type; }
  get url() { return this.#origin.url; }
  get redirected() { return this.#origin.redirected; }
  get headers() {
    if (this.#headers === null || typeof this.#headers === "string") this.#headers = exports.headers.ofText(this.#headers ?? "", false);
    return this.#headers;
  }

  clone() {
    if (exports.body.unusable(this)) throw new TypeError("Response.clone: Body has already been consumed.");
    const copy = like(one);
    copy.#status = this.#status;
    copy.#origin = this.#origin;
    copy.#headers = this.#headers === null || typeof this.#headers === "string" ? this.#headers : exports.headers.copy(this.#headers);
    exports.body.tee(this, copy);
    return copy;
  }

  get [Symbol.toStringTag]() { return "Response"; }
}

function statusOf(value) {
  const code = Number(value) & 0xffff;
  if (code < 200 || code > 599) throw new RangeError(`Response: the status ${value} is not from 200 to 599`);
  return code;
}

function phrase(value) {
  const text = `${value}`;
  if (badPhrase.test(text)) throw new TypeError("Response: the statusText has characters that are not allowed");
  return text;
}

one = new Response(INNER);
exports.Response = Response;
exports.define("Response", Response);
