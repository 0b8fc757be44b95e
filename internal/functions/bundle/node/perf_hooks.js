// Node's perf_hooks (nodejs.org/api/perf_hooks.html): the clock, which is global here.
const { performance } = globalThis;
export { performance };
export default { performance };
