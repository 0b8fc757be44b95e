package subtle

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
)

// JWK has the members of a JSON Web Key (RFC 7517, 7518, 8037) that hold the key.
type JWK struct {
	Kty string `json:"kty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	D   string `json:"d,omitempty"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	P   string `json:"p,omitempty"`
	Q   string `json:"q,omitempty"`
	DP  string `json:"dp,omitempty"`
	DQ  string `json:"dq,omitempty"`
	QI  string `json:"qi,omitempty"`
}

var errJWK = errors.New("the JSON Web Key is not complete or not right")

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string, size int) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) == 0 || (size > 0 && len(b) != size) {
		return nil, errJWK
	}
	return b, nil
}

func parseJWK(kind string, data []byte) (any, error) {
	var j JWK
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, errJWK
	}
	switch kind {
	case "RSA":
		return j.rsa()
	case "Ed25519", "X25519":
		return j.okp(kind)
	}
	return j.ec(kind)
}

func (j JWK) rsa() (any, error) {
	numbers := map[string]*big.Int{}
	for name, s := range map[string]string{"n": j.N, "e": j.E, "d": j.D, "p": j.P, "q": j.Q} {
		if s == "" && name != "n" && name != "e" && j.D == "" {
			continue
		}
		b, err := decode(s, 0)
		if err != nil {
			return nil, err
		}
		numbers[name] = new(big.Int).SetBytes(b)
	}
	if numbers["e"].BitLen() > 31 || numbers["n"].BitLen() > mostBits {
		return nil, errJWK
	}
	public := rsa.PublicKey{N: numbers["n"], E: int(numbers["e"].Int64())}
	if j.D == "" {
		return &public, nil
	}
	private := &rsa.PrivateKey{PublicKey: public, D: numbers["d"], Primes: []*big.Int{numbers["p"], numbers["q"]}}
	if err := private.Validate(); err != nil {
		return nil, errJWK
	}
	private.Precompute()
	return private, nil
}

func (j JWK) ec(kind string) (any, error) {
	curve := curveOf(kind)
	if curve == nil {
		return nil, errJWK
	}
	size := (curve.Params().BitSize + 7) / 8
	x, err := decode(j.X, size)
	if err != nil {
		return nil, err
	}
	y, err := decode(j.Y, size)
	if err != nil {
		return nil, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil || j.D == "" {
		return public, err
	}
	d, err := decode(j.D, size)
	if err != nil {
		return nil, err
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, d)
	if err != nil || !private.PublicKey.Equal(public) {
		return nil, errJWK
	}
	return private, nil
}

func (j JWK) okp(kind string) (any, error) {
	x, err := decode(j.X, 32)
	if err != nil {
		return nil, err
	}
	if j.D == "" {
		return parseRaw(kind, x)
	}
	d, err := decode(j.D, 32)
	if err != nil {
		return nil, err
	}
	if kind == "Ed25519" {
		private := ed25519.NewKeyFromSeed(d)
		if string(private.Public().(ed25519.PublicKey)) != string(x) {
			return nil, errJWK
		}
		return private, nil
	}
	private, err := ecdh.X25519().NewPrivateKey(d)
	if err != nil || string(private.PublicKey().Bytes()) != string(x) {
		return nil, errJWK
	}
	return private, nil
}

// ToJWK gives the members of a key of type "private" or "public".
func ToJWK(kind string, der []byte) (JWK, error) {
	var key any
	var err error
	if kind == "private" {
		key, err = x509.ParsePKCS8PrivateKey(der)
	} else {
		key, err = x509.ParsePKIXPublicKey(der)
	}
	if err != nil {
		return JWK{}, err
	}
	switch k := key.(type) {
	case *rsa.PublicKey:
		return publicRSA(k), nil
	case *rsa.PrivateKey:
		return privateRSA(k), nil
	case *ecdsa.PublicKey:
		return publicEC(k)
	case *ecdsa.PrivateKey:
		j, err := publicEC(&k.PublicKey)
		if err != nil {
			return j, err
		}
		d, err := k.Bytes()
		j.D = encode(d)
		return j, err
	case ed25519.PublicKey:
		return JWK{Kty: "OKP", Crv: "Ed25519", X: encode(k)}, nil
	case ed25519.PrivateKey:
		return JWK{Kty: "OKP", Crv: "Ed25519", X: encode(k.Public().(ed25519.PublicKey)), D: encode(k.Seed())}, nil
	case *ecdh.PublicKey:
		return JWK{Kty: "OKP", Crv: "X25519", X: encode(k.Bytes())}, nil
	case *ecdh.PrivateKey:
		return JWK{Kty: "OKP", Crv: "X25519", X: encode(k.PublicKey().Bytes()), D: encode(k.Bytes())}, nil
	}
	return JWK{}, errors.New("the key has no form as JSON Web Key")
}

func publicRSA(k *rsa.PublicKey) JWK {
	return JWK{Kty: "RSA", N: encode(k.N.Bytes()), E: encode(big.NewInt(int64(k.E)).Bytes())}
}

func privateRSA(k *rsa.PrivateKey) JWK {
	j := publicRSA(&k.PublicKey)
	k.Precompute()
	j.D, j.P, j.Q = encode(k.D.Bytes()), encode(k.Primes[0].Bytes()), encode(k.Primes[1].Bytes())
	j.DP, j.DQ, j.QI = encode(k.Precomputed.Dp.Bytes()), encode(k.Precomputed.Dq.Bytes()), encode(k.Precomputed.Qinv.Bytes())
	return j
}

func publicEC(k *ecdsa.PublicKey) (JWK, error) {
	point, err := k.Bytes()
	if err != nil {
		return JWK{}, err
	}
	half := (len(point) - 1) / 2
	return JWK{Kty: "EC", Crv: k.Curve.Params().Name, X: encode(point[1 : 1+half]), Y: encode(point[1+half:])}, nil
}
