// TextEncoder, TextDecoder, atob and btoa. UTF-8 is done by the host at once; the
// decoders of other encodings are the host's too.
const { need, usv, bytesOf, dictionary } = exports;

exports.utf8 = (text) => (text === "" ? new Uint8Array(0) : host.call("utf8.encode", text));
exports.fromUtf8 = (bytes) => (bytes.length === 0 ? "" : host.call("utf8.decode", bytes, false));

class TextEncoder {
  get encoding() { return "utf-8"; }

  encode(text = "") {
    return exports.utf8(usv(text));
  }

  encodeInto(source, destination) {
    need(arguments.length, 2, "TextEncoder.encodeInto");
    const text = usv(source);
    if (!(destination instanceof Uint8Array)) throw new TypeError("TextEncoder.encodeInto: the destination is not a Uint8Array");
    const room = destination.length;
    const bytes = exports.utf8(text.length > room ? text.slice(0, room) : text).slice(0, room + 1);
    // Whole characters only: a byte 10xxxxxx is never the first of one.
    let written = Math.min(bytes.length, room);
    while (written > 0 && written < bytes.length && (bytes[written] & 0xc0) === 0x80) written--;
    let read = 0;
    for (let i = 0; i < written; i++) {
      if ((bytes[i] & 0xc0) !== 0x80) read += bytes[i] >= 0xf0 ? 2 : 1;
    }
    // A pair of surrogates that the cut parted is no character.
    if (text.length > room && read === room && written > 0 && isHigh(text.charCodeAt(read - 1)) && bytes[written - 1] === 0xbd) {
      read--;
      written -= 3;
    }
    destination.set(bytes.subarray(0, written));
    return { read, written };
  }

  get [Symbol.toStringTag]() { return "TextEncoder"; }
}

const isHigh = (code) => code >= 0xd800 && code < 0xdc00;

// How many bytes at the end may be the beginning of a character.
function unfinished(bytes) {
  const n = bytes.length;
  for (let back = 1; back <= Math.min(3, n); back++) {
    const byte = bytes[n - back];
    if ((byte & 0xc0) === 0x80) continue;
    const wanted = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    if (byte > 0xf4 || wanted <= back) return 0;
    if (back >= 2 && !second(byte, bytes[n - back + 1])) return 0;
    return back;
  }
  return 0;
}

// The second byte of some characters has a narrower range.
function second(first, byte) {
  if (first === 0xe0) return byte >= 0xa0;
  if (first === 0xed) return byte < 0xa0;
  if (first === 0xf0) return byte >= 0x90;
  if (first === 0xf4) return byte < 0x90;
  return true;
}

const utf8Labels = new Set(["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"]);

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #rest = null;
  #started = false;
  #going = false;

  constructor(label = "utf-8", options) {
    const name = `${label}`.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "").toLowerCase();
    const given = dictionary(options, "TextDecoder");
    const encoding = utf8Labels.has(name) ? "utf-8" : host.call("text.label", name);
    if (encoding === null) throw new RangeError(`TextDecoder: the encoding '${label}' is not known`);
    this.#encoding = encoding;
    this.#fatal = !!given.fatal;
    this.#ignoreBOM = !!given.ignoreBOM;
  }

  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }

  decode(input, options) {
    const stream = !!dictionary(options, "TextDecoder.decode").stream;
    let bytes = input === undefined ? new Uint8Array(0) : bytesOf(input, "TextDecoder.decode");
    if (!this.#going) {
      this.#rest = null;
      this.#started = false;
    }
    this.#going = stream;
    if (this.#rest !== null) bytes = concat(this.#rest, bytes);
    this.#rest = null;
    let text;
    if (this.#encoding === "utf-8") {
      if (stream) {
        const rest = unfinished(bytes);
        if (rest > 0) {
          this.#rest = bytes.slice(bytes.length - rest);
          bytes = bytes.subarray(0, bytes.length - rest);
        }
      }
      text = bytes.length === 0 ? "" : host.call("utf8.decode", bytes, true);
      text = this.#checked(text, bytes);
    } else {
      text = this.#other(bytes, stream);
    }
    return this.#unmarked(text);
  }

  // The host gives null for bytes that are not UTF-8.
  #checked(text, bytes) {
    if (text !== null) return text;
    if (this.#fatal) throw this.#broken();
    return host.call("utf8.decode", bytes, false);
  }

  #broken() {
    this.#going = false;
    this.#rest = null;
    const error = new TypeError("The encoded data was not valid for encoding " + this.#encoding);
    error.code = "ERR_ENCODING_INVALID_ENCODED_DATA";
    return error;
  }

  #other(bytes, stream) {
    const found = host.call("text.decode", this.#encoding, bytes, stream, this.#fatal);
    if (found === null) throw this.#broken();
    if (found.read < bytes.length) this.#rest = bytes.slice(found.read);
    return found.text;
  }

  #unmarked(text) {
    if (this.#started || text === "") return text;
    this.#started = true;
    const marked = this.#encoding === "utf-8" || this.#encoding.startsWith("utf-16");
    return marked && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  get [Symbol.toStringTag]() { return "TextDecoder"; }
}

function concat(a, b) {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

// latin1 makes a string of bytes, a character for each.
function latin1(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 4096));
  }
  return text;
}
exports.latin1 = latin1;
exports.concat = concat;

const fromBase64 = Uint8Array.fromBase64;
const toBase64 = Function.prototype.call.bind(Uint8Array.prototype.toBase64);

function wrong(message) {
  return new exports.DOMException(message, "InvalidCharacterError");
}

function atob(data) {
  need(arguments.length, 1, "atob");
  const text = `${data}`;
  try {
    return latin1(fromBase64(text));
  } catch {
    throw wrong("The string to be decoded is not correctly encoded.");
  }
}

function btoa(data) {
  need(arguments.length, 1, "btoa");
  const text = `${data}`;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw wrong("The string contains a character outside of Latin-1.");
    bytes[i] = code;
  }
  return toBase64(bytes);
}

exports.TextDecoder = TextDecoder;
exports.define("TextEncoder", TextEncoder);
exports.define("TextDecoder", TextDecoder);
exports.define("atob", atob);
exports.define("btoa", btoa);
