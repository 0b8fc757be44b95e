// Blob and File: bytes that are there already.
const { need, dictionary, usv } = exports;

class Blob {
  #bytes;
  #type = "";

  constructor(parts, options) {
    const given = dictionary(options, "Blob");
    const native = lineEnds(given.endings);
    this.#bytes = parts === undefined ? new Uint8Array(0) : assemble(parts, native);
    if (given.type !== undefined) this.#type = typeOf(given.type);
  }

  static {
    exports.brands.Blob = (value) => #bytes in value;
    exports.blob = {
      bytes: (blob) => blob.#bytes,
      // of makes a Blob of bytes that nobody else has, without a copy.
      of(bytes, type) {
        const blob = new Blob();
        blob.#bytes = bytes;
        blob.#type = type;
        return blob;
      },
    };
  }

  get size() { return this.#bytes.length; }
  get type() { return this.#type; }

  slice(start, end, type) {
    const length = this.#bytes.length;
    const from = start === undefined ? 0 : Number(start);
    const to = end === undefined ? length : Number(end);
    return exports.blob.of(this.#bytes.subarray(clamp(from, length), Math.max(clamp(from, length), clamp(to, length))),
      type === undefined ? "" : typeOf(type));
  }

  async text() { return exports.fromUtf8(this.#bytes); }
  async arrayBuffer() { return this.#bytes.slice().buffer; }
  async bytes() { return this.#bytes.slice(); }
  stream() { return exports.bodyStreams.ofSource(this.#bytes); }
  get [Symbol.toStringTag]() { return "Blob"; }
}

const clamp = (at, length) => {
  const whole = Number.isNaN(at) ? 0 : Math.trunc(at);
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length);
};

function typeOf(type) {
  const text = `${type}`;
  return /[^\x20-\x7e]/.test(text) ? "" : text.toLowerCase();
}

function lineEnds(endings) {
  if (endings === undefined) return false;
  return exports.oneOf(endings, ["transparent", "native"], "Blob") === "native";
}

function assemble(parts, native) {
  if (typeof parts !== "object" || parts === null || typeof parts[Symbol.iterator] !== "function") {
    throw new TypeError("Blob: the parts are not a sequence");
  }
  const pieces = [];
  let length = 0;
  for (const part of parts) {
    const piece = bytesOf(part, native);
    pieces.push(piece);
    length += piece.length;
  }
  if (pieces.length === 1) return pieces[0].slice();
  return pieces.length === 0 ? new Uint8Array(0) : exports.join(pieces, length);
}

function bytesOf(part, native) {
  if (exports.is("Blob", part)) return exports.blob.bytes(part);
  if (typeof part === "object" && part !== null && (exports.isBuffer(part) || ArrayBuffer.isView(part))) return exports.bytesOf(part);
  const text = usv(part);
  return exports.utf8(native ? text.replace(/\r\n?/g, "\n") : text);
}

class File extends Blob {
  #name;
  #modified;

  constructor(parts, name, options) {
    need(arguments.length, 2, "File");
    super(parts, options);
    const given = dictionary(options, "File");
    this.#name = usv(name);
    this.#modified = given.lastModified === undefined ? Date.now() : Math.trunc(Number(given.lastModified)) || 0;
  }

  static {
    exports.brands.File = (value) => #name in value;
  }

  get name() { return this.#name; }
  get lastModified() { return this.#modified; }
  get webkitRelativePath() { return ""; }
  get [Symbol.toStringTag]() { return "File"; }
}

exports.Blob = Blob;
exports.File = File;
