// What the shim of node:crypto (functions/bundle) is made of: hashes that answer at once.
exports.modules["galley:crypto"] = Object.freeze({
  digest: (algorithm, bytes) => host.call("node.digest", algorithm, bytes),
  hmac: (algorithm, key, bytes) => host.call("node.hmac", algorithm, key, bytes),
});
