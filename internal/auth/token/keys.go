package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// The algorithms of RFC 7518, section 3.1, that are verified.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	ES256 = "ES256"
)

// minRSABits follows RFC 7518, section 3.3.
const minRSABits = 2048

// Key verifies tokens of one algorithm.
type Key struct {
	ID        string // kid; "" matches a token of any kid
	Algorithm string
	secret    []byte
	public    crypto.PublicKey
}

// Keys are the keys that tokens may be signed with.
type Keys []Key

// Secret returns the HS256 key of a shared secret.
func Secret(secret string) Key { return Key{Algorithm: HS256, secret: []byte(secret)} }

// Shared returns the HS256 key of a shared secret that has an id.
func Shared(id string, secret []byte) Key { return Key{ID: id, Algorithm: HS256, secret: secret} }

// Public returns the key of a public one: RSA verifies RS256, P-256 ES256.
func Public(id string, public crypto.PublicKey) (Key, error) {
	k, err := publicKey(public)
	k.ID = id
	return k, err
}

// Check tells what is wrong with the secret of a key, as CheckSecret does. Public
// keys were checked when they were read.
func (k Key) Check() error {
	if k.Algorithm != HS256 {
		return nil
	}
	return CheckSecret(string(k.secret))
}

// material is what the signature is checked with.
func (k Key) material() any {
	if k.Algorithm == HS256 {
		return k.secret
	}
	return k.public
}

// candidates lists the keys for an algorithm and key id. A key without an id
// matches any; of keys with ids only the one named does.
func (ks Keys) candidates(algorithm, id string) Keys {
	var out Keys
	for _, k := range ks {
		if k.Algorithm == algorithm && (id == "" || k.ID == "" || k.ID == id) {
			out = append(out, k)
		}
	}
	return out
}

// ParseKeys reads keys from a JSON Web Key, a JSON Web Key Set (RFC 7517) or PEM
// blocks of public keys and certificates.
func ParseKeys(text string) (Keys, error) {
	text = strings.TrimSpace(text)
	var keys Keys
	var err error
	switch {
	case strings.HasPrefix(text, "{"):
		keys, err = parseJWKS([]byte(text))
	case strings.HasPrefix(text, "-----BEGIN "):
		keys, err = parsePEM([]byte(text))
	default:
		return nil, errors.New("neither a JSON Web Key (Set) nor PEM")
	}
	if err == nil && len(keys) == 0 {
		err = errors.New("no usable key: HS256, RS256 and ES256 are verified")
	}
	return keys, err
}

// jwk is the part of RFC 7517 and RFC 7518, section 6, that is used.
type jwk struct {
	Kty, Kid, Alg, Use string
	N, E               string // RSA
	Crv, X, Y          string // EC
	K                  string // oct
}

func parseJWKS(text []byte) (Keys, error) {
	var set struct {
		jwk
		Keys []jwk
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("not a JSON Web Key Set: %w", err)
	}
	all := set.Keys
	if set.Kty != "" {
		all = append(all, set.jwk)
	}
	var keys Keys
	for i, j := range all {
		key, used, err := j.key()
		if err != nil {
			return nil, fmt.Errorf("key %d of the set: %w", i+1, err)
		}
		if used {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// key returns the key, and false when it is for something else than verifying
// one of our algorithms.
func (j jwk) key() (Key, bool, error) {
	if j.Use != "" && j.Use != "sig" {
		return Key{}, false, nil
	}
	key := Key{ID: j.Kid}
	var err error
	switch {
	case j.Kty == "oct" && is(j.Alg, HS256):
		key.Algorithm = HS256
		key.secret, err = decodeField("k", j.K)
	case j.Kty == "RSA" && is(j.Alg, RS256):
		key.Algorithm = RS256
		key.public, err = j.rsa()
	case j.Kty == "EC" && j.Crv == "P-256" && is(j.Alg, ES256):
		key.Algorithm = ES256
		key.public, err = j.ecdsa()
	default:
		return Key{}, false, nil
	}
	return key, err == nil, err
}

func is(alg, want string) bool { return alg == "" || alg == want }

func (j jwk) rsa() (*rsa.PublicKey, error) {
	n, err := decodeField("n", j.N)
	if err != nil {
		return nil, err
	}
	e, err := decodeField("e", j.E)
	if err != nil {
		return nil, err
	}
	if len(e) > 4 {
		return nil, errors.New("the exponent e is too large")
	}
	return checkRSA(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())})
}

func checkRSA(key *rsa.PublicKey) (*rsa.PublicKey, error) {
	if bits := key.N.BitLen(); bits < minRSABits {
		return nil, fmt.Errorf("an RSA key of %d bits: at least %d are needed", bits, minRSABits)
	}
	return key, nil
}

func (j jwk) ecdsa() (*ecdsa.PublicKey, error) {
	x, err := decodeField("x", j.X)
	if err != nil {
		return nil, err
	}
	y, err := decodeField("y", j.Y)
	if err != nil {
		return nil, err
	}
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x and y of a P-256 key have 32 bytes each")
	}
	point := append(append([]byte{4}, x...), y...)
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

func decodeField(name, value string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("%s is not base64url", name)
	}
	return raw, nil
}

func parsePEM(text []byte) (Keys, error) {
	var keys Keys
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return keys, nil
		}
		public, err := parsePublic(block)
		if err != nil {
			return nil, err
		}
		key, err := publicKey(public)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
}

func parsePublic(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	}
	return nil, fmt.Errorf("a PEM block %q: only public keys and certificates are read", block.Type)
}

func publicKey(public crypto.PublicKey) (Key, error) {
	switch p := public.(type) {
	case *rsa.PublicKey:
		checked, err := checkRSA(p)
		return Key{Algorithm: RS256, public: checked}, err
	case *ecdsa.PublicKey:
		if p.Curve == elliptic.P256() {
			return Key{Algorithm: ES256, public: p}, nil
		}
	}
	return Key{}, errors.New("a public key of another kind: RSA (RS256) and P-256 (ES256) are verified")
}
