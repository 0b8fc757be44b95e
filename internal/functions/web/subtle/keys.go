package subtle

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
)

// The longest keys of RSA, in bits: generating one of 4096 takes seconds.
const mostGenerated, mostBits = 4096, 16384

// curveOf gives the curve of a name, nil for another name.
func curveOf(name string) elliptic.Curve {
	switch name {
	case "P-256":
		return elliptic.P256()
	case "P-384":
		return elliptic.P384()
	case "P-521":
		return elliptic.P521()
	}
	return nil
}

// Imported is a key brought to its one form.
type Imported struct {
	Type     string `json:"type"`               // "private" (PKCS #8) or "public" (SubjectPublicKeyInfo)
	Data     string `json:"data"`               // base64
	Bits     int    `json:"bits,omitempty"`     // of the modulus of RSA
	Exponent string `json:"exponent,omitempty"` // of RSA, in hex
}

// Generate makes a pair of keys of a kind: "RSA", a curve's name, "Ed25519" or
// "X25519". It gives the length of the private one (4 bytes), that, and the public one.
func Generate(ctx context.Context, kind string, bits int) ([]byte, error) {
	private, public, err := generate(ctx, kind, bits)
	if err != nil {
		return nil, err
	}
	a, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	b, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(a))), a...), b...), nil
}

func generate(ctx context.Context, kind string, bits int) (private, public any, err error) {
	switch kind {
	case "RSA":
		if bits < 1024 || bits > mostGenerated {
			return nil, nil, fmt.Errorf("a key of RSA to generate has 1024 to %d bits", mostGenerated)
		}
		k, err := generateRSA(ctx, bits)
		if err != nil {
			return nil, nil, err
		}
		return k, k.Public(), nil
	case "Ed25519":
		public, private, err := ed25519.GenerateKey(rand.Reader)
		return private, public, err
	case "X25519":
		k, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		return k, k.PublicKey(), nil
	}
	curve := curveOf(kind)
	if curve == nil {
		return nil, nil, fmt.Errorf("there is no key of kind %s", kind)
	}
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	return k, k.Public(), nil
}

// Import reads a key of a kind from a format: "pkcs8", "spki", "raw" or "jwk".
func Import(kind, format string, data []byte) (Imported, error) {
	key, err := parse(kind, format, data)
	if err != nil {
		return Imported{}, err
	}
	if kindOf(key) != kind {
		return Imported{}, errors.New("the key is of another kind")
	}
	return describe(key)
}

func parse(kind, format string, data []byte) (any, error) {
	switch format {
	case "pkcs8":
		return x509.ParsePKCS8PrivateKey(data)
	case "spki":
		return x509.ParsePKIXPublicKey(data)
	case "raw":
		return parseRaw(kind, data)
	case "jwk":
		return parseJWK(kind, data)
	}
	return nil, fmt.Errorf("there is no format %s", format)
}

func parseRaw(kind string, data []byte) (any, error) {
	switch kind {
	case "Ed25519":
		if len(data) != ed25519.PublicKeySize {
			return nil, errors.New("a public key of Ed25519 has 32 bytes")
		}
		return ed25519.PublicKey(data), nil
	case "X25519":
		return ecdh.X25519().NewPublicKey(data)
	}
	curve := curveOf(kind)
	if curve == nil {
		return nil, fmt.Errorf("a key of kind %s has no raw form", kind)
	}
	return ecdsa.ParseUncompressedPublicKey(curve, data)
}

func describe(key any) (Imported, error) {
	out := Imported{Type: "public"}
	var der []byte
	var err error
	switch k := key.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey, *ecdh.PrivateKey:
		out.Type = "private"
		der, err = x509.MarshalPKCS8PrivateKey(k)
	default:
		der, err = x509.MarshalPKIXPublicKey(k)
	}
	if public := rsaPublic(key); public != nil {
		if public.N.BitLen() > mostBits {
			return out, errors.New("the modulus is too long")
		}
		out.Bits, out.Exponent = public.N.BitLen(), hex.EncodeToString(big.NewInt(int64(public.E)).Bytes())
	}
	out.Data = base64.StdEncoding.EncodeToString(der)
	return out, err
}

func rsaPublic(key any) *rsa.PublicKey {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return &k.PublicKey
	case *rsa.PublicKey:
		return k
	}
	return nil
}

func kindOf(key any) string {
	switch k := key.(type) {
	case *rsa.PrivateKey, *rsa.PublicKey:
		return "RSA"
	case *ecdsa.PrivateKey:
		return k.Curve.Params().Name
	case *ecdsa.PublicKey:
		return k.Curve.Params().Name
	case ed25519.PrivateKey, ed25519.PublicKey:
		return "Ed25519"
	case *ecdh.PrivateKey, *ecdh.PublicKey:
		return "X25519" // those of the other curves are read as keys of ECDSA
	}
	return ""
}

// Raw is the shortest form of a public key: a point, or 32 bytes.
func Raw(spki []byte) ([]byte, error) {
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return k.Bytes()
	case ed25519.PublicKey:
		return k, nil
	case *ecdh.PublicKey:
		return k.Bytes(), nil
	}
	return nil, errors.New("the key has no raw form")
}
