// The codes that an authenticator app shows (RFC 6238).
import { createHmac } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of a secret in base32 at a time in seconds. */
export function totp(secret, time = Date.now() / 1000) {
  const bits = [...secret.replace(/=+$/, '')].map(c => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map(b => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const from = hash.at(-1) & 15
  return String((hash.readUInt32BE(from) & 0x7fffffff) % 1e6).padStart(6, '0')
}
