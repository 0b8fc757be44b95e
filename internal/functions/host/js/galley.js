// Module galley: what a function can do with the project it belongs to. A function's
// body of (host, globalThis, exports).
"use strict";

const { start, call, trace, settles } = host;
const now = host.operation("sql.now");

// ---- sql ----

const ErrorOf = Error;
const stackHere = () => new ErrorOf().stack;

class SqlError extends Error {
  constructor(fields, at) {
    super(fields.message);
    this.name = "SqlError";
    for (const name of ["code", "details", "hint", "schema", "table", "column", "constraint", "position", "status"]) {
      if (fields[name] !== undefined) this[name] = fields[name];
    }
    // The trace of where the statement was written: that of the answer names nobody.
    if (at !== undefined) Object.defineProperty(this, "stack", { value: `SqlError: ${fields.message}\n${trace(at, stackHere)}`, configurable: true, writable: true });
  }
}

class Identifier {
  constructor(names) {
    this.names = names;
    Object.freeze(this);
  }
}

class Json {
  constructor(text) {
    this.text = text;
    Object.freeze(this);
  }
}

const quoted = (name) => {
  if (typeof name !== "string" || name === "" || name.includes("\0")) throw new TypeError("sql: an identifier is a text that is not empty");
  return `"${name.replaceAll('"', '""')}"`;
};

const jsonText = (value) => {
  const text = JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v));
  if (text === undefined) throw new TypeError("sql.json: the value has no JSON");
  return text;
};

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
const hex = (bytes) => {
  let text = "\\x";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
  return text;
};

const bytesOf = (value) =>
  value instanceof Uint8Array ? value : value instanceof ArrayBuffer ? new Uint8Array(value) : ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null;

// bound is a value as the host takes it.
function bound(value) {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return value.toString();
    case "object":
      break;
    default:
      throw new TypeError(`sql: a value is ${typeof value}; use null for NULL`);
  }
  if (value === null) return null;
  if (value instanceof Json) return value.text;
  if (Array.isArray(value)) return arrayText(value);
  if (value instanceof Date) return value.toISOString();
  const bytes = bytesOf(value);
  if (bytes !== null) return bytes;
  if (value instanceof Query) throw new TypeError("sql: a fragment is not bound as a value; it stands in a template of its own kind");
  return jsonText(value);
}

// arrayText is an array in PostgreSQL's text form (PostgreSQL documentation, 8.15.2).
function arrayText(list) {
  const parts = list.map((item) => {
    if (item === null || item === undefined) return "NULL";
    if (Array.isArray(item)) return arrayText(item);
    const value = bound(item);
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    const text = typeof value === "string" ? value : hex(value);
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${parts.join(",")}}`;
}

// The text of each template whose values all are bound, by its strings.
const texts = new WeakMap();

// statement is the text of a query; its values are appended to values.
function statement(query, values) {
  const { strings, given } = query;
  if (given.length + 1 === strings.length && !given.some(isPart)) {
    for (const value of given) values.push(bound(value));
    let text = texts.get(strings);
    if (text === undefined) {
      text = strings[0];
      for (let i = 1; i < strings.length; i++) text += `$${i}${strings[i]}`;
      texts.set(strings, text);
    }
    return text;
  }
  const parts = [];
  compile(query, parts, values);
  return parts.join("");
}

const isPart = (value) => value instanceof Query || value instanceof Identifier;

// compile appends a query's text to parts and its values to values.
function compile(query, parts, values) {
  const { strings, given } = query;
  for (let i = 0; i < strings.length; i++) {
    parts.push(strings[i]);
    if (i >= given.length) continue;
    const value = given[i];
    if (value instanceof Query) compile(value, parts, values);
    else if (value instanceof Identifier) parts.push(value.names.map(quoted).join(", "));
    else {
      values.push(bound(value));
      parts.push(`$${values.length}`);
    }
  }
}

const done = Promise.resolve();

// Query is a statement or a part of one. It runs when it is first awaited.
class Query {
  #run;
  #at;
  #promise;
  #rows;
  constructor(strings, given, run) {
    this.strings = strings;
    this.given = given;
    this.#run = run;
    this.#at = trace();
  }
  #start() {
    return (this.#promise ??= this.#execute());
  }
  #execute() {
    const values = [];
    let text;
    try {
      text = statement(this, values);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#run(text, values);
  }
  // then makes rows of the answer on the way: each promise between takes its time. The
  // answer may be there already.
  then(resolve, reject) {
    const begun = this.#start();
    if (!(begun instanceof Promise)) {
      try {
        this.#rows ??= answer(begun, this.#at);
      } catch (error) {
        return Promise.reject(error).then(resolve, reject);
      }
      if (settles(resolve)) { // most likely that of an await, which need not wait
        resolve(this.#rows);
        return done;
      }
      return Promise.resolve(this.#rows).then(resolve, reject);
    }
    return begun.then((result) => {
      try {
        this.#rows ??= answer(result, this.#at);
      } catch (error) {
        if (typeof reject === "function") return reject(error);
        throw error;
      }
      return typeof resolve === "function" ? resolve(this.#rows) : this.#rows;
    }, reject);
  }
  catch(reject) {
    return this.then(undefined, reject);
  }
  finally(then) {
    return this.then().finally(then);
  }
}

const unhex = (text) => {
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i + 2, 2 * i + 4), 16);
  return bytes;
};
const unhexAll = (value) => (value === null ? null : Array.isArray(value) ? value.map(unhexAll) : unhex(value));

// What is known of rows beside them, made when it is asked for.
const results = new WeakMap();
const rowsPrototype = Object.create(Array.prototype, {
  command: { get() { return (results.get(this)?.tag ?? "").split(" ")[0]; } },
  count: { get() { return Number(/\d+$/.exec(results.get(this)?.tag ?? "")?.[0] ?? this.length); } },
  columns: { get() { return JSON.parse(results.get(this)?.columns ?? "[]").map(([name, type]) => ({ name, type })); } },
});

// answer makes the rows of what the host gave, or throws its error.
function answer(result, at) {
  if (result.error !== undefined) throw new SqlError(result.error, at);
  const rows = result.rows;
  for (const name of result.bytes ?? []) {
    for (const row of rows) row[name] = unhexAll(row[name]);
  }
  results.set(rows, { columns: result.columns, tag: result.tag });
  return Object.setPrototypeOf(rows, rowsPrototype);
}

const isTemplate = (value) => Array.isArray(value) && Array.isArray(value.raw);

// makeSql is a sql that runs as somebody, in a transaction or in none.
function makeSql(as, tx) {
  const run = (text, values) => (tx === null ? now(as, text, ...values) : null) ?? start("sql.query", as, tx, text, ...values);
  const sql = (first, ...rest) => {
    if (isTemplate(first)) return new Query(first, rest, run);
    if (typeof first === "string") return new Identifier([first]);
    if (Array.isArray(first) && first.length > 0) return new Identifier([...first]);
    throw new TypeError("sql is a tag of a template, or takes the names of identifiers: sql`…`, sql(\"name\"), sql([\"a\", \"b\"])");
  };
  const fragment = (strings, given) => new Query(strings, given, run);
  const join = (list, separator = ", ") => {
    if (list.length === 0) throw new TypeError("sql.join: the list is empty");
    const strings = list.map((_, i) => (i === 0 ? "" : separator));
    return fragment([...strings, ""], list);
  };
  return Object.freeze(
    Object.assign(sql, {
      as: (who) => {
        if (who !== "service" && who !== "caller") throw new TypeError('sql.as: "service" or "caller"');
        return makeSql(who, tx);
      },
      json: (value) => new Json(jsonText(value)),
      join,
      query: (text, values = []) => {
        if (typeof text !== "string" || !Array.isArray(values)) throw new TypeError("sql.query: a text and a list of values");
        const query = new Query([text], [], (_, none) => run(text, values.map(bound)));
        return query;
      },
      values: (rows, ...columns) => {
        const list = Array.isArray(rows) ? rows : [rows];
        if (list.length === 0) throw new TypeError("sql.values: there are no rows");
        const names = columns.length > 0 ? columns : Object.keys(list[0]);
        const tuples = list.map((row) => {
          const tuple = join(names.map((name) => (row[name] === undefined ? null : row[name])));
          return fragment(["(", ")"], [tuple]);
        });
        return fragment(["(", ") values ", ""], [new Identifier(names), join(tuples)]);
      },
      set: (row, ...columns) => {
        const names = columns.length > 0 ? columns : Object.keys(row).filter((name) => row[name] !== undefined);
        return join(names.map((name) => fragment(["", " = ", ""], [new Identifier([name]), row[name] === undefined ? null : row[name]])));
      },
    }),
  );
}

const sql = makeSql("caller", null);

// withCode makes an SqlError of a host's error that has an SQLSTATE.
const sqlErrors = async (promise) => {
  try {
    return await promise;
  } catch (error) {
    if (error?.name === "HostError" && typeof error.code === "string") throw new SqlError({ ...error, message: error.message });
    throw error;
  }
};

async function transaction(...args) {
  const [options, run] = typeof args[0] === "function" ? [args[1] ?? {}, args[0]] : [args[0] ?? {}, args[1]];
  if (typeof run !== "function") throw new TypeError("transaction: a function that gets the transaction's sql");
  const id = await sqlErrors(start("tx.begin", JSON.stringify(options)));
  let value;
  try {
    value = await run(makeSql(options.as ?? "caller", id));
  } catch (error) {
    try {
      await start("tx.rollback", id);
    } catch {
      // It has ended already, which is why the function failed.
    }
    throw error;
  }
  await sqlErrors(start("tx.commit", id));
  return value;
}

// ---- jobs and mail ----

const ofJson = (value) => (value === undefined ? null : jsonText(value));

const enqueue = (queue, payload, options) => sqlErrors(start("enqueue", String(queue), ofJson(payload), JSON.stringify(options ?? {})));

const base64 = (bytes) => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += letters[n >> 18] + letters[(n >> 12) & 63] + (i + 1 < bytes.length ? letters[(n >> 6) & 63] : "=") + (i + 2 < bytes.length ? letters[n & 63] : "=");
  }
  return text;
};

const listOf = (value) => (value === undefined || value === null ? undefined : Array.isArray(value) ? value : [value]);

const utf8 = (text) => new globalThis.TextEncoder().encode(text);

const mail = Object.freeze({
  send: (request) => {
    const attachments = request.attachments?.map((a) => ({
      name: a.name,
      type: a.type,
      content: base64(typeof a.content === "string" ? utf8(a.content) : bytesOf(a.content)),
    }));
    const lists = {};
    for (const name of ["to", "cc", "bcc", "replyTo", "language"]) lists[name] = listOf(request[name]);
    const headers = request.headers && Object.entries(request.headers).map(([name, value]) => ({ name, value: String(value) }));
    return sqlErrors(start("mail.send", JSON.stringify({ ...request, ...lists, attachments, headers })));
  },
});

// ---- secrets ----

const secrets = Object.freeze({
  get: (name) => call("env.get", String(name)) ?? undefined,
});

const env = Object.freeze({
  get: secrets.get,
  has: (name) => secrets.get(name) !== undefined,
  toObject: () => call("env.all"),
  set: () => {
    throw new TypeError("Deno.env cannot be written: set secrets with galley functions secrets");
  },
  delete: () => {
    throw new TypeError("Deno.env cannot be written: unset secrets with galley functions secrets");
  },
});

// ---- log ----

const plainError = (_, value) => {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
  return typeof value === "bigint" ? value.toString() : value;
};

const logAt = (level) => (message, fields) => {
  let text = null;
  if (fields !== undefined && fields !== null) {
    try {
      text = JSON.stringify(fields, plainError) ?? null;
    } catch {
      text = JSON.stringify({ fields: "they have no JSON" });
    }
  }
  call("log", level, String(message).toWellFormed(), text);
};

const log = Object.freeze(
  Object.assign((level, message, fields) => logAt(["debug", "info", "warn", "error"].includes(level) ? level : "info")(message, fields), {
    debug: logAt("debug"),
    info: logAt("info"),
    warn: logAt("warn"),
    error: logAt("error"),
  }),
);

// ---- cache ----

const HOUR = 3600;
const ttlOf = (options) => (typeof options === "number" ? options : (options?.ttl ?? HOUR));

const cache = Object.freeze({
  get: async (key) => (await sqlErrors(start("cache.get", String(key))))?.value,
  set: async (key, value, options) => {
    await sqlErrors(start("cache.set", String(key), jsonText(value === undefined ? null : value), ttlOf(options)));
  },
  delete: (key) => sqlErrors(start("cache.delete", String(key))),
  increment: (key, by = 1, options) => sqlErrors(start("cache.increment", String(key), by, ttlOf(options))),
  // remember gives what is kept, or keeps what make gives.
  remember: async (key, options, make) => {
    const found = await sqlErrors(start("cache.get", String(key)));
    if (found) return found.value;
    const value = await make();
    await cache.set(key, value, options);
    return value;
  },
});

// cached is a row by a unique key, which may come from memory.
const cached = async (table, key) => {
  const columns = Object.keys(key).sort();
  const rows = answer(await sqlErrors(start("cached", String(table), JSON.stringify(columns), ...columns.map((c) => bound(key[c])))));
  return rows.length === 0 ? null : rows[0];
};

// ---- limit ----

class LimitError extends Error {
  constructor(seconds) {
    const [n, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds / 3600), "hour"];
    super(`That was too often. Please try again in ${n} ${unit}${n === 1 ? "" : "s"}.`);
    this.name = "LimitError";
    this.code = "PT429";
    this.status = 429;
    this.retryAfter = seconds;
  }
}

const wait = async (name, subject, rate) => {
  // One without a subject would count everybody together, unseen.
  if (typeof name !== "string" || (typeof subject !== "string" && typeof subject !== "number")) throw new TypeError("limit: a name and a subject, which are texts");
  const { events, per, burst = events, ...other } = rate ?? {};
  if (typeof events !== "number" || typeof burst !== "number" || (typeof per !== "string" && typeof per !== "number") || Object.keys(other).length > 0) {
    throw new TypeError('limit: a rate is { events: 20, per: "1h" }, with a burst if it is not the same');
  }
  return sqlErrors(start("limit", name, String(subject).toWellFormed(), events, String(per), burst));
};

const limit = Object.freeze(
  Object.assign(
    async (name, subject, rate) => {
      const retryAfter = await wait(name, subject, rate);
      return { allowed: retryAfter === 0, retryAfter };
    },
    {
      must: async (name, subject, rate) => {
        const seconds = await wait(name, subject, rate);
        if (seconds > 0) throw new LimitError(seconds);
      },
    },
  ),
);

// ---- qr ----

const qr = (text, { level = "M" } = {}) => call("qr", String(text).toWellFormed(), String(level));

// ---- ai ----

class AiError extends Error {
  constructor(error) {
    super(error.message);
    this.name = "AiError";
    this.code = kinds[error.code] ?? "failed";
    this.status = error.status;
    if (error.details !== undefined) this.details = error.details;
    if (error.hint !== undefined) this.hint = error.hint;
  }
}

const kinds = { 53400: "over_budget", 57014: "timeout", "22P02": "invalid_output", 22023: "invalid_request", "0A000": "invalid_request", 25001: "in_transaction", 55000: "not_configured", 54000: "too_many_calls" };

const aiErrors = async (promise) => {
  try {
    return await promise;
  } catch (error) {
    if (error?.name === "HostError" && typeof error.code === "string") throw new AiError(error);
    throw error;
  }
};

// asked is a request as the host takes it: a text alone is what the user says.
function asked(request) {
  const { prompt, system, stream, ...rest } = typeof request === "string" ? { prompt: request } : request;
  const messages = [...(rest.messages ?? [])];
  if (system !== undefined) messages.unshift({ role: "system", content: system });
  if (prompt !== undefined) messages.push({ role: "user", content: prompt });
  return JSON.stringify({ ...rest, messages, stop: listOf(rest.stop) });
}

// aiStream yields the pieces of an answer; what is known of it besides is its value
// at the end.
async function* aiStream(request) {
  const handle = await aiErrors(start("ai.stream", asked(request)));
  let open = true;
  try {
    for (;;) {
      const piece = await aiErrors(start("ai.next", handle));
      if (piece.answer !== undefined) {
        open = false;
        return piece.answer;
      }
      yield piece.text;
    }
  } finally {
    if (open) call("body.cancel", handle);
  }
}

const ai = Object.freeze({
  chat: (request) => (request?.stream === true ? aiStream(request) : aiErrors(start("ai.chat", asked(request)))),
  stream: aiStream,
  object: (request) => aiErrors(start("ai.object", asked(request))),
  embed: async (input, options) => {
    const one = typeof input === "string";
    const { embeddings, usage } = await aiErrors(start("ai.embed", JSON.stringify({ input: one ? [input] : input, model: options?.model })));
    return one ? { embedding: embeddings[0], usage } : { embeddings, usage };
  },
});

// ---- services outside ----

class OutsideError extends Error {
  constructor(name, fields) {
    super(fields.message);
    this.name = name;
    for (const field of ["code", "stripeCode", "status", "requestId", "retryable"]) if (fields[field] !== undefined) this[field] = fields[field];
  }
}

class StripeError extends OutsideError {
  constructor(fields) {
    super("StripeError", fields);
  }
}

class ShippingError extends OutsideError {
  constructor(fields) {
    super("ShippingError", fields);
  }
}

// told is the value of an answer, or throws its error.
function told(Failure, answer) {
  if (answer.error !== undefined) throw new Failure(answer.error);
  return answer.value;
}

const outside = async (Failure, name, request) => told(Failure, await sqlErrors(start("outside.call", name, jsonText(request))));

const textOf = (body) => (typeof body === "string" ? body : new globalThis.TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(body)));

const stripe = Object.freeze({
  checkout: (request) => outside(StripeError, "stripe.checkout", request),
  session: (id) => outside(StripeError, "stripe.session", { id: String(id) }),
  expire: (id) => outside(StripeError, "stripe.expire", { id: String(id) }),
  refund: (request) => outside(StripeError, "stripe.refund", request),
  event: (body, signature, options) =>
    told(StripeError, call("outside.local", "stripe.event", jsonText({ body: textOf(body), signature: String(signature ?? ""), tolerance: options?.tolerance ?? 0 }))),
  get mode() {
    return told(StripeError, call("outside.local", "stripe.mode", "{}"));
  },
});

const shipping = Object.freeze({
  label: (request) => outside(ShippingError, "shipping.label", request),
  cancel: (id) => outside(ShippingError, "shipping.cancel", { id: String(id) }),
});

// ---- what others see of it ----

exports.galley = Object.freeze({ sql, SqlError, transaction, enqueue, mail, secrets, log, cache, cached, limit, LimitError, qr, ai, AiError, stripe, StripeError, shipping, ShippingError });
exports.env = env;
