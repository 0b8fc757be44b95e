// The keys and signatures of node:crypto (nodejs.org/api/crypto.html): of RSA, of the curves
// P-256, P-384 and P-521, and of Ed25519.
import { Buffer } from "node:buffer";

const native = () => globalThis.__modules["galley:crypto"];
const hashes = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
const curves = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };

export const constants = { RSA_PKCS1_PADDING: 1, RSA_NO_PADDING: 3, RSA_PKCS1_OAEP_PADDING: 4, RSA_PKCS1_PSS_PADDING: 6, RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_MAX_SIGN: -2, RSA_PSS_SALTLEN_AUTO: -2 };

function failed(Kind, code, message) {
  const error = new Kind(message);
  error.code = code;
  return error;
}
export function hashOf(name) {
  const hash = hashes[String(name).toLowerCase().replace(/^(rsa|ecdsa)-(with-)?/, "").replace("-", "")];
  if (hash === undefined) throw failed(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
  return hash;
}
const bytesOf = (data, encoding) => typeof data === "string" ? Buffer.from(data, encoding)
  : data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const isBytes = (v) => typeof v === "string" || v instanceof ArrayBuffer || ArrayBuffer.isView(v);

// KeyObject holds a secret, or a private or public key as PKCS #8 or SubjectPublicKeyInfo.
export class KeyObject {
  #type; #data; #about;
  constructor(type, data, about) {
    if (!["secret", "private", "public"].includes(type)) throw failed(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'type' is invalid. Received '${type}'`);
    this.#type = type; this.#data = data; this.#about = about;
  }
  static data(key) { return key.#data; }
  static kind(key) { return key.#about?.kind; }
  get type() { return this.#type; }
  get symmetricKeySize() { return this.#type === "secret" ? this.#data.length : undefined; }
  get asymmetricKeyType() {
    const kind = this.#about?.kind;
    return kind === undefined ? undefined : kind === "RSA" ? "rsa" : curves[kind] ? "ec" : kind.toLowerCase();
  }
  get asymmetricKeyDetails() {
    const about = this.#about;
    if (about === undefined) return undefined;
    return about.kind === "RSA" ? { modulusLength: about.bits, publicExponent: BigInt("0x" + about.exponent) } : curves[about.kind] ? { namedCurve: curves[about.kind] } : {};
  }
  equals(other) { return other instanceof KeyObject && this.#type === other.#type && Buffer.compare(Buffer.from(this.#data), Buffer.from(other.#data)) === 0; }
  export(options = {}) {
    if (options.format === "jwk") {
      return this.#type === "secret" ? { kty: "oct", k: Buffer.from(this.#data).toString("base64url") } : native().jwk(this.#type, this.#data);
    }
    if (this.#type === "secret") return Buffer.from(this.#data);
    const form = this.#type === "private" ? "pkcs8" : "spki";
    if (options.type !== form) throw new Error(`a ${this.#type} key is exported in functions with { type: "${form}" } or { format: "jwk" }`);
    if (options.format === "der") return Buffer.from(this.#data);
    const name = this.#type === "private" ? "PRIVATE KEY" : "PUBLIC KEY";
    return `-----BEGIN ${name}-----\n${Buffer.from(this.#data).toString("base64").match(/.{1,64}/g).join("\n")}\n-----END ${name}-----\n`;
  }
}

export const createSecretKey = (key, encoding) => new KeyObject("secret", Uint8Array.from(bytesOf(key, encoding)));

// read reads a key as it is given: text, bytes, an object with options, or one of ours.
function read(given) {
  if (given instanceof KeyObject) return given;
  const options = isBytes(given) ? { key: given } : given ?? {};
  if (options.key instanceof KeyObject) return options.key;
  if (options.passphrase !== undefined) throw new Error("keys with a passphrase are not read in functions");
  const jwk = options.format === "jwk";
  if (!jwk && !isBytes(options.key)) throw failed(TypeError, "ERR_INVALID_ARG_TYPE", notAKey);
  try {
    const found = native().key(options.format ?? "pem", Uint8Array.from(jwk ? Buffer.from(JSON.stringify(options.key)) : bytesOf(options.key, options.encoding)));
    return new KeyObject(found.type, Uint8Array.from(Buffer.from(found.data, "base64")), { kind: found.kind, bits: found.bits, exponent: found.exponent });
  } catch (error) {
    throw failed(Error, "ERR_OSSL_UNSUPPORTED", `${error.message}`);
  }
}
const notAKey = 'The "key" argument must be of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView.';
export function createPrivateKey(given) {
  if (given instanceof KeyObject) throw failed(TypeError, "ERR_INVALID_ARG_TYPE", notAKey);
  return privateKey(given);
}
function privateKey(given) {
  const key = read(given);
  if (key.type !== "private") throw failed(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type ${key.type}, expected private.`);
  return key;
}
export function createPublicKey(given) {
  const key = read(given);
  if (key.type === "secret") throw failed(TypeError, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", `Invalid key object type secret, expected private.`);
  return key.type === "public" ? key : read({ key: native().publicOf(KeyObject.data(key)), format: "der" });
}

// way is how a key signs: with what algorithm and salt, and in what form.
function way(key, hash, options) {
  const kind = KeyObject.kind(key), asn1 = options?.dsaEncoding !== "ieee-p1363";
  if (kind !== "RSA") return [asn1, kind === "Ed25519" ? "Ed25519" : "ECDSA", hash, 0];
  if (options?.padding !== constants.RSA_PKCS1_PSS_PADDING) return [asn1, "RSASSA-PKCS1-v1_5", hash, 0];
  const digest = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 }[hash];
  const longest = Math.ceil((key.asymmetricKeyDetails.modulusLength - 1) / 8) - digest - 2;
  const salt = options.saltLength ?? longest;
  return [asn1, "RSA-PSS", hash, salt === constants.RSA_PSS_SALTLEN_DIGEST ? digest : salt === constants.RSA_PSS_SALTLEN_MAX_SIGN ? longest : salt];
}
const named = (key, algorithm) => KeyObject.kind(key) === "Ed25519" ? "" : hashOf(algorithm);
const later = (done, work) => {
  if (typeof done !== "function") return work();
  queueMicrotask(() => { let value; try { value = work(); } catch (error) { return done(error); } done(null, value); });
};

export function sign(algorithm, data, given, done) {
  return later(done, () => {
    const key = privateKey(given);
    return Buffer.from(native().sign(...way(key, named(key, algorithm), given), KeyObject.data(key), Uint8Array.from(bytesOf(data))));
  });
}
export function verify(algorithm, data, given, signature, done) {
  return later(done, () => {
    const key = createPublicKey(given);
    return native().verify(...way(key, named(key, algorithm), given), KeyObject.data(key), Uint8Array.from(bytesOf(signature)), Uint8Array.from(bytesOf(data)));
  });
}

class Parts {
  #parts = [];
  #algorithm;
  constructor(algorithm) { this.#algorithm = algorithm; hashOf(algorithm); }
  update(data, encoding) { this.#parts.push(Uint8Array.from(bytesOf(data, encoding))); return this; }
  write(data, encoding) { this.update(data, encoding); return true; }
  end(data, encoding) { if (data !== undefined) this.update(data, encoding); return this; }
  static of(one) { return [one.#algorithm, Buffer.concat(one.#parts)]; }
}
export class Sign extends Parts {
  sign(key, encoding) {
    const signature = sign(...Parts.of(this), key);
    return encoding && encoding !== "buffer" ? signature.toString(encoding) : signature;
  }
}
export class Verify extends Parts {
  verify(key, signature, encoding) { return verify(...Parts.of(this), key, bytesOf(signature, encoding)); }
}
export const createSign = (algorithm) => new Sign(algorithm);
export const createVerify = (algorithm) => new Verify(algorithm);

export const pbkdf2Sync = (password, salt, iterations, length, digest) =>
  Buffer.from(native().pbkdf2(hashOf(digest), Uint8Array.from(bytesOf(password)), Uint8Array.from(bytesOf(salt)), iterations, length));
export const pbkdf2 = (password, salt, iterations, length, digest, done) => later(done, () => pbkdf2Sync(password, salt, iterations, length, digest));
export const hkdfSync = (digest, secret, salt, info, length) => {
  const key = secret instanceof KeyObject ? KeyObject.data(secret) : bytesOf(secret);
  return Uint8Array.from(native().hkdf(hashOf(digest), Uint8Array.from(key), Uint8Array.from(bytesOf(salt)), Uint8Array.from(bytesOf(info)), length)).buffer;
};
export const hkdf = (digest, secret, salt, info, length, done) => later(done, () => hkdfSync(digest, secret, salt, info, length));
