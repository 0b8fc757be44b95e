// Node's EventEmitter (nodejs.org/api/events.html).
const onceWrapped = Symbol("listener");

const kept = Symbol("listeners"), most = Symbol("maxListeners");

// EventEmitter is a function, for those of old packages call it on what they make:
// EventEmitter.call(this).
export function EventEmitter() {}
EventEmitter.defaultMaxListeners = 10;

function listenersOf(emitter) {
  if (!Object.hasOwn(emitter, kept)) Object.defineProperty(emitter, kept, { value: new Map() });
  return emitter[kept];
}
const of = (emitter, event) => listenersOf(emitter).get(event) ?? [];
function add(emitter, event, listener, first) {
  if (typeof listener !== "function") {
    const error = new TypeError(`The "listener" argument must be of type function. Received ${listener === null ? "null" : typeof listener}`);
    error.code = "ERR_INVALID_ARG_TYPE";
    throw error;
  }
  if (listenersOf(emitter).has("newListener")) emitter.emit("newListener", event, listener[onceWrapped] ?? listener);
  const list = of(emitter, event);
  listenersOf(emitter).set(event, first ? [listener, ...list] : [...list, listener]);
  return emitter;
}
function wrap(emitter, event, listener) {
  if (typeof listener !== "function") return listener;
  const wrapped = (...args) => {
    emitter.removeListener(event, wrapped);
    return listener.apply(emitter, args);
  };
  wrapped[onceWrapped] = listener;
  return wrapped;
}

const methods = {
  on(event, listener) { return add(this, event, listener, false); },
  addListener(event, listener) { return add(this, event, listener, false); },
  prependListener(event, listener) { return add(this, event, listener, true); },
  once(event, listener) { return add(this, event, wrap(this, event, listener), false); },
  prependOnceListener(event, listener) { return add(this, event, wrap(this, event, listener), true); },
  off(event, listener) { return this.removeListener(event, listener); },
  removeListener(event, listener) {
    const list = of(this, event);
    const at = list.findLastIndex((l) => l === listener || l[onceWrapped] === listener);
    if (at < 0) return this;
    const rest = list.toSpliced(at, 1);
    if (rest.length) listenersOf(this).set(event, rest);
    else listenersOf(this).delete(event);
    if (listenersOf(this).has("removeListener")) this.emit("removeListener", event, listener);
    return this;
  },
  removeAllListeners(event) {
    const told = "removeListener";
    const events = event !== undefined ? [event] : [...listenersOf(this).keys()].filter((e) => e !== told);
    for (const e of events) {
      if (listenersOf(this).has(told)) for (const listener of of(this, e).toReversed()) this.removeListener(e, listener);
      listenersOf(this).delete(e);
    }
    if (event === undefined) listenersOf(this).clear();
    return this;
  },
  emit(event, ...args) {
    if (event === "error") for (const listener of of(this, errorMonitor)) listener.apply(this, args);
    const list = of(this, event);
    if (list.length === 0) {
      if (event !== "error") return false;
      if (args[0] instanceof Error) throw args[0];
      const error = new Error(`Unhandled error. (${args[0]})`);
      error.code = "ERR_UNHANDLED_ERROR";
      error.context = args[0];
      throw error;
    }
    for (const listener of list) listener.apply(this, args);
    return true;
  },
  listeners(event) { return of(this, event).map((l) => l[onceWrapped] ?? l); },
  rawListeners(event) { return [...of(this, event)]; },
  listenerCount(event, listener) {
    return listener ? this.listeners(event).filter((l) => l === listener).length : of(this, event).length;
  },
  eventNames() { return [...listenersOf(this).keys()]; },
  setMaxListeners(n) { this[most] = n; return this; },
  getMaxListeners() { return this[most] ?? EventEmitter.defaultMaxListeners; },
};
Object.assign(EventEmitter.prototype, methods);

// errorMonitor's listeners see an error before those of "error", and do not take care of it.
export const errorMonitor = Symbol("events.errorMonitor");
export const captureRejectionSymbol = Symbol.for("nodejs.rejection");
export const getEventListeners = (emitter, event) => emitter.listeners(event);
export const listenerCount = (emitter, event) => emitter.listenerCount(event);
export const getMaxListeners = (emitter) => emitter.getMaxListeners();
export const setMaxListeners = (n, ...emitters) => { for (const e of emitters) e.setMaxListeners?.(n); };
export function addAbortListener(signal, listener) {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose ?? Symbol.for("dispose")]: () => signal.removeEventListener("abort", listener) };
}

// once waits for one event; an "error" before it rejects.
export function once(emitter, event, { signal } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const done = (settle) => (...args) => {
      emitter.removeListener(event, onEvent);
      emitter.removeListener("error", onError);
      signal?.removeEventListener("abort", onAbort);
      settle(...args);
    };
    const onEvent = done((...args) => resolve(args));
    const onError = done(reject);
    const onAbort = done(() => reject(signal.reason));
    emitter.once(event, onEvent);
    if (event !== "error") emitter.once("error", onError);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export const defaultMaxListeners = EventEmitter.defaultMaxListeners;
EventEmitter.EventEmitter = EventEmitter;
Object.assign(EventEmitter, { once, errorMonitor, captureRejectionSymbol, getEventListeners, listenerCount, getMaxListeners, setMaxListeners, addAbortListener });
export default EventEmitter;
