// Deno and Supabase, as far as functions for servers use them. What a function cannot have is
// refused by name, with what takes its place.
const { defineProperty } = Object;

class NotSupported extends Error {
  constructor(message) {
    super(message);
    this.name = "NotSupported";
  }
}
const upgrades = new WeakSet(); // errors of Deno.upgradeWebSocket

const files = "functions have no files: the text of one of the project's is imported, import text from \"./page.html\" with { type: \"text\" } (or \"bytes\")";
const sockets = "functions have no sockets: use fetch, and for the database sql of module galley";
const programs = "functions start no programs";
const refused = {
  [files]: "writeTextFile writeTextFileSync writeFile writeFileSync open openSync create createSync " +
    "readDir readDirSync mkdir mkdirSync remove removeSync rename renameSync copyFile copyFileSync stat statSync lstat lstatSync realPath realPathSync " +
    "truncate truncateSync link linkSync symlink symlinkSync chmod chmodSync makeTempFile makeTempFileSync makeTempDir makeTempDirSync watchFs chdir",
  [sockets]: "connect connectTls startTls listen listenTls listenDatagram resolveDns",
  [programs]: "Command run kill addSignalListener removeSignalListener execPath dlopen",
  "use cache of module galley, or a table": "openKv",
  "export const schedule = \"0 3 * * *\" says when a function runs": "cron",
};

const why = (name) => Object.keys(refused).find((reason) => refused[reason].split(" ").includes(name));

// refusals stand behind the properties of Deno: a function that throws for each name that is
// known and not to be had. Others are undefined, as in a Deno that is older.
const refusals = new Proxy(Object.prototype, {
  get(target, name, receiver) {
    const reason = typeof name === "string" ? why(name) : undefined;
    if (reason === undefined) return Reflect.get(target, name, receiver);
    return function () { throw new NotSupported(`Deno.${name}: ${reason}`); };
  },
});

function serve(first, second) {
  const given = typeof first === "function" ? first : typeof second === "function" ? second : first?.handler;
  if (typeof given !== "function") throw new TypeError("Deno.serve: there is no handler");
  const options = typeof first === "function" ? second : first;
  const failed = typeof options?.onError === "function" ? options.onError : null;
  exports.deno.serve(failed === null ? given : async (req, info) => {
    try {
      return await given(req, info);
    } catch (error) {
      return failed(error);
    }
  });
  const addr = { transport: "tcp", hostname: "0.0.0.0", port: 8000 };
  if (typeof options?.onListen === "function") options.onListen(addr);
  return { addr, finished: new Promise(() => {}), shutdown: async () => {}, ref() {}, unref() {}, async [Symbol.asyncDispose ?? "asyncDispose"]() {} };
}

// Files beside the code can be read where the configuration names them for the function
// (static_files). A path begins at the function's folder, an address is one of import.meta.
const fileErrors = { NOT_NAMED: NotSupported, NOT_FOUND: null };
function readFileSync(file, name = "readFileSync") {
  const url = file instanceof URL || /^file:/.test(file) ? new URL(file) : null;
  try {
    return host.call("file.read", url === null ? String(file) : decodeURIComponent(url.pathname));
  } catch (error) {
    if (!(error?.code in fileErrors)) throw error;
    const Kind = fileErrors[error.code] ?? globalThis.Deno.errors.NotFound;
    throw new Kind(`Deno.${name}: ${error.message}${error.hint ? `. ${error.hint}` : ""}`);
  }
}
const readTextFileSync = (file, name = "readTextFileSync") => new globalThis.TextDecoder().decode(readFileSync(file, name));

function upgradeWebSocket() {
  const error = new NotSupported("Deno.upgradeWebSocket: a function holds no connection open beyond its answer; a stream of events (text/event-stream) reaches browsers as well");
  upgrades.add(error);
  throw error;
}

// errors are the classes of Deno.errors; ours throw NotSupported only.
const errors = () => Object.fromEntries(("NotFound PermissionDenied ConnectionRefused ConnectionReset ConnectionAborted NotConnected AddrInUse AddrNotAvailable BrokenPipe " +
  "AlreadyExists InvalidData TimedOut Interrupted WriteZero UnexpectedEof BadResource Http Busy FilesystemLoop IsADirectory NotADirectory NetworkUnreachable NotCapable")
  .split(" ").map((name) => [name, class extends Error { constructor(...given) { super(...given); this.name = name; } }]).concat([["NotSupported", NotSupported]]));

let known = null;

defineProperty(globalThis, "Deno", {
  enumerable: false, writable: true, configurable: true,
  value: Object.assign(Object.create(refusals), {
    env: exports.env,
    serve,
    upgradeWebSocket,
    readFile: async (file) => readFileSync(file, "readFile"),
    readTextFile: async (file) => readTextFileSync(file, "readTextFile"),
    readFileSync: (file) => readFileSync(file),
    readTextFileSync: (file) => readTextFileSync(file),
    inspect: (value, options) => exports.inspect(value, options?.depth),
    version: { deno: "2.1.4", v8: "", typescript: "" },
    build: { target: "", arch: "", os: "linux", vendor: "galley" },
    args: [],
    cwd: () => "/",
    noColor: true,
    exit() { throw new NotSupported("Deno.exit: a function cannot end the program"); },
  }),
});
defineProperty(globalThis.Deno, "errors", { get: () => (known ??= errors()), enumerable: true, configurable: true });

const model = "Supabase.ai.Session: no model runs inside of functions; set ai.base_url and ai.embed_model, and use ai of module galley (ai.embed, ai.chat, ai.stream)";
defineProperty(globalThis, "Supabase", {
  enumerable: false, writable: true, configurable: true,
  value: { ai: { Session: class Session { constructor() { throw new NotSupported(model); } } } },
});

exports.deno = {
  serve: null, // is told the handler
  isUpgrade: (error) => upgrades.has(error),
};
