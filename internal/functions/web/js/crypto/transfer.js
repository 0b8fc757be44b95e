// generateKey, importKey and exportKey.
const { keys } = exports;
const { fail, table, blocks, curves, algorithm, allowed, ask, toBase64, fromBase64 } = keys;

// --- generate

function generate(given, extractable, usages) {
  const alg = algorithm(given);
  const { family } = table[alg.name];
  if (family === "kdf") throw fail("NotSupportedError", `A key of ${alg.name} can't be generated`);
  const wanted = { hmac: { hash: "hash", length: "number?" }, aes: { length: "number" }, okp: {}, ec: { namedCurve: "curve" },
    rsa: { hash: "hash", modulusLength: "number", publicExponent: "bytes" } }[family];
  const p = keys.members(given, wanted);
  if (family === "hmac" || family === "aes") return secret(alg.name, family, p, extractable, usages);
  return pair(alg.name, family, p, extractable, usages);
}

function secret(name, family, p, extractable, usages) {
  allowed(usages, table[name].secret);
  if (usages.length === 0) throw fail("SyntaxError", "A key needs a usage");
  const length = family === "hmac" ? (p.length ?? blocks[p.hash]) : p.length;
  if (family === "aes" && ![128, 192, 256].includes(length)) throw fail("OperationError", "A key of AES has 128, 192 or 256 bits");
  if (length === 0 || length % 8 !== 0 || length > 65536) throw fail("OperationError", "The length of the key is not supported");
  const described = family === "hmac" ? { name, length, hash: { name: p.hash } } : { name, length };
  return keys.of("secret", extractable, described, usages, host.call("random", length / 8));
}

function pair(name, family, p, extractable, usages) {
  const { private: own, public: other } = table[name];
  allowed(usages, [...own, ...other]);
  const described = { name };
  let kind = name;
  if (family === "ec") {
    if (!Object.hasOwn(curves, p.namedCurve)) throw fail("NotSupportedError", `The curve ${p.namedCurve} is not known`);
    described.namedCurve = kind = p.namedCurve;
  } else if (family === "rsa") {
    kind = "RSA";
    Object.assign(described, { modulusLength: p.modulusLength, publicExponent: p.publicExponent, hash: { name: p.hash } });
    if (toHex(p.publicExponent) !== "10001") throw fail("OperationError", "The public exponent of a key to generate is 65537");
  }
  if (usages.filter((u) => own.includes(u)).length === 0) throw fail("SyntaxError", "The private key needs a usage");
  const both = ask("OperationError", "crypto.generate", kind, p.modulusLength ?? 0);
  const cut = 4 + new DataView(both.buffer).getUint32(0);
  return {
    privateKey: keys.of("private", extractable, described, usages.filter((u) => own.includes(u)), both.slice(4, cut)),
    publicKey: keys.of("public", true, described, usages.filter((u) => other.includes(u)), both.slice(cut)),
  };
}

const toHex = (bytes) => Uint8Array.prototype.toHex.call(bytes).replace(/^0+/, "");

// --- import

function importKey(format, data, given, extractable, usages) {
  const alg = algorithm(given);
  const { family } = table[alg.name];
  if (format === "jwk") {
    if (typeof data !== "object" || data === null || exports.isBuffer(data) || ArrayBuffer.isView(data)) {
      throw new TypeError("importKey: the key is not a JSON Web Key");
    }
  } else {
    data = exports.bytesOf(data, "importKey").slice();
  }
  const key = importers[family](alg.name, format, data, given, extractable, usages);
  const { type } = keys.record(key);
  if (type !== "public" && keys.record(key).usages.length === 0) throw fail("SyntaxError", "The key needs a usage");
  return key;
}

const unknown = (format) => fail("NotSupportedError", `The format ${format} is not there for this key`);

const importers = {
  hmac(name, format, data, given, extractable, usages) {
    const p = keys.members(given, { hash: "hash", length: "number?" });
    allowed(usages, table[name].secret);
    const bytes = octets(format, data, `HS${p.hash.slice(4)}`, "sig", extractable, usages);
    if (bytes.length === 0) throw fail("DataError", "The key is empty");
    const length = p.length ?? bytes.length * 8;
    if (length > bytes.length * 8 || length <= bytes.length * 8 - 8) throw fail("DataError", "The length is not that of the key");
    return keys.of("secret", extractable, { name, length, hash: { name: p.hash } }, usages, bytes);
  },
  aes(name, format, data, given, extractable, usages) {
    allowed(usages, table[name].secret);
    const size = (n) => `A${n * 8}${name.slice(4)}`;
    const bytes = octets(format, data, size, "enc", extractable, usages);
    if (![16, 24, 32].includes(bytes.length)) throw fail("DataError", "A key of AES has 128, 192 or 256 bits");
    return keys.of("secret", extractable, { name, length: bytes.length * 8 }, usages, bytes);
  },
  kdf(name, format, data, given, extractable, usages) {
    if (format !== "raw") throw unknown(format);
    allowed(usages, table[name].secret);
    if (extractable) throw fail("SyntaxError", "A key to derive from is not extractable");
    return keys.of("secret", false, { name }, usages, data);
  },
  rsa(name, format, data, given, extractable, usages) {
    const p = keys.members(given, { hash: "hash" });
    if (format === "raw") throw unknown(format);
    if (format === "jwk") {
      const jwkName = { "RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS", "RSA-OAEP": "RSA-OAEP" }[name];
      const number = p.hash.slice(4);
      const alg = name !== "RSA-OAEP" ? jwkName + number : number === "1" ? jwkName : `${jwkName}-${number}`;
      checkJwk(data, "RSA", alg, name === "RSA-OAEP" ? "enc" : "sig", extractable, usages);
    }
    const found = imported("RSA", format, data, table[name], usages);
    const described = { name, modulusLength: found.bits, publicExponent: Uint8Array.fromHex(found.exponent), hash: { name: p.hash } };
    return keys.of(found.type, extractable, described, usages, found.data);
  },
  ec(name, format, data, given, extractable, usages) {
    const p = keys.members(given, { namedCurve: "curve" });
    if (!Object.hasOwn(curves, p.namedCurve)) throw fail("NotSupportedError", `The curve ${p.namedCurve} is not known`);
    if (format === "jwk") {
      const alg = name === "ECDSA" ? { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" }[p.namedCurve] : undefined;
      checkJwk(data, "EC", alg, name === "ECDSA" ? "sig" : "enc", extractable, usages);
      if (data.crv !== p.namedCurve) throw fail("DataError", "The JSON Web Key is of another curve");
    }
    const found = imported(p.namedCurve, format, data, table[name], usages);
    return keys.of(found.type, extractable, { name, namedCurve: p.namedCurve }, usages, found.data);
  },
  okp(name, format, data, given, extractable, usages) {
    if (format === "jwk") {
      checkJwk(data, "OKP", undefined, name === "Ed25519" ? "sig" : "enc", extractable, usages);
      if (data.crv !== name) throw fail("DataError", "The JSON Web Key is of another curve");
    }
    const found = imported(name, format, data, table[name], usages);
    return keys.of(found.type, extractable, { name }, usages, found.data);
  },
};

// imported has the host read a key of two halves, and brings it to one form.
function imported(kind, format, data, may, usages) {
  const isPrivate = format === "pkcs8" || (format === "jwk" && data.d !== undefined);
  allowed(usages, isPrivate ? may.private : may.public);
  const given = format === "jwk" ? JSON.stringify(data) : data;
  const found = ask("DataError", "crypto.import", kind, format, given);
  return { ...found, data: Uint8Array.fromBase64(found.data) };
}

// octets are the bytes of a secret key.
function octets(format, data, alg, use, extractable, usages) {
  if (format === "raw") return data;
  if (format !== "jwk") throw unknown(format);
  checkJwk(data, "oct", undefined, use, extractable, usages);
  if (data.k === undefined) throw fail("DataError", "The JSON Web Key has no member k");
  const bytes = fromBase64(data.k);
  const wanted = typeof alg === "string" ? alg : alg(bytes.length);
  if (data.alg !== undefined && data.alg !== wanted) throw fail("DataError", `The JSON Web Key is for ${data.alg}`);
  return bytes;
}

function checkJwk(jwk, kty, alg, use, extractable, usages) {
  if (jwk.kty !== kty) throw fail("DataError", `The JSON Web Key is not of type ${kty}`);
  if (alg !== undefined && jwk.alg !== undefined && jwk.alg !== alg) throw fail("DataError", `The JSON Web Key is for ${jwk.alg}`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw fail("DataError", "The JSON Web Key is for another use");
  if (jwk.key_ops !== undefined) {
    const ops = [...jwk.key_ops];
    if (new Set(ops).size !== ops.length) throw fail("DataError", "The operations of the JSON Web Key are not different");
    if (!usages.every((usage) => ops.includes(usage))) throw fail("DataError", "The JSON Web Key is for other operations");
  }
  if (jwk.ext === false && extractable) throw fail("DataError", "The JSON Web Key is not extractable");
}

// --- export

function exportKey(format, key) {
  const r = keys.record(key);
  const { family } = table[r.algorithm.name];
  if (family === "kdf") throw fail("NotSupportedError", "A key to derive from can't be exported");
  if (!r.extractable) throw fail("InvalidAccessError", "The key is not extractable");
  if (format === "jwk") return exportJwk(r, family);
  if (r.type === "secret") {
    if (format !== "raw") throw unknown(format);
    return r.data.slice().buffer;
  }
  const wanted = { raw: "public", spki: "public", pkcs8: "private" }[format];
  if (format === "raw" && family === "rsa") throw unknown(format);
  if (r.type !== wanted) throw fail("InvalidAccessError", `The ${r.type} key has no form ${format}`);
  if (format !== "raw") return r.data.slice().buffer;
  return ask("OperationError", "crypto.raw", r.data).buffer;
}

function exportJwk(r, family) {
  const { name } = r.algorithm;
  const base = { key_ops: [...r.usages], ext: r.extractable };
  if (r.type === "secret") {
    const alg = family === "hmac" ? `HS${r.algorithm.hash.name.slice(4)}` : `A${r.algorithm.length}${name.slice(4)}`;
    return { kty: "oct", k: toBase64(r.data), alg, ...base };
  }
  const jwk = ask("OperationError", "crypto.jwk", r.type, r.data);
  if (family === "rsa") {
    const number = r.algorithm.hash.name.slice(4);
    const prefix = { "RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS" }[name];
    jwk.alg = prefix !== undefined ? prefix + number : number === "1" ? "RSA-OAEP" : `RSA-OAEP-${number}`;
  }
  return { ...jwk, ...base };
}

exports.keyTransfer = { generate, importKey, exportKey };
