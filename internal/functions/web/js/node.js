// What the shim of node:crypto (functions/bundle) is made of: hashes, keys and signatures that
// answer at once.
exports.modules["galley:crypto"] = Object.freeze({
  digest: (algorithm, bytes) => host.call("node.digest", algorithm, bytes),
  hmac: (algorithm, key, bytes) => host.call("node.hmac", algorithm, key, bytes),
  key: (format, bytes) => host.call("node.key", format, bytes),
  publicOf: (pkcs8) => host.call("node.public", pkcs8),
  jwk: (kind, key) => host.call("crypto.jwk", kind, key),
  // signatures of ECDSA are ASN.1, or the two numbers one after the other
  sign: (asn1, algorithm, hash, salt, key, bytes) => host.call(asn1 ? "node.sign" : "crypto.sign", algorithm, hash, salt, key, bytes),
  verify: (asn1, algorithm, hash, salt, key, signature, bytes) => host.call(asn1 ? "node.verify" : "crypto.verify", algorithm, hash, salt, key, signature, bytes),
  pbkdf2: (hash, password, salt, iterations, length) => host.call("crypto.pbkdf2", hash, password, salt, iterations, length),
  hkdf: (hash, secret, salt, info, length) => host.call("crypto.hkdf", hash, secret, salt, info, length),
});
