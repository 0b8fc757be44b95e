// WritableStream, its controller and its writer, by https://streams.spec.whatwg.org.
const { stream } = exports;
const { when, quiet, deferred, resolved, rejected, attempt, method, dictionary, promised, Queue } = stream;
const SECRET = {};
const CLOSE = { close: true }; // the entry of the queue that stands for the end

let streamOf, writerOf, controllerOf;

class WritableStream {
  #record;

  constructor(sink, strategy) {
    if (sink === SECRET) {
      this.#record = strategy;
      strategy.object = this;
      return;
    }
    if (sink === null) throw new TypeError("WritableStream: the sink is not an object");
    const from = dictionary(sink, "The underlying sink");
    const plan = dictionary(strategy, "The queuing strategy");
    if (from.type !== undefined) throw new RangeError(`'${from.type}' is no type of a writable stream`);
    const given = {
      abort: method(from, "abort"), close: method(from, "close"), start: method(from, "start"), write: method(from, "write"),
    };
    const size = stream.sizeOf(plan);
    this.#record = newRecord();
    this.#record.object = this;
    setUp(this.#record, given, stream.highWaterMark(plan, 1), size);
  }

  static {
    streamOf = (value) => value.#record;
    exports.brands.WritableStream = (value) => #record in value;
  }

  get locked() { return streamOf(this).writer !== null; }

  abort(reason) {
    return promised(() => {
      const record = streamOf(this);
      if (record.writer !== null) throw new TypeError("abort: the stream is locked");
      return abort(record, reason);
    });
  }

  close() {
    return promised(() => {
      const record = streamOf(this);
      if (record.writer !== null) throw new TypeError("close: the stream is locked");
      if (closeQueued(record)) throw new TypeError("close: the stream is closing already");
      return close(record);
    });
  }

  getWriter() { return new WritableStreamDefaultWriter(this); }

  get [Symbol.toStringTag]() { return "WritableStream"; }
}

function newRecord() {
  return {
    state: "writable", stored: undefined, writer: null, controller: null, requests: [], inFlight: null,
    closeRequest: null, closing: null, pendingAbort: null, pressed: false, object: null,
  };
}

// create makes a stream of our own.
function create(sink, mark = 1, size = () => 1) {
  const record = newRecord();
  new WritableStream(SECRET, record);
  setUp(record, sink, mark, size);
  return record;
}

function setUp(record, sink, mark, size) {
  const nothing = () => undefined;
  const c = {
    stream: record, queue: new Queue(), started: false, mark, size, object: null, stop: null, closing: false,
    write: sink.write ?? nothing, close: sink.close ?? nothing, abort: sink.abort ?? nothing,
  };
  record.controller = c;
  c.object = new WritableStreamDefaultController(SECRET, c);
  press(record, pressure(c));
  const result = (sink.start ?? nothing)(c.object);
  when(Promise.resolve(result), () => {
    c.started = true;
    advance(c);
  }, (error) => {
    c.started = true;
    dealWith(record, error);
  });
}

class WritableStreamDefaultController {
  #record;

  constructor(secret, record) {
    if (secret !== SECRET) throw stream.illegal();
    this.#record = record;
  }

  static {
    controllerOf = (value) => value.#record;
  }

  get signal() {
    const c = controllerOf(this);
    if (c.stop === null) c.stop = new exports.AbortController();
    return c.stop.signal;
  }

  error(reason) {
    const c = controllerOf(this);
    if (c.stream.state === "writable") fail(c, reason);
  }

  get [Symbol.toStringTag]() { return "WritableStreamDefaultController"; }
}

const pressure = (c) => c.mark - c.queue.total <= 0;
const closeQueued = (record) => record.closeRequest !== null || record.closing !== null;
const inFlight = (record) => record.inFlight !== null || record.closing !== null;

function clear(c) {
  const nothing = () => undefined;
  c.write = c.close = c.abort = nothing;
  c.size = undefined;
}

function press(record, pressed) {
  const { writer } = record;
  if (writer !== null && pressed !== record.pressed) {
    if (pressed) writer.ready = deferred();
    else writer.ready.resolve(undefined);
  }
  record.pressed = pressed;
}

function fail(c, reason) {
  clear(c);
  startErroring(c.stream, reason);
}

function dealWith(record, error) {
  if (record.state === "writable") startErroring(record, error);
  else finishErroring(record);
}

function startErroring(record, reason) {
  record.state = "erroring";
  record.stored = reason;
  if (record.writer !== null) rejectNow(record.writer, "ready", reason);
  if (!inFlight(record) && record.controller.started) finishErroring(record);
}

// rejectNow rejects what is pending, and puts a rejected one in the place of another.
function rejectNow(writer, name, reason) {
  if (writer[name].pending) writer[name].reject(reason);
  else writer[name] = rejected(reason);
  quiet(writer[name].promise);
}

function finishErroring(record) {
  if (record.state !== "erroring" || inFlight(record)) return;
  record.state = "errored";
  record.controller.queue.clear();
  for (const request of record.requests.splice(0)) request.reject(record.stored);
  const pending = record.pendingAbort;
  if (pending === null) return rejectClosed(record);
  record.pendingAbort = null;
  if (pending.wasErroring) {
    pending.reject(record.stored);
    return rejectClosed(record);
  }
  const run = record.controller.abort;
  clear(record.controller);
  when(attempt(() => run(pending.reason)), () => {
    pending.resolve(undefined);
    rejectClosed(record);
  }, (error) => {
    pending.reject(error);
    rejectClosed(record);
  });
}

function rejectClosed(record) {
  if (record.closeRequest !== null) {
    record.closeRequest.reject(record.stored);
    record.closeRequest = null;
  }
  if (record.writer === null) return;
  record.writer.closed.reject(record.stored);
  quiet(record.writer.closed.promise);
}

function abort(record, reason) {
  if (record.state === "closed" || record.state === "errored") return Promise.resolve(undefined);
  const c = record.controller;
  if (c.stop === null) c.stop = new exports.AbortController();
  c.stop.abort(reason);
  if (record.state === "closed" || record.state === "errored") return Promise.resolve(undefined);
  if (record.pendingAbort !== null) return record.pendingAbort.promise;
  const wasErroring = record.state === "erroring";
  record.pendingAbort = { ...deferred(), reason: wasErroring ? undefined : reason, wasErroring };
  const { promise } = record.pendingAbort;
  if (!wasErroring) startErroring(record, reason);
  return promise;
}

function close(record) {
  if (record.state === "closed" || record.state === "errored") {
    return Promise.reject(new TypeError("close: the stream is closed or has failed"));
  }
  record.closeRequest = deferred();
  const { promise } = record.closeRequest;
  if (record.writer !== null && record.pressed && record.state === "writable") record.writer.ready.resolve(undefined);
  record.controller.queue.put(CLOSE, 0);
  advance(record.controller);
  return promise;
}

// advance does the next thing of the queue, when nothing is being done.
function advance(c) {
  const record = c.stream;
  if (!c.started || record.inFlight !== null) return;
  if (record.state === "erroring") return finishErroring(record);
  if (record.state !== "writable" || c.queue.length === 0 || record.closing !== null) return;
  const value = c.queue.peek();
  if (value === CLOSE) processClose(c);
  else processWrite(c, value);
}

function processClose(c) {
  const record = c.stream;
  record.closing = record.closeRequest;
  record.closeRequest = null;
  c.queue.take();
  const run = c.close;
  clear(c);
  when(attempt(() => run()), () => {
    record.closing.resolve(undefined);
    record.closing = null;
    if (record.state === "erroring") {
      record.stored = undefined;
      record.pendingAbort?.resolve(undefined);
      record.pendingAbort = null;
    }
    record.state = "closed";
    if (record.writer !== null) record.writer.closed.resolve(undefined);
  }, (error) => {
    record.closing.reject(error);
    record.closing = null;
    record.pendingAbort?.reject(error);
    record.pendingAbort = null;
    dealWith(record, error);
  });
}

function processWrite(c, chunk) {
  const record = c.stream;
  record.inFlight = record.requests.shift();
  when(attempt(() => c.write(chunk, c.object)), () => {
    record.inFlight.resolve(undefined);
    record.inFlight = null;
    c.queue.take();
    if (!closeQueued(record) && record.state === "writable") press(record, pressure(c));
    advance(c);
  }, (error) => {
    if (record.state === "writable") clear(c);
    record.inFlight.reject(error);
    record.inFlight = null;
    dealWith(record, error);
  });
}

function sizeOf(c, chunk) {
  if (c.size === undefined) return 1;
  try {
    return c.size(chunk);
  } catch (error) {
    if (c.stream.state === "writable") fail(c, error);
    return 1;
  }
}

function write(writer, chunk) {
  const record = writer.stream;
  const c = record.controller;
  const size = sizeOf(c, chunk);
  if (writer.stream !== record) return Promise.reject(new TypeError("write: the writer was released"));
  if (record.state === "errored") return Promise.reject(record.stored);
  if (closeQueued(record) || record.state === "closed") {
    return Promise.reject(new TypeError("write: the stream is closing or closed"));
  }
  if (record.state === "erroring") return Promise.reject(record.stored);
  const request = deferred();
  record.requests.push(request);
  try {
    c.queue.put(chunk, size);
  } catch (error) {
    if (record.state === "writable") fail(c, error);
    return request.promise;
  }
  if (!closeQueued(record) && record.state === "writable") press(record, pressure(c));
  advance(c);
  return request.promise;
}

function attach(record) {
  if (record.writer !== null) throw new TypeError("The stream is locked by another writer");
  const writer = { stream: record, closed: null, ready: null };
  record.writer = writer;
  if (record.state === "writable") {
    writer.ready = !closeQueued(record) && record.pressed ? deferred() : resolved();
    writer.closed = deferred();
  } else if (record.state === "erroring") {
    writer.ready = rejected(record.stored);
    writer.closed = deferred();
  } else if (record.state === "closed") {
    writer.ready = resolved();
    writer.closed = resolved();
  } else {
    writer.ready = rejected(record.stored);
    writer.closed = rejected(record.stored);
  }
  return writer;
}

function release(writer) {
  const record = writer.stream;
  if (record === null) return;
  const reason = new TypeError("The lock of the writer was released");
  rejectNow(writer, "ready", reason);
  rejectNow(writer, "closed", reason);
  record.writer = null;
  writer.stream = null;
}

// closeFor closes as a pipe does: what is closed already is no error.
function closeFor(writer) {
  const record = writer.stream;
  if (closeQueued(record) || record.state === "closed") return Promise.resolve();
  if (record.state === "errored") return Promise.reject(record.stored);
  return close(record);
}

function desiredSize(record) {
  if (record.state === "errored" || record.state === "erroring") return null;
  if (record.state === "closed") return 0;
  return record.controller.mark - record.controller.queue.total;
}

class WritableStreamDefaultWriter {
  #record;

  constructor(object) {
    exports.need(arguments.length, 1, "WritableStreamDefaultWriter");
    if (!exports.is("WritableStream", object)) throw new TypeError("WritableStreamDefaultWriter: the argument is not a WritableStream");
    this.#record = attach(streamOf(object));
  }

  static {
    writerOf = (value) => value.#record;
  }

  get closed() { return promised(() => this.#record.closed.promise); }
  get ready() { return promised(() => this.#record.ready.promise); }
  get desiredSize() {
    const writer = this.#record;
    if (writer.stream === null) throw new TypeError("desiredSize: the writer was released");
    return desiredSize(writer.stream);
  }

  abort(reason) { return promised(() => abort(held(this, "abort").stream, reason)); }

  close() {
    return promised(() => {
      const writer = held(this, "close");
      if (closeQueued(writer.stream)) throw new TypeError("close: the stream is closing already");
      return close(writer.stream);
    });
  }

  write(chunk) { return promised(() => write(held(this, "write"), chunk)); }

  releaseLock() { release(this.#record); }

  get [Symbol.toStringTag]() { return "WritableStreamDefaultWriter"; }
}

function held(object, what) {
  const writer = writerOf(object);
  if (writer.stream === null) throw new TypeError(`${what}: the writer was released`);
  return writer;
}

exports.writable = {
  create, attach, release, abort, close, closeFor, write, closeQueued,
  // fail makes the stream fail from outside, as a TransformStream does.
  fail(record, reason) {
    if (record.state === "writable") fail(record.controller, reason);
  },
  recordOf: (object) => streamOf(object),
};
exports.WritableStream = WritableStream;
exports.WritableStreamDefaultWriter = WritableStreamDefaultWriter;
exports.WritableStreamDefaultController = WritableStreamDefaultController;
