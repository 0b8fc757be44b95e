// Package seal encrypts what lies in the database with a key made of the project's
// secret, so that a copy of the database alone gives nothing away (AES-256-GCM,
// NIST SP 800-38D; HKDF, RFC 5869).
//
//	text := seal.Seal(secret, "galley functions: secrets", name, value)
//	value, err := seal.Unseal(secret, "galley functions: secrets", name, text)
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Key makes a key of 32 bytes for a purpose of the project's secret, so that no key
// is used for two things. A purpose begins with the name of who uses it.
func Key(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, 32)
	if err != nil { // only for keys longer than 8 KiB
		panic(err)
	}
	return key
}

func box(secret, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(Key(secret, purpose))
	if err != nil { // only for another length
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil { // only for another block size
		panic(err)
	}
	return aead
}

// Seal encrypts something for a purpose. What it belongs to, by id, is bound to it:
// it opens nowhere else.
func Seal(secret, purpose, id string, plain []byte) string {
	aead := box(secret, purpose)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(id)))
}

// Unseal decrypts what Seal made with the same secret, purpose and id. Its error
// names the purpose and the id.
func Unseal(secret, purpose, id, sealed string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	aead := box(secret, purpose)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, fmt.Errorf("%s: what is sealed is not readable", purpose)
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("%s: %s was sealed with another secret", purpose, id)
	}
	return plain, nil
}
