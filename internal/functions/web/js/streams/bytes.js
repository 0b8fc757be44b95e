// Streams of bytes: their controller, and readers that bring their own buffer (BYOB).
const { stream, readable } = exports;
const { when, quiet, deferred, attempt, promised } = stream;
const { SECRET } = readable;
let controllerOf, requestOf, readerOf;

function setUp(record, source, mark) {
  const c = {
    kind: "bytes", stream: record, chunks: [], total: 0, started: false, closing: false, again: false, pulling: false,
    mark, pull: source.pull, cancel: source.cancel, auto: source.autoAllocateChunkSize, pending: [], request: null, object: null,
  };
  record.controller = c;
  c.object = new ReadableByteStreamController(SECRET, c);
  readable.begin(c, source.start, () => callPull(c), (error) => fail(c, error));
}

function create(source, mark = 0) {
  const record = readable.newRecord();
  readable.objectOf(record);
  setUp(record, { start: () => undefined, pull: () => undefined, cancel: () => undefined, ...source }, mark);
  return record;
}

class ReadableByteStreamController {
  #record;
  constructor(secret, record) {
    if (secret !== SECRET) throw stream.illegal();
    this.#record = record;
  }
  static {
    controllerOf = (value) => value.#record;
  }
  get byobRequest() {
    const c = controllerOf(this);
    if (c.request === null && c.pending.length > 0) {
      const first = c.pending[0];
      const view = new Uint8Array(first.buffer, first.offset + first.filled, first.length - first.filled);
      c.request = new ReadableStreamBYOBRequest(SECRET, { controller: c, view });
    }
    return c.request;
  }
  get desiredSize() { return desired(controllerOf(this)); }
  close() {
    const c = controllerOf(this);
    if (c.closing) throw new TypeError("close: the stream is closing already");
    if (c.stream.state !== "readable") throw new TypeError("close: the stream is not readable any more");
    close(c);
  }
  enqueue(chunk) {
    exports.need(arguments.length, 1, "ReadableByteStreamController.enqueue");
    const c = controllerOf(this);
    if (!ArrayBuffer.isView(chunk)) throw new TypeError("enqueue: the chunk is not a view of bytes");
    if (chunk.byteLength === 0) throw new TypeError("enqueue: the chunk is empty");
    if (c.closing) throw new TypeError("enqueue: the stream is closing");
    if (c.stream.state !== "readable") throw new TypeError("enqueue: the stream is not readable any more");
    enqueue(c, chunk);
  }
  error(reason) { fail(controllerOf(this), reason); }
  get [Symbol.toStringTag]() { return "ReadableByteStreamController"; }
}

class ReadableStreamBYOBRequest {
  #record;
  constructor(secret, record) {
    if (secret !== SECRET) throw stream.illegal();
    this.#record = record;
  }
  static {
    requestOf = (value) => value.#record;
  }
  get view() { return requestOf(this).view; }
  respond(bytesWritten) {
    exports.need(arguments.length, 1, "ReadableStreamBYOBRequest.respond");
    const r = requestOf(this);
    const written = Number(bytesWritten);
    if (!(written >= 0) || written === Infinity) throw new TypeError("respond: the number of bytes is not from 0");
    if (r.controller === null) throw new TypeError("respond: the request was answered already");
    if (r.view.buffer.detached) throw new TypeError("respond: the buffer was given away");
    respond(r.controller, Math.trunc(written));
  }
  respondWithNewView(view) {
    exports.need(arguments.length, 1, "ReadableStreamBYOBRequest.respondWithNewView");
    const r = requestOf(this);
    if (!ArrayBuffer.isView(view)) throw new TypeError("respondWithNewView: the argument is not a view of bytes");
    if (r.controller === null) throw new TypeError("respondWithNewView: the request was answered already");
    if (view.buffer.detached) throw new TypeError("respondWithNewView: the buffer was given away");
    respondWith(r.controller, view);
  }
  get [Symbol.toStringTag]() { return "ReadableStreamBYOBRequest"; }
}

function desired(c) {
  if (c.stream.state === "errored") return null;
  if (c.stream.state === "closed") return 0;
  return c.mark - c.total;
}

function shouldPull(c) {
  const record = c.stream;
  if (record.state !== "readable" || c.closing || !c.started) return false;
  if (record.reader !== null && record.reader.requests.length > 0) return true;
  return desired(c) > 0;
}

const callPull = (c) => stream.pull(c, shouldPull, fail);

function dropRequest(c) {
  if (c.request === null) return;
  const r = requestOf(c.request);
  r.controller = null;
  r.view = null;
  c.request = null;
}

function clear(c) {
  c.pull = c.cancel = () => undefined;
}

function fail(c, reason) {
  if (c.stream.state !== "readable") return;
  dropRequest(c);
  c.pending = [];
  c.chunks = [];
  c.total = 0;
  clear(c);
  readable.fail(c.stream, reason);
}

function close(c) {
  if (c.closing || c.stream.state !== "readable") return;
  if (c.total > 0) {
    c.closing = true;
    return;
  }
  if (c.pending.length > 0 && c.pending[0].filled % c.pending[0].size !== 0) {
    const error = new TypeError("close: the bytes so far are no whole elements of the view to fill");
    fail(c, error);
    throw error;
  }
  clear(c);
  readable.close(c.stream);
}

function put(c, buffer, offset, length) {
  c.chunks.push({ buffer, offset, length });
  c.total += length;
}

function enqueue(c, chunk) {
  const record = c.stream;
  if (c.closing || record.state !== "readable") return;
  const { byteOffset, byteLength } = chunk;
  if (chunk.buffer.detached) throw new TypeError("enqueue: the buffer was given away");
  const buffer = chunk.buffer.transfer();
  if (c.pending.length > 0) {
    const first = c.pending[0];
    if (first.buffer.detached) throw new TypeError("enqueue: the buffer of the reader was given away");
    dropRequest(c);
    first.buffer = first.buffer.transfer();
    if (first.kind === "none") keepFilled(c, first);
  }
  const { reader } = record;
  if (reader !== null && reader.kind === "default") {
    while (reader.requests.length > 0 && c.total > 0) reader.requests.shift().chunk(take(c));
    if (reader.requests.length === 0) {
      put(c, buffer, byteOffset, byteLength);
    } else {
      if (c.pending.length > 0) c.pending.shift();
      reader.requests.shift().chunk(new Uint8Array(buffer, byteOffset, byteLength));
    }
  } else if (reader !== null && reader.kind === "byob" && reader.requests.length > 0) {
    put(c, buffer, byteOffset, byteLength);
    for (const filled of fillPending(c)) commit(record, filled);
  } else {
    put(c, buffer, byteOffset, byteLength);
  }
  callPull(c);
}

// keepFilled saves what a released reader's buffer has got already.
function keepFilled(c, first) {
  if (first.filled > 0) {
    const copy = first.buffer.slice(first.offset, first.offset + first.filled);
    put(c, copy, 0, first.filled);
  }
  c.pending.shift();
}

function take(c) {
  const { buffer, offset, length } = c.chunks.shift();
  c.total -= length;
  drained(c);
  return new Uint8Array(buffer, offset, length);
}

function drained(c) {
  if (c.total === 0 && c.closing) {
    clear(c);
    readable.close(c.stream);
  } else {
    callPull(c);
  }
}

// pull answers a read of a default reader.
function pull(c, request) {
  if (c.total > 0) return request.chunk(take(c));
  if (c.auto !== undefined) {
    let buffer;
    try {
      buffer = new ArrayBuffer(c.auto);
    } catch (error) {
      return request.error(error);
    }
    c.pending.push({ buffer, whole: c.auto, offset: 0, length: c.auto, filled: 0, least: 1, size: 1, View: Uint8Array, kind: "default" });
  }
  c.stream.reader.requests.push(request);
  return callPull(c);
}

// fill moves bytes of the queue into a pending buffer, and tells whether it is ready.
function fill(c, p) {
  const most = Math.min(c.total, p.length - p.filled);
  let left = most;
  let ready = false;
  const rest = (p.filled + most) % p.size;
  const aligned = p.filled + most - rest;
  if (aligned >= p.least) {
    left = aligned - p.filled;
    ready = true;
  }
  while (left > 0) {
    const head = c.chunks[0];
    const n = Math.min(left, head.length);
    new Uint8Array(p.buffer).set(new Uint8Array(head.buffer, head.offset, n), p.offset + p.filled);
    if (n === head.length) c.chunks.shift();
    else {
      head.offset += n;
      head.length -= n;
    }
    c.total -= n;
    p.filled += n;
    left -= n;
  }
  return ready;
}

function fillPending(c) {
  const filled = [];
  while (c.pending.length > 0 && c.total > 0) {
    if (!fill(c, c.pending[0])) break;
    dropRequest(c);
    filled.push(c.pending.shift());
  }
  return filled;
}

function viewOf(p) {
  return new p.View(p.buffer.transfer(), p.offset, p.filled / p.size);
}

function commit(record, p) {
  const done = record.state === "closed";
  const view = viewOf(p);
  const request = record.reader.requests.shift();
  if (p.kind === "default") {
    if (done) request.close();
    else request.chunk(view);
  } else if (done) request.close(view);
  else request.chunk(view);
}

// readInto answers a read of a BYOB reader.
function readInto(c, view, least, request) {
  const View = view instanceof DataView ? DataView : view.constructor;
  const size = view instanceof DataView ? 1 : view.BYTES_PER_ELEMENT;
  let buffer;
  const { byteOffset, byteLength } = view;
  try {
    buffer = view.buffer.transfer();
  } catch (error) {
    return request.error(error);
  }
  const p = { buffer, whole: buffer.byteLength, offset: byteOffset, length: byteLength, filled: 0, least: least * size, size, View, kind: "byob" };
  const { reader } = c.stream;
  if (c.pending.length > 0) {
    c.pending.push(p);
    reader.requests.push(request);
    return undefined;
  }
  if (c.stream.state === "closed") return request.close(new View(buffer, byteOffset, 0));
  if (c.total > 0) {
    if (fill(c, p)) {
      const filled = viewOf(p);
      drained(c);
      return request.chunk(filled);
    }
    if (c.closing) {
      const error = new TypeError("read: the stream ended within an element of the view");
      fail(c, error);
      return request.error(error);
    }
  }
  c.pending.push(p);
  reader.requests.push(request);
  return callPull(c);
}

function respond(c, written) {
  const first = c.pending[0];
  if (c.stream.state === "closed") {
    if (written !== 0) throw new TypeError("respond: the stream is closed: nothing was to be written");
  } else {
    if (written === 0) throw new TypeError("respond: no byte was written");
    if (first.filled + written > first.length) throw new RangeError("respond: more bytes than there is room for");
  }
  first.buffer = first.buffer.transfer();
  responded(c, written);
}

function respondWith(c, view) {
  const first = c.pending[0];
  const { byteOffset, byteLength } = view;
  if (c.stream.state === "closed") {
    if (byteLength !== 0) throw new TypeError("respondWithNewView: the stream is closed: the view must be empty");
  } else if (byteLength === 0) {
    throw new TypeError("respondWithNewView: the view is empty");
  }
  if (first.offset + first.filled !== byteOffset) throw new RangeError("respondWithNewView: the view is at another place of the buffer");
  if (first.whole !== view.buffer.byteLength) throw new RangeError("respondWithNewView: the buffer has another length");
  if (first.filled + byteLength > first.length) throw new RangeError("respondWithNewView: more bytes than there is room for");
  first.buffer = view.buffer.transfer();
  responded(c, byteLength);
}

function responded(c, written) {
  const first = c.pending[0];
  dropRequest(c);
  const { state } = c.stream;
  if (state === "closed") {
    respondClosed(c, first);
  } else {
    respondReadable(c, first, written);
  }
  callPull(c);
}

function respondClosed(c, first) {
  if (first.kind === "none") c.pending.shift();
  const { reader } = c.stream;
  if (reader === null || reader.kind !== "byob") return;
  while (reader.requests.length > 0) commit(c.stream, c.pending.shift());
}

function respondReadable(c, first, written) {
  first.filled += written;
  if (first.kind === "none") {
    keepFilled(c, first);
    for (const filled of fillPending(c)) commit(c.stream, filled);
    return;
  }
  if (first.filled < first.least) return;
  c.pending.shift();
  const rest = first.filled % first.size;
  if (rest > 0) {
    const end = first.offset + first.filled;
    put(c, first.buffer.slice(end - rest, end), 0, rest);
    first.filled -= rest;
  }
  const more = fillPending(c);
  commit(c.stream, first);
  for (const filled of more) commit(c.stream, filled);
}

function cancel(c, reason) {
  dropRequest(c);
  c.pending = [];
  c.chunks = [];
  c.total = 0;
  const run = c.cancel;
  clear(c);
  return when(attempt(() => run(reason)), () => undefined);
}

function released(c) {
  if (c.pending.length === 0) return;
  c.pending[0].kind = "none";
  c.pending = [c.pending[0]];
}

class ReadableStreamBYOBReader {
  #record;
  constructor(object) {
    exports.need(arguments.length, 1, "ReadableStreamBYOBReader");
    if (!readable.is(object)) throw new TypeError("ReadableStreamBYOBReader: the argument is not a ReadableStream");
    const record = readable.recordOf(object);
    if (record.reader !== null) throw new TypeError("ReadableStreamBYOBReader: the stream is locked");
    if (record.controller.kind !== "bytes") throw new TypeError("ReadableStreamBYOBReader: the stream is not of bytes");
    this.#record = readable.attach(record, "byob");
  }
  static {
    readerOf = (value) => value.#record;
  }
  get closed() { return promised(() => this.#record.closed.promise); }
  cancel(reason) {
    return promised(() => {
      const reader = this.#record;
      if (reader.stream === null) throw new TypeError("cancel: the reader was released");
      return readable.cancel(reader.stream, reason);
    });
  }
  read(view, options) {
    return promised(() => {
      const reader = this.#record;
      const least = check(view, stream.dictionary(options, "The options of read"));
      if (reader.stream === null) throw new TypeError("read: the reader was released");
      return new Promise((resolve, reject) => {
        readBytes(reader, view, least, {
          chunk: (value) => resolve({ value, done: false }),
          close: (value) => resolve({ value, done: true }),
          error: reject,
        });
      });
    });
  }
  releaseLock() { readable.release(this.#record); }
  get [Symbol.toStringTag]() { return "ReadableStreamBYOBReader"; }
}

function check(view, options) {
  if (!ArrayBuffer.isView(view)) throw new TypeError("read: the argument is not a view of bytes");
  if (view.byteLength === 0) throw new TypeError("read: the view is empty");
  if (view.buffer.detached) throw new TypeError("read: the buffer was given away");
  const least = options.min === undefined ? 1 : Number(options.min);
  if (!(least >= 1)) throw new TypeError("read: min is not above 0");
  if (least > (view instanceof DataView ? view.byteLength : view.length)) throw new RangeError("read: min is more than the view holds");
  return Math.trunc(least);
}

function readBytes(reader, view, least, request) {
  const record = reader.stream;
  record.disturbed = true;
  if (record.state === "errored") return request.error(record.stored);
  return readInto(record.controller, view, least, request);
}

// tee: both branches are streams of bytes; each gets a copy of its own.
function tee(record) {
  const canceled = deferred();
  const sides = [{ over: false, reason: undefined }, { over: false, reason: undefined }];
  const reader = readable.attach(record, "default");
  let reading = false;
  let again = false;
  const end = () => {
    for (let i = 0; i < 2; i++) {
      if (sides[i].over) continue;
      close(branches[i].controller);
      if (branches[i].controller.pending.length > 0) respond(branches[i].controller, 0);
    }
    if (!sides[0].over || !sides[1].over) canceled.resolve(undefined);
  };
  const both = (value) => {
    again = false;
    for (let i = 0; i < 2; i++) {
      if (!sides[i].over) enqueue(branches[i].controller, i === 0 && !sides[1].over ? value.slice() : value);
    }
    reading = false;
    if (again) pullBoth();
  };
  const pullBoth = () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    readable.read(record, {
      chunk: (value) => quiet(when(Promise.resolve(), () => both(value))),
      close() {
        reading = false;
        end();
      },
      error() {
        reading = false;
      },
    });
  };
  const branches = sides.map((side, i) => create({
    pull: pullBoth,
    cancel(reason) {
      side.over = true;
      side.reason = reason;
      if (sides[1 - i].over) canceled.resolve(readable.cancel(record, sides.map((s) => s.reason)));
      return canceled.promise;
    },
  }));
  quiet(when(reader.closed.promise, undefined, (reason) => {
    for (const branch of branches) fail(branch.controller, reason);
    if (!sides[0].over || !sides[1].over) canceled.resolve(undefined);
  }));
  return branches;
}

exports.byteStream = { setUp, create, enqueue, close, fail, cancel, pull, released, tee };
exports.ReadableByteStreamController = ReadableByteStreamController;
exports.ReadableStreamBYOBRequest = ReadableStreamBYOBRequest;
exports.ReadableStreamBYOBReader = ReadableStreamBYOBReader;
