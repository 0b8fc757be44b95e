// Node's assert, the strict one (nodejs.org/api/assert.html): its equal and deepEqual
// are strict too, as in assert/strict.
import { inspect, isDeepStrictEqual } from "node:util";

export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    this.generatedMessage = message === undefined;
    Object.assign(this, { actual, expected, operator });
  }
}

function check(ok, message, actual, expected, operator) {
  if (ok) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, actual, expected, operator });
}

function assert(value, message) { check(value, message ?? "The expression evaluated to a falsy value", value, true, "=="); }
export const ok = (value, message) => assert(value, message);
export const strictEqual = (a, b, message) => check(Object.is(a, b), message, a, b, "strictEqual");
export const notStrictEqual = (a, b, message) => check(!Object.is(a, b), message, a, b, "notStrictEqual");
export const deepStrictEqual = (a, b, message) => check(isDeepStrictEqual(a, b), message, a, b, "deepStrictEqual");
export const notDeepStrictEqual = (a, b, message) => check(!isDeepStrictEqual(a, b), message, a, b, "notDeepStrictEqual");
export const match = (text, pattern, message) => check(pattern.test(text), message, text, pattern, "match");
export const doesNotMatch = (text, pattern, message) => check(!pattern.test(text), message, text, pattern, "doesNotMatch");
export const fail = (message = "Failed") => check(false, message, undefined, undefined, "fail");
export const ifError = (value) => { if (value !== null && value !== undefined) throw new AssertionError({ message: `ifError got unwanted exception: ${value instanceof Error ? value.message : inspect(value)}`, actual: value, expected: null, operator: "ifError" }); };

function expected(error, wanted) {
  if (wanted === undefined) return;
  if (wanted instanceof RegExp) return check(wanted.test(String(error)), undefined, error, wanted, "throws");
  if (typeof wanted === "function") {
    if (wanted.prototype !== undefined && error instanceof wanted) return;
    const isError = wanted === Error || wanted.prototype instanceof Error;
    return check(!isError && wanted(error) === true, isError ? `The error is expected to be an instance of "${wanted.name}". Received "${error?.name}"` : undefined, error, wanted, "throws");
  }
  for (const key of Object.keys(wanted)) {
    const w = wanted[key];
    check(w instanceof RegExp && typeof error[key] === "string" ? w.test(error[key]) : isDeepStrictEqual(error[key], w), undefined, error, wanted, "throws");
  }
}

export function throws(fn, wanted, message) {
  if (typeof wanted === "string") [wanted, message] = [undefined, wanted];
  try { fn(); } catch (error) { return expected(error, wanted); }
  check(false, message ?? "Missing expected exception.", undefined, wanted, "throws");
}
export async function rejects(promise, wanted, message) {
  if (typeof wanted === "string") [wanted, message] = [undefined, wanted];
  try { await (typeof promise === "function" ? promise() : promise); } catch (error) { return expected(error, wanted); }
  check(false, message ?? "Missing expected rejection.", undefined, wanted, "rejects");
}
export function doesNotThrow(fn, message) {
  try { fn(); } catch (error) { check(false, typeof message === "string" ? message : `Got unwanted exception: ${error}`, error, undefined, "doesNotThrow"); }
}
export async function doesNotReject(promise, message) {
  try { await (typeof promise === "function" ? promise() : promise); } catch (error) { check(false, typeof message === "string" ? message : `Got unwanted rejection: ${error}`, error, undefined, "doesNotReject"); }
}

export { strictEqual as equal, notStrictEqual as notEqual, deepStrictEqual as deepEqual, notDeepStrictEqual as notDeepEqual };
export { assert as strict };
Object.assign(assert, {
  ok, strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual, match, doesNotMatch, fail, ifError, throws, rejects,
  doesNotThrow, doesNotReject, AssertionError, strict: assert,
  equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual,
});
export default assert;
