import assert, { AssertionError, deepEqual, rejects, throws } from "node:assert/strict";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as wait } from "node:timers/promises";
import { setImmediate, clearImmediate } from "node:timers";
import { fileURLToPath, pathToFileURL, urlToHttpOptions, resolve } from "node:url";
export default async () => {
  const out = [];
  const tell = (f) => { try { out.push(f() ?? "fine"); } catch (e) { out.push([e.name, e.code ?? null]); } };
  const say = async (f) => { try { out.push((await f()) ?? "fine"); } catch (e) { out.push([e.name, e.code ?? null, e instanceof AssertionError]); } };
  for (const f of [() => assert(1), () => assert(0, "m"), () => assert.ok(""), () => assert.equal(1, 1), () => assert.equal(1, "1"), () => deepEqual({ a: [1] }, { a: [1] }), () => deepEqual([1], [2]), () => assert.notEqual(1, 2), () => assert.notEqual(1, 1),
    () => assert.notDeepEqual([1], [2]), () => assert.match("abc", /b/), () => assert.match("abc", /x/), () => assert.doesNotMatch("abc", /b/), () => assert.fail("x"), () => assert.ifError(null), () => assert.ifError(new TypeError("t")), () => assert.equal(1, 2, new RangeError("own")),
    () => throws(() => { throw new TypeError("bad"); }), () => throws(() => {}), () => throws(() => { throw new TypeError("bad"); }, TypeError), () => throws(() => { throw new TypeError("bad"); }, RangeError), () => throws(() => { throw new TypeError("bad"); }, /bad/), () => throws(() => { throw new TypeError("bad"); }, /good/),
    () => throws(() => { throw new TypeError("bad"); }, { message: "bad" }), () => throws(() => { throw new TypeError("bad"); }, { message: /x/ }), () => throws(() => { throw new TypeError("bad"); }, (e) => e.message === "bad"), () => assert.doesNotThrow(() => {}), () => assert.doesNotThrow(() => { throw new Error("x"); })]) tell(f);
  await say(() => rejects(Promise.reject(new TypeError("t")), TypeError));
  await say(() => rejects(async () => 1));
  await say(() => assert.doesNotReject(async () => 1));
  try { assert.equal(1, 2, "said"); } catch (e) { out.push([e.actual, e.expected, e.generatedMessage]); }
  const d = new StringDecoder("utf8");
  out.push(d.write(new Uint8Array([0xe2, 0x82])), d.write(new Uint8Array([0xac, 0x41])), d.write(new Uint8Array([0xc3])), d.end());
  const h = new StringDecoder("base64");
  out.push(h.write(new Uint8Array([1, 2])), h.write(new Uint8Array([3, 4])), h.end());
  const u = new StringDecoder("utf16le");
  out.push(u.write(new Uint8Array([0x41])), u.write(new Uint8Array([0, 0x42])), u.end(new Uint8Array([0])));
  out.push(await wait(1, "waited"));
  out.push(await new Promise((r) => { const id = setImmediate(() => r("cleared")); clearImmediate(id); setImmediate((a) => r(a), "immediate"); }));
  const gone = new AbortController();
  setTimeout(() => gone.abort(), 1);
  out.push(await wait(10000, 1, { signal: gone.signal }).catch((e) => e.name));
  out.push(fileURLToPath("file:///a%20b/c"), pathToFileURL("/a b?c#d%").href, resolve("/one/two", "three"), resolve("http://a.com/b", "/c?d"), urlToHttpOptions(new URL("http://u:p%40@a.com:81/x?y#z")).auth);
  tell(() => fileURLToPath("http://a"));
  return out;
};
