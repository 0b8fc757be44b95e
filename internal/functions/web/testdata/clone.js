const tell = (name, run) => {
  try {
    console.log(name, run());
  } catch (error) {
    console.log(name, "throws " + error.name);
  }
};
class Own { constructor() { this.a = 1; } get b() { return 2; } }
const cyclic = { a: [1] };
cyclic.self = cyclic;
for (const [name, value] of [["number", 5], ["text", "x"], ["null", null], ["undefined", undefined], ["bigint", 5n], ["date", new Date(0)], ["regexp", /a/gi], ["object", { a: { b: [1, , 3] } }],
  ["own class", new Own()], ["map", new Map([[{ k: 1 }, new Set([1])]])], ["cyclic", cyclic], ["bytes", new Uint8Array([1, 2])], ["buffer", new ArrayBuffer(3)],
  ["boxed", [Object(1), Object("s"), Object(true)]], ["sparse", Object.assign([1, 2], { x: 3 })], ["symbol", Symbol("s")], ["function", () => 1], ["inside", { f() {} }], ["weak", new WeakMap()], ["promise", Promise.resolve()],
  ["null prototype", Object.assign(Object.create(null), { a: 1 })], ["getter", { get a() { return 7; } }], ["hidden", Object.defineProperty({}, "h", { value: 1 })]]) {
  tell(name, () => structuredClone(value));
}
tell("error", () => {
  const e = structuredClone(new RangeError("m", { cause: { a: 1 } }));
  return [e instanceof RangeError, e.name, e.message, e.cause, Object.keys(e)];
});
tell("named error", () => {
  const given = new Error("m");
  given.name = "Own";
  return structuredClone(given).name;
});
tell("same", () => {
  const o = {};
  const c = structuredClone([o, o]);
  return c[0] === c[1] && c[0] !== o;
});
tell("shared buffer", () => {
  const b = new ArrayBuffer(8);
  const c = structuredClone([new Uint8Array(b, 1, 2), new Uint16Array(b)]);
  return [c[0].buffer === c[1].buffer, c[0].byteOffset, c[0].length];
});
tell("transfer", () => {
  const b = new ArrayBuffer(8);
  const c = structuredClone({ b }, { transfer: [b] });
  return [b.byteLength, c.b.byteLength];
});
tell("transfer twice", () => {
  const b = new ArrayBuffer(8);
  return structuredClone(b, { transfer: [b, b] });
});
tell("nothing", () => structuredClone());
