import util, { format, inspect, isDeepStrictEqual, promisify, callbackify } from "node:util";
export default async () => {
  const out = [];
  class A { constructor() { this.x = 1; } }
  const circular = { a: 1 };
  circular.self = circular;
  const equal = [[1, 1], [1, "1"], [NaN, NaN], [0, -0], [null, undefined], [{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: 1, b: undefined }], [[1, , 3], [1, undefined, 3]], [[1, 2], [1, 2]], [new Date(1), new Date(1)], [new Date(1), new Date(2)],
    [/a/g, /a/g], [/a/g, /a/i], [new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])], [new Map([[1, 2]]), new Map([[1, 3]])], [new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])], [new Set([1]), new Set([2])], [new A(), { x: 1 }], [new A(), new A()],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2])], [new Uint8Array([1]), new Uint8Array([2])], [new Uint8Array([1]), [1]], [new Error("a"), new Error("a")], [new Error("a"), new Error("b")], [new Number(1), new Number(1)], [new Number(1), new Number(2)], [Symbol.iterator, Symbol.iterator], ["a", "a"], [[], {}], [Object.create(null), {}], [circular, circular]];
  out.push(equal.map(([a, b]) => isDeepStrictEqual(a, b)));
  out.push(format("%s %d %i %f %j %% %x", "a", 1.5, 2.9, "3.25", { a: [1] }, "more"), format("a", "b", { c: 1 }), format(1, "x"), format("%s"), format("%s", null, undefined), format("%d", "x"), format("%j", circular), format("%s", -0), format("%c|", "css"), format("%s %s", 5n, Symbol("q")));
  for (const v of [1, -0, "a'b", "it's \"q\"", "a\nb", null, undefined, true, 5n, Symbol("s"), [], [1, [2, [3, [4, [5]]]]], {}, { a: 1, "b-c": "x" }, { f() {}, g: () => 1, h: class B {} }, new A(), new Map([["a", 1]]), new Set([1, "b"]), new Date(0), /x/g, Object.create(null), circular, { get a() { return 1; }, set b(v) {} }, [undefined, null], { [Symbol("k")]: 1 }, new Uint8Array([1, 2])]) out.push(inspect(v));
  out.push(inspect({ a: { b: { c: { d: 1 } } } }), inspect({ a: { b: { c: { d: 1 } } } }, { depth: 0 }), inspect({ a: { b: { c: { d: 1 } } } }, { depth: null }), inspect({ [util.inspect.custom]: () => "own" }));
  out.push(await promisify((a, b, done) => done(null, a + b))(1, 2), await promisify((done) => done(new Error("no")))().catch((e) => e.message));
  out.push(await new Promise((resolve) => callbackify(async (a) => a * 2)(4, (e, v) => resolve([e, v]))), await new Promise((resolve) => callbackify(async () => { throw new Error("x"); })((e) => resolve(e.message))));
  function Old() {}
  function Base() {}
  Base.prototype.hi = () => "hi";
  util.inherits(Old, Base);
  out.push(new Old().hi(), Old.super_ === Base, util.types.isDate(new Date()), util.types.isPromise(Promise.resolve()), util.types.isRegExp(1), util.types.isAsyncFunction(async () => {}), util.types.isUint8Array(new Uint8Array()), util.types.isTypedArray([]), util.types.isBoxedPrimitive(Object(1)), util.types.isNativeError(new TypeError()), util.stripVTControlCharacters("\u001b[31mred\u001b[0m"));
  return out;
};
