// Response, and what the server takes of one.
const { need, dictionary, usv } = exports;

const badPhrase = /[^\t\x20-\x7e\x80-\xff]/;
const INNER = {};

class Response extends exports.Body {
  #status = 200;
  #statusText = "";
  #headers = null;
  #type = "default";
  #url = "";
  #redirected = false;

  constructor(body = null, init) {
    super();
    if (body === INNER) return;
    let type = null;
    let extracted = null;
    if (body !== null) {
      extracted = exports.body.extract(body);
      type = extracted.type;
    }
    this.#init(init, extracted, type);
  }

  #init(init, extracted, type) {
    if (init !== undefined && init !== null) {
      dictionary(init, "Response");
      const { headers, status, statusText } = init;
      if (status !== undefined) this.#status = statusOf(status);
      if (statusText !== undefined) this.#statusText = phrase(statusText);
      if (headers !== undefined) this.#headers = new exports.Headers(headers);
    }
    if (extracted === null) return;
    const code = this.#status;
    if (code === 204 || code === 205 || code === 304 || code === 101 || code === 103) {
      throw new TypeError(`Response: a response of status ${code} has no body`);
    }
    exports.body.set(this, extracted.source, extracted.stream);
    if (type === null) return;
    if (this.#headers === null) this.#headers = exports.headers.of(["content-type", type], false);
    else if (!this.#headers.has("content-type")) this.#headers.append("content-type", type);
  }

  static error() {
    const response = new Response(INNER);
    response.#status = 0;
    response.#type = "error";
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
    const response = new Response(INNER);
    response.#status = code;
    response.#headers = exports.headers.of(["location", parts.href], true);
    return response;
  }

  static json(data, init) {
    need(arguments.length, 1, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Response.json: the value is not a JSON value");
    const response = new Response(INNER);
    response.#init(init, { source: text, stream: null }, "application/json");
    return response;
  }

  static {
    exports.response = {
      is: (value) => typeof value === "object" && value !== null && #status in value,
      // fetched makes the Response of an answer that came from elsewhere.
      fetched(answer, body) {
        const response = new Response(INNER);
        response.#status = answer.status;
        response.#statusText = answer.statusText;
        response.#type = "basic";
        response.#url = answer.url.split("#")[0];
        response.#redirected = answer.redirected;
        response.#headers = exports.headers.of(answer.headers, true);
        if (body !== null) exports.body.set(response, body, null);
        return response;
      },
      // parts is what the server sends: status, statusText, headers as a flat list of
      // lower-case names and values, body null, string, Uint8Array or ReadableStream
      // (a Blob's bytes are there already). The body counts as used afterwards.
      parts: (response) => ({
        status: response.#status,
        statusText: response.#statusText,
        headers: response.#headers === null ? [] : exports.headers.list(response.#headers),
        body: exports.body.take(response),
      }),
    };
  }

  get status() { return this.#status; }
  get statusText() { return this.#statusText; }
  get ok() { return this.#status >= 200 && this.#status <= 299; }
  get type() { return this.#type; }
  get url() { return this.#url; }
  get redirected() { return this.#redirected; }
  get headers() {
    if (this.#headers === null) this.#headers = new exports.Headers();
    return this.#headers;
  }

  clone() {
    if (exports.body.unusable(this)) throw new TypeError("Response.clone: Body has already been consumed.");
    const copy = new Response(INNER);
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#type = this.#type;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copy.#headers = this.#headers === null ? null : exports.headers.copy(this.#headers);
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

exports.Response = Response;
exports.define("Response", Response);
