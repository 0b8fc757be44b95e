const s = crypto.subtle;
const bytes = (text) => new TextEncoder().encode(text);
const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, "0")).join("");
const from = (text) => new Uint8Array(text.match(/../g).map((x) => parseInt(x, 16)));
// Node orders the members of keys in its own way, and adds alg to those of Ed25519.
const sorted = (v) => {
  if (Array.isArray(v)) return v.map(sorted);
  if (typeof v !== "object" || v === null) return v;
  return Object.fromEntries(Object.keys(v).sort().filter((k) => k !== "alg" || v.kty !== "OKP").map((k) => [k, sorted(v[k])]));
};
const tell = async (name, run) => {
  try {
    const value = await run();
    console.log(name, value instanceof ArrayBuffer ? hex(value) : JSON.stringify(sorted(value)));
  } catch (error) {
    console.log(name, "throws " + error.name);
  }
};
const ec = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI" };
const ed = { kty: "OKP", crv: "Ed25519", d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
(async () => {
  for (const h of ["SHA-1", "sha-256", "SHA-384", "SHA-512", "MD5", { name: "SHA-256" }]) await tell(`digest ${JSON.stringify(h)}`, () => s.digest(h, bytes("abc")));
  await tell("digest of a view", () => s.digest("SHA-256", new DataView(new ArrayBuffer(8), 2, 3)));
  await tell("digest of text", () => s.digest("SHA-256", "abc"));
  for (const h of ["SHA-1", "SHA-256", "SHA-512"]) {
    await tell("hmac " + h, async () => {
      const k = await s.importKey("raw", bytes("key"), { name: "hmac", hash: h }, true, ["sign", "verify"]);
      const sig = await s.sign("HMAC", k, bytes("data"));
      return [hex(sig), await s.verify("HMAC", k, sig, bytes("data")), await s.verify("HMAC", k, sig.slice(1), bytes("data")), await s.exportKey("jwk", k), k.algorithm, k.usages, k.type];
    });
  }
  const gcm = await s.importKey("raw", from("000102030405060708090a0b0c0d0e0f"), "AES-GCM", true, ["decrypt", "encrypt"]);
  const iv = new Uint8Array(12);
  await tell("gcm", () => s.encrypt({ name: "AES-GCM", iv }, gcm, bytes("plain")));
  await tell("gcm with data", () => s.encrypt({ name: "AES-GCM", iv, additionalData: bytes("x"), tagLength: 96 }, gcm, bytes("plain")));
  await tell("gcm iv of 16", () => s.encrypt({ name: "AES-GCM", iv: new Uint8Array(16) }, gcm, bytes("")));
  await tell("gcm tampered", () => s.decrypt({ name: "AES-GCM", iv }, gcm, new Uint8Array(30)));
  await tell("gcm short", () => s.decrypt({ name: "AES-GCM", iv }, gcm, new Uint8Array(3)));
  await tell("gcm without iv", () => s.encrypt({ name: "AES-GCM" }, gcm, bytes("plain")));
  const cbc = await s.importKey("jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", alg: "A128CBC" }, "AES-CBC", false, ["encrypt", "decrypt"]);
  await tell("cbc", () => s.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, cbc, bytes("sixteen bytes...")));
  await tell("cbc bad padding", () => s.decrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, cbc, new Uint8Array(16)));
  await tell("cbc iv", () => s.encrypt({ name: "AES-CBC", iv: new Uint8Array(15) }, cbc, bytes("x")));
  await tell("wrong use", () => s.sign("HMAC", cbc, bytes("x")));
  const ctr = await s.importKey("raw", from("000102030405060708090a0b0c0d0e0f"), "AES-CTR", true, ["encrypt", "decrypt"]);
  for (const length of [1, 7, 8, 64, 127, 128]) {
    await tell("ctr " + length, () => s.encrypt({ name: "AES-CTR", counter: new Uint8Array(16).fill(255), length }, ctr, new Uint8Array(40)));
  }
  await tell("ctr too long", () => s.encrypt({ name: "AES-CTR", counter: new Uint8Array(16), length: 1 }, ctr, new Uint8Array(48)));
  const kw = await s.importKey("raw", from("000102030405060708090A0B0C0D0E0F"), "AES-KW", true, ["wrapKey", "unwrapKey"]);
  await tell("wrap", () => s.wrapKey("raw", gcm, kw, "AES-KW"));
  await tell("unwrap", async () => {
    const w = await s.wrapKey("raw", gcm, kw, "AES-KW");
    return hex(await s.exportKey("raw", await s.unwrapKey("raw", w, kw, "AES-KW", "AES-CBC", true, ["encrypt"])));
  });
  await tell("unwrap wrong", () => s.unwrapKey("raw", new Uint8Array(24), kw, "AES-KW", "AES-CBC", true, ["encrypt"]));
  await tell("wrap jwk", async () => {
    const w = await s.wrapKey("jwk", gcm, await s.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["wrapKey"]), { name: "AES-GCM", iv });
    return w.byteLength > 50;
  });
  const password = await s.importKey("raw", bytes("password"), "PBKDF2", false, ["deriveBits", "deriveKey"]);
  await tell("pbkdf2", () => s.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: bytes("salt"), iterations: 2 }, password, 160));
  await tell("pbkdf2 no iterations", () => s.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: bytes("salt"), iterations: 0 }, password, 160));
  await tell("pbkdf2 of 9 bits", () => s.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: bytes("salt"), iterations: 1 }, password, 9));
  await tell("pbkdf2 key", async () => s.exportKey("raw", await s.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: 10 }, password, { name: "AES-GCM", length: 256 }, true, ["encrypt"])));
  await tell("pbkdf2 hmac key", async () => s.exportKey("jwk", await s.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: 10 }, password, { name: "HMAC", hash: "SHA-256" }, true, ["sign"])));
  const secret = await s.importKey("raw", bytes("input"), "HKDF", false, ["deriveBits"]);
  await tell("hkdf", () => s.deriveBits({ name: "HKDF", hash: "SHA-256", salt: bytes("salt"), info: bytes("info") }, secret, 336));
  await tell("hkdf no length", () => s.deriveBits({ name: "HKDF", hash: "SHA-256", salt: bytes(""), info: bytes("") }, secret, null));
  await tell("hkdf too long", () => s.deriveBits({ name: "HKDF", hash: "SHA-256", salt: bytes(""), info: bytes("") }, secret, 255 * 256 + 8));
  await tell("kdf extractable", () => s.importKey("raw", bytes("x"), "HKDF", true, ["deriveBits"]));
  for (const [name, algorithm, jwk] of [["ecdsa", { name: "ECDSA", namedCurve: "P-256" }, ec], ["ed25519", { name: "Ed25519" }, ed]]) {
    await tell(name, async () => {
      const own = await s.importKey("jwk", jwk, algorithm, true, ["sign"]);
      const { d, ...half } = jwk;
      const other = await s.importKey("jwk", half, algorithm, true, ["verify"]);
      const sig = await s.sign({ ...algorithm, hash: "SHA-256" }, own, bytes("m"));
      return [sig.byteLength, await s.verify({ ...algorithm, hash: "SHA-256" }, other, sig, bytes("m")), await s.verify({ ...algorithm, hash: "SHA-256" }, other, sig, bytes("n")),
        await s.verify({ ...algorithm, hash: "SHA-256" }, other, new Uint8Array(3), bytes("m")), hex(await s.exportKey("spki", other)), hex(await s.exportKey("raw", other)), (await s.exportKey("pkcs8", own)).byteLength,
        await s.exportKey("jwk", own), await s.exportKey("jwk", other), own.algorithm, own.usages, other.type];
    });
    await tell(name + " wrong usage", () => s.importKey("jwk", jwk, algorithm, true, ["verify"]));
    await tell(name + " no usage", () => s.importKey("jwk", jwk, algorithm, true, []));
    await tell(name + " wrong x", () => s.importKey("jwk", { ...jwk, x: jwk.d }, algorithm, true, ["sign"]));
    await tell(name + " bad base64", () => s.importKey("jwk", { ...jwk, x: "!" }, algorithm, true, ["sign"]));
    await tell(name + " not extractable", () => s.importKey("jwk", { ...jwk, ext: false }, algorithm, true, ["sign"]));
    await tell(name + " garbage", () => s.importKey("pkcs8", new Uint8Array(5), algorithm, true, ["sign"]));
    await tell(name + " export of private as spki", async () => s.exportKey("spki", await s.importKey("jwk", jwk, algorithm, true, ["sign"])));
  }
  for (const namedCurve of ["P-256", "P-384", "P-521"]) {
    await tell("ecdh " + namedCurve, async () => {
      const [a, b] = [await s.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits"]), await s.generateKey({ name: "ECDH", namedCurve }, false, ["deriveBits", "deriveKey"])];
      const ab = await s.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, null);
      const ba = await s.deriveBits({ name: "ECDH", public: a.publicKey }, b.privateKey, null);
      return [hex(ab) === hex(ba), ab.byteLength, a.publicKey.usages, b.privateKey.usages, b.privateKey.extractable, b.publicKey.extractable];
    });
  }
  await tell("x25519", async () => {
    const [a, b] = [await s.generateKey("X25519", true, ["deriveBits"]), await s.generateKey("X25519", true, ["deriveBits"])];
    return hex(await s.deriveBits({ name: "X25519", public: b.publicKey }, a.privateKey, 256)) === hex(await s.deriveBits({ name: "X25519", public: a.publicKey }, b.privateKey, 256));
  });
  const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const pair = await s.generateKey({ name: "RSA-PSS", ...rsa }, true, ["sign", "verify"]);
  const jwk = await s.exportKey("jwk", pair.privateKey);
  await tell("rsa jwk", () => [Object.keys(jwk).sort(), jwk.kty, jwk.alg, jwk.e, jwk.key_ops, jwk.ext]);
  for (const [name, alg] of [["RSA-PSS", "PS256"], ["RSASSA-PKCS1-v1_5", "RS256"]]) {
    await tell(name, async () => {
      const own = await s.importKey("jwk", { ...jwk, alg }, { name, hash: "SHA-256" }, true, ["sign"]);
      const other = await s.importKey("jwk", { kty: "RSA", n: jwk.n, e: jwk.e }, { name, hash: "SHA-256" }, true, ["verify"]);
      const sig = await s.sign({ name, saltLength: 32 }, own, bytes("m"));
      return [sig.byteLength, await s.verify({ name, saltLength: 32 }, other, sig, bytes("m")), await s.verify({ name, saltLength: 32 }, other, sig, bytes("n")), other.algorithm.modulusLength, [...other.algorithm.publicExponent], other.algorithm.hash];
    });
  }
  await tell("oaep", async () => {
    const own = await s.importKey("pkcs8", await s.exportKey("pkcs8", pair.privateKey), { name: "RSA-OAEP", hash: "SHA-1" }, false, ["decrypt"]);
    const other = await s.importKey("spki", await s.exportKey("spki", pair.publicKey), { name: "RSA-OAEP", hash: "SHA-1" }, false, ["encrypt"]);
    const sealed = await s.encrypt({ name: "RSA-OAEP", label: bytes("l") }, other, bytes("secret"));
    let wrong;
    try {
      await s.decrypt({ name: "RSA-OAEP" }, own, sealed);
    } catch (error) {
      wrong = error.name;
    }
    return [new TextDecoder().decode(await s.decrypt({ name: "RSA-OAEP", label: bytes("l") }, own, sealed)), wrong];
  });
  await tell("unknown", () => s.generateKey("nope", true, ["sign"]));
  await tell("unknown usage", () => s.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["fly"]));
  await tell("no usage", () => s.generateKey({ name: "HMAC", hash: "SHA-256" }, true, []));
  await tell("hmac generated", async () => (await s.generateKey({ name: "HMAC", hash: "SHA-384" }, true, ["sign"])).algorithm);
  await tell("aes of 100 bits", () => s.generateKey({ name: "AES-CBC", length: 100 }, true, ["encrypt"]));
  await tell("random", () => [crypto.getRandomValues(new Uint8Array(4)).length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())]);
  await tell("random floats", () => crypto.getRandomValues(new Float32Array(1)));
  await tell("random too much", () => crypto.getRandomValues(new Uint8Array(65537)));
  await tell("constructor", () => new CryptoKey());
})();
