package subtle

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

// TestReadRefuses says what is wrong with a key.
func TestReadRefuses(t *testing.T) {
	locked := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	old := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"DEK-Info": "AES"}, Bytes: []byte("x")}))
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))
	for _, tt := range []struct{ format, text, want string }{
		{"pem", locked, "keys with a passphrase are not read"}, {"pem", old, "keys with a passphrase are not read"},
		{"pem", "", "the key is no PEM"}, {"pem", broken, "the key is not understood"}, {"der", "", "the key is not understood"},
		{"jwk", "{", "JSON Web Key is not"}, {"jwk", `{"kty":"EC","crv":"P-1"}`, "JSON Web Key is not"}, {"other", "", "there is no format other"},
	} {
		if got, err := Read(tt.format, []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: %+v %v, wanted %s", tt.format, tt.text, got, err, tt.want)
		}
	}
}

// TestASN1 takes signatures that are none for wrong ones.
func TestASN1(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := Public(key)
	if err != nil {
		t.Fatal(err)
	}
	how, data := Signing{Algorithm: "ECDSA", Hash: "SHA-384"}, []byte("data")
	right, err := SignASN1(t.Context(), how, key, data)
	if err != nil || !ecdsa.VerifyASN1(&private.PublicKey, digest(t, data), right) {
		t.Fatalf("%x %v", right, err)
	}
	long, err := asn1.Marshal(points{new(big.Int).Lsh(big.NewInt(1), 400), big.NewInt(1)})
	if err != nil {
		t.Fatal(err)
	}
	negative, err := asn1.Marshal(points{big.NewInt(-1), big.NewInt(1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		signature []byte
		want      bool
	}{"right": {right, true}, "more": {append(right[:len(right):len(right)], 0), false}, "less": {right[:len(right)-1], false}, "none": {nil, false}, "long": {long, false}, "negative": {negative, false}} {
		if got, err := VerifyASN1(t.Context(), how, public, tt.signature, data); err != nil || got != tt.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if _, err := VerifyASN1(t.Context(), how, []byte("no key"), right, data); err == nil {
		t.Error("a key that is none")
	}
}

func digest(t *testing.T, data []byte) []byte {
	t.Helper()
	d, err := Digest(t.Context(), "SHA-384", data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
