// ReadableStream, its default controller and its default reader. The names of the
// steps are those of https://streams.spec.whatwg.org. Each object of a class holds a
// record; the steps work on records, so a script can't come between.
const { stream } = exports;
const { when, quiet, deferred, resolved, rejected, attempt, method, dictionary, promised, Queue } = stream;

let streamOf, readerOf, controllerOf;
const SECRET = {};

class ReadableStream {
  #record;

  constructor(source, strategy) {
    if (source === SECRET) {
      this.#record = strategy;
      strategy.object = this;
      return;
    }
    if (source === null) throw new TypeError("ReadableStream: the source is not an object");
    const from = dictionary(source, "The underlying source");
    const plan = dictionary(strategy, "The queuing strategy");
    const record = (this.#record = newRecord());
    record.object = this;
    const given = readSource(from);
    if (given.type === "bytes") {
      if (plan.size !== undefined) throw new RangeError("A stream of bytes has no size function");
      exports.byteStream.setUp(record, given, stream.highWaterMark(plan, 0));
      return;
    }
    const size = stream.sizeOf(plan);
    setUp(record, given, stream.highWaterMark(plan, 1), size);
  }

  static {
    streamOf = (value) => value.#record;
    exports.brands.ReadableStream = (value) => #record in value;
  }

  static from(iterable) {
    exports.need(arguments.length, 1, "ReadableStream.from");
    return fromIterable(iterable).object;
  }

  get locked() { return streamOf(this).reader !== null; }

  cancel(reason) {
    return promised(() => {
      const record = streamOf(this);
      if (record.reader !== null) throw new TypeError("cancel: the stream is locked");
      return cancel(record, reason);
    });
  }

  getReader(options) {
    const record = streamOf(this);
    const { mode } = dictionary(options, "The options of getReader");
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== "byob") throw new TypeError(`getReader: '${mode}' is no mode of a reader`);
    if (record.controller.kind !== "bytes") throw new TypeError("getReader: a BYOB reader needs a stream of bytes");
    return new exports.ReadableStreamBYOBReader(this);
  }

  pipeThrough(pair, options) {
    exports.need(arguments.length, 1, "ReadableStream.pipeThrough");
    const record = streamOf(this);
    const { readable, writable } = dictionary(pair, "The transform");
    if (!isStream(readable)) throw new TypeError("pipeThrough: readable is not a ReadableStream");
    if (!exports.is("WritableStream", writable)) throw new TypeError("pipeThrough: writable is not a WritableStream");
    const how = exports.pipe.options(options);
    if (record.reader !== null) throw new TypeError("pipeThrough: the stream is locked");
    if (writable.locked) throw new TypeError("pipeThrough: the writable side is locked");
    quiet(exports.pipe.to(record, exports.writable.recordOf(writable), how));
    return readable;
  }

  pipeTo(destination, options) {
    try {
      exports.need(arguments.length, 1, "ReadableStream.pipeTo");
      const record = streamOf(this);
      if (!exports.is("WritableStream", destination)) throw new TypeError("pipeTo: the destination is not a WritableStream");
      const how = exports.pipe.options(options);
      if (record.reader !== null) throw new TypeError("pipeTo: the stream is locked");
      if (destination.locked) throw new TypeError("pipeTo: the destination is locked");
      return exports.pipe.to(record, exports.writable.recordOf(destination), how);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  tee() {
    const record = streamOf(this);
    const pair = record.controller.kind === "bytes" ? exports.byteStream.tee(record) : exports.tee(record);
    return [pair[0].object, pair[1].object];
  }

  values(options) {
    const preventCancel = !!dictionary(options, "The options of values").preventCancel;
    return iterator(new ReadableStreamDefaultReader(this), preventCancel);
  }

  get [Symbol.toStringTag]() { return "ReadableStream"; }
}
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  value: ReadableStream.prototype.values, writable: true, configurable: true,
});
const isStream = (value) => exports.is("ReadableStream", value);

function newRecord() {
  return { state: "readable", reader: null, stored: undefined, disturbed: false, controller: null, object: null };
}

function readSource(from) {
  const size = from.autoAllocateChunkSize;
  const given = { autoAllocateChunkSize: size === undefined ? undefined : Number(size) };
  if (size !== undefined && !(given.autoAllocateChunkSize > 0)) throw new TypeError("autoAllocateChunkSize is not above 0");
  given.cancel = method(from, "cancel") ?? (() => undefined);
  given.pull = method(from, "pull") ?? (() => undefined);
  given.start = method(from, "start") ?? (() => undefined);
  if (from.type !== undefined && `${from.type}` !== "bytes") throw new TypeError(`'${from.type}' is no type of a stream`);
  given.type = from.type === undefined ? undefined : "bytes";
  return given;
}

// create makes a stream of our own, whose functions do not throw.
function create(source, mark = 1, size = () => 1) {
  const record = newRecord();
  new ReadableStream(SECRET, record);
  setUp(record, { start: () => undefined, pull: () => undefined, cancel: () => undefined, ...source }, mark, size);
  return record;
}

function setUp(record, source, mark, size) {
  const c = {
    kind: "default", stream: record, queue: new Queue(), started: false, closing: false, again: false, pulling: false,
    mark, size, pull: source.pull, cancel: source.cancel, object: null,
  };
  record.controller = c;
  c.object = new ReadableStreamDefaultController(SECRET, c);
  begin(c, source.start, () => callPull(c), (error) => errorDefault(c, error));
}

// begin calls start at once, and goes on when what it gave is settled.
function begin(c, start, go, failed) {
  const result = start(c.object);
  when(Promise.resolve(result), () => {
    c.started = true;
    go();
  }, failed);
}

class ReadableStreamDefaultController {
  #record;

  constructor(secret, record) {
    if (secret !== SECRET) throw stream.illegal();
    this.#record = record;
  }

  static {
    controllerOf = (value) => value.#record;
  }

  get desiredSize() { return desired(controllerOf(this)); }

  close() {
    const c = controllerOf(this);
    if (!open(c)) throw new TypeError("close: the stream can't be closed any more");
    closeDefault(c);
  }

  enqueue(chunk) {
    const c = controllerOf(this);
    if (!open(c)) throw new TypeError("enqueue: the stream is closed or has failed");
    enqueueDefault(c, chunk);
  }

  error(reason) { errorDefault(controllerOf(this), reason); }

  get [Symbol.toStringTag]() { return "ReadableStreamDefaultController"; }
}

const open = (c) => !c.closing && c.stream.state === "readable";

function desired(c) {
  if (c.stream.state === "errored") return null;
  if (c.stream.state === "closed") return 0;
  return c.mark - c.queue.total;
}

function shouldPull(c) {
  if (!open(c) || !c.started) return false;
  if (c.stream.reader !== null && requests(c.stream) > 0) return true;
  return desired(c) > 0;
}

const callPull = (c) => stream.pull(c, shouldPull, errorDefault);

function clear(c) {
  const nothing = () => undefined;
  c.pull = c.cancel = nothing;
  c.size = undefined;
}

function closeDefault(c) {
  if (!open(c)) return;
  c.closing = true;
  if (c.queue.length > 0) return;
  clear(c);
  close(c.stream);
}

function enqueueDefault(c, chunk) {
  if (!open(c)) return;
  if (c.stream.reader !== null && requests(c.stream) > 0) {
    c.stream.reader.requests.shift().chunk(chunk);
  } else {
    try {
      c.queue.put(chunk, c.size(chunk));
    } catch (error) {
      errorDefault(c, error);
      throw error;
    }
  }
  callPull(c);
}

function errorDefault(c, reason) {
  if (c.stream.state !== "readable") return;
  c.queue.clear();
  clear(c);
  fail(c.stream, reason);
}

function requests(record) {
  return record.reader.kind === "default" ? record.reader.requests.length : 0;
}

function close(record) {
  record.state = "closed";
  const { reader } = record;
  if (reader === null) return;
  reader.closed.resolve(undefined);
  if (reader.kind !== "default") return;
  for (const request of reader.requests.splice(0)) request.close();
}

function fail(record, reason) {
  record.state = "errored";
  record.stored = reason;
  const { reader } = record;
  if (reader === null) return;
  reader.closed.reject(reason);
  quiet(reader.closed.promise);
  dropRequests(reader, reason);
}

function dropRequests(reader, reason) {
  for (const request of reader.requests.splice(0)) request.error(reason);
}

function cancel(record, reason) {
  record.disturbed = true;
  if (record.state === "closed") return Promise.resolve(undefined);
  if (record.state === "errored") return Promise.reject(record.stored);
  close(record);
  const { reader, controller } = record;
  if (reader !== null && reader.kind === "byob") {
    for (const request of reader.requests.splice(0)) request.close(undefined);
  }
  if (controller.kind === "bytes") return exports.byteStream.cancel(controller, reason);
  controller.queue.clear();
  const run = controller.cancel;
  clear(controller);
  return when(attempt(() => run(reason)), () => undefined);
}

// read gives a request {chunk, close, error} to a stream that has a reader.
function read(record, request) {
  record.disturbed = true;
  if (record.state === "closed") return request.close();
  if (record.state === "errored") return request.error(record.stored);
  const c = record.controller;
  if (c.kind === "bytes") return exports.byteStream.pull(c, request);
  if (c.queue.length === 0) {
    record.reader.requests.push(request);
    return callPull(c);
  }
  const chunk = c.queue.take();
  if (c.closing && c.queue.length === 0) {
    clear(c);
    close(record);
  } else {
    callPull(c);
  }
  return request.chunk(chunk);
}

// attach makes a reader record for a stream.
function attach(record, kind) {
  if (record.reader !== null) throw new TypeError("The stream is locked by another reader");
  const closed = record.state === "readable" ? deferred() : record.state === "closed" ? resolved() : rejected(record.stored);
  const reader = { kind, stream: record, requests: [], closed };
  record.reader = reader;
  return reader;
}

function release(reader) {
  const record = reader.stream;
  if (record === null) return;
  const reason = new TypeError("The lock of the reader was released");
  if (record.state === "readable") reader.closed.reject(reason);
  else reader.closed = rejected(reason);
  quiet(reader.closed.promise);
  if (record.controller.kind === "bytes") exports.byteStream.released(record.controller);
  record.reader = null;
  reader.stream = null;
  dropRequests(reader, reason);
}

class ReadableStreamDefaultReader {
  #record;

  constructor(object) {
    exports.need(arguments.length, 1, "ReadableStreamDefaultReader");
    if (!isStream(object)) throw new TypeError("ReadableStreamDefaultReader: the argument is not a ReadableStream");
    this.#record = attach(streamOf(object), "default");
  }

  static {
    readerOf = (value) => value.#record;
  }

  get closed() { return promised(() => this.#record.closed.promise); }

  cancel(reason) {
    return promised(() => {
      const reader = this.#record;
      if (reader.stream === null) throw new TypeError("cancel: the reader was released");
      return cancel(reader.stream, reason);
    });
  }

  read() {
    try {
      const reader = this.#record;
      if (reader.stream === null) throw new TypeError("read: the reader was released");
      return new Promise((resolve, reject) => {
        read(reader.stream, {
          chunk: (value) => resolve({ value, done: false }),
          close: () => resolve({ value: undefined, done: true }),
          error: reject,
        });
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  releaseLock() { release(this.#record); }

  get [Symbol.toStringTag]() { return "ReadableStreamDefaultReader"; }
}

const asyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

// iterator is what for await takes its chunks from. Calls wait for one another.
const iterations = new WeakMap();
const iteratorMethods = Object.setPrototypeOf({
  next() { return queued(this, (it) => nextChunk(it)); },
  return(value) { return queued(this, (it) => endIteration(it, value)); },
}, asyncIteratorPrototype);

function iterator(reader, preventCancel) {
  const object = Object.create(iteratorMethods);
  iterations.set(object, { reader: readerOf(reader), preventCancel, last: null, over: false });
  return object;
}

function queued(object, run) {
  const it = iterations.get(object);
  if (it === undefined) return Promise.reject(new TypeError("next was called on something else than the iterator of a stream"));
  const step = () => run(it);
  const mine = (it.last = it.last === null ? step() : when(it.last, step, step));
  // Nothing under way any more: the next call acts at once. QuickJS does not wait for
  // what return() gives when a loop is left, so the lock has to be gone by then.
  const over = () => {
    if (it.last === mine) it.last = null;
  };
  when(mine, over, over);
  return mine;
}

function nextChunk(it) {
  if (it.over) return Promise.resolve({ value: undefined, done: true });
  return new Promise((resolve, reject) => {
    read(it.reader.stream, {
      chunk: (value) => resolve({ value, done: false }),
      close() {
        it.over = true;
        release(it.reader);
        resolve({ value: undefined, done: true });
      },
      error(reason) {
        it.over = true;
        release(it.reader);
        reject(reason);
      },
    });
  });
}

async function endIteration(it, value) {
  if (it.over) return { value, done: true };
  it.over = true;
  if (it.preventCancel) {
    release(it.reader);
  } else {
    const done = cancel(it.reader.stream, value);
    release(it.reader);
    await done;
  }
  return { value, done: true };
}

function fromIterable(iterable) {
  if (iterable === null || iterable === undefined) throw new TypeError("ReadableStream.from: the argument can't be iterated over");
  const make = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator];
  if (typeof make !== "function") throw new TypeError("ReadableStream.from: the argument can't be iterated over");
  const source = make.call(iterable);
  if (typeof source !== "object" || source === null) throw new TypeError("ReadableStream.from: the iterator is not an object");
  const { next } = source;
  const object = (result) => {
    if (typeof result !== "object" || result === null) throw new TypeError("ReadableStream.from: the iterator gave no object");
    return result;
  };
  const record = create({
    async pull() {
      const result = object(await next.call(source));
      if (result.done) closeDefault(record.controller);
      else enqueueDefault(record.controller, await result.value);
    },
    async cancel(reason) {
      const stop = source.return;
      if (stop === undefined || stop === null) return;
      object(await stop.call(source, reason));
    },
  }, 0);
  return record;
}

exports.readable = {
  create, cancel, read, attach, release, close, fail, newRecord, begin, requests, SECRET,
  enqueue: enqueueDefault, finish: closeDefault, error: errorDefault, desired, canEnqueue: open,
  // A stream's pressure is what a TransformStream waits on.
  pressed: (c) => !shouldPull(c),
  recordOf: (object) => streamOf(object),
  objectOf: (record) => new ReadableStream(SECRET, record),
  disturbed: (object) => streamOf(object).disturbed,
  is: isStream,
};
exports.ReadableStream = ReadableStream;
exports.ReadableStreamDefaultReader = ReadableStreamDefaultReader;
exports.ReadableStreamDefaultController = ReadableStreamDefaultController;
