// CryptoKey, and the names and parameters of algorithms. The bytes of a key stay in
// its record, which no script reaches.
const { bytesOf, usv } = exports;

const fail = (name, message) => new exports.DOMException(message, name);
const SECRET = {};

class CryptoKey {
  #record;

  constructor(secret, record) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
    this.#record = record;
  }

  static {
    exports.brands.CryptoKey = (value) => #record in value;
    exports.keys = {
      fail,
      record: (key) => key.#record,
      copy: (key) => new CryptoKey(SECRET, key.#record),
      of: (type, extractable, algorithm, usages, data) =>
        new CryptoKey(SECRET, { type, extractable, algorithm, usages: order.filter((u) => usages.includes(u)), data }),
    };
  }

  get type() { return this.#record.type; }
  get extractable() { return this.#record.extractable; }
  get algorithm() { return this.#record.algorithm; }
  get usages() { return this.#record.usages; }
  get [Symbol.toStringTag]() { return "CryptoKey"; }
}

const order = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
const hashes = { "SHA-1": 160, "SHA-256": 256, "SHA-384": 384, "SHA-512": 512 };
const blocks = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };
const curves = { "P-256": 32, "P-384": 48, "P-521": 66 };

// What each algorithm can do: its family, and the usages of its keys.
const table = {
  HMAC: { family: "hmac", secret: ["sign", "verify"] },
  "AES-CBC": { family: "aes", secret: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
  "AES-CTR": { family: "aes", secret: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
  "AES-GCM": { family: "aes", secret: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
  "AES-KW": { family: "aes", secret: ["wrapKey", "unwrapKey"] },
  "RSASSA-PKCS1-v1_5": { family: "rsa", private: ["sign"], public: ["verify"] },
  "RSA-PSS": { family: "rsa", private: ["sign"], public: ["verify"] },
  "RSA-OAEP": { family: "rsa", private: ["decrypt", "unwrapKey"], public: ["encrypt", "wrapKey"] },
  ECDSA: { family: "ec", private: ["sign"], public: ["verify"] },
  ECDH: { family: "ec", private: ["deriveKey", "deriveBits"], public: [] },
  Ed25519: { family: "okp", private: ["sign"], public: ["verify"] },
  X25519: { family: "okp", private: ["deriveKey", "deriveBits"], public: [] },
  HKDF: { family: "kdf", secret: ["deriveKey", "deriveBits"] },
  PBKDF2: { family: "kdf", secret: ["deriveKey", "deriveBits"] },
};
const names = new Map(Object.keys(table).map((name) => [name.toLowerCase(), name]));
const hashNames = new Map(Object.keys(hashes).map((name) => [name.toLowerCase(), name]));

// algorithm reads the name of an algorithm and the members that its use needs.
function algorithm(given, wanted) {
  const object = typeof given === "object" && given !== null ? given : { name: given };
  if (object.name === undefined) throw new TypeError("The algorithm has no name");
  const name = names.get(`${object.name}`.toLowerCase());
  if (name === undefined) throw fail("NotSupportedError", `The algorithm ${object.name} is not known`);
  return { ...(wanted === undefined ? {} : members(object, wanted)), name };
}

const kinds = {
  hash: (value) => hash(value),
  bytes: (value, name) => bytesOf(value, `The algorithm's ${name}`).slice(),
  number(value, name) {
    const number = Number(value);
    if (!(number >= 0 && number <= 0xffffffff)) throw new TypeError(`The algorithm's ${name} is out of range`);
    return Math.trunc(number);
  },
  curve: (value) => `${value}`,
  key(value) {
    if (!exports.is("CryptoKey", value)) throw new TypeError("The algorithm's public is not a CryptoKey");
    return value;
  },
};

// members reads {name: "kind" or "kind?"} of an algorithm.
function members(object, wanted) {
  const found = {};
  for (const name of Object.keys(wanted)) {
    const kind = wanted[name].replace("?", "");
    if (object[name] === undefined) {
      if (wanted[name].endsWith("?")) continue;
      throw new TypeError(`The algorithm has no ${name}`);
    }
    found[name] = kinds[kind](object[name], name);
  }
  return found;
}

function hash(given) {
  const name = typeof given === "object" && given !== null ? given.name : given;
  if (name === undefined) throw new TypeError("The hash has no name");
  const found = hashNames.get(`${name}`.toLowerCase());
  if (found === undefined) throw fail("NotSupportedError", `The hash ${name} is not known`);
  return found;
}

function usages(given) {
  const found = [...given].map((usage) => exports.oneOf(usage, order, "The usage of a key"));
  return [...new Set(found)];
}

// allowed refuses usages that an algorithm has not.
function allowed(given, may) {
  for (const usage of given) {
    if (!may.includes(usage)) throw fail("SyntaxError", `A key of this kind can't be used for ${usage}`);
  }
}

// ask calls the host, whose errors become those of the Web Crypto API.
function ask(name, op, ...args) {
  try {
    return host.call(op, ...args);
  } catch (error) {
    throw fail(name, error.message);
  }
}

const toBase64 = (bytes) => Uint8Array.prototype.toBase64.call(bytes, { alphabet: "base64url", omitPadding: true });
const fromBase64 = (text) => {
  try {
    if (typeof text !== "string" || text.includes("=")) throw new SyntaxError("padded");
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    throw fail("DataError", "The JSON Web Key has a member that is not base64url");
  }
};

Object.assign(exports.keys, {
  table, hashes, blocks, curves, algorithm, members, hash, usages, allowed, ask, toBase64, fromBase64, text: usv,
});
exports.CryptoKey = CryptoKey;
