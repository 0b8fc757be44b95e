// Node's timers/promises (nodejs.org/api/timers.html#timers-promises-api).
export function setTimeout(ms, value, { signal } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => { globalThis.clearTimeout(id); reject(signal.reason); };
    const id = globalThis.setTimeout(() => { signal?.removeEventListener("abort", onAbort); resolve(value); }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
export const setImmediate = (value, options) => setTimeout(0, value, options);
export async function* setInterval(ms, value, options) {
  for (;;) yield await setTimeout(ms, value, options);
}
export const scheduler = { wait: (ms, options) => setTimeout(ms, undefined, options), yield: () => setTimeout(0) };
export default { setTimeout, setImmediate, setInterval, scheduler };
