// structuredClone, by the HTML standard's list of what can be cloned.
const { need, dictionary } = exports;
const typedName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const plainKinds = [Boolean, Number, String, BigInt];

const refuse = (value) => {
  let text;
  try {
    text = typeof value === "symbol" ? value.toString() : typeof value === "function" ? `${value}` : "#<" + (value.constructor?.name ?? "Object") + ">";
  } catch {
    text = "The value";
  }
  return new exports.DOMException(`${text.slice(0, 100)} could not be cloned.`, "DataCloneError");
};

function structuredClone(value, options) {
  need(arguments.length, 1, "structuredClone");
  const transfer = dictionary(options, "structuredClone").transfer;
  const given = transfer === undefined ? [] : [...transfer];
  const known = new Map();
  const moved = new Set();
  for (const item of given) {
    if (!(item instanceof ArrayBuffer) || moved.has(item) || item.detached) throw refuse(item);
    moved.add(item);
  }
  const copy = clone(value, known, moved);
  for (const item of given) if (!item.detached) item.transfer();
  return copy;
}

function clone(value, known, moved) {
  if (typeof value === "symbol" || typeof value === "function") throw refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (known.has(value)) return known.get(value);
  const simple = builtIn(value, known, moved);
  if (simple !== undefined) {
    known.set(value, simple);
    return simple;
  }
  if (value instanceof Map) return map(value, known, moved);
  if (value instanceof Set) return set(value, known, moved);
  if (Array.isArray(value)) return members(value, hold(known, value, new Array(value.length)), known, moved);
  if (isError(value)) return error(value, known, moved);
  if (isPlatform(value)) throw refuse(value);
  return members(value, hold(known, value, {}), known, moved);
}

function hold(known, value, copy) {
  known.set(value, copy);
  return copy;
}

// builtIn is a copy of a value that holds no others, or undefined.
function builtIn(value, known, moved) {
  for (const Class of plainKinds) {
    if (value instanceof Class) return Object(Class.prototype.valueOf.call(value));
  }
  if (value instanceof Symbol) throw refuse(value);
  if (value instanceof Date) return new Date(Date.prototype.getTime.call(value));
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof ArrayBuffer) return buffer(value, moved);
  if (ArrayBuffer.isView(value)) return view(value, known, moved);
  if (exports.is("File", value)) return new exports.File([value], value.name, { type: value.type, lastModified: value.lastModified });
  if (exports.is("Blob", value)) return value.slice(0, value.size, value.type);
  if (exports.is("CryptoKey", value)) return exports.keys.copy(value);
  if (exports.is("DOMException", value)) return new exports.DOMException(value.message, value.name);
  return undefined;
}

function buffer(value, moved) {
  if (value.detached) throw refuse(value);
  if (moved.has(value)) return value.transfer();
  if (!value.resizable) return value.slice(0);
  const copy = new ArrayBuffer(value.byteLength, { maxByteLength: value.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(value));
  return copy;
}

function view(value, known, moved) {
  if (value.buffer.detached) throw refuse(value);
  const { byteOffset, byteLength } = value;
  const Class = value instanceof DataView ? DataView : globalThis[typedName.call(value)];
  const length = value instanceof DataView ? byteLength : value.length;
  return new Class(clone(value.buffer, known, moved), byteOffset, length);
}

function map(value, known, moved) {
  const copy = hold(known, value, new Map());
  for (const [key, item] of [...Map.prototype.entries.call(value)]) copy.set(clone(key, known, moved), clone(item, known, moved));
  return copy;
}

function set(value, known, moved) {
  const copy = hold(known, value, new Set());
  for (const item of [...Set.prototype.values.call(value)]) copy.add(clone(item, known, moved));
  return copy;
}

function members(value, copy, known, moved) {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(value, key)) {
      Object.defineProperty(copy, key, { value: clone(value[key], known, moved), writable: true, enumerable: true, configurable: true });
    }
  }
  return copy;
}

const isError = (value) => value instanceof Error && Object.prototype.toString.call(value) === "[object Error]";

function error(value, known, moved) {
  const Class = Object.hasOwn(errors, value.name) ? errors[value.name] : Error;
  const fresh = hold(known, value, new Class());
  for (const [key, text] of [["message", own(value, "message")], ["stack", value.stack]]) {
    if (text !== undefined) Object.defineProperty(fresh, key, { value: `${text}`, writable: true, enumerable: false, configurable: true });
  }
  if (Object.hasOwn(value, "cause")) {
    Object.defineProperty(fresh, "cause", { value: clone(value.cause, known, moved), writable: true, enumerable: false, configurable: true });
  }
  return fresh;
}

function own(value, key) {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

// isPlatform tells what has no meaning without its machinery.
function isPlatform(value) {
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) return true;
  if (exports.headers.is(value) || exports.url.is(value) || exports.params.is(value) || exports.request.is(value) || exports.response.is(value)) return true;
  return ["ReadableStream", "WritableStream", "FormData"].some((name) => exports.is(name, value)) || isEvent(value);
}

const isEvent = (value) => exports.is("Event", value) || exports.is("EventTarget", value);

exports.structuredClone = structuredClone;
