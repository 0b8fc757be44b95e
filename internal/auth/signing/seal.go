package signing

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
)

// Derive makes a key of 32 bytes for a purpose of the project's secret (RFC 5869),
// so that no key is used for two things.
func Derive(secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "galley auth: "+purpose, 32)
	if err != nil { // only for keys longer than 8 KiB
		panic(err)
	}
	return key
}

func box(secret, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(Derive(secret, purpose))
	if err != nil { // only for another length
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil { // only for another block size
		panic(err)
	}
	return aead
}

// Seal encrypts something for a purpose (AES-256-GCM), with a key made of the
// project's secret. What it belongs to, by id, is bound to it: it opens nowhere else.
func Seal(secret, purpose, id string, plain []byte) string {
	aead := box(secret, purpose)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(id)))
}

// Unseal decrypts what Seal made with the same secret, purpose and id.
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

// sealed is the purpose of the keys' own seal.
const sealed = "signing keys"

// open decrypts a private key that was sealed with the same secret.
func (k *Keys) open(id, text string) (*ecdsa.PrivateKey, error) {
	der, err := Unseal(k.config.Secret, sealed, id, text)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the signing key %s is no key of ES256", id)
	}
	return private, nil
}
