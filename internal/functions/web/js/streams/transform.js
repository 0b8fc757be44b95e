// TransformStream and the transforms that come with the platform.
const { stream, readable, writable } = exports;
const { when, quiet, deferred, attempt, method, dictionary } = stream;
const SECRET = {};
let controllerOf;

class TransformStream {
  #record;

  constructor(transformer, writableStrategy, readableStrategy) {
    if (transformer === null) throw new TypeError("TransformStream: the transformer is not an object");
    const from = dictionary(transformer, "The transformer");
    const given = {
      cancel: method(from, "cancel"), flush: method(from, "flush"), start: method(from, "start"), transform: method(from, "transform"),
    };
    for (const name of ["readableType", "writableType"]) {
      if (from[name] !== undefined) throw new RangeError(`TransformStream: ${name} can't be given`);
    }
    const out = dictionary(readableStrategy, "The readable strategy");
    const into = dictionary(writableStrategy, "The writable strategy");
    const outMark = stream.highWaterMark(out, 0);
    const outSize = stream.sizeOf(out);
    const inMark = stream.highWaterMark(into, 1);
    const inSize = stream.sizeOf(into);
    this.#record = setUp(given, { inMark, inSize, outMark, outSize });
  }

  get readable() { return this.#record.readable.object; }
  get writable() { return this.#record.writable.object; }
  get [Symbol.toStringTag]() { return "TransformStream"; }
}

function setUp(given, plan) {
  const started = deferred();
  const t = { readable: null, writable: null, pressed: undefined, change: null, controller: null, ending: null };
  t.writable = writable.create({
    start: () => started.promise,
    write: (chunk) => sinkWrite(t, chunk),
    abort: (reason) => sinkAbort(t, reason),
    close: () => sinkClose(t),
  }, plan.inMark, plan.inSize);
  t.readable = readable.create({
    start: () => started.promise,
    pull() {
      press(t, false);
      return t.change.promise;
    },
    cancel: (reason) => sourceCancel(t, reason),
  }, plan.outMark, plan.outSize);
  press(t, true);
  t.controller = {
    t, object: null,
    transform: given.transform ?? ((chunk) => enqueue(t, chunk)),
    flush: given.flush ?? (() => undefined),
    cancel: given.cancel ?? (() => undefined),
  };
  t.controller.object = new TransformStreamDefaultController(SECRET, t.controller);
  started.resolve(given.start === undefined ? undefined : given.start(t.controller.object));
  return t;
}

function press(t, pressed) {
  if (t.pressed === pressed) return;
  t.change?.resolve(undefined);
  t.change = deferred();
  t.pressed = pressed;
}

function clear(c) {
  const nothing = () => undefined;
  c.transform = c.flush = c.cancel = nothing;
}

function fail(t, reason) {
  readable.error(t.readable.controller, reason);
  failWritable(t, reason);
}

function failWritable(t, reason) {
  clear(t.controller);
  writable.fail(t.writable, reason);
  if (t.pressed) press(t, false);
}

function enqueue(t, chunk) {
  const c = t.readable.controller;
  if (!readable.canEnqueue(c)) throw new TypeError("enqueue: the readable side is closed or has failed");
  try {
    readable.enqueue(c, chunk);
  } catch (error) {
    failWritable(t, error);
    throw t.readable.stored;
  }
  if (readable.pressed(c) !== t.pressed) press(t, true);
}

async function perform(t, chunk) {
  try {
    await t.controller.transform(chunk, t.controller.object);
  } catch (error) {
    fail(t, error);
    throw error;
  }
}

async function sinkWrite(t, chunk) {
  if (t.pressed) {
    await t.change.promise;
    if (t.writable.state === "erroring") throw t.writable.stored;
  }
  return perform(t, chunk);
}

// The ends of both sides happen once: who comes second waits for the first.
function sinkAbort(t, reason) {
  if (t.ending !== null) return t.ending.promise;
  t.ending = quietly();
  const run = t.controller.cancel;
  clearAfter(t, attempt(() => run(reason)), () => {
    if (t.readable.state === "errored") return t.ending.reject(t.readable.stored);
    readable.error(t.readable.controller, reason);
    return t.ending.resolve(undefined);
  }, (error) => {
    readable.error(t.readable.controller, error);
    t.ending.reject(error);
  });
  return t.ending.promise;
}

function sinkClose(t) {
  if (t.ending !== null) return t.ending.promise;
  t.ending = quietly();
  const run = t.controller.flush;
  clearAfter(t, attempt(() => run(t.controller.object)), () => {
    if (t.readable.state === "errored") return t.ending.reject(t.readable.stored);
    readable.finish(t.readable.controller);
    return t.ending.resolve(undefined);
  }, (error) => {
    readable.error(t.readable.controller, error);
    t.ending.reject(error);
  });
  return t.ending.promise;
}

function sourceCancel(t, reason) {
  if (t.ending !== null) return t.ending.promise;
  t.ending = quietly();
  const run = t.controller.cancel;
  clearAfter(t, attempt(() => run(reason)), () => {
    if (t.writable.state === "errored") return t.ending.reject(t.writable.stored);
    writable.fail(t.writable, reason);
    if (t.pressed) press(t, false);
    return t.ending.resolve(undefined);
  }, (error) => {
    writable.fail(t.writable, error);
    if (t.pressed) press(t, false);
    t.ending.reject(error);
  });
  return t.ending.promise;
}

function quietly() {
  const d = deferred();
  quiet(d.promise);
  return d;
}

function clearAfter(t, promise, ok, failed) {
  clear(t.controller);
  when(promise, ok, failed);
}

class TransformStreamDefaultController {
  #record;

  constructor(secret, record) {
    if (secret !== SECRET) throw stream.illegal();
    this.#record = record;
  }

  static {
    controllerOf = (value) => value.#record;
  }

  get desiredSize() { return readable.desired(controllerOf(this).t.readable.controller); }
  enqueue(chunk) { enqueue(controllerOf(this).t, chunk); }
  error(reason) { fail(controllerOf(this).t, reason); }
  terminate() {
    const { t } = controllerOf(this);
    readable.finish(t.readable.controller);
    failWritable(t, new TypeError("The stream was terminated"));
  }
  get [Symbol.toStringTag]() { return "TransformStreamDefaultController"; }
}

// platform makes a class whose streams are a transform of our own.
function plain(transform, flush, cancel) {
  return setUp({ transform, flush, cancel }, { inMark: 1, inSize: () => 1, outMark: 0, outSize: () => 1 });
}

class TextEncoderStream {
  #t;
  constructor() {
    let high = "";
    this.#t = plain((chunk, c) => {
      let text = high + `${chunk}`;
      high = "";
      const last = text.charCodeAt(text.length - 1);
      if (last >= 0xd800 && last < 0xdc00) {
        high = text.slice(-1);
        text = text.slice(0, -1);
      }
      if (text !== "") c.enqueue(exports.utf8(exports.usv(text)));
    }, (c) => {
      if (high !== "") c.enqueue(new Uint8Array([0xef, 0xbf, 0xbd]));
    });
  }
  get encoding() { return "utf-8"; }
  get readable() { return this.#t.readable.object; }
  get writable() { return this.#t.writable.object; }
  get [Symbol.toStringTag]() { return "TextEncoderStream"; }
}

class TextDecoderStream {
  #t;
  #decoder;
  constructor(label = "utf-8", options = undefined) {
    const decoder = (this.#decoder = new exports.TextDecoder(label, options));
    this.#t = plain((chunk, c) => {
      const text = decoder.decode(exports.bytesOf(chunk, "TextDecoderStream"), { stream: true });
      if (text !== "") c.enqueue(text);
    }, (c) => {
      const text = decoder.decode();
      if (text !== "") c.enqueue(text);
    });
  }
  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
  get readable() { return this.#t.readable.object; }
  get writable() { return this.#t.writable.object; }
  get [Symbol.toStringTag]() { return "TextDecoderStream"; }
}

exports.transform = { plain };
exports.TransformStream = TransformStream;
exports.TransformStreamDefaultController = TransformStreamDefaultController;
exports.TextEncoderStream = TextEncoderStream;
exports.TextDecoderStream = TextDecoderStream;
