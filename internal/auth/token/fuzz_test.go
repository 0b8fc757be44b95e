package token

import (
	"encoding/base64"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzVerify changes tokens and expects that only the signed bytes are accepted.
func FuzzVerify(f *testing.F) {
	good, err := SigningSecret{Value: testSecret, IssuedAt: now}.Sign(jwt.MapClaims{"role": "authenticated"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"role":"x"}`)) + ".")
	f.Add("..")
	v := New(Config{Keys: Keys{Secret(testSecret)}, AnonymousRole: "anon"})
	f.Fuzz(func(t *testing.T, token string) {
		if id, err := v.Verify(t.Context(), token); err == nil && token != good {
			t.Fatalf("%q was accepted as %+v", token, id)
		}
	})
}
