package subtle

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // SHA-1, which the API has for old signatures
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

func hashOf(name string) (crypto.Hash, error) {
	switch name {
	case "SHA-1":
		return crypto.SHA1, nil
	case "SHA-256":
		return crypto.SHA256, nil
	case "SHA-384":
		return crypto.SHA384, nil
	case "SHA-512":
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("there is no hash %s", name)
}

// Digest is the hash of data.
func Digest(ctx context.Context, hash string, data []byte) ([]byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return nil, err
	}
	d := h.New()
	err = each(ctx, data, func(piece []byte) { d.Write(piece) })
	return d.Sum(nil), err
}

// stretch is how much data is worked on between two looks at the time, in bytes.
const stretch = 1 << 20

// each goes through data piece by piece, as long as there is time.
func each(ctx context.Context, data []byte, work func(piece []byte)) error {
	for piece := range slices.Chunk(data, stretch) {
		if ctx.Err() != nil {
			return errOver
		}
		work(piece)
	}
	return nil
}

// Signing says how to sign: HMAC, RSASSA-PKCS1-v1_5, RSA-PSS (salt in bytes), ECDSA or
// Ed25519, with what hash.
type Signing struct {
	Algorithm, Hash string
	Salt            int
}

// Sign signs data with a secret or private key.
func Sign(ctx context.Context, s Signing, key, data []byte) ([]byte, error) {
	if s.Algorithm == "HMAC" {
		return mac(ctx, s.Hash, key, data)
	}
	private, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if k, ok := private.(ed25519.PrivateKey); ok {
		return ed25519.Sign(k, data), nil
	}
	h, digest, err := hashed(ctx, s.Hash, data)
	if err != nil {
		return nil, err
	}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if s.Algorithm == "RSA-PSS" {
			options, err := pss(s.Salt, h)
			if err != nil {
				return nil, err
			}
			return rsa.SignPSS(rand.Reader, k, h, digest, options)
		}
		return rsa.SignPKCS1v15(nil, k, h, digest)
	case *ecdsa.PrivateKey:
		return signECDSA(k, digest)
	}
	return nil, errors.New("the key cannot sign")
}

// pss refuses a salt of no bytes: crypto/rsa takes that length to mean any.
func pss(salt int, h crypto.Hash) (*rsa.PSSOptions, error) {
	if salt == 0 {
		return nil, errors.New("a salt of no bytes is not supported")
	}
	return &rsa.PSSOptions{SaltLength: salt, Hash: h}, nil
}

func hashed(ctx context.Context, hash string, data []byte) (crypto.Hash, []byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return 0, nil, err
	}
	d, err := Digest(ctx, hash, data)
	return h, d, err
}

func mac(ctx context.Context, hash string, key, data []byte) ([]byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return nil, err
	}
	m := hmac.New(h.New, key)
	err = each(ctx, data, func(piece []byte) { m.Write(piece) })
	return m.Sum(nil), err
}

// signECDSA gives r and s one after the other (IEEE P1363), not as ASN.1.
func signECDSA(k *ecdsa.PrivateKey, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, k, digest)
	if err != nil {
		return nil, err
	}
	size := (k.Curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, nil
}

// Verify says whether a signature is right. A key that cannot be read is an error, a
// wrong signature is not.
func Verify(ctx context.Context, s Signing, key, signature, data []byte) (bool, error) {
	if s.Algorithm == "HMAC" {
		want, err := mac(ctx, s.Hash, key, data)
		return err == nil && hmac.Equal(want, signature), err
	}
	public, err := x509.ParsePKIXPublicKey(key)
	if err != nil {
		return false, err
	}
	if k, ok := public.(ed25519.PublicKey); ok {
		return ed25519.Verify(k, data, signature), nil
	}
	h, digest, err := hashed(ctx, s.Hash, data)
	if err != nil {
		return false, err
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		if s.Algorithm == "RSA-PSS" {
			options, err := pss(s.Salt, h)
			return err == nil && rsa.VerifyPSS(k, h, digest, signature, options) == nil, err
		}
		return rsa.VerifyPKCS1v15(k, h, digest, signature) == nil, nil
	case *ecdsa.PublicKey:
		size := (k.Curve.Params().BitSize + 7) / 8
		if len(signature) != 2*size {
			return false, nil
		}
		r, t := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(k, digest, r, t), nil
	}
	return false, errors.New("the key cannot verify")
}
