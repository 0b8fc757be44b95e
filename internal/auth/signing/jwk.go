package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/fault"
)

// JWK is a public JSON Web Key (RFC 7517).
type JWK struct {
	Alg string   `json:"alg"`
	Crv string   `json:"crv,omitempty"`
	E   string   `json:"e,omitempty"`
	Ext bool     `json:"ext"`
	Ops []string `json:"key_ops"`
	Kid string   `json:"kid"`
	Kty string   `json:"kty"`
	N   string   `json:"n,omitempty"`
	Use string   `json:"use"`
	X   string   `json:"x,omitempty"`
	Y   string   `json:"y,omitempty"`
}

// Set is a JSON Web Key Set.
type Set struct {
	Keys []JWK `json:"keys"`
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

func public(alg, kid, kty string) JWK {
	return JWK{Alg: alg, Kid: kid, Kty: kty, Use: "sig", Ops: []string{"verify"}, Ext: true}
}

func ecJWK(id string, key *ecdsa.PublicKey) (JWK, error) {
	point, err := key.Bytes()
	if err != nil {
		return JWK{}, fault.Internal(err)
	}
	j := public(token.ES256, id, "EC")
	j.Crv, j.X, j.Y = "P-256", encode(point[1:33]), encode(point[33:])
	return j, nil
}

func (j JWK) ecdsa() (*ecdsa.PublicKey, error) {
	x, y := decode(j.X), decode(j.Y)
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x and y of a P-256 key have 32 bytes each")
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
}

// secretJWK is a JSON Web Key with its private part.
type secretJWK struct {
	Kid, Kty, Alg, Crv, X, Y, D, N, E, P, Q, K string
}

// Parse reads private JSON Web Keys: one, a list or a set of ES256, RS256 and HS256.
func Parse(text []byte) ([]PrivateKey, error) {
	var set struct{ Keys []secretJWK }
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		if err := json.Unmarshal(text, &set.Keys); err != nil {
			var one secretJWK
			if err := json.Unmarshal(text, &one); err != nil {
				return nil, errors.New("neither a JSON Web Key nor a list of them")
			}
			set.Keys = []secretJWK{one}
		}
	}
	var out []PrivateKey
	for i, j := range set.Keys {
		key, err := j.key()
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, errors.New("no key")
	}
	return out, nil
}

func (j secretJWK) key() (PrivateKey, error) {
	switch {
	case j.Kid == "":
		return PrivateKey{}, errors.New("it has no kid")
	case j.Kty == "oct" && (j.Alg == "" || j.Alg == token.HS256):
		secret := decode(j.K)
		if err := token.CheckSecret(string(secret)); err != nil {
			return PrivateKey{}, err
		}
		return PrivateKey{ID: j.Kid, Algorithm: token.HS256, private: secret}, nil
	case j.Kty == "EC" && j.Crv == "P-256":
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), decode(j.D))
		if err != nil {
			return PrivateKey{}, errors.New("it is no private key of ES256")
		}
		jwk, err := ecJWK(j.Kid, &private.PublicKey)
		return PrivateKey{ID: j.Kid, Algorithm: token.ES256, private: private, public: &private.PublicKey, jwk: jwk}, err
	case j.Kty == "RSA" && (j.Alg == "" || j.Alg == token.RS256):
		return j.rsa()
	}
	return PrivateKey{}, errors.New("only ES256, RS256 and HS256 sign")
}

func (j secretJWK) rsa() (PrivateKey, error) {
	n := func(s string) *big.Int { return new(big.Int).SetBytes(decode(s)) }
	if n(j.P).Sign() == 0 || n(j.Q).Sign() == 0 || !n(j.E).IsInt64() {
		return PrivateKey{}, errors.New("it is no private key of RS256: p and q are needed")
	}
	private := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n(j.N), E: int(n(j.E).Int64())}, D: n(j.D), Primes: []*big.Int{n(j.P), n(j.Q)}}
	if err := private.Validate(); err != nil {
		return PrivateKey{}, err
	}
	if private.N.BitLen() < 2048 {
		return PrivateKey{}, errors.New("an RSA key has at least 2048 bits")
	}
	private.Precompute()
	jwk := public(token.RS256, j.Kid, "RSA")
	jwk.N, jwk.E = encode(private.N.Bytes()), encode(n(j.E).Bytes())
	return PrivateKey{ID: j.Kid, Algorithm: token.RS256, private: private, public: &private.PublicKey, jwk: jwk}, nil
}
