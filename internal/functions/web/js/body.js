// What Request and Response share: a body that is bytes or a string until somebody
// asks for a stream of it.
const { utf8, fromUtf8, usv } = exports;

// A body whose bytes the host holds, read piece by piece.
class HostBody {
  constructor(handle) {
    this.handle = handle;
    this.done = false;
  }
  async read() {
    if (this.done) return null;
    const piece = await host.start("body.read", this.handle);
    if (piece === null || piece === undefined) {
      this.done = true;
      return null;
    }
    return piece;
  }
  cancel() {
    if (this.done) return;
    this.done = true;
    host.call("body.cancel", this.handle);
  }
}

const TEXT = "text/plain;charset=UTF-8";

// extract makes of what a constructor was given {source, stream, type}.
function extract(body) {
  if (typeof body === "string") return { source: body, stream: null, type: TEXT };
  if (typeof body !== "object" || body === null) return { source: usv(body), stream: null, type: TEXT };
  if (body instanceof HostBody) return { source: body, stream: null, type: null };
  if (exports.isBuffer(body) || ArrayBuffer.isView(body)) {
    return { source: exports.bytesOf(body).slice(), stream: null, type: null };
  }
  if (exports.params.is(body)) {
    return { source: body.toString(), stream: null, type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (exports.is("ReadableStream", body)) {
    if (body.locked || exports.readable.disturbed(body)) throw new TypeError("The stream of the body is locked or was read");
    return { source: null, stream: body, type: null };
  }
  if (exports.is("Blob", body)) return { source: body, stream: null, type: body.type === "" ? null : body.type };
  if (exports.is("FormData", body)) return exports.formData.encode(body);
  if (typeof body[Symbol.asyncIterator] === "function") {
    return { source: null, stream: exports.ReadableStream.from(body), type: null };
  }
  return { source: usv(body), stream: null, type: TEXT };
}

const NONE = {}; // the source of a body that is not there

// What the methods share stands beside the class: a private method would be added to
// each object.
let unusable, readable, bytes, here;

class Body {
  #source = NONE;
  #stream = null;
  #used = false;

  static {
    unusable = (owner) => {
      if (owner.#source === NONE) return false;
      const stream = owner.#stream;
      return owner.#used || (stream !== null && (stream.locked || exports.readable.disturbed(stream)));
    };
    readable = (owner) => {
      if (owner.#stream === null) owner.#stream = exports.bodyStreams.ofSource(owner.#source);
      return owner.#stream;
    };
    bytes = async (owner) => {
      if (owner.#source === NONE) return new Uint8Array(0);
      if (unusable(owner)) throw new TypeError("Body is unusable: Body has already been read");
      owner.#used = true;
      if (owner.#stream !== null) return exports.bodyStreams.collect(owner.#stream);
      const source = owner.#source;
      if (typeof source === "string") return utf8(usv(source));
      if (source instanceof Uint8Array) return source.slice();
      if (source instanceof HostBody) return drain(source);
      return exports.blob.bytes(source);
    };
    // here is the text of a body that is all there, which counts as used from then on; else
    // null. What fails with it fails where the function asked.
    here = (owner) => {
      if (owner.#stream !== null || owner.#used) return null;
      const source = owner.#source;
      const text = source === NONE ? "" : typeof source === "string" ? usv(source) : source instanceof Uint8Array ? fromUtf8(source) : null;
      if (text === null) return null;
      if (source !== NONE) owner.#used = true;
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    };
    exports.body = {
      HostBody,
      extract,
      set(owner, source, stream) {
        owner.#source = source;
        owner.#stream = stream;
      },
      absent: (owner) => owner.#source === NONE,
      unusable,
      // move takes the body out of one object, for another.
      move(from, to) {
        if (from.#source === NONE) return;
        exports.body.set(to, from.#source, from.#stream);
        from.#used = true;
        from.#stream = null;
      },
      tee(from, to) {
        if (from.#source === NONE) return;
        if (from.#stream === null && !(from.#source instanceof HostBody)) {
          exports.body.set(to, from.#source, null);
          return;
        }
        const [mine, theirs] = readable(from).tee();
        from.#stream = mine;
        exports.body.set(to, null, theirs);
      },
      // take uses the body up: null, a string, bytes, or a stream.
      take(owner) {
        const source = owner.#source;
        if (source === NONE) return null;
        if (typeof source === "string" && owner.#stream === null && !owner.#used) {
          owner.#used = true;
          return source;
        }
        if (unusable(owner)) throw new TypeError("The body was already used");
        owner.#used = true;
        if (owner.#stream !== null) return owner.#stream;
        if (owner.#source instanceof HostBody) return readable(owner);
        if (typeof owner.#source === "object" && exports.is("Blob", owner.#source)) return exports.blob.bytes(owner.#source);
        return owner.#source;
      },
      // whole takes what the host has of a body, as its handle, if no script has looked
      // at it; else null.
      whole(owner) {
        if (!(owner.#source instanceof HostBody) || owner.#stream !== null || owner.#used) return null;
        owner.#used = true;
        return owner.#source;
      },
      bytes,
    };
  }

  get body() {
    return this.#source === NONE ? null : readable(this);
  }

  get bodyUsed() {
    if (this.#source === NONE) return false;
    return this.#used || (this.#stream !== null && exports.readable.disturbed(this.#stream));
  }

  async text() {
    const now = here(this);
    if (now !== null) return now;
    const text = fromUtf8(await bytes(this));
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  async json() {
    const now = here(this);
    if (now !== null) return JSON.parse(now);
    const at = host.trace();
    const text = await Body.prototype.text.call(this);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw exports.placed(error, at);
    }
  }

  async bytes() {
    return bytes(this);
  }

  async arrayBuffer() {
    return (await bytes(this)).buffer;
  }

  async blob() {
    return new exports.Blob([await bytes(this)], { type: exports.mime(this.headers.get("content-type")) });
  }

  async formData() {
    const type = this.headers.get("content-type");
    const kind = exports.formData.kind(type);
    if (kind === null) {
      throw new TypeError("formData: the Content-Type is neither multipart/form-data nor application/x-www-form-urlencoded");
    }
    return exports.formData.decode(kind, await bytes(this));
  }
}

async function drain(source) {
  const first = await source.read();
  if (first === null) return new Uint8Array(0);
  const pieces = [first];
  let length = first.length;
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    pieces.push(piece);
    length += piece.length;
  }
  return exports.join(pieces, length);
}

exports.join = (pieces, length) => {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

// mime is the type of a blob made of a body: lower case where it has no quotes.
exports.mime = (type) => (type === null ? "" : type.includes('"') ? type : type.toLowerCase());

exports.Body = Body;
