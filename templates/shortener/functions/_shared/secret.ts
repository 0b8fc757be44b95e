// Hashes of passwords and keys.
const text = new TextEncoder()
const hex = (bytes: ArrayBuffer) => [...new Uint8Array(bytes)].map(b => b.toString(16).padStart(2, "0")).join("")
const rounds = 210_000 // OWASP's Password Storage Cheat Sheet, for SHA-512

async function derive(password: string, salt: string) {
  const key = await crypto.subtle.importKey("raw", text.encode(password.normalize("NFKC")), "PBKDF2", false, ["deriveBits"])
  return hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: text.encode(salt), iterations: rounds }, key, 256))
}

export async function hashPassword(password: string) {
  const salt = hex(crypto.getRandomValues(new Uint8Array(16)).buffer)
  return `${salt}$${await derive(password, salt)}`
}

export async function isPassword(password: string, hash: string) {
  const [salt, want] = hash.split("$")
  const got = await derive(password, salt)
  let different = got.length ^ want.length
  for (let i = 0; i < got.length; i++) different |= got.charCodeAt(i) ^ want.charCodeAt(i)
  return different === 0
}

/** A key is 160 random bits, so that a plain hash of it is enough. */
export const newKey = () => `sk_${hex(crypto.getRandomValues(new Uint8Array(20)).buffer)}`
export const hashKey = async (key: string) => hex(await crypto.subtle.digest("SHA-256", text.encode(key)))
