// fetch: a Request goes to the host, which knows what may be called and how long.
const { need, usv } = exports;
let last = 0;

// fetch calls an address. The host's answer is {status, statusText, headers, url,
// redirected, handle}: headers a list of pairs or a flat list, handle null without a body.
async function fetch(input, init) {
  need(arguments.length, 1, "fetch");
  const request = new exports.Request(input, init);
  const at = host.trace();
  const signal = exports.request.parent(request);
  if (signal !== null && signal.aborted) throw signal.reason;
  if (request.url.startsWith("data:")) return dataResponse(request);
  const headers = exports.headers.list(request.headers);
  const body = exports.body.absent(request) ? null : exports.body.take(request);
  const upload = exports.is("ReadableStream", body) ? new Upload(body) : null;
  const id = ++last;
  const answered = host.start("fetch", request.method, request.url, JSON.stringify(pairs(headers)),
    upload !== null ? null : typeof body === "string" ? exports.utf8(usv(body)) : body, request.redirect, id, upload && upload.handle);
  if (upload !== null) upload.run();
  if (signal === null) return respond(await answered.catch((cause) => failed(cause, upload, at)), null);
  return watched(answered, signal, id, upload, at);
}

// Upload writes a stream into the body of a call, piece by piece, as fast as the server
// takes them.
class Upload {
  #reader;
  #ended = false;
  #broken = null;
  constructor(stream) {
    this.#reader = stream.getReader();
    this.handle = host.call("body.open");
  }
  // broken is why the stream came to no end, {reason}, or null.
  get broken() { return this.#broken; }
  async run() {
    try {
      for (let piece = await this.#next(); piece !== null; piece = await this.#next()) {
        if (piece.byteLength > 0) await host.start("body.write", this.handle, piece);
      }
      this.#end("");
    } catch (error) { // the server takes no more of it, if it is not the stream's
      this.cancel(error);
    }
  }
  async #next() {
    try {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      if (!(value instanceof Uint8Array)) throw new TypeError("a chunk of the body's stream is no Uint8Array");
      return value;
    } catch (reason) {
      this.#broken = { reason };
      throw reason;
    }
  }
  #end(message) {
    if (this.#ended) return;
    this.#ended = true;
    host.call("body.end", this.handle, message);
  }
  cancel(reason) {
    this.#end(`${reason?.message ?? reason}` || "cancelled");
    this.#reader.cancel(reason).catch(() => {});
  }
}

// watched ends the call when the signal says so: before the answer, and while its
// body is being read.
async function watched(answered, signal, id, upload, at) {
  let handle = null;
  let undo;
  const aborted = new Promise((_, reject) => {
    undo = exports.abort.onAbort(signal, () => {
      host.call("fetch.abort", id);
      if (handle !== null) handle.fail(signal.reason);
      if (upload !== null) upload.cancel(signal.reason);
      reject(signal.reason);
    });
  });
  aborted.catch(() => {});
  answered.catch(() => {});
  try {
    const answer = await Promise.race([answered, aborted]);
    handle = answer.handle === null || answer.handle === undefined ? null : new AbortableBody(answer.handle, undo);
    if (handle === null) undo();
    return respond(answer, handle);
  } catch (error) {
    undo();
    if (signal.aborted) throw signal.reason;
    return failed(error, upload, at);
  }
}

// failed makes of the host's error what fetch is to throw: a TypeError. What went wrong
// with the stream of a body comes before what the host says of that.
function failed(cause, upload, at) {
  if (upload !== null) upload.cancel(cause);
  if (upload !== null && upload.broken !== null) {
    const { reason } = upload.broken;
    throw exports.placed(new TypeError(`fetch failed: ${reason?.message ?? reason}`, { cause: reason }), at);
  }
  const error = new TypeError(`fetch failed: ${cause.message}`, { cause });
  for (const name of ["code", "hint"]) if (cause[name] !== undefined) error[name] = cause[name];
  throw exports.placed(error, at);
}

class AbortableBody extends exports.body.HostBody {
  #failed = false;
  #reason;
  #undo;
  constructor(handle, undo) {
    super(handle);
    this.#undo = undo;
  }
  fail(reason) {
    this.#failed = true;
    this.#reason = reason;
  }
  async read() {
    if (this.#failed) throw this.#reason;
    try {
      const piece = await super.read();
      if (piece === null) this.#undo();
      if (this.#failed) throw this.#reason;
      return piece;
    } catch (error) {
      throw this.#failed ? this.#reason : error;
    }
  }
}

function respond(answer, body) {
  const headers = [];
  for (const [name, value] of answer.headers) headers.push(name.toLowerCase(), value);
  const source = body ?? (answer.handle === null || answer.handle === undefined ? null : new exports.body.HostBody(answer.handle));
  return exports.response.fetched({ ...answer, headers }, source);
}

function pairs(list) {
  const found = [];
  for (let i = 0; i < list.length; i += 2) found.push([list[i], list[i + 1]]);
  return found;
}

// data: URLs are read here: no call leaves the script.
function dataResponse(request) {
  const text = request.url.slice(5).split("#")[0];
  const comma = text.indexOf(",");
  if (comma < 0) throw new TypeError("fetch: the data: URL has no comma");
  let type = text.slice(0, comma).trim();
  let bytes = unescapeBytes(text.slice(comma + 1));
  const base64 = /; *base64$/i;
  if (base64.test(type)) {
    type = type.replace(base64, "").trimEnd();
    try {
      bytes = Uint8Array.fromBase64(exports.latin1(bytes));
    } catch {
      throw new TypeError("fetch: the data: URL is not valid base64");
    }
  }
  if (type.startsWith(";")) type = "text/plain" + type;
  if (!/^[^\/\s;]+\/[^\/\s;]+/.test(type)) type = "text/plain;charset=US-ASCII";
  const answer = { status: 200, statusText: "OK", url: request.url, redirected: false, headers: ["content-type", type] };
  return exports.response.fetched(answer, request.method === "HEAD" ? null : bytes);
}

function unescapeBytes(text) {
  const bytes = exports.utf8(usv(text));
  let to = 0;
  for (let i = 0; i < bytes.length; i++) {
    const pair = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(pair)) {
      bytes[to++] = parseInt(pair, 16);
      i += 2;
    } else {
      bytes[to++] = bytes[i];
    }
  }
  return bytes.slice(0, to);
}

exports.define("fetch", fetch);
