import { Buffer, isAscii, isUtf8 } from "node:buffer";
const tell = (f) => { try { const v = f(); return Buffer.isBuffer(v) ? v.toString("hex") : v === undefined ? "undefined" : typeof v === "bigint" ? `${v}n` : v; } catch (e) { return `${e.name} ${e.code}`; } };
const texts = ["", "a", "aä€🙂", "\ud800x", "aGk=", "aGk", "_-8", "+/8=", "a b\nc", "0a0", "0aZZ", "abcd=ef", "\u0000\u00ff\u0100"];
const encodings = ["utf8", "UTF-8", "hex", "base64", "base64url", "latin1", "binary", "ascii", "ucs2", "utf16le", "nope", undefined];
export default () => {
  const out = [];
  const say = (...f) => { for (const g of f) out.push(tell(g)); };
  for (const text of texts) for (const e of encodings) {
    say(() => Buffer.from(text, e), () => Buffer.byteLength(text, e), () => Buffer.from(text).toString(e));
    if (e !== "utf8") say(() => Buffer.from([0, 1, 127, 128, 200, 255]).toString(e));
  }
  const b = Buffer.from("hello world");
  say(() => b.slice(1, 4), () => b.subarray(-3), () => b.slice(-3, -1), () => b.indexOf("o"), () => b.indexOf("o", 5), () => b.lastIndexOf("o"),
    () => b.lastIndexOf("o", 5), () => b.lastIndexOf("o", -6), () => b.indexOf(""), () => b.indexOf("zz"), () => b.indexOf(111, -4), () => b.includes("wor"), () => b.indexOf(Buffer.from("ld")),
    () => b.equals(Buffer.from("hello world")), () => b.equals(new Uint8Array(2)), () => b.compare(Buffer.from("hello")), () => Buffer.compare(Buffer.from([1]), Buffer.from([1, 2])),
    () => JSON.stringify(b.slice(0, 2)), () => b.toString("utf8", 2, 5), () => b.toString(undefined, -1, 100), () => [...b.slice(0, 2).entries()].join());
  say(() => Buffer.concat([b, Buffer.from("!")]), () => Buffer.concat([b, b], 13), () => Buffer.concat([b], 13), () => Buffer.concat([]),
    () => Buffer.alloc(5, "ab"), () => Buffer.alloc(3, 257), () => Buffer.alloc(4, "aGk=", "base64"), () => Buffer.alloc(3), () => Buffer.from(new Uint16Array([1, 258])),
    () => Buffer.from({ length: 2, 0: 5, 1: 260 }), () => Buffer.from(5), () => Buffer.from(null), () => Buffer.from(undefined), () => Buffer.from({}), () => Buffer.from(new String("x")),
    () => Buffer.from(JSON.parse(JSON.stringify(b))), () => Buffer.from(new Uint8Array([1, 2, 3]).buffer, 1, 1));
  const shared = new Uint8Array([1, 2, 3]);
  const view = Buffer.from(shared.buffer);
  shared[0] = 9;
  say(() => view, () => Buffer.isBuffer(shared), () => Buffer.isBuffer(view), () => view instanceof Uint8Array, () => Buffer.isEncoding("hex"), () => Buffer.isEncoding("nope"));
  const w = Buffer.alloc(8);
  say(() => w.write("äö"), () => w, () => w.write("abcdef", 5), () => w, () => w.write("€€€", 0, 5), () => w, () => w.write("ff00", 1, "hex"), () => w, () => w.fill("xy", 2, 5), () => w, () => w.fill(0), () => w);
  for (const [name, v] of [["UInt8", 255], ["UInt16BE", 65535], ["UInt16LE", 258], ["UInt32BE", 4294967295], ["UInt32LE", 16909060], ["Int8", -1], ["Int16BE", -2], ["Int16LE", -32768], ["Int32BE", -3], ["Int32LE", 2147483647],
    ["FloatBE", 1.5], ["FloatLE", -0.1], ["DoubleBE", Math.PI], ["DoubleLE", -Infinity], ["BigUInt64BE", 2n ** 64n - 1n], ["BigInt64LE", -5n]]) {
    say(() => w.fill(0)[`write${name}`](v, 0), () => w, () => w[`read${name}`](0), () => w[`read${name}`](), () => w[`read${name}`](8), () => w[`read${name}`](-1));
  }
  say(() => w.writeUInt8(256), () => w.writeInt8(-129), () => w.writeUInt16BE(-1), () => w.writeUIntBE(0x010203040506, 1, 6), () => w, () => w.readUIntBE(1, 6), () => w.readIntLE(0, 3), () => w.readUint8(1), () => w.writeIntLE(-2, 0, 6), () => w);
  say(() => Buffer.from([1, 2, 3, 4]).swap16(), () => Buffer.from([1, 2, 3, 4]).swap32(), () => Buffer.from([1, 2, 3]).swap16(), () => { const t = Buffer.alloc(3); const n = b.copy(t, 1, 2); return `${n} ${t.toString("hex")}`; },
    () => b.copy(Buffer.alloc(2), 0, 3, 4), () => isUtf8(Buffer.from([0xff])), () => isUtf8(Buffer.from("ä")), () => isAscii(Buffer.from("ä")), () => isAscii(Buffer.from("a")), () => b.map((x) => x + 1).constructor === Buffer, () => Buffer.of(1, 2));
  return out;
};
