// console: every level is a line of the log. Values are shown as Node shows them,
// with bounds on depth, width and length; see inspect.js.
const counts = new Map();
const clocks = new Map();
const indentation = { depth: 0 }; // each request begins with none
exports.indentation = indentation;
const LIMIT = 64 * 1024;

// log writes values at a level: "debug", "info", "warn" or "error".
exports.log = (level, values) => {
  let text = values.length === 1 && typeof values[0] === "string" ? values[0] : exports.format(values);
  if (indentation.depth > 0) text = "  ".repeat(indentation.depth) + text.replaceAll("\n", "\n" + "  ".repeat(indentation.depth));
  if (text.length > LIMIT) text = text.slice(0, LIMIT) + `... ${text.length - LIMIT} more characters`;
  host.call("log", level, text.toWellFormed());
};
const { log } = exports;
const label = (value) => (value === undefined ? "default" : `${value}`);

// bounded keeps the tables of counters and clocks from growing without end.
function bounded(map, key) {
  if (map.size >= 1000 && !map.has(key)) map.delete(map.keys().next().value);
}

const console = {
  log(...values) { log("info", values); },
  info(...values) { log("info", values); },
  debug(...values) { log("debug", values); },
  warn(...values) { log("warn", values); },
  error(...values) { log("error", values); },
  dir(value) { log("info", [exports.inspect(value)]); },
  dirxml(...values) { log("info", values); },
  trace(...values) {
    const stack = new Error().stack.split("\n").slice(1).join("\n");
    log("error", [`Trace${values.length ? ": " + exports.format(values) : ""}\n${stack}`.trimEnd()]);
  },
  assert(condition, ...values) {
    if (condition) return;
    if (typeof values[0] === "string") values[0] = `Assertion failed: ${values[0]}`;
    else values.unshift("Assertion failed");
    log("error", values);
  },
  count(name) {
    const key = label(name);
    bounded(counts, key);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    log("info", [`${key}: ${counts.get(key)}`]);
  },
  countReset(name) {
    const key = label(name);
    if (!counts.delete(key)) log("warn", [`Count for '${key}' does not exist`]);
  },
  time(name) {
    const key = label(name);
    if (clocks.has(key)) {
      log("warn", [`Label '${key}' already exists for console.time()`]);
      return;
    }
    bounded(clocks, key);
    clocks.set(key, host.call("clock"));
  },
  timeLog(name, ...values) { elapsed("timeLog", label(name), values); },
  timeEnd(name) {
    const key = label(name);
    elapsed("timeEnd", key, []);
    clocks.delete(key);
  },
  table(data, columns) { log("info", [exports.table(data, columns)]); },
  group(...values) {
    if (values.length > 0) log("info", values);
    indentation.depth = Math.min(indentation.depth + 1, 100);
  },
  groupCollapsed(...values) { console.group(...values); },
  groupEnd() { indentation.depth = Math.max(0, indentation.depth - 1); },
  clear() { indentation.depth = 0; },
};

function elapsed(what, key, values) {
  const start = clocks.get(key);
  if (start === undefined) {
    log("warn", [`No such label '${key}' for console.${what}()`]);
    return;
  }
  const ms = host.call("clock") - start;
  const text = ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${Number(ms.toFixed(3))}ms`;
  log("info", [`${key}: ${text}`, ...values]);
}

Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
exports.define("console", console);
