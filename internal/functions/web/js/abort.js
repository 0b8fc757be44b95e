// AbortController and AbortSignal. A signal that depends on others (any) is told
// by them before listeners run, as the DOM standard orders it.
const { need } = exports;
const secret = {};

class AbortSignal extends exports.EventTarget {
  #aborted = false;
  #reason = undefined;
  #steps = null;
  #children = null;
  #parents = null;

  constructor(key) {
    if (key !== secret) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason) {
    const signal = new AbortSignal(secret);
    signal.#set(reason === undefined ? abortError() : reason);
    return signal;
  }

  static timeout(milliseconds) {
    need(arguments.length, 1, "AbortSignal.timeout");
    const ms = Number(milliseconds);
    if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) throw new TypeError("AbortSignal.timeout: the time is out of range");
    const signal = new AbortSignal(secret);
    exports.timers.later(Math.trunc(ms), () => {
      signal.#signal(new exports.DOMException("The operation was aborted due to timeout", "TimeoutError"));
    });
    return signal;
  }

  static any(signals) {
    need(arguments.length, 1, "AbortSignal.any");
    const sources = [...signals];
    for (const source of sources) {
      if (!exports.abort.is(source)) throw new TypeError("AbortSignal.any: one of the values is not an AbortSignal");
    }
    return AbortSignal.#dependent(sources);
  }

  static #dependent(sources) {
    const result = new AbortSignal(secret);
    const first = sources.find((source) => source.#aborted);
    if (first !== undefined) {
      result.#set(first.#reason);
      return result;
    }
    result.#parents = new Set();
    for (const source of sources) {
      for (const parent of source.#parents === null ? [source] : source.#parents) {
        if (result.#parents.has(parent)) continue;
        result.#parents.add(parent);
        (parent.#children ??= []).push(result);
      }
    }
    return result;
  }

  #set(reason) {
    this.#aborted = true;
    this.#reason = reason;
  }

  #signal(reason) {
    if (this.#aborted) return;
    this.#set(reason === undefined ? abortError() : reason);
    const waiting = (this.#children ?? []).filter((child) => !child.#aborted);
    for (const child of waiting) child.#set(this.#reason);
    this.#run();
    for (const child of waiting) child.#run();
    this.#children = null;
  }

  #run() {
    const steps = this.#steps;
    this.#steps = null;
    if (steps !== null) for (const step of [...steps]) step();
    this.dispatchEvent(new exports.Event("abort"));
  }

  static {
    exports.abort = {
      is: (value) => typeof value === "object" && value !== null && #aborted in value,
      fresh: () => new AbortSignal(secret),
      follow: (signal) => AbortSignal.#dependent([signal]),
      fire: (signal, reason) => signal.#signal(reason),
      // onAbort runs a step when the signal is aborted, before the listeners, and
      // returns what takes the step back.
      onAbort(signal, step) {
        if (signal.#aborted) return () => {};
        const steps = (signal.#steps ??= new Set());
        steps.add(step);
        return () => steps.delete(step);
      },
    };
  }

  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }
  get [Symbol.toStringTag]() { return "AbortSignal"; }
}
exports.handlers(AbortSignal, ["abort"]);

function abortError() {
  return new exports.DOMException("This operation was aborted", "AbortError");
}

class AbortController {
  #signal = exports.abort.fresh();

  get signal() { return this.#signal; }
  abort(reason) {
    exports.abort.fire(this.#signal, reason);
  }
  get [Symbol.toStringTag]() { return "AbortController"; }
}

exports.AbortSignal = AbortSignal;
exports.AbortController = AbortController;
