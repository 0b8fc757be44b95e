// Node's timers (nodejs.org/api/timers.html) over the web's.
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
export const setImmediate = (fn, ...args) => setTimeout(fn, 0, ...args);
export const clearImmediate = (id) => clearTimeout(id);
export { clearInterval, clearTimeout, setInterval, setTimeout };
export default { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
