// How console shows values: as Node's console does where that is of use, with
// bounds on depth, on entries and on the length of strings.
const DEPTH = 2;
const ENTRIES = 100;
const STRING = 10000;
const WIDTH = 72;
const TOTAL = 5000; // values in one message

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const typedName = Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

exports.inspect = (value, depth = DEPTH) => show(value, { depth, level: 0, indent: 0, seen: [], circular: new Map(), left: TOTAL });

function quote(text) {
  let cut = "";
  if (text.length > STRING) {
    cut = `... ${text.length - STRING} more characters`;
    text = text.slice(0, STRING);
  }
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") && !text.includes("${") ? "`" : "'";
  const escaped = text.replace(/[\0-\x1f\x7f-\x9f\\'"`\ud800-\udfff]/gu, (c) => {
    if (c === mark || c === "\\") return "\\" + c;
    if (c === "'" || c === '"' || c === "`") return c;
    const short = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v" }[c];
    if (short !== undefined) return short;
    const code = c.charCodeAt(0);
    return code < 256 ? "\\x" + code.toString(16).toUpperCase().padStart(2, "0") : "\\u" + code.toString(16).toUpperCase();
  });
  return mark + escaped + mark + cut;
}

function primitive(value) {
  switch (typeof value) {
    case "string": return quote(value);
    case "number": return Object.is(value, -0) ? "-0" : `${value}`;
    case "bigint": return `${value}n`;
    case "symbol": return Symbol.prototype.toString.call(value);
    default: return `${value}`;
  }
}

function show(value, ctx) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return primitive(value);
  if (ctx.seen.includes(value)) {
    if (!ctx.circular.has(value)) ctx.circular.set(value, ctx.circular.size + 1);
    return `[Circular *${ctx.circular.get(value)}]`;
  }
  if (--ctx.left < 0) return "...";
  try {
    return shown(value, ctx);
  } catch {
    return "[object that cannot be shown]";
  }
}

// nameOf is the name of the class of an object; null for one without a prototype.
function nameOf(object) {
  for (let at = object; at !== null; at = getPrototypeOf(at)) {
    const own = getOwnPropertyDescriptor(at, "constructor");
    if (own !== undefined && typeof own.value === "function" && own.value.name !== "" && object instanceof own.value) {
      return own.value.name;
    }
  }
  return null;
}

function tagOf(object, name) {
  let tag;
  try {
    tag = object[Symbol.toStringTag];
  } catch {
    return "";
  }
  return typeof tag === "string" && tag !== "" && tag !== name ? ` [${tag}]` : "";
}

function shown(value, ctx) {
  const name = nameOf(value);
  const prefix = (fallback, size = "") => {
    const base = name === null ? `[${fallback}${size}: null prototype]` : `${name}${size}`;
    return base + tagOf(value, name ?? fallback) + " ";
  };
  const kind = classify(value, name, prefix);
  if (kind.text !== undefined && kind.keys.length === 0) return kind.text;
  if (ctx.level > ctx.depth) {
    return Array.isArray(value) ? "[Array]" : `[${(name ?? "Object: null prototype") + tagOf(value, name ?? "Object")}]`;
  }
  ctx.seen.push(value);
  ctx.level++;
  ctx.indent += 2;
  const parts = kind.parts(ctx);
  for (const key of kind.keys) parts.push(property(value, key, ctx));
  ctx.indent -= 2;
  ctx.level--;
  ctx.seen.pop();
  let head = kind.head;
  if (ctx.circular.has(value)) head = `<ref *${ctx.circular.get(value)}> ${head}`;
  return join(head, kind.open, parts, kind.close, ctx, kind.list === true);
}

const none = () => [];

// classify tells how an object is shown: text stands for it when it has no
// properties of its own, else head, the brackets and its parts.
function classify(value, name, prefix) {
  const keys = ownKeys(value);
  const object = (head, parts = none) => ({ head, open: "{", close: "}", parts, keys });
  if (Array.isArray(value)) {
    const head = name === "Array" ? "" : prefix("Array", `(${value.length})`);
    return { head, open: "[", close: "]", keys: keys.filter(notIndex), parts: (ctx) => elements(value, ctx), list: true };
  }
  if (typeof value === "function") return { ...object(functionName(value, name) + " "), text: functionName(value, name) };
  if (value instanceof Error) return { ...object(errorText(value) + " "), text: errorText(value), keys: errorKeys(value, keys) };
  const builtIn = builtin(value, name, prefix, keys);
  if (builtIn !== null) return builtIn;
  const own = platform(value, name);
  if (own !== null) return object(`${name} `, (ctx) => members(own, ctx));
  const head = name === "Object" && tagOf(value, name) === "" ? "" : prefix("Object");
  return { ...object(head), text: keys.length === 0 ? `${head}{}` : undefined };
}

function builtin(value, name, prefix, keys) {
  const text = (found) => ({ text: found, head: `${found} `, open: "{", close: "}", parts: none, keys });
  if (value instanceof Date) return text(isNaN(value) ? "Invalid Date" : Date.prototype.toISOString.call(value));
  if (value instanceof RegExp) return text(RegExp.prototype.toString.call(value));
  if (value instanceof Map) {
    return { head: prefix("Map", `(${value.size})`), open: "{", close: "}", keys, parts: (ctx) =>
      bounded(value.entries(), value.size, ctx, ([k, v]) => `${show(k, ctx)} => ${show(v, ctx)}`) };
  }
  if (value instanceof Set) {
    return { head: prefix("Set", `(${value.size})`), open: "{", close: "}", keys, parts: (ctx) =>
      bounded(value.values(), value.size, ctx, (v) => show(v, ctx)) };
  }
  if (typedName.call(value) !== undefined) {
    return { head: prefix(typedName.call(value), `(${value.length})`), open: "[", close: "]", list: true,
      keys: keys.filter(notIndex), parts: (ctx) => bounded(value.values(), value.length, ctx, (v) => show(v, ctx)) };
  }
  if (value instanceof ArrayBuffer) {
    return { head: prefix("ArrayBuffer"), open: "{", close: "}", keys, parts: () => [
      `[Uint8Contents]: <${hex(value)}>`, `byteLength: ${value.byteLength}`] };
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    return text(`${name} { <${value instanceof Promise ? "promise" : "items unknown"}> }`);
  }
  for (const Class of [Number, String, Boolean, Symbol, BigInt]) {
    if (!(value instanceof Class)) continue;
    const inner = Class.prototype.valueOf.call(value);
    return { ...text(`[${Class.name}: ${primitive(inner)}]`), keys: keys.filter((k) => Class !== String || notIndex(k)) };
  }
  return null;
}

// What is worth seeing of the classes of the Web.
function platform(value, name) {
  if (exports.headers.is(value)) return Object.fromEntries(value);
  if (exports.params.is(value)) return new Map(value);
  if (exports.url.is(value)) {
    const found = {};
    for (const key of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname",
      "search", "searchParams", "hash"]) found[key] = value[key];
    return found;
  }
  if (exports.request.is(value)) return { method: value.method, url: value.url, headers: value.headers, bodyUsed: value.bodyUsed };
  if (exports.response.is(value)) {
    return { status: value.status, statusText: value.statusText, headers: value.headers, ok: value.ok,
      bodyUsed: value.bodyUsed, redirected: value.redirected, type: value.type, url: value.url };
  }
  if (exports.is("File", value)) return { size: value.size, type: value.type, name: value.name, lastModified: value.lastModified };
  if (exports.is("Blob", value)) return { size: value.size, type: value.type };
  if (exports.is("FormData", value)) return new Map(value);
  return null;
}

function members(own, ctx) {
  if (own instanceof Map) return bounded(own.entries(), own.size, ctx, ([k, v]) => `${show(k, ctx)} => ${show(v, ctx)}`);
  return Object.keys(own).map((key) => property(own, key, ctx));
}

function ownKeys(value) {
  const keys = Object.keys(value);
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) keys.push(symbol);
  }
  return keys.length > ENTRIES * 10 ? keys.slice(0, ENTRIES * 10) : keys;
}

const notIndex = (key) => typeof key === "symbol" || !/^(0|[1-9][0-9]*)$/.test(key);

function functionName(value, name) {
  const source = Function.prototype.toString.call(value);
  if (source.startsWith("class")) {
    const parent = getPrototypeOf(value);
    const base = typeof parent === "function" && parent.name !== "" ? ` extends ${parent.name}` : "";
    return `[class ${value.name === "" ? "(anonymous)" : value.name}${base}]`;
  }
  return `[${name ?? "Function"}${value.name === "" ? " (anonymous)" : `: ${value.name}`}]`;
}

function errorText(error) {
  const { stack } = error;
  const title = Error.prototype.toString.call(error);
  if (typeof stack !== "string" || stack.trim() === "") return `[${title}]`;
  return stack.startsWith(title) ? stack.trimEnd() : `${title}\n${stack.trimEnd()}`;
}

function errorKeys(error, keys) {
  const found = keys.filter((key) => key !== "stack" && key !== "message");
  for (const key of ["cause", "errors"]) {
    if (Object.hasOwn(error, key) && !found.includes(key)) found.push(key);
  }
  return found;
}

function hex(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(50, buffer.byteLength));
  const shown = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ");
  const more = buffer.byteLength - bytes.length;
  return shown + (more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : "");
}

function bounded(iterator, size, ctx, text) {
  const parts = [];
  for (const item of iterator) {
    if (parts.length >= ENTRIES || ctx.left < 0) break;
    parts.push(text(item));
  }
  more(parts, size - parts.length);
  return parts;
}

function more(parts, count) {
  if (count > 0) parts.push(`... ${count} more item${count > 1 ? "s" : ""}`);
}

function elements(array, ctx) {
  const parts = [];
  let at = 0;
  for (; at < array.length && parts.length < ENTRIES && ctx.left >= 0; at++) {
    if (Object.hasOwn(array, at)) {
      parts.push(show(array[at], ctx));
      continue;
    }
    const holes = next(array, at) - at;
    parts.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
    at += holes - 1;
  }
  more(parts, array.length - at);
  return parts;
}

// next is the first place after a hole that has an element. Long gaps are not walked:
// an array of a few elements can have a length of billions.
function next(array, from) {
  const near = Math.min(array.length, from + 1000);
  for (let at = from + 1; at < near; at++) if (Object.hasOwn(array, at)) return at;
  if (near === array.length) return near;
  for (const key of Object.keys(array)) if (!notIndex(key) && Number(key) > from) return Number(key);
  return array.length;
}

function property(object, key, ctx) {
  const found = getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
  let text;
  if (found.get !== undefined) text = found.set === undefined ? "[Getter]" : "[Getter/Setter]";
  else if (found.set !== undefined) text = "[Setter]";
  else text = show(found.value, ctx);
  if (typeof key === "symbol") return `[${key.toString()}]: ${text}`;
  if (!found.enumerable) return `[${key}]: ${text}`;
  return `${identifier.test(key) ? key : quote(key)}: ${text}`;
}

function join(head, open, parts, close, ctx, list) {
  if (parts.length === 0) return `${head}${open}${close}`;
  const indent = " ".repeat(ctx.indent);
  const multiline = parts.some((part) => part.includes("\n"));
  const length = parts.reduce((sum, part) => sum + part.length + 2, head.length + ctx.indent);
  if (!multiline && length <= WIDTH && (!list || parts.length <= 6)) return `${head}${open} ${parts.join(", ")} ${close}`;
  const lines = list && parts.length > 6 && !multiline ? filled(parts, WIDTH - ctx.indent) : parts;
  return `${head}${open}\n${indent}  ${lines.join(`,\n${indent}  `)}\n${indent}${close}`;
}

// filled puts the short elements of a long list next to one another.
function filled(parts, width) {
  const lines = [];
  let line = "";
  for (const part of parts) {
    if (line !== "" && line.length + part.length + 2 > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? part : `, ${part}`;
  }
  lines.push(line);
  return lines;
}

// format is what console.log does with its arguments.
exports.format = (values) => {
  if (typeof values[0] !== "string") return values.map((v) => (typeof v === "string" ? v : exports.inspect(v))).join(" ");
  let next = 1;
  const text = values.length === 1 ? values[0] : values[0].replace(/%[sdifjoOc%]/g, (found) => {
    if (found === "%%") return "%";
    if (next >= values.length) return found;
    return directive(found, values[next++]);
  });
  const rest = values.slice(next).map((v) => (typeof v === "string" ? v : exports.inspect(v)));
  return [text, ...rest].join(" ");
};

function directive(found, value) {
  const number = (convert) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "symbol") return "NaN";
    return primitive(convert(value));
  };
  switch (found) {
    case "%s":
      if (typeof value === "string") return value;
      if (typeof value === "object" && value !== null) return exports.inspect(value, 0);
      return primitive(value);
    case "%d": return typeof value === "object" ? "NaN" : number(Number);
    case "%i": return typeof value === "object" ? "NaN" : number(parseInt);
    case "%f": return number(parseFloat);
    case "%j": return json(value);
    case "%o": return exports.inspect(value, 4);
    case "%O": return exports.inspect(value);
    default: return ""; // %c, a style
  }
}

function json(value) {
  try {
    return `${JSON.stringify(value)}`;
  } catch {
    return "[Circular]";
  }
}

// table is what console.table writes: a grid of rows and columns.
exports.table = (data, columns) => {
  if (typeof data !== "object" || data === null) return exports.inspect(data);
  const rows = data instanceof Map ? [...data].map((pair, i) => [i, pair]) : data instanceof Set ? [...data].map((v, i) => [i, v]) : Object.entries(data);
  const names = [];
  let plain = false;
  for (const [, row] of rows.slice(0, 1000)) {
    if (typeof row !== "object" || row === null) plain = true;
    else for (const key of columns ?? Object.keys(row)) if (!names.includes(key) && names.length < 100) names.push(key);
  }
  const head = ["(index)", ...names, ...(plain ? ["Values"] : [])];
  const cells = rows.slice(0, 1000).map(([index, row]) => {
    const object = typeof row === "object" && row !== null;
    const line = [`${index}`, ...names.map((key) => (object && Object.hasOwn(row, key) ? exports.inspect(row[key], 0) : ""))];
    return plain ? [...line, object ? "" : exports.inspect(row)] : line;
  });
  return grid(head, cells);
};

function grid(head, cells) {
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((line) => line[i].length)) + 2);
  const line = (left, middle, right) => left + widths.map((w) => "─".repeat(w)).join(middle) + right;
  const row = (texts) => "│" + texts.map((text, i) => ` ${text}`.padEnd(widths[i])).join("│") + "│";
  return [line("┌", "┬", "┐"), row(head), line("├", "┼", "┤"), ...cells.map(row), line("└", "┴", "┘")].join("\n");
}
