// What of Node's process (nodejs.org/api/process.html) has a meaning here. The
// environment is Deno.env's.
const environment = () => Deno.env.toObject();

export const env = new Proxy({}, {
  get: (_, name) => typeof name === "string" ? Deno.env.get(name) : undefined,
  has: (_, name) => typeof name === "string" && Deno.env.get(name) !== undefined,
  set: (_, name, value) => { Deno.env.set(name, String(value)); return true; },
  deleteProperty: (_, name) => { Deno.env.delete(name); return true; },
  ownKeys: () => Object.keys(environment()),
  getOwnPropertyDescriptor: (_, name) => {
    const value = typeof name === "string" ? Deno.env.get(name) : undefined;
    return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
  },
});

export const nextTick = (fn, ...args) => queueMicrotask(() => fn(...args));
export const cwd = () => "/";
export const uptime = () => performance.now() / 1000;
export function hrtime(since) {
  const now = performance.now();
  let seconds = Math.floor(now / 1000), nanos = Math.floor((now % 1000) * 1e6);
  if (since) {
    seconds -= since[0];
    nanos -= since[1];
    if (nanos < 0) { seconds--; nanos += 1e9; }
  }
  return [seconds, nanos];
}
hrtime.bigint = () => BigInt(Math.floor(performance.now() * 1e6));
export function exit() { throw new Error("process.exit is not available in functions"); }
export function emitWarning(warning) { console.warn(String(warning?.message ?? warning)); }

const process = {
  env, nextTick, cwd, uptime, hrtime, exit, emitWarning,
  argv: [], execArgv: [], pid: 1, platform: "linux", arch: "x64", title: "galley", browser: false,
  // No `node` among the versions: packages would take its presence for Node itself.
  version: "", versions: {}, release: { name: "galley" }, features: {},
  stdout: { isTTY: false, write: (text) => { console.log(String(text).replace(/\n$/, "")); return true; } },
  stderr: { isTTY: false, write: (text) => { console.error(String(text).replace(/\n$/, "")); return true; } },
};
// Events of a process never come.
for (const name of ["on", "once", "off", "addListener", "removeListener", "removeAllListeners", "prependListener"]) process[name] = () => process;
process.emit = () => false;
process.listeners = () => [];
process.listenerCount = () => 0;
export const { argv, execArgv, pid, platform, arch, title, version, versions, release, features, stdout, stderr } = process;
export default process;
