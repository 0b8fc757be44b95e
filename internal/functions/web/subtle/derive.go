package subtle

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/x509"
	"errors"
	"fmt"
)

// mostIterations bounds PBKDF2: so many take about a second.
const mostIterations = 2_000_000

// HKDF derives n bytes (RFC 5869).
func HKDF(hash string, secret, salt, info []byte, n int) ([]byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(h.New, secret, salt, string(info), n)
}

// PBKDF2 derives n bytes (RFC 8018).
func PBKDF2(hash string, password, salt []byte, iterations, n int) ([]byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return nil, err
	}
	blocks := (n + h.Size() - 1) / h.Size()
	if iterations*blocks > mostIterations {
		return nil, fmt.Errorf("more than %d iterations are not supported", mostIterations)
	}
	return pbkdf2.Key(h.New, string(password), salt, iterations, n)
}

// Agree is what a private key and another's public key have in common (ECDH, X25519).
func Agree(private, public []byte) ([]byte, error) {
	own, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	other, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	a, b, err := agreeing(own, other)
	if err != nil {
		return nil, err
	}
	return a.ECDH(b)
}

func agreeing(own, other any) (*ecdh.PrivateKey, *ecdh.PublicKey, error) {
	if k, ok := own.(*ecdsa.PrivateKey); ok {
		own, _ = k.ECDH()
	}
	if k, ok := other.(*ecdsa.PublicKey); ok {
		other, _ = k.ECDH()
	}
	a, _ := own.(*ecdh.PrivateKey)
	b, _ := other.(*ecdh.PublicKey)
	if a == nil || b == nil || a.Curve() != b.Curve() {
		return nil, nil, errors.New("the keys do not agree on a curve")
	}
	return a, b, nil
}
