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
	"errors"
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

func box(secret string) cipher.AEAD {
	block, err := aes.NewCipher(Derive(secret, "signing keys"))
	if err != nil { // only for another length
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil { // only for another block size
		panic(err)
	}
	return aead
}

// seal encrypts a private key; its id is bound to it.
func seal(secret, id string, private []byte) string {
	aead := box(secret)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, private, []byte(id)))
}

// open decrypts what seal made with the same secret.
func (k *Keys) open(id, sealed string) (*ecdsa.PrivateKey, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	aead := box(k.config.Secret)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, errors.New("the signing key is not readable")
	}
	der, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("the signing key %s was sealed with another secret", id)
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
