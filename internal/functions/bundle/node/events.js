// Node's EventEmitter (nodejs.org/api/events.html).
const onceWrapped = Symbol("listener");

export class EventEmitter {
  static defaultMaxListeners = 10;
  #listeners = new Map();
  #max;

  #of(event) { return this.#listeners.get(event) ?? []; }
  #add(event, listener, first) {
    if (typeof listener !== "function") {
      const error = new TypeError(`The "listener" argument must be of type function. Received ${listener === null ? "null" : typeof listener}`);
      error.code = "ERR_INVALID_ARG_TYPE";
      throw error;
    }
    if (this.#listeners.has("newListener")) this.emit("newListener", event, listener[onceWrapped] ?? listener);
    const list = this.#of(event);
    this.#listeners.set(event, first ? [listener, ...list] : [...list, listener]);
    return this;
  }
  #once(event, listener) {
    if (typeof listener !== "function") return listener;
    const wrapped = (...args) => {
      this.removeListener(event, wrapped);
      return listener.apply(this, args);
    };
    wrapped[onceWrapped] = listener;
    return wrapped;
  }

  on(event, listener) { return this.#add(event, listener, false); }
  addListener(event, listener) { return this.#add(event, listener, false); }
  prependListener(event, listener) { return this.#add(event, listener, true); }
  once(event, listener) { return this.#add(event, this.#once(event, listener), false); }
  prependOnceListener(event, listener) { return this.#add(event, this.#once(event, listener), true); }
  off(event, listener) { return this.removeListener(event, listener); }
  removeListener(event, listener) {
    const list = this.#of(event);
    const at = list.findLastIndex((l) => l === listener || l[onceWrapped] === listener);
    if (at < 0) return this;
    const rest = list.toSpliced(at, 1);
    if (rest.length) this.#listeners.set(event, rest);
    else this.#listeners.delete(event);
    if (this.#listeners.has("removeListener")) this.emit("removeListener", event, listener);
    return this;
  }
  removeAllListeners(event) {
    const told = "removeListener";
    const events = event !== undefined ? [event] : [...this.#listeners.keys()].filter((e) => e !== told);
    for (const e of events) {
      if (this.#listeners.has(told)) for (const listener of this.#of(e).toReversed()) this.removeListener(e, listener);
      this.#listeners.delete(e);
    }
    if (event === undefined) this.#listeners.clear();
    return this;
  }
  emit(event, ...args) {
    const list = this.#of(event);
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
  }
  listeners(event) { return this.#of(event).map((l) => l[onceWrapped] ?? l); }
  rawListeners(event) { return [...this.#of(event)]; }
  listenerCount(event, listener) {
    return listener ? this.listeners(event).filter((l) => l === listener).length : this.#of(event).length;
  }
  eventNames() { return [...this.#listeners.keys()]; }
  setMaxListeners(n) { this.#max = n; return this; }
  getMaxListeners() { return this.#max ?? EventEmitter.defaultMaxListeners; }
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
EventEmitter.once = once;
export default EventEmitter;
