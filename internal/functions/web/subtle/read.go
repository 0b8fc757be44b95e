package subtle

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
)

// Named is an imported key with its kind: "RSA", a curve's name, "Ed25519" or "X25519".
type Named struct {
	Imported
	Kind string `json:"kind"`
}

// Read reads a key as Node's crypto takes it: "pem" and "der" of PKCS #8, PKCS #1, SEC 1,
// SubjectPublicKeyInfo or a certificate, and "jwk".
func Read(format string, data []byte) (Named, error) {
	var key any
	var err error
	switch format {
	case "pem":
		key, err = readPEM(data)
	case "der":
		key, err = readDER(data)
	case "jwk":
		key, err = readJWK(data)
	default:
		err = fmt.Errorf("there is no format %s", format)
	}
	if err != nil {
		return Named{}, err
	}
	imported, err := describe(key)
	return Named{imported, kindOf(key)}, err
}

func readPEM(data []byte) (any, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("the key is no PEM")
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("keys with a passphrase are not read")
	}
	return readDER(block.Bytes)
}

// readDER tries what a key may be, which is never two of them.
func readDER(data []byte) (any, error) {
	readers := []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey, x509.ParsePKIXPublicKey,
		func(b []byte) (any, error) { return x509.ParsePKCS1PrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParseECPrivateKey(b) },
		func(b []byte) (any, error) { return x509.ParsePKCS1PublicKey(b) },
		func(b []byte) (any, error) {
			c, err := x509.ParseCertificate(b)
			if err != nil {
				return nil, err
			}
			return c.PublicKey, nil
		},
	}
	for _, read := range readers {
		if key, err := read(data); err == nil && kindOf(key) != "" {
			return key, nil
		}
	}
	return nil, errors.New("the key is not understood")
}

func readJWK(data []byte) (any, error) {
	var j struct{ Kty, Crv string }
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, errJWK
	}
	if j.Kty == "RSA" {
		return parseJWK("RSA", data)
	}
	return parseJWK(j.Crv, data)
}

// Public is the public key (SubjectPublicKeyInfo) of a private one (PKCS #8).
func Public(pkcs8 []byte) ([]byte, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, err
	}
	private, ok := key.(interface{ Public() crypto.PublicKey })
	if !ok {
		return nil, errors.New("the key has no public part")
	}
	return x509.MarshalPKIXPublicKey(private.Public())
}

// points are the two numbers of a signature of ECDSA (RFC 3279, section 2.2.3).
type points struct{ R, S *big.Int }

// SignASN1 is Sign with signatures of ECDSA as ASN.1, as Node has them.
func SignASN1(ctx context.Context, s Signing, key, data []byte) ([]byte, error) {
	raw, err := Sign(ctx, s, key, data)
	private, _ := x509.ParsePKCS8PrivateKey(key)
	if _, ok := private.(*ecdsa.PrivateKey); err != nil || !ok {
		return raw, err
	}
	half := len(raw) / 2
	return asn1.Marshal(points{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}

// VerifyASN1 is Verify with signatures of ECDSA as ASN.1.
func VerifyASN1(ctx context.Context, s Signing, key, signature, data []byte) (bool, error) {
	public, err := x509.ParsePKIXPublicKey(key)
	if err != nil {
		return false, err
	}
	if k, ok := public.(*ecdsa.PublicKey); ok {
		size := (k.Curve.Params().BitSize + 7) / 8
		var p points
		rest, err := asn1.Unmarshal(signature, &p)
		if err != nil || len(rest) > 0 || p.R.Sign() < 0 || p.S.Sign() < 0 || p.R.BitLen() > size*8 || p.S.BitLen() > size*8 {
			return false, nil
		}
		signature = make([]byte, 2*size)
		p.R.FillBytes(signature[:size])
		p.S.FillBytes(signature[size:])
	}
	return Verify(ctx, s, key, signature, data)
}
