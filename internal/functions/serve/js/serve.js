// What stands between the server and a function's module: its handler, middleware, and
// the calls of requests, jobs, remote procedures and hooks. The server calls the
// functions that this file puts on globalThis under names with two underscores.
const { defineProperty } = Object;
const isArray = Array.isArray;
const { like } = host;
const { indentation } = exports;
const send = host.operation("serve.respond");
const most = host.call("serve.most"); // bytes of a response

// The modules of a function as they were evaluated: its middleware, then itself.
const evaluated = [];
let middleware = [];
let module = {};
let handler = null; // of a request, null when the module has none
let background = []; // what waitUntil was given

const errorOf = (thrown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));

// serve takes the handler of Deno.serve.
exports.deno.serve = (given) => { handler = given; };
if (exports.galley !== undefined) exports.modules.galley = exports.galley;

// --- EdgeRuntime

// waitUntil keeps the instance until a promise is settled, after the response too. It gives
// the promise back.
function waitUntil(promise) {
  if (background.length === 0) host.call("serve.wait");
  const kept = Promise.resolve(promise);
  background.push(kept.catch((error) => {
    globalThis.console?.error("waitUntil:", error);
  }));
  return kept;
}

defineProperty(globalThis, "EdgeRuntime", {
  value: { waitUntil }, enumerable: false, writable: true, configurable: true,
});

// rest is settled once everything that waitUntil was given is, and what that gave in
// turn.
async function rest() {
  while (background.length > 0) {
    const list = background;
    background = [];
    await Promise.all(list);
  }
  return null;
}
host.expose("rest", rest);

// --- beforeunload

if (typeof globalThis.addEventListener === "function") {
  const add = globalThis.addEventListener;
  defineProperty(globalThis, "addEventListener", {
    enumerable: false, writable: true, configurable: true,
    value(type, ...rest) {
      if (`${type}` === "beforeunload") host.call("serve.unload");
      return add.call(this ?? globalThis, type, ...rest);
    },
  });
}

host.expose("unload", (reason) => {
  const event = new globalThis.CustomEvent("beforeunload", { detail: { reason } });
  globalThis.dispatchEvent(event);
  return rest();
});

// --- the module

// Each program of the function sets __module to the promise of what it exports.
defineProperty(globalThis, "__module", {
  enumerable: false, configurable: false,
  set(promise) {
    evaluated.push(promise);
    promise.catch(() => {}); // load tells of it
  },
});

const callable = (value) => typeof value === "function";

function handlerOf(exported) {
  const given = exported.default;
  if (callable(given)) return given;
  if (given !== null && typeof given === "object" && callable(given.fetch)) return (req, ctx) => given.fetch(req, ctx);
  return null;
}

function middlewareOf(exported, position) {
  const given = exported.default;
  if (!callable(given)) throw new TypeError(`_middleware ${position + 1} exports no function as its default`);
  return given;
}

const declared = ["path", "methods", "verifyJwt", "schedule", "job", "rpc", "hook"];

// load waits for the modules and tells what the function says of itself. One in
// WebAssembly is none of them: they are what stands around it.
host.expose("load", async (wasm) => {
  const modules = await Promise.all(evaluated);
  const own = wasm ? {} : modules.pop();
  if (wasm) handler = forward;
  module = own ?? {};
  middleware = modules.map((m, i) => middlewareOf(m ?? {}, i));
  const served = handler !== null;
  if (!served) handler = handlerOf(module);
  const said = { served, handler: handler !== null };
  for (const name of declared) {
    if (module[name] !== undefined) said[name] = module[name];
  }
  return JSON.stringify(said);
});

// forward has the module in WebAssembly answer a request. A body that nobody has looked at
// does not pass through here.
async function forward(req) {
  const { body } = exports;
  const whole = body.absent(req) ? null : body.whole(req);
  const sent = whole !== null ? true : body.absent(req) ? null : await body.bytes(req);
  const { status, headers, handle, length } = await host.start("serve.module", req.method, req.url, exports.headers.text(req.headers), sent);
  const source = new body.HostBody(handle);
  const answer = new exports.Response(length === 0 ? null : source, { status, headers });
  return length > 0 ? new exports.Response(await answer.bytes(), { status, headers }) : answer;
}

// --- requests

const parseJSON = JSON.parse;

let all; // that a context knows; a private method would be a property of each object

// Context is the second argument of handlers and middleware. What it is about is JSON,
// or the number of a call whose server is asked for that.
class Context {
  #about = null;

  static {
    all = (context) => {
      if (typeof context.#about === "number") context.#about = host.call("serve.about", context.#about);
      if (typeof context.#about === "string") context.#about = parseJSON(context.#about);
      return context.#about;
    };
  }

  get requestId() { return all(this).requestId; }
  get function() { return all(this).function; }
  get params() { return (all(this).params ??= {}); }
  get role() { return all(this).role ?? null; }
  get claims() { return all(this).claims ?? null; }
  get remoteAddr() { return (all(this).remoteAddr ??= { transport: "tcp", hostname: "", port: 0 }); }
  get completed() { return (all(this).completed ??= Promise.resolve()); }
  waitUntil(promise) { return waitUntil(promise); }
}

const oneContext = new Context();
const oneRequest = exports.request.one;
const contextOf = (about) => like(oneContext, about);

// requestOf makes the Request of what the server gave: headers as lines, a name and a
// value in turns; a body as bytes, or the handle of one that the server holds.
const requestOf = (method, url, headers, body, handle) =>
  like(oneRequest, handle !== null ? new exports.body.HostBody(handle) : body === null ? undefined : body, null, false, method, url, headers, null, gone);
// gone is a signal that is aborted when the client goes away. The server is asked to
// tell only when a function wants to know.
let leaving = null;
function gone() {
  if (leaving === null) {
    const controller = new globalThis.AbortController();
    leaving = controller.signal;
    host.start("serve.gone").then((left) => {
      if (left) controller.abort(new globalThis.DOMException("The client has gone", "AbortError"));
    });
  }
  return leaving;
}

// around calls the middleware from the outermost inwards, and the handler last.
function around(at, req, ctx) {
  if (at === middleware.length) return handler(req, ctx);
  let called = false;
  const next = async (other) => {
    if (called) throw new Error("next was called twice");
    called = true;
    const answer = complete(await around(at + 1, other === undefined ? req : other, ctx));
    if (!exports.response.is(answer)) throw noResponse(at + 1 === middleware.length ? "the handler" : `_middleware ${at + 2}`, answer);
    return answer;
  };
  return middleware[at](req, next, ctx);
}

// complete answers for a function with a schedule, which need not.
const complete = (answer) => (answer === undefined && module.schedule !== undefined ? new globalThis.Response(null, { status: 204 }) : answer);

const noResponse = (who, answer) => new TypeError(`${who} returned no Response, but ${answer === null ? "null" : typeof answer === "object" ? "another object" : typeof answer}`);

host.expose("request", (method, url, headers, body, handle, about) => {
  leaving = null;
  if (indentation.depth !== 0) indentation.depth = 0;
  const request = body === null && handle === null // as most
    ? like(oneRequest, undefined, null, false, method, url, headers, null, gone)
    : requestOf(method, url, headers, body, handle);
  const context = like(oneContext, about);
  let answer;
  try {
    answer = middleware.length === 0 ? handler(request, context) : around(0, request, context);
  } catch (error) {
    return limited(error);
  }
  if (answered(answer)) return null;
  return typeof answer?.then === "function" ? answer.then(respond, limited) : respond(answer);
});

// limited answers for a limit that the handler left to us, which is no failure of it, and
// for a WebSocket that it cannot have.
function limited(error) {
  if (exports.deno.isUpgrade(error)) {
    globalThis.console.error(error);
    return respond(globalThis.Response.json({ code: "NOT_SUPPORTED", message: error.message }, { status: 501 }));
  }
  if (error?.name !== "LimitError" || !Number.isInteger(error.retryAfter)) throw error;
  const headers = { "Content-Type": "application/json", "Retry-After": `${error.retryAfter}`, "Cache-Control": "no-store" };
  return respond(new globalThis.Response(JSON.stringify({ code: error.code, message: error.message }), { status: 429, headers }));
}

// respond hands a response over. A body that is a stream is written piece by piece, as
// fast as the client takes it.
function respond(given) {
  const response = complete(given);
  if (answered(response)) return null;
  if (!exports.response.is(response)) throw noResponse(middleware.length === 0 ? "the handler" : "_middleware 1", response);
  const stream = give(response, measured);
  return stream === null ? null : pump(stream);
}

// measured hands over what is not too long: a copy for the server would be in vain.
function measured(status, headers, body, streams) {
  if (body !== null && body.length > most) host.call("serve.long");
  send(status, headers, body, streams);
}
const { give } = exports.response;
// answered hands a response over whose body is a text and whose headers are, or none: it is
// false for any other.
const answered = host.taking(exports.response.one, 2, 5, "serve.answer", most);

async function pump(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      if (!(value instanceof Uint8Array)) throw new TypeError("a chunk of the Response's stream is no Uint8Array");
      if (value.byteLength > 0) await host.start("serve.write", value);
    }
  } catch (error) {
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

// scheduled calls the handler with a request of the schedule's. What it returns need
// not be a Response; one that tells of an error fails the run.
host.expose("scheduled", async (url, headers, body, about) => {
  const answer = await around(0, requestOf("POST", url, headers, body, null), contextOf(about));
  if (!exports.response.is(answer)) return null;
  const text = (await answer.text()).slice(0, 1000);
  if (answer.status >= 400) throw new Error(`the function answered with ${answer.status}: ${text}`);
  return null;
});

// --- jobs, remote procedures and hooks

// Outcome is thrown by the methods of a job's context that end it.
class Outcome extends Error {
  constructor(outcome, message, seconds) {
    super(message);
    this.name = "JobOutcome";
    this.outcome = outcome;
    this.seconds = seconds;
  }
}

class JobContext {
  constructor(about) {
    Object.assign(this, about);
  }
  progress(fraction, note = "") { host.call("serve.progress", Number(fraction), `${note}`); }
  discard(reason = "discarded by its handler") { throw new Outcome("discard", `${reason}`, 0); }
  cancel(reason = "cancelled by its handler") { throw new Outcome("cancel", `${reason}`, 0); }
  retryIn(seconds, reason = "to be tried again") { throw new Outcome("retry", `${reason}`, Number(seconds)); }
  waitUntil(promise) { return waitUntil(promise); }
}

const handlerFor = (what) => {
  const given = handlerOf(module);
  if (given === null) throw new TypeError(`a function with ${what} exports its handler as default`);
  return given;
};

const jsonOf = (value) => JSON.stringify(value === undefined ? null : value);

host.expose("job", async (payload, about) => {
  try {
    return jsonOf({ result: await handlerFor("job")(payload, new JobContext(about)) });
  } catch (error) {
    if (error instanceof Outcome) return jsonOf({ outcome: error.outcome, message: error.message, seconds: error.seconds });
    throw error;
  }
});

const mistakes = ["TypeError", "RangeError", "ReferenceError", "SyntaxError", "URIError", "EvalError", "InternalError"];

// refusal is an error that a function threw, for whoever called it: a mistake of the
// function's own goes to the log only.
function refusal(thrown) {
  const error = errorOf(thrown);
  const text = (name) => (typeof error[name] === "string" ? error[name] : "");
  return {
    error: {
      message: error.message, code: text("code"), details: text("details"), hint: text("hint"),
      status: Number.isInteger(error.status) ? error.status : 0,
      mistake: mistakes.includes(error.name), name: error.name, stack: `${error.stack ?? ""}`,
    },
  };
}

host.expose("rpc", async (args, about) => {
  try {
    return jsonOf({ result: (await handlerFor("rpc")(args, contextOf(about))) ?? null });
  } catch (error) {
    return jsonOf(refusal(error));
  }
});

// changed is the rows that a hook leaves to be written: those it returned, or those
// of its event, which it may have changed.
function changed(event, returned) {
  if (returned === undefined || returned === null || returned === event || returned === event.rows) {
    return event.rows.map((row) => row.new ?? null);
  }
  const list = isArray(returned) ? returned : [returned];
  if (list.length !== event.rows.length) {
    throw new TypeError(`the hook returned ${list.length} rows of ${event.rows.length}`);
  }
  return list.map((row, i) => (row === event.rows[i] ? row.new : row) ?? null);
}

host.expose("hook", async (event) => {
  try {
    const returned = await handlerFor("hook")(event);
    return jsonOf(event.when === "before" && event.operation !== "delete" ? { rows: changed(event, returned) } : {});
  } catch (error) {
    return jsonOf(refusal(error));
  }
});
