// Node's Buffer (nodejs.org/api/buffer.html): a Uint8Array with encodings.
const utf8 = new TextEncoder();

function encodingOf(name) {
  const e = String(name ?? "utf8").toLowerCase();
  switch (e) {
    case "utf8": case "utf-8": return "utf8";
    case "hex": case "base64": case "base64url": case "ascii": return e;
    case "latin1": case "binary": return "latin1";
    case "ucs2": case "ucs-2": case "utf16le": case "utf-16le": return "utf16le";
  }
  const error = new TypeError(`Unknown encoding: ${name}`);
  error.code = "ERR_UNKNOWN_ENCODING";
  throw error;
}

function fromBase64(text) {
  // As Node: both alphabets, everything else skipped, the end at the first "=".
  const end = text.indexOf("=");
  const clean = (end < 0 ? text : text.slice(0, end)).replace(/-/g, "+").replace(/_/g, "/").replace(/[^A-Za-z0-9+/]/g, "");
  const usable = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  return codes(atob(usable));
}

function codes(text) {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

function encode(text, encoding) {
  switch (encodingOf(encoding)) {
    case "utf8": return utf8.encode(text);
    case "base64": case "base64url": return fromBase64(text);
    case "latin1": case "ascii": return codes(text);
    case "hex": {
      const pairs = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
      const out = new Uint8Array(pairs.length / 2);
      for (let i = 0; i < out.length; i++) out[i] = parseInt(pairs.slice(2 * i, 2 * i + 2), 16);
      return out;
    }
    default: {
      const out = new Uint8Array(text.length * 2);
      for (let i = 0; i < text.length; i++) {
        const c = text.charCodeAt(i);
        out[2 * i] = c & 255;
        out[2 * i + 1] = c >> 8;
      }
      return out;
    }
  }
}

// characters makes a string of codes in pieces: a call has a limit of arguments.
function characters(list) {
  let out = "";
  for (let i = 0; i < list.length; i += 4096) out += String.fromCharCode.apply(null, list.subarray(i, i + 4096));
  return out;
}

function decode(bytes, encoding) {
  switch (encodingOf(encoding)) {
    case "utf8": return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    case "latin1": return characters(bytes);
    case "ascii": return characters(Uint8Array.prototype.map.call(bytes, (b) => b & 127));
    case "base64": return btoa(characters(bytes));
    case "base64url": return btoa(characters(bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    case "hex": {
      let out = "";
      for (const b of bytes) out += (b < 16 ? "0" : "") + b.toString(16);
      return out;
    }
    default: {
      const units = new Uint16Array(bytes.length >> 1);
      for (let i = 0; i < units.length; i++) units[i] = bytes[2 * i] | (bytes[2 * i + 1] << 8);
      return characters(units);
    }
  }
}

const bytesOf = (v) => v instanceof Uint8Array ? v : ArrayBuffer.isView(v) ? new Uint8Array(v.buffer, v.byteOffset, v.byteLength) : new Uint8Array(v);

function own(bytes) {
  return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wrongType(value) {
  const error = new TypeError(`The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${value === null ? "null" : typeof value}`);
  error.code = "ERR_INVALID_ARG_TYPE";
  return error;
}

export class Buffer extends Uint8Array {
  static poolSize = 8192;

  static from(value, encodingOrOffset, length) {
    if (typeof value === "string") return own(encode(value, encodingOrOffset));
    if (value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)) {
      return new Buffer(value, encodingOrOffset, length);
    }
    if (ArrayBuffer.isView(value)) return own(Uint8Array.from(value));
    if (value && value.type === "Buffer" && Array.isArray(value.data)) return own(Uint8Array.from(value.data));
    if (value && typeof value === "object") {
      const primitive = value.valueOf();
      if (primitive !== value && (typeof primitive === "string" || typeof primitive === "object" && primitive)) return Buffer.from(primitive, encodingOrOffset);
      if (typeof value.length === "number") return own(Uint8Array.from(value));
    }
    throw wrongType(value);
  }

  static alloc(size, fill, encoding) {
    const b = new Buffer(size);
    return fill === undefined ? b : b.fill(fill, encoding);
  }
  static allocUnsafe(size) { return new Buffer(size); }
  static allocUnsafeSlow(size) { return new Buffer(size); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) {
    try { encodingOf(name); return typeof name === "string"; } catch { return false; }
  }
  static byteLength(value, encoding) {
    if (typeof value !== "string") return value.byteLength;
    switch (Buffer.isEncoding(encoding) ? encodingOf(encoding) : "utf8") {
      case "utf8": return utf8.encode(value).length;
      case "hex": return value.length >>> 1;
      case "utf16le": return value.length * 2;
      case "base64": case "base64url": return (value.replace(/==?$/, "").length * 3) >>> 2; // as if all were valid
    }
    return value.length;
  }
  static concat(list, total = list.reduce((n, b) => n + b.length, 0)) {
    const out = Buffer.alloc(total);
    let at = 0;
    for (const b of list) {
      if (at >= total) break;
      const part = at + b.length > total ? b.subarray(0, total - at) : b;
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
  static compare(a, b) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }

  get parent() { return this.buffer; }
  get offset() { return this.byteOffset; }

  toString(encoding, start = 0, end = this.length) {
    if (this.length === 0) return "";
    return decode(Uint8Array.prototype.subarray.call(this, Math.max(0, start), Math.max(0, end)), encoding);
  }
  toLocaleString(encoding) { return this.toString(encoding); }
  toJSON() { return { type: "Buffer", data: Array.from(this) }; }
  equals(other) { return Buffer.compare(this, other) === 0; }
  compare(target, targetStart = 0, targetEnd = target.length, start = 0, end = this.length) {
    return Buffer.compare(this.subarray(start, end), target.subarray(targetStart, targetEnd));
  }
  subarray(start, end) {
    const part = Uint8Array.prototype.subarray.call(this, start, end);
    return part instanceof Buffer ? part : own(part);
  }
  slice(start, end) { return this.subarray(start, end); }

  write(text, offset = 0, length, encoding) {
    if (typeof offset === "string") [offset, encoding] = [0, offset];
    if (typeof length === "string") [length, encoding] = [undefined, length];
    const room = Math.min(length ?? Infinity, this.length - offset);
    let bytes = encode(text, encoding);
    if (bytes.length > room) {
      bytes = bytes.subarray(0, room);
      // A character is never written in part.
      if (encodingOf(encoding) === "utf8") {
        let cut = room;
        const all = encode(text, "utf8");
        while (cut > 0 && (all[cut] & 0xc0) === 0x80) cut--;
        bytes = all.subarray(0, cut);
      }
    }
    this.set(bytes, offset);
    return bytes.length;
  }
  copy(target, targetStart = 0, start = 0, end = this.length) {
    const part = Uint8Array.prototype.subarray.call(this, start, Math.min(end, start + Math.max(0, target.length - targetStart)));
    target.set(part, targetStart);
    return part.length;
  }
  fill(value, start, end, encoding) {
    if (typeof start === "string") [start, encoding] = [0, start];
    if (typeof end === "string") [end, encoding] = [undefined, end];
    if (typeof value === "number" || typeof value === "boolean") return super.fill(Number(value) & 255, start, end);
    const bytes = typeof value === "string" ? encode(value, encoding) : bytesOf(value);
    if (bytes.length === 0) return super.fill(0, start, end);
    const last = end ?? this.length;
    for (let i = start ?? 0, j = 0; i < last; i++, j = (j + 1) % bytes.length) this[i] = bytes[j];
    return this;
  }
  indexOf(value, from = 0, encoding) { return this.#search(value, from, encoding, false); }
  lastIndexOf(value, from, encoding) { return this.#search(value, from, encoding, true); }
  includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }
  #search(value, from, encoding, backwards) {
    if (typeof from === "string") [from, encoding] = [undefined, from];
    const wanted = typeof value === "number" ? Uint8Array.of(value) : typeof value === "string" ? encode(value, encoding) : bytesOf(value);
    const last = this.length - wanted.length;
    let at = from ?? (backwards ? last : 0);
    if (at < 0) at = backwards ? at + this.length : Math.max(0, at + this.length);
    at = backwards ? Math.min(at, last) : at;
    for (; at >= 0 && at <= last; at += backwards ? -1 : 1) {
      let i = 0;
      while (i < wanted.length && this[at + i] === wanted[i]) i++;
      if (i === wanted.length) return at;
    }
    return -1;
  }
  #swap(size) {
    if (this.length % size) {
      const error = new RangeError(`Buffer size must be a multiple of ${size * 8}-bits`);
      error.code = "ERR_INVALID_BUFFER_SIZE";
      throw error;
    }
    for (let i = 0; i < this.length; i += size) Uint8Array.prototype.subarray.call(this, i, i + size).reverse();
    return this;
  }
  swap16() { return this.#swap(2); }
  swap32() { return this.#swap(4); }
  swap64() { return this.#swap(8); }

  #integer(offset, size, little, signed) {
    this.#check(offset, size);
    let n = 0;
    for (let i = 0; i < size; i++) n = n * 256 + this[offset + (little ? size - 1 - i : i)];
    return signed && n >= 2 ** (8 * size - 1) ? n - 2 ** (8 * size) : n;
  }
  #setInteger(value, offset, size, little, signed) {
    const [low, high] = signed ? [-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1] : [0, 2 ** (8 * size) - 1];
    value = +value;
    if (!(value >= low && value <= high)) throw outOfRange("value", `>= ${low} and <= ${high}`, value);
    this.#check(offset, size);
    let n = Math.trunc(value);
    if (n < 0) n += 2 ** (8 * size);
    for (let i = 0; i < size; i++) {
      this[offset + (little ? i : size - 1 - i)] = n % 256;
      n = Math.floor(n / 256);
    }
    return offset + size;
  }
  #check(offset, size) {
    if (typeof offset !== "number") throw wrongType(offset);
    if (!Number.isInteger(offset) || offset < 0 || offset + size > this.length) throw outOfRange("offset", `>= 0 and <= ${this.length - size}`, offset);
  }
  #view(offset, size) {
    this.#check(offset, size);
    return new DataView(this.buffer, this.byteOffset, this.byteLength);
  }

  readUIntBE(offset, size) { return this.#integer(offset, size, false, false); }
  readUIntLE(offset, size) { return this.#integer(offset, size, true, false); }
  readIntBE(offset, size) { return this.#integer(offset, size, false, true); }
  readIntLE(offset, size) { return this.#integer(offset, size, true, true); }
  writeUIntBE(value, offset, size) { return this.#setInteger(value, offset, size, false, false); }
  writeUIntLE(value, offset, size) { return this.#setInteger(value, offset, size, true, false); }
  writeIntBE(value, offset, size) { return this.#setInteger(value, offset, size, false, true); }
  writeIntLE(value, offset, size) { return this.#setInteger(value, offset, size, true, true); }

  readFloatBE(o = 0) { return this.#view(o, 4).getFloat32(o, false); }
  readFloatLE(o = 0) { return this.#view(o, 4).getFloat32(o, true); }
  readDoubleBE(o = 0) { return this.#view(o, 8).getFloat64(o, false); }
  readDoubleLE(o = 0) { return this.#view(o, 8).getFloat64(o, true); }
  writeFloatBE(v, o = 0) { this.#view(o, 4).setFloat32(o, v, false); return o + 4; }
  writeFloatLE(v, o = 0) { this.#view(o, 4).setFloat32(o, v, true); return o + 4; }
  writeDoubleBE(v, o = 0) { this.#view(o, 8).setFloat64(o, v, false); return o + 8; }
  writeDoubleLE(v, o = 0) { this.#view(o, 8).setFloat64(o, v, true); return o + 8; }
  readBigUInt64BE(o = 0) { return this.#view(o, 8).getBigUint64(o, false); }
  readBigUInt64LE(o = 0) { return this.#view(o, 8).getBigUint64(o, true); }
  readBigInt64BE(o = 0) { return this.#view(o, 8).getBigInt64(o, false); }
  readBigInt64LE(o = 0) { return this.#view(o, 8).getBigInt64(o, true); }
  writeBigUInt64BE(v, o = 0) { this.#view(o, 8).setBigUint64(o, v, false); return o + 8; }
  writeBigUInt64LE(v, o = 0) { this.#view(o, 8).setBigUint64(o, v, true); return o + 8; }
  writeBigInt64BE(v, o = 0) { this.#view(o, 8).setBigInt64(o, v, false); return o + 8; }
  writeBigInt64LE(v, o = 0) { this.#view(o, 8).setBigInt64(o, v, true); return o + 8; }
}

function outOfRange(what, range, value) {
  const error = new RangeError(`The value of "${what}" is out of range. It must be ${range}. Received ${value}`);
  error.code = "ERR_OUT_OF_RANGE";
  return error;
}

// The same for the sizes of one, two and four bytes, under both spellings.
for (const [bits, size] of [["8", 1], ["16BE", 2], ["16LE", 2], ["32BE", 4], ["32LE", 4]]) {
  const order = bits.endsWith("LE") ? "LE" : "BE";
  for (const [name, kind] of [["UInt", "UInt"], ["Uint", "UInt"], ["Int", "Int"]]) {
    Buffer.prototype[`read${name}${bits}`] = function (offset = 0) { return this[`read${kind}${order}`](offset, size); };
    Buffer.prototype[`write${name}${bits}`] = function (value, offset = 0) { return this[`write${kind}${order}`](value, offset, size); };
  }
}

export const kMaxLength = 2 ** 32;
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 2 ** 29 - 24 };
const { atob, btoa, Blob, File } = globalThis;
export { atob, Blob, btoa, File };
export const isUtf8 = (bytes) => {
  try { new TextDecoder("utf-8", { fatal: true }).decode(bytes); return true; } catch { return false; }
};
export const isAscii = (bytes) => bytesOf(bytes).every((b) => b < 128);
export default { Buffer, kMaxLength, constants, atob, btoa, Blob, File, isUtf8, isAscii };
