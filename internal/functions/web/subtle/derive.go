package subtle

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
)

// mostIterations bounds PBKDF2: so many take about a second.
const mostIterations = 2_000_000

// errOver ends what was begun in time, and would go on for too long.
var errOver = errors.New("the time of the function is over")

// HKDF derives n bytes (RFC 5869).
func HKDF(hash string, secret, salt, info []byte, n int) ([]byte, error) {
	h, err := hashOf(hash)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(h.New, secret, salt, string(info), n)
}

// PBKDF2 derives n bytes (RFC 8018, section 5.2). crypto/pbkdf2 does the same, and cannot
// be stopped.
func PBKDF2(ctx context.Context, name string, password, salt []byte, iterations, n int) ([]byte, error) {
	h, err := hashOf(name)
	if err != nil {
		return nil, err
	}
	blocks := (n + h.Size() - 1) / h.Size()
	if iterations*blocks > mostIterations {
		return nil, fmt.Errorf("%d iterations for %d bytes are more than are supported: at most %d, counted once for each %d bytes",
			iterations, n, mostIterations, h.Size())
	}
	f := hmac.New(h.New, password)
	out := make([]byte, 0, blocks*h.Size())
	for i := range blocks {
		if out, err = block(ctx, f, out, salt, uint32(i+1), iterations); err != nil {
			return nil, err
		}
	}
	return out[:n], nil
}

// block appends a block of PBKDF2, the function F of RFC 8018.
func block(ctx context.Context, f hash.Hash, out, salt []byte, number uint32, iterations int) ([]byte, error) {
	const between = 1000 // two looks at the time
	f.Reset()
	f.Write(salt)
	f.Write(binary.BigEndian.AppendUint32(nil, number))
	out = f.Sum(out)
	sum := out[len(out)-f.Size():]
	u := slices.Clone(sum)
	for i := 1; i < iterations; i++ {
		if i%between == 0 && ctx.Err() != nil {
			return nil, errOver
		}
		f.Reset()
		f.Write(u)
		u = f.Sum(u[:0])
		subtle.XORBytes(sum, sum, u)
	}
	return out, nil
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
