// Event, EventTarget and the kinds of event that functions meet.
const { need, dictionary } = exports;

class Event {
  #type;
  #options;
  #target = null;
  #current = null;
  #phase = 0;
  #flags = 0;
  #time = performance.now();

  constructor(type, options) {
    need(arguments.length, 1, "Event");
    this.#type = `${type}`;
    this.#options = dictionary(options, "Event");
    this.#options = {
      bubbles: !!this.#options.bubbles,
      cancelable: !!this.#options.cancelable,
      composed: !!this.#options.composed,
    };
  }

  static {
    const STOP = 1, NOW = 2, CANCELED = 4, PASSIVE = 8, DISPATCH = 16;
    const proto = Event.prototype;
    proto.stopPropagation = function stopPropagation() { this.#flags |= STOP; };
    proto.stopImmediatePropagation = function stopImmediatePropagation() { this.#flags |= STOP | NOW; };
    proto.preventDefault = function preventDefault() {
      if (this.#options.cancelable && !(this.#flags & PASSIVE)) this.#flags |= CANCELED;
    };
    const getter = (name, get, set) => Object.defineProperty(proto, name, { get, set, enumerable: true, configurable: true });
    getter("defaultPrevented", function () { return (this.#flags & CANCELED) !== 0; });
    getter("cancelBubble", function () { return (this.#flags & STOP) !== 0; }, function (v) { if (v) this.#flags |= STOP; });
    getter("returnValue", function () { return !(this.#flags & CANCELED); }, function (v) { if (!v) this.preventDefault(); });
    exports.brands.Event = (value) => #type in value;
    exports.event = {
      is: (value) => typeof value === "object" && value !== null && #type in value,
      busy: (event) => (event.#flags & DISPATCH) !== 0,
      start(event, target) {
        event.#flags |= DISPATCH;
        event.#target = event.#current = target;
        event.#phase = 2;
      },
      stopped: (event) => (event.#flags & NOW) !== 0,
      halted: (event) => (event.#flags & STOP) !== 0,
      passive(event, on) {
        event.#flags = on ? event.#flags | PASSIVE : event.#flags & ~PASSIVE;
      },
      end(event) {
        event.#flags &= ~(DISPATCH | STOP | NOW | PASSIVE);
        event.#current = null;
        event.#phase = 0;
      },
    };
    for (const [name, value] of [["NONE", 0], ["CAPTURING_PHASE", 1], ["AT_TARGET", 2], ["BUBBLING_PHASE", 3]]) {
      Object.defineProperty(Event, name, { value, enumerable: true });
      Object.defineProperty(proto, name, { value, enumerable: true });
    }
  }

  get type() { return this.#type; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#current; }
  get eventPhase() { return this.#phase; }
  get bubbles() { return this.#options.bubbles; }
  get cancelable() { return this.#options.cancelable; }
  get composed() { return this.#options.composed; }
  get timeStamp() { return this.#time; }
  get isTrusted() { return false; }
  composedPath() { return this.#current === null ? [] : [this.#current]; }
  get [Symbol.toStringTag]() { return "Event"; }
}

const report = (error) => globalThis.reportError(error);

class EventTarget {
  #listeners = new Map();

  addEventListener(type, callback, options) {
    need(arguments.length, 2, "EventTarget.addEventListener");
    const name = `${type}`;
    const { capture, once, passive, signal } = read(options);
    if (signal !== undefined && !exports.abort.is(signal)) {
      throw new TypeError("addEventListener: the signal is not an AbortSignal");
    }
    if (callback === null || callback === undefined) return;
    if (typeof callback !== "function" && typeof callback !== "object") {
      throw new TypeError("addEventListener: the listener is neither a function nor an object");
    }
    if (signal !== undefined && signal.aborted) return;
    const target = self(this);
    let list = target.#listeners.get(name);
    if (list === undefined) target.#listeners.set(name, (list = []));
    if (list.some((l) => l.callback === callback && l.capture === capture)) return;
    const listener = { callback, capture, once, passive, removed: false };
    list.push(listener);
    if (signal !== undefined) exports.abort.onAbort(signal, () => target.#drop(name, listener));
  }

  removeEventListener(type, callback, options) {
    need(arguments.length, 2, "EventTarget.removeEventListener");
    const { capture } = read(options);
    const target = self(this);
    const list = target.#listeners.get(`${type}`);
    const listener = list?.find((l) => l.callback === callback && l.capture === capture);
    if (listener !== undefined) target.#drop(`${type}`, listener);
  }

  #drop(name, listener) {
    listener.removed = true;
    const list = this.#listeners.get(name);
    const at = list === undefined ? -1 : list.indexOf(listener);
    if (at < 0) return;
    if (list.length === 1) this.#listeners.delete(name);
    else list.splice(at, 1);
  }

  dispatchEvent(event) {
    need(arguments.length, 1, "EventTarget.dispatchEvent");
    if (!exports.event.is(event)) throw new TypeError("dispatchEvent: the argument is not an Event");
    if (exports.event.busy(event)) {
      throw new exports.DOMException("The event is already being dispatched", "InvalidStateError");
    }
    const seen = this === undefined || this === null ? globalThis : this;
    EventTarget.#send(self(this), seen, event);
    return !event.defaultPrevented;
  }

  static #send(target, seen, event) {
    const step = exports.event;
    const halted = step.halted(event);
    step.start(event, seen);
    const list = halted ? [] : (target.#listeners.get(event.type) ?? []).slice();
    for (const listener of [...list.filter((l) => l.capture), ...list.filter((l) => !l.capture)]) {
      if (listener.removed) continue;
      if (listener.once) target.#drop(event.type, listener);
      step.passive(event, listener.passive);
      try {
        call(listener.callback, seen, event);
      } catch (error) {
        report(error);
      }
      step.passive(event, false);
      if (step.stopped(event)) break;
    }
    step.end(event);
  }

  static {
    exports.brands.EventTarget = (value) => #listeners in value;
    const root = new EventTarget();
    exports.target = {
      root,
      has: (target, type) => target.#listeners.has(type),
    };
  }

  get [Symbol.toStringTag]() { return "EventTarget"; }
}

// The methods called without an object, or on globalThis, mean the one of globalThis.
function self(object) {
  return object === undefined || object === null || object === globalThis ? exports.target.root : object;
}

function call(callback, target, event) {
  if (typeof callback === "function") {
    callback.call(target, event);
    return;
  }
  const handle = callback.handleEvent;
  if (typeof handle !== "function") throw new TypeError("The listener's handleEvent is not a function");
  handle.call(callback, event);
}

function read(options) {
  if (typeof options !== "object" || options === null) return { capture: !!options, once: false, passive: false };
  return {
    capture: !!options.capture, once: !!options.once, passive: !!options.passive,
    signal: options.signal === undefined ? undefined : options.signal,
  };
}

// handlers gives a class attributes such as onabort, which are listeners too.
exports.handlers = (Class, names) => {
  const held = new WeakMap();
  for (const name of names) {
    Object.defineProperty(Class.prototype, `on${name}`, {
      enumerable: true, configurable: true,
      get() {
        return held.get(this)?.[name]?.value ?? null;
      },
      set(value) {
        const given = typeof value === "function" || (typeof value === "object" && value !== null) ? value : null;
        let mine = held.get(this);
        if (mine === undefined) held.set(this, (mine = {}));
        if (given !== null && !mine[name]?.value) {
          const entry = { value: given, listener: null };
          const target = this;
          entry.listener = (event) => {
            if (typeof entry.value === "function" && entry.value.call(target, event) === false) event.preventDefault();
          };
          mine[name] = entry;
          this.addEventListener(name, entry.listener);
        } else if (given !== null) {
          mine[name].value = given;
        } else if (mine[name]?.value) {
          this.removeEventListener(name, mine[name].listener);
          mine[name] = undefined;
        }
      },
    });
  }
};

// kind makes a subclass of Event with read-only members and their defaults.
function kind(name, members) {
  const values = new WeakMap();
  const Class = {
    [name]: class extends Event {
      constructor(type, options) {
        need(arguments.length, 1, name);
        super(type, options);
        const given = dictionary(options, name);
        const own = {};
        for (const member of Object.keys(members)) {
          const [convert, initial] = members[member];
          own[member] = given[member] === undefined ? initial : convert(given[member]);
        }
        values.set(this, own);
      }
      get [Symbol.toStringTag]() { return name; }
    },
  }[name];
  for (const member of Object.keys(members)) {
    Object.defineProperty(Class.prototype, member, {
      enumerable: true, configurable: true,
      get() {
        return values.get(this)[member];
      },
    });
  }
  return Class;
}
const any = (value) => value;
const text = (value) => `${value}`;

exports.Event = Event;
exports.EventTarget = EventTarget;
exports.CustomEvent = kind("CustomEvent", { detail: [any, null] });
exports.ErrorEvent = kind("ErrorEvent", {
  message: [text, ""], filename: [text, ""], lineno: [Number, 0], colno: [Number, 0], error: [any, undefined],
});
exports.MessageEvent = kind("MessageEvent", {
  data: [any, null], origin: [text, ""], lastEventId: [text, ""], source: [any, null], ports: [(v) => [...v], []],
});
exports.CloseEvent = kind("CloseEvent", { wasClean: [Boolean, false], code: [Number, 0], reason: [text, ""] });
exports.ProgressEvent = kind("ProgressEvent", { lengthComputable: [Boolean, false], loaded: [Number, 0], total: [Number, 0] });
exports.PromiseRejectionEvent = kind("PromiseRejectionEvent", { promise: [any, undefined], reason: [any, undefined] });
