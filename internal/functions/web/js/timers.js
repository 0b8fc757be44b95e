// Timers, microtasks, the clock, and what happens to errors that nobody catches.
const { need } = exports;
const settled = Promise.resolve();
const then = Function.prototype.call.bind(Promise.prototype.then);

exports.timers = {
  later: (ms, run) => host.later(ms, run),
  cancel: (id) => host.cancel(id),
};

const callable = (callback, what) => {
  if (typeof callback === "function") return callback;
  throw new TypeError(`${what}: the callback is not a function`);
};

// The time of a timer as browsers read it: a signed 32-bit number, not below zero.
const delay = (ms) => Math.max(0, Number(ms) | 0);

const repeated = new Map();

function setTimeout(callback, ms = 0, ...args) {
  need(arguments.length, 1, "setTimeout");
  const run = callable(callback, "setTimeout");
  return host.later(delay(ms), () => guarded(run, args));
}

// An interval is a chain of timers under the id of the first.
function setInterval(callback, ms = 0, ...args) {
  need(arguments.length, 1, "setInterval");
  const run = callable(callback, "setInterval");
  const wait = delay(ms);
  let first;
  const turn = () => {
    repeated.set(first, host.later(wait, turn));
    guarded(run, args);
  };
  first = host.later(wait, turn);
  repeated.set(first, first);
  return first;
}

function clearTimeout(id) {
  const number = Number(id);
  const last = repeated.get(number);
  repeated.delete(number);
  if (Number.isInteger(number)) host.cancel(last ?? number);
}

function guarded(run, args) {
  try {
    run.apply(globalThis, args);
  } catch (error) {
    reportError(error);
  }
}

function queueMicrotask(callback) {
  need(arguments.length, 1, "queueMicrotask");
  const run = callable(callback, "queueMicrotask");
  then(settled, () => guarded(run, []));
}

// An error that nobody caught goes to the listeners of "error" and, unless one of
// them prevents it, to the log.
function reportError(error) {
  need(arguments.length, 1, "reportError");
  if (heard("error")) {
    const event = new exports.ErrorEvent("error", { error, message: messageOf(error), cancelable: true });
    if (!exports.EventTarget.prototype.dispatchEvent.call(globalThis, event)) return;
  }
  exports.log("error", ["Uncaught", error]);
}

function messageOf(error) {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
  } catch {
    return "error";
  }
}

const heard = (type) => exports.listening && exports.target.has(exports.target.root, type);
exports.listening = false;

// rejected is called for a promise that was rejected and has no handler. It
// returns true when a listener of the script took it.
const rejected = (reason, promise) => {
  if (!heard("unhandledrejection")) return false;
  const event = new exports.PromiseRejectionEvent("unhandledrejection", { reason, promise, cancelable: true });
  return !exports.EventTarget.prototype.dispatchEvent.call(globalThis, event);
};

host.expose("unhandledrejection", rejected);

for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
  const method = {
    [name](...args) {
      exports.listening = true;
      return exports.EventTarget.prototype[name].apply(globalThis, args);
    },
  }[name];
  exports.define(name, method);
}

const started = host.call("clock");
const origin = Date.now();

// performance has the clock only: there is no timeline to read marks from.
class Performance {
  get timeOrigin() { return origin; }
  now() { return host.call("clock") - started; }
  toJSON() { return { timeOrigin: origin }; }
  get [Symbol.toStringTag]() { return "Performance"; }
}

exports.define("setTimeout", setTimeout);
exports.define("setInterval", setInterval);
exports.define("clearTimeout", clearTimeout);
exports.define("clearInterval", function clearInterval(id) { clearTimeout(id); });
exports.define("setImmediate", function setImmediate(callback, ...args) { return setTimeout(callback, 0, ...args); });
exports.define("clearImmediate", function clearImmediate(id) { clearTimeout(id); });
exports.define("queueMicrotask", queueMicrotask);
exports.define("reportError", reportError);
exports.define("performance", new Performance());
exports.define("self", globalThis);
exports.define("navigator", Object.freeze({ userAgent: "Galley", language: "en-US", languages: Object.freeze(["en-US"]), hardwareConcurrency: 1 }));
