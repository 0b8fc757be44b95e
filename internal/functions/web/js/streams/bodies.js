// The streams of bodies: made of what a body is, and collected to bytes.
const { readable } = exports;
const bodyStreams = {};
const PIECE = 64 * 1024;

// ofSource is a stream over a string, bytes, a Blob or a body that the host holds.
bodyStreams.ofSource = (source) => {
  if (source instanceof exports.body.HostBody) return ofHost(source);
  let bytes = null;
  let at = 0;
  return byteStream({
    async pull(enqueue, close) {
      if (bytes === null) {
        bytes = typeof source === "string" ? exports.utf8(exports.usv(source))
          : source instanceof Uint8Array ? source : await exports.blob.bytes(source);
      }
      if (at < bytes.length) {
        enqueue(bytes.slice(at, at + PIECE));
        at += PIECE;
      }
      if (at >= bytes.length) close();
    },
    cancel: () => undefined,
  });
};

function ofHost(source) {
  return byteStream({
    async pull(enqueue, close) {
      let piece = await source.read();
      while (piece !== null && piece.length === 0) piece = await source.read();
      if (piece === null) close();
      else enqueue(piece);
    },
    cancel: () => source.cancel(),
  });
}

function byteStream({ pull, cancel }) {
  const record = exports.byteStream.create({
    pull: () => pull((bytes) => exports.byteStream.enqueue(record.controller, bytes), () => exports.byteStream.close(record.controller)),
    cancel,
  });
  return record.object;
}

// collect reads a stream to its end. Its chunks have to be bytes.
bodyStreams.collect = async (object) => {
  const pieces = [];
  let length = 0;
  await bodyStreams.each(object, (chunk) => {
    pieces.push(chunk);
    length += chunk.length;
  });
  return pieces.length === 0 ? new Uint8Array(0) : exports.join(pieces, length);
};

// each calls a function for each chunk of bytes, and waits for it, to the end of the
// stream. When the function fails, the stream is cancelled.
bodyStreams.each = async (object, run) => {
  const reader = readable.attach(readable.recordOf(object), "default");
  try {
    for (;;) {
      const chunk = await next(reader);
      if (chunk === null) return;
      if (!(chunk instanceof Uint8Array)) throw new TypeError("A chunk of the body is not a Uint8Array");
      await run(chunk);
    }
  } catch (error) {
    await readable.cancel(reader.stream, error).catch(() => {});
    throw error;
  }
};

function next(reader) {
  return new Promise((resolve, reject) => {
    readable.read(reader.stream, { chunk: resolve, close: () => resolve(null), error: reject });
  });
}

exports.bodyStreams = bodyStreams;
