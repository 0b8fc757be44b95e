// crypto and crypto.subtle.
const { keys, keyTransfer, need } = exports;
const { fail, table, hashes, algorithm, ask } = keys;
const { bytesOf } = exports;
const uuid = /(.{8})(.{4})(.{4})(.{4})(.{12})/;

const integers = new Set(["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
  "BigInt64Array", "BigUint64Array"]);

class Crypto {
  #subtle = new SubtleCrypto(SECRET);

  constructor(secret) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
  }

  get subtle() { return this.#subtle; }

  getRandomValues(array) {
    need(arguments.length, 1, "crypto.getRandomValues");
    if (!ArrayBuffer.isView(array)) throw new TypeError("getRandomValues: the argument is not an array of integers");
    if (!integers.has(array[Symbol.toStringTag])) throw fail("TypeMismatchError", "The array is not one of integers");
    if (array.byteLength > 65536) {
      throw fail("QuotaExceededError", `The requested length exceeds 65,536 bytes`);
    }
    if (array.byteLength > 0) {
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(host.call("random", array.byteLength));
    }
    return array;
  }

  randomUUID() {
    this.#subtle;
    const bytes = host.call("random", 16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return Uint8Array.prototype.toHex.call(bytes).replace(uuid, "$1-$2-$3-$4-$5");
  }

  get [Symbol.toStringTag]() { return "Crypto"; }
}

// use checks that a key is of an algorithm and may be used.
function use(key, alg, usage) {
  if (!exports.is("CryptoKey", key)) throw new TypeError("The key is not a CryptoKey");
  const r = keys.record(key);
  if (r.algorithm.name !== alg.name) throw fail("InvalidAccessError", "The key is of another algorithm");
  if (!r.usages.includes(usage)) throw fail("InvalidAccessError", `The key can't be used for ${usage}`);
  return r;
}

const signing = {
  HMAC: {}, "RSASSA-PKCS1-v1_5": {}, "RSA-PSS": { saltLength: "number" }, ECDSA: { hash: "hash" }, Ed25519: {},
};
const ciphers = {
  "RSA-OAEP": { label: "bytes?" },
  "AES-CBC": { iv: "bytes" },
  "AES-CTR": { counter: "bytes", length: "number" },
  "AES-GCM": { iv: "bytes", additionalData: "bytes?", tagLength: "number?" },
};
const deriving = {
  ECDH: { public: "key" }, X25519: { public: "key" },
  HKDF: { hash: "hash", salt: "bytes", info: "bytes" },
  PBKDF2: { hash: "hash", salt: "bytes", iterations: "number" },
};

// read reads an algorithm for a kind of use.
function read(given, wanted) {
  const alg = algorithm(given);
  if (!Object.hasOwn(wanted, alg.name)) throw fail("NotSupportedError", `${alg.name} has no such operation`);
  return { ...keys.members(typeof given === "object" ? given : {}, wanted[alg.name]), name: alg.name };
}

function signature(alg, r) {
  const hash = alg.hash ?? r.algorithm.hash?.name ?? "";
  return [alg.name, hash, alg.saltLength ?? 0];
}

function encrypt(alg, r, data, op) {
  if (alg.name === "RSA-OAEP") {
    return ask("OperationError", `crypto.${op}`, alg.name, r.data, r.algorithm.hash.name, alg.label ?? new Uint8Array(0), 0, data);
  }
  if (alg.name === "AES-CTR") {
    if (alg.counter.length !== 16) throw fail("OperationError", "The counter has not 16 bytes");
    if (alg.length < 1 || alg.length > 128) throw fail("OperationError", "The length of the counter is not from 1 to 128");
    return ask("OperationError", `crypto.${op}`, alg.name, r.data, alg.counter, new Uint8Array(0), alg.length, data);
  }
  if (alg.name === "AES-CBC" && alg.iv.length !== 16) throw fail("OperationError", "The initialization vector has not 16 bytes");
  return ask("OperationError", `crypto.${op}`, alg.name, r.data, alg.iv, alg.additionalData ?? new Uint8Array(0), alg.tagLength ?? 128, data);
}

function deriveBits(alg, r, length) {
  if (alg.name === "ECDH" || alg.name === "X25519") return agree(alg, r, length);
  if (length === null || length % 8 !== 0) throw fail("OperationError", "The length is not a number of whole bytes");
  if (length === 0) return new ArrayBuffer(0);
  if (alg.name === "HKDF") {
    if (length / 8 > 255 * (hashes[alg.hash] / 8)) throw fail("OperationError", "More bits than HKDF can give");
    return ask("OperationError", "crypto.hkdf", alg.hash, r.data, alg.salt, alg.info, length / 8).buffer;
  }
  if (alg.iterations === 0) throw fail("OperationError", "There are no iterations");
  return ask("OperationError", "crypto.pbkdf2", alg.hash, r.data, alg.salt, alg.iterations, length / 8).buffer;
}

function agree(alg, r, length) {
  const other = keys.record(alg.public);
  if (r.type !== "private") throw fail("InvalidAccessError", "The base key is not private");
  if (other.type !== "public") throw fail("InvalidAccessError", "The other key is not public");
  if (other.algorithm.name !== r.algorithm.name || other.algorithm.namedCurve !== r.algorithm.namedCurve) {
    throw fail("InvalidAccessError", "The other key is of another kind");
  }
  const bits = ask("OperationError", "crypto.agree", r.data, other.data);
  if (length === null) return bits.buffer;
  if (length > bits.length * 8) throw fail("OperationError", "More bits than the keys give");
  const part = bits.slice(0, Math.ceil(length / 8));
  if (length % 8 !== 0) part[part.length - 1] &= 0xff << (8 - (length % 8));
  return part.buffer;
}

// bitsFor is how many bits a derived key takes.
function bitsFor(given) {
  const alg = algorithm(given);
  const { family } = table[alg.name];
  if (family === "kdf") return null;
  if (family === "aes") {
    const { length } = keys.members(given, { length: "number" });
    if (![128, 192, 256].includes(length)) throw fail("OperationError", "A key of AES has 128, 192 or 256 bits");
    return length;
  }
  if (family !== "hmac") throw fail("NotSupportedError", `A key of ${alg.name} can't be derived`);
  const p = keys.members(given, { hash: "hash", length: "number?" });
  if (p.length === 0) throw new TypeError("A key of HMAC has a length");
  return p.length ?? keys.blocks[p.hash];
}

const formats = ["raw", "spki", "pkcs8", "jwk"];
const formatOf = (format) => exports.oneOf(format, formats, "The format of a key");
const bitLength = (length) => (length === null || length === undefined ? null : keys.members({ length }, { length: "number" }).length);
const SECRET = {};

class SubtleCrypto {
  #brand = true;

  constructor(secret) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
  }

  async digest(given, data) {
    need(arguments.length, 2, "subtle.digest");
    this.#brand;
    const bytes = bytesOf(data, "subtle.digest");
    return host.call("crypto.digest", keys.hash(given), bytes).buffer;
  }

  async sign(given, key, data) {
    need(arguments.length, 3, "subtle.sign");
    this.#brand;
    const alg = read(given, signing);
    const bytes = bytesOf(data, "subtle.sign");
    const r = use(key, alg, "sign");
    return ask("OperationError", "crypto.sign", ...signature(alg, r), r.data, bytes).buffer;
  }

  async verify(given, key, proof, data) {
    need(arguments.length, 4, "subtle.verify");
    this.#brand;
    const alg = read(given, signing);
    const shown = bytesOf(proof, "subtle.verify");
    const bytes = bytesOf(data, "subtle.verify");
    const r = use(key, alg, "verify");
    return ask("OperationError", "crypto.verify", ...signature(alg, r), r.data, shown, bytes);
  }

  async encrypt(given, key, data) {
    need(arguments.length, 3, "subtle.encrypt");
    this.#brand;
    const alg = read(given, ciphers);
    const bytes = bytesOf(data, "subtle.encrypt");
    return encrypt(alg, use(key, alg, "encrypt"), bytes, "encrypt").buffer;
  }

  async decrypt(given, key, data) {
    need(arguments.length, 3, "subtle.decrypt");
    this.#brand;
    const alg = read(given, ciphers);
    const bytes = bytesOf(data, "subtle.decrypt");
    return encrypt(alg, use(key, alg, "decrypt"), bytes, "decrypt").buffer;
  }

  async generateKey(given, extractable, usages) {
    need(arguments.length, 3, "subtle.generateKey");
    this.#brand;
    return keyTransfer.generate(given, !!extractable, keys.usages(usages));
  }

  async importKey(format, data, given, extractable, usages) {
    need(arguments.length, 5, "subtle.importKey");
    this.#brand;
    return keyTransfer.importKey(formatOf(format), data, given, !!extractable, keys.usages(usages));
  }

  async exportKey(format, key) {
    need(arguments.length, 2, "subtle.exportKey");
    this.#brand;
    if (!exports.is("CryptoKey", key)) throw new TypeError("exportKey: the key is not a CryptoKey");
    return keyTransfer.exportKey(formatOf(format), key);
  }

  async deriveBits(given, key, length = null) {
    need(arguments.length, 2, "subtle.deriveBits");
    this.#brand;
    const alg = read(given, deriving);
    return deriveBits(alg, use(key, alg, "deriveBits"), bitLength(length));
  }

  async deriveKey(given, key, derived, extractable, usages) {
    need(arguments.length, 5, "subtle.deriveKey");
    this.#brand;
    const alg = read(given, deriving);
    const bits = deriveBits(alg, use(key, alg, "deriveKey"), bitsFor(derived));
    return keyTransfer.importKey("raw", bits, derived, !!extractable, keys.usages(usages));
  }

  async wrapKey(format, key, wrapper, given) {
    need(arguments.length, 4, "subtle.wrapKey");
    this.#brand;
    const alg = read(given, { ...ciphers, "AES-KW": {} });
    const r = use(wrapper, alg, "wrapKey");
    if (!exports.is("CryptoKey", key)) throw new TypeError("wrapKey: the key is not a CryptoKey");
    const plain = keyTransfer.exportKey(formatOf(format), key);
    const bytes = `${format}` === "jwk" ? exports.utf8(JSON.stringify(plain)) : new Uint8Array(plain);
    if (alg.name === "AES-KW") return ask("OperationError", "crypto.wrap", r.data, bytes).buffer;
    return encrypt(alg, r, bytes, "encrypt").buffer;
  }

  async unwrapKey(format, wrapped, wrapper, given, unwrapped, extractable, usages) {
    need(arguments.length, 7, "subtle.unwrapKey");
    this.#brand;
    const alg = read(given, { ...ciphers, "AES-KW": {} });
    const data = bytesOf(wrapped, "subtle.unwrapKey");
    const r = use(wrapper, alg, "unwrapKey");
    const bytes = alg.name === "AES-KW" ? ask("OperationError", "crypto.unwrap", r.data, data) : encrypt(alg, r, data, "decrypt");
    const form = formatOf(format);
    let key = bytes;
    if (form === "jwk") {
      try {
        key = JSON.parse(exports.fromUtf8(bytes));
      } catch {
        throw fail("DataError", "The unwrapped key is not JSON");
      }
    }
    return keyTransfer.importKey(form, key, unwrapped, !!extractable, keys.usages(usages));
  }

  get [Symbol.toStringTag]() { return "SubtleCrypto"; }
}

exports.Crypto = Crypto;
exports.SubtleCrypto = SubtleCrypto;
exports.crypto = new Crypto(SECRET);
