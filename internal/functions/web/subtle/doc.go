// Package subtle does the cryptography of crypto.subtle (W3C Web Cryptography API):
// digests, signatures, encryption, derived bits, and the forms of keys. It is pure: a
// key is the bytes of its PKCS #8, SubjectPublicKeyInfo or secret, which the script's
// side keeps in its CryptoKey.
package subtle
