// What every other file stands on: definitions on globalThis, parts that are
// evaluated when first used, and the conversions of Web IDL.
const { defineProperty, getPrototypeOf, setPrototypeOf, create, freeze } = Object;
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));

// The modules that functions import from Galley, by name ("galley", ...).
exports.modules = create(null);

function define(name, value) {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
exports.define = define;

// part registers a file whose body runs when one of its names is first read,
// either on exports or, for the names that are public, on globalThis.
exports.part = (names, internal, body) => {
  let state = 0;
  const load = () => {
    if (state !== 0) return;
    state = 1;
    body(host, globalThis, exports);
    state = 2;
  };
  const hold = (object, name, read) => {
    const put = (value) => {
      defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
    };
    const get = () => {
      const value = read();
      put(value);
      return value;
    };
    defineProperty(object, name, { get, set: put, configurable: true, enumerable: false });
  };
  const own = (name) => hold(exports, name, () => (load(), getOwn(name)));
  const getOwn = (name) => {
    const found = Object.getOwnPropertyDescriptor(exports, name);
    if (found === undefined || found.get !== undefined) throw new TypeError(`${name} is not there yet`);
    return found.value;
  };
  for (const name of names) {
    own(name);
    hold(globalThis, name, () => exports[name]);
  }
  for (const name of internal) own(name);
  // loaded tells whether there can be any object of the file's classes.
  for (const name of names) loaded[name] = () => state !== 0;
};
const loaded = create(null);

// is tells whether a value is of one of our classes, and never loads the file of
// the class for it: an object of it cannot be there before.
exports.is = (name, value) =>
  typeof value === "object" && value !== null && loaded[name]() && exports.brands[name](value);
exports.brands = create(null);

// Objects that are made often are copies of one, which host.like makes without a
// constructor, the fields of a class and a super in between: each of those is a call. So
// that a constructor may give a copy in the place of its own, the class extends another,
// which is Based where it would extend none.
exports.Based = class {};
exports.unbased = (Class) => {
  setPrototypeOf(Class, Function.prototype);
  setPrototypeOf(Class.prototype, Object.prototype);
};
// method puts one of the engine's into the place of one of a class, and field a getter.
exports.method = (Class, name, value) =>
  defineProperty(Class.prototype, name, { value, writable: true, configurable: true, enumerable: false });
exports.field = (Class, name, object, k) =>
  defineProperty(Class.prototype, name, { get: host.field(object, k, `get ${name}`), set: undefined, configurable: true, enumerable: false });
// derived is a copy as an object of the class that new was called with.
exports.derived = (made, target) => {
  const { prototype } = target;
  return typeof prototype === "object" && prototype !== null ? setPrototypeOf(made, prototype) : made;
};

exports.need = (given, wanted, what) => {
  if (given >= wanted) return;
  throw new TypeError(`${what}: ${wanted} argument${wanted === 1 ? "" : "s"} required, but only ${given} present`);
};

// bytesOf is a view of the bytes of a BufferSource, without a copy.
exports.bytesOf = (source, what) => {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (exports.isBuffer(source)) return new Uint8Array(source);
  throw new TypeError(`${what}: expected an ArrayBuffer or a view of one`);
};
exports.isBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

// A string with lone surrogates replaced (USVString).
const toWellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
exports.usv = (value) => toWellFormed(`${value}`);

// A member of a dictionary: undefined and null give no dictionary.
exports.dictionary = (value, what) => {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" || typeof value === "function") return value;
  throw new TypeError(`${what}: the options are not an object`);
};

exports.oneOf = (value, allowed, what) => {
  const text = `${value}`;
  if (!allowed.includes(text)) throw new TypeError(`${what}: '${text}' is not a valid value`);
  return text;
};

// iterable gives a class entries, keys, values, forEach and [Symbol.iterator]
// over the pairs that list(object) returns; what is changed meanwhile is seen.
exports.iterable = (Class, name, list) => {
  const prototype = create(iteratorPrototype);
  const states = new WeakMap();
  const method = (object, key, value) =>
    defineProperty(object, key, { value, writable: true, configurable: true, enumerable: typeof key === "string" });
  const begin = (object, pick) => {
    list(object);
    const iterator = create(prototype);
    states.set(iterator, { object, pick, at: 0 });
    return iterator;
  };
  const steps = {
    next() {
      const state = states.get(this);
      if (state === undefined) throw new TypeError(`${name} Iterator: next was called on something else`);
      const pairs = list(state.object);
      if (state.at >= pairs.length) return { value: undefined, done: true };
      return { value: state.pick(pairs[state.at++]), done: false };
    },
    entries() {
      return begin(this, (pair) => [pair[0], pair[1]]);
    },
    keys() {
      return begin(this, (pair) => pair[0]);
    },
    values() {
      return begin(this, (pair) => pair[1]);
    },
    forEach(callback, thisArg) {
      list(this);
      exports.need(arguments.length, 1, `${name}.forEach`);
      if (typeof callback !== "function") throw new TypeError(`${name}.forEach: the callback is not a function`);
      for (let i = 0, pairs = list(this); i < pairs.length; i++, pairs = list(this)) {
        callback.call(thisArg, pairs[i][1], pairs[i][0], this);
      }
    },
  };
  method(prototype, "next", steps.next);
  defineProperty(prototype, Symbol.toStringTag, { value: `${name} Iterator`, configurable: true });
  for (const key of ["entries", "keys", "values", "forEach"]) method(Class.prototype, key, steps[key]);
  method(Class.prototype, Symbol.iterator, steps.entries);
};

// finish runs after the last file.
exports.finish = () => {
  if (exports.galley !== undefined) exports.modules.galley = exports.galley;
  freeze(exports.modules);
  defineProperty(globalThis, "__modules", { value: exports.modules, enumerable: false });
};

// placed gives an error the trace of where the function asked for what failed: at is what
// host.trace() gave there. That of an answer which came later names nobody.
exports.placed = (error, at) => {
  Object.defineProperty(error, "stack", { value: host.trace(at, () => new Error().stack), configurable: true, writable: true });
  return error;
};
