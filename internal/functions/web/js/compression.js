// CompressionStream and DecompressionStream: gzip, deflate (zlib) and deflate-raw. The
// host packs chunk by chunk under a handle; it unpacks what came once it is all there.
const { need, oneOf, bytesOf } = exports;
const formats = ["gzip", "deflate", "deflate-raw"];

function source(chunk, what) {
  if (exports.isBuffer(chunk) || ArrayBuffer.isView(chunk)) return bytesOf(chunk, what);
  throw new TypeError(`${what}: a chunk is not bytes`);
}

// Errors of the host tell of wrong data: they are TypeErrors here.
function ask(...args) {
  try {
    return host.call(...args);
  } catch (error) {
    throw new TypeError(error.message);
  }
}

function stream(format, pack) {
  const what = pack ? "CompressionStream" : "DecompressionStream";
  const kind = oneOf(format, formats, what);
  let handle = null;
  const begin = () => (handle ??= ask(pack ? "pack.begin" : "unpack.begin", kind));
  const give = (bytes, c) => {
    if (bytes.length > 0) c.enqueue(bytes);
  };
  const close = () => {
    if (handle !== null) ask("pack.close", handle);
    handle = null;
  };
  return exports.transform.plain((chunk, c) => {
    const bytes = source(chunk, what);
    try {
      give(ask("pack.write", begin(), bytes), c);
    } catch (error) {
      close();
      throw error;
    }
  }, (c) => {
    begin();
    try {
      for (let piece = ask("pack.end", handle); piece !== null; piece = ask("pack.end", handle)) give(piece, c);
    } finally {
      close();
    }
  }, close);
}

class CompressionStream {
  #t;
  constructor(format) {
    need(arguments.length, 1, "CompressionStream");
    this.#t = stream(format, true);
  }
  get readable() { return this.#t.readable.object; }
  get writable() { return this.#t.writable.object; }
  get [Symbol.toStringTag]() { return "CompressionStream"; }
}

class DecompressionStream {
  #t;
  constructor(format) {
    need(arguments.length, 1, "DecompressionStream");
    this.#t = stream(format, false);
  }
  get readable() { return this.#t.readable.object; }
  get writable() { return this.#t.writable.object; }
  get [Symbol.toStringTag]() { return "DecompressionStream"; }
}

exports.CompressionStream = CompressionStream;
exports.DecompressionStream = DecompressionStream;
