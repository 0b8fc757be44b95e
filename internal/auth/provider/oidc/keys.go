package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"
)

const (
	maxKeys    = 100
	minRSABits = 2048 // RFC 7518, section 3.3
	maxRSABits = 8192 // what takes too long to check is an attack
)

// key is a public key of an issuer.
type key struct {
	id        string
	algorithm string // "" for any that it is fit for
	public    crypto.PublicKey
}

// keySet is the keys of one jwks_uri.
type keySet struct {
	url     string
	fetcher *Fetcher
	now     func() time.Time
	all     *kept[[]key]
}

// find returns the keys that may have signed a token. An id that is not there makes
// the set be fetched anew, once in a while: anybody can make up ids.
func (s *keySet) find(ctx context.Context, algorithm, id string) ([]key, error) {
	fit := func(k key) bool { return k.fits(algorithm, id) }
	keys, err := s.all.getUnless(ctx, s.now, s.fetch, func(all []key) bool { return slices.ContainsFunc(all, fit) }, keysPause)
	if err != nil {
		return nil, err
	}
	var out []key
	for _, k := range keys {
		if fit(k) {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the issuer has no key of this id and algorithm")
	}
	return out, nil
}

func (s *keySet) fetch(ctx context.Context, _ []key) ([]key, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := s.fetcher.JSON(ctx, Call{URL: s.url}, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("the issuer has too many keys")
	}
	var keys []key
	for _, j := range set.Keys {
		// A key of another kind, or one that is broken, is not ours to use: the
		// others may be.
		if public := j.public(); public != nil && (j.Use == "" || j.Use == "sig") {
			keys = append(keys, key{id: j.Kid, algorithm: j.Alg, public: public})
		}
	}
	return keys, nil
}

// fits tells whether a key may be used with an algorithm, which it must be of the
// kind for: no public key ever serves as a shared secret.
func (k key) fits(algorithm, id string) bool {
	if k.id != "" && id != "" && k.id != id || k.algorithm != "" && k.algorithm != algorithm {
		return false
	}
	switch p := k.public.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case *ecdsa.PublicKey:
		return algorithm == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[p.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// jwk is the part of RFC 7517, RFC 7518 and RFC 8037 that is used.
type jwk struct {
	Kty, Kid, Alg, Use string
	N, E               string
	Crv, X, Y          string
}

// public returns the key, nil when it is none that is used here.
func (j jwk) public() crypto.PublicKey {
	switch j.Kty {
	case "RSA":
		return j.rsa()
	case "EC":
		return j.ecdsa()
	case "OKP":
		if x := decode(j.X); j.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
			return ed25519.PublicKey(x)
		}
	}
	return nil
}

func (j jwk) rsa() crypto.PublicKey {
	n, e := new(big.Int).SetBytes(decode(j.N)), new(big.Int).SetBytes(decode(j.E))
	if bits := n.BitLen(); bits < minRSABits || bits > maxRSABits || e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

func (j jwk) ecdsa() crypto.PublicKey {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[j.Crv]
	x, y := decode(j.X), decode(j.Y)
	if curve == nil || len(x) != len(y) || len(x) != (curve.Params().BitSize+7)/8 {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil
	}
	return k
}

func decode(text string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil
	}
	return raw
}
