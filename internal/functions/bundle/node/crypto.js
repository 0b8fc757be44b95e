// Node's crypto (nodejs.org/api/crypto.html), as far as signatures of webhooks, tokens
// and caches need it. Hashes are the host's: module "galley:crypto" of the prelude has
// digest(algorithm, bytes) and hmac(algorithm, key, bytes), which answer at once.
import { Buffer } from "node:buffer";
import missing from "missing";
import {
  constants, createPrivateKey, createPublicKey, createSecretKey, createSign, createVerify, hkdf, hkdfSync, KeyObject, pbkdf2, pbkdf2Sync, Sign, sign, Verify, verify,
} from "keys";

const native = () => {
  const module = globalThis.__modules["galley:crypto"];
  if (!module) throw new Error("node:crypto has no hashes here");
  return module;
};

// Names as OpenSSL's: "sha256", "SHA-256" and "RSA-SHA256" are one.
const algorithms = { md5: "MD5", sha1: "SHA-1", sha224: "SHA-224", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
function algorithmOf(name) {
  return algorithms[String(name).toLowerCase().replace(/^rsa-/, "").replace("-", "")] ?? null;
}

function bytesOf(data, encoding) {
  if (typeof data === "string") return Buffer.from(data, encoding);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const error = new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.');
  error.code = "ERR_INVALID_ARG_TYPE";
  throw error;
}

class Digest {
  #parts = [];
  #finish;
  constructor(finish) { this.#finish = finish; }
  update(data, encoding) {
    if (!this.#finish) throw ended();
    this.#parts.push(Uint8Array.from(bytesOf(data, encoding)));
    return this;
  }
  digest(encoding) {
    if (!this.#finish) throw ended();
    const sum = Buffer.from(this.#finish(Buffer.concat(this.#parts)));
    this.#finish = undefined;
    return encoding && encoding !== "buffer" ? sum.toString(encoding) : sum;
  }
}

function ended() {
  const error = new Error("Digest already called");
  error.code = "ERR_CRYPTO_HASH_FINALIZED";
  return error;
}

export function createHash(name) {
  const algorithm = algorithmOf(name);
  if (algorithm === null) throw new Error("Digest method not supported");
  return new Digest((bytes) => native().digest(algorithm, bytes));
}
export function createHmac(name, key) {
  const algorithm = algorithmOf(name);
  if (algorithm === null) {
    const error = new TypeError(`Invalid digest: ${name}`);
    error.code = "ERR_CRYPTO_INVALID_DIGEST";
    throw error;
  }
  const secret = Uint8Array.from(key instanceof KeyObject ? KeyObject.data(key) : bytesOf(key));
  return new Digest((bytes) => native().hmac(algorithm, secret, bytes));
}
export const hash = (name, data, encoding = "hex") => createHash(name).update(data).digest(encoding);

export function randomBytes(size, done) {
  const out = Buffer.alloc(size);
  for (let i = 0; i < size; i += 65536) crypto.getRandomValues(out.subarray(i, Math.min(size, i + 65536)));
  if (done) queueMicrotask(() => done(null, out));
  return done ? undefined : out;
}
export function randomFillSync(target) {
  bytesOf(target).set(randomBytes(target.byteLength));
  return target;
}
export function randomInt(low, high) {
  if (high === undefined) [low, high] = [0, low];
  const range = high - low;
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || range <= 0 || range > 2 ** 48 - 1) throw new RangeError(`The value of "max" is out of range. Received ${high}`);
  // Values of the last, incomplete stretch are drawn again, so that all are equally likely.
  const usable = 2 ** 48 - (2 ** 48) % range;
  for (;;) {
    const n = randomBytes(6).readUIntBE(0, 6);
    if (n < usable) return low + n % range;
  }
}
export function timingSafeEqual(a, b) {
  const x = bytesOf(a), y = bytesOf(b);
  if (x.length !== y.length) {
    const error = new RangeError("Input buffers must have the same byte length");
    error.code = "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH";
    throw error;
  }
  let different = 0;
  for (let i = 0; i < x.length; i++) different |= x[i] ^ y[i];
  return different === 0;
}

export const randomUUID = () => crypto.randomUUID();
export const getRandomValues = (array) => crypto.getRandomValues(array);
export const getHashes = () => Object.keys(algorithms);
const webcrypto = globalThis.crypto;
const subtle = webcrypto?.subtle;
export const getCurves = () => ["prime256v1", "secp384r1", "secp521r1"];
export {
  constants, createPrivateKey, createPublicKey, createSecretKey, createSign, createVerify, hkdf, hkdfSync, KeyObject, pbkdf2, pbkdf2Sync, Sign, sign, subtle, Verify, verify, webcrypto,
};

// What Node has besides refuses when it is called, and says what to use.
const besides = missing("crypto", "it is not available in functions: use crypto.subtle");
export const {
  Certificate, createCipheriv, createDecipheriv, createDiffieHellman, createECDH, diffieHellman, DiffieHellman, ECDH, generateKey, generateKeyPair, generateKeyPairSync, generateKeySync,
  privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt, scrypt, scryptSync, X509Certificate,
} = besides;
export default {
  createHash, createHmac, hash, randomBytes, randomFillSync, randomInt, timingSafeEqual, randomUUID, getRandomValues, getHashes, getCurves, subtle, webcrypto,
  constants, createPrivateKey, createPublicKey, createSecretKey, createSign, createVerify, hkdf, hkdfSync, KeyObject, pbkdf2, pbkdf2Sync, Sign, sign, Verify, verify,
  Certificate, createCipheriv, createDecipheriv, createDiffieHellman, createECDH, diffieHellman, DiffieHellman, ECDH, generateKey, generateKeyPair, generateKeyPairSync, generateKeySync,
  privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt, scrypt, scryptSync, X509Certificate,
};
