package signing

import (
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"

	"github.com/galleyhq/galley/internal/seal"
)

// ours begins the purposes of accounts.
const ours = "galley auth: "

// Derive makes a key of 32 bytes for a purpose of the project's secret, so that no
// key is used for two things.
func Derive(secret, purpose string) []byte { return seal.Key(secret, ours+purpose) }

// Seal encrypts something for a purpose, with a key made of the project's secret.
// What it belongs to, by id, is bound to it: it opens nowhere else.
func Seal(secret, purpose, id string, plain []byte) string {
	return seal.Seal(secret, ours+purpose, id, plain)
}

// Unseal decrypts what Seal made with the same secret, purpose and id.
func Unseal(secret, purpose, id, sealed string) ([]byte, error) {
	return seal.Unseal(secret, ours+purpose, id, sealed)
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
