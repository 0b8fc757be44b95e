// Node's util (nodejs.org/api/util.html).
import * as types from "node:util/types";

function key(name) { return typeof name === "symbol" ? `[${String(name)}]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name); }
function quote(text) {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") ? "`" : "'";
  return mark + text.replace(/[\\\n\r\t]/g, (c) => ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" })[c]).replaceAll(mark, "\\" + mark) + mark;
}

function scalar(value) {
  switch (typeof value) {
    case "string": return quote(value);
    case "bigint": return `${value}n`;
    case "number": return Object.is(value, -0) ? "-0" : String(value);
    case "function": return `[${/^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function"}${value.name ? (/^class\b/.test(Function.prototype.toString.call(value)) ? " " : ": ") + value.name : " (anonymous)"}]`;
  }
  return String(value);
}

// list puts items on one line where they are few, short and not nested deep, as Node
// does (its options compact: 3 and breakLength: 80).
function list(state, level, open, items, close) {
  if (items.length === 0) return open + close;
  const width = items.reduce((n, i) => n + i.length, 0) + 2 * items.length + level * 2 + open.length + 10;
  if (state.deepest - level < 3 && width <= 80 && !items.some((i) => i.includes("\n"))) return `${open} ${items.join(", ")} ${close}`;
  return `${open}\n${items.map((i) => "  " + i.replaceAll("\n", "\n  ")).join(",\n")}\n${close}`;
}

export function inspect(value, options = {}) {
  const depth = typeof options === "object" && options !== null && options.depth !== undefined ? options.depth ?? Infinity : 2;
  return show(value, { depth, deepest: 0, above: [], again: [] });
}
inspect.custom = Symbol.for("nodejs.util.inspect.custom");
inspect.defaultOptions = { depth: 2 };

function show(value, state) {
  if (value === null || typeof value !== "object") return scalar(value);
  if (state.above.includes(value)) {
    if (!state.again.includes(value)) state.again.push(value);
    return `[Circular *${state.again.indexOf(value) + 1}]`;
  }
  const level = state.above.length;
  if (typeof value[inspect.custom] === "function") {
    const own = value[inspect.custom](state.depth - level, {}, inspect);
    if (own !== value) return typeof own === "string" ? own : show(own, state);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const name = Object.getPrototypeOf(value) === null ? "[Object: null prototype]" : value.constructor?.name ?? "Object";
  if (level > state.depth && !(value instanceof Error)) return Array.isArray(value) ? "[Array]" : `[${name}]`;
  state.above.push(value);
  state.deepest = level;
  const text = body(value, name, level, state);
  state.above.pop();
  const reference = state.again.indexOf(value);
  return reference < 0 ? text : `<ref *${reference + 1}> ${text}`;
}

// body is what stands for an object, with what is in it.
function body(value, name, level, state) {
  const inner = (v) => show(v, state);
  const own = Reflect.ownKeys(value).filter((k) => Object.prototype.propertyIsEnumerable.call(value, k));
  const fields = (keys) => keys.map((k) => {
    const d = Object.getOwnPropertyDescriptor(value, k);
    return `${key(k)}: ${d.get ? (d.set ? "[Getter/Setter]" : "[Getter]") : d.set ? "[Setter]" : inner(d.value)}`;
  });
  const all = (open, items, close) => list(state, level, open, items, close);
  if (value instanceof Error) {
    const trace = (value.stack ?? "").replace(/\n$/, "");
    const head = value.message && trace.includes(value.message) ? trace : `${value.name}: ${value.message}${trace && "\n" + trace}`;
    const more = fields(own.filter((k) => k !== "stack" && k !== "message"));
    return more.length ? `${head} ${all("{", more, "}")}` : head;
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = [];
    for (let i = 0; i < Math.min(value.length, 100); i++) items.push(i in value ? inner(value[i]) : "<1 empty item>");
    if (value.length > 100) items.push(`... ${value.length - 100} more item${value.length > 101 ? "s" : ""}`);
    const open = Array.isArray(value) && name === "Array" ? "[" : `${name}(${value.length}) [`;
    return all(open, [...items, ...fields(own.filter((k) => typeof k === "symbol" || !/^\d+$/.test(k)))], "]");
  }
  if (value instanceof Map) return all(`Map(${value.size}) {`, [...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`), "}");
  if (value instanceof Set) return all(`Set(${value.size}) {`, [...value].map(inner), "}");
  if (value instanceof Promise) return "Promise { <pending> }";
  return all(name === "Object" ? "{" : `${name} {`, fields(own), "}");
}

export function format(first, ...rest) {
  if (typeof first !== "string") return [first, ...rest].map((v) => typeof v === "string" ? v : inspect(v)).join(" ");
  let out = first.replace(/%[sdifjoOc%]/g, (mark) => {
    if (mark === "%%") return "%";
    if (rest.length === 0) return mark;
    const v = rest.shift();
    switch (mark) {
      case "%s": return typeof v === "object" && v !== null ? inspect(v, { depth: 0 }) : typeof v === "bigint" ? `${v}n` : Object.is(v, -0) ? "-0" : String(v);
      case "%d": return typeof v === "bigint" ? `${v}n` : typeof v === "symbol" ? "NaN" : scalar(Number(v));
      case "%i": return typeof v === "bigint" ? `${v}n` : typeof v === "symbol" ? "NaN" : scalar(parseInt(v, 10));
      case "%f": return typeof v === "symbol" ? "NaN" : scalar(parseFloat(v));
      case "%j": try { return JSON.stringify(v); } catch { return "[Circular]"; }
      case "%c": return "";
    }
    return inspect(v, { depth: 4 });
  });
  for (const v of rest) out += " " + (typeof v === "string" ? v : inspect(v));
  return out;
}

const custom = Symbol.for("nodejs.util.promisify.custom");
export function promisify(fn) {
  if (typeof fn !== "function") throw new TypeError('The "original" argument must be of type function');
  if (fn[custom]) return fn[custom];
  return function (...args) {
    return new Promise((resolve, reject) => fn.call(this, ...args, (error, value) => error ? reject(error) : resolve(value)));
  };
}
promisify.custom = custom;

export function callbackify(fn) {
  return function (...args) {
    const done = args.pop();
    fn.apply(this, args).then((v) => queueMicrotask(() => done(null, v)), (e) => queueMicrotask(() => done(e ?? new Error("rejected"))));
  };
}

export function inherits(constructor, parent) {
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

export function deprecate(fn, message) {
  let told = false;
  return function (...args) {
    if (!told) console.warn(`DeprecationWarning: ${message}`);
    told = true;
    return new.target ? Reflect.construct(fn, args, new.target) : fn.apply(this, args);
  };
}

export const debuglog = () => Object.assign(() => {}, { enabled: false });
export const stripVTControlCharacters = (text) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
export const toUSVString = (text) => String(text).toWellFormed();

// isDeepStrictEqual compares structure, prototypes and enumerable properties.
export function isDeepStrictEqual(a, b) { return same(a, b, []); }

function same(a, b, above) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (above.some(([x, y]) => x === a && y === b)) return true;
  const within = [...above, [a, b]];
  if (a instanceof Date && !Object.is(a.getTime(), b.getTime())) return false;
  if (a instanceof RegExp && String(a) !== String(b)) return false;
  if (a instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  if ((a instanceof Number || a instanceof String || a instanceof Boolean) && !Object.is(a.valueOf(), b.valueOf())) return false;
  if (a instanceof ArrayBuffer) return same(new Uint8Array(a), new Uint8Array(b), within);
  if (a instanceof Map) {
    if (a.size !== b.size) return false;
    for (const [k, v] of a) {
      const other = b.has(k) ? k : [...b.keys()].find((o) => typeof k === "object" && same(k, o, within) && same(v, b.get(o), within));
      if (!b.has(other) || !same(v, b.get(other), within)) return false;
    }
  }
  if (a instanceof Set) {
    if (a.size !== b.size) return false;
    for (const v of a) if (!b.has(v) && ![...b].some((o) => typeof v === "object" && same(v, o, within))) return false;
  }
  if (Array.isArray(a) && a.length !== b.length) return false;
  const enumerable = (o) => Reflect.ownKeys(o).filter((k) => Object.prototype.propertyIsEnumerable.call(o, k));
  const keys = enumerable(a);
  return keys.length === enumerable(b).length && keys.every((k) => Object.prototype.propertyIsEnumerable.call(b, k) && same(a[k], b[k], within));
}

const { TextDecoder, TextEncoder } = globalThis;
export { TextDecoder, TextEncoder, types };
export const isArray = Array.isArray;
export default {
  inspect, format, promisify, callbackify, inherits, deprecate, debuglog, debug: debuglog, stripVTControlCharacters,
  toUSVString, isDeepStrictEqual, types, TextDecoder, TextEncoder, isArray,
};
