package token

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/fault"
)

const testSecret = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"

var now = time.Unix(1_800_000_000, 0)

// signers hold the private halves of the keys that the verifier under test knows,
// and one that it does not know.
type signers struct {
	rsa, otherRSA *rsa.PrivateKey
	ec            *ecdsa.PrivateKey
}

func newSigners(t *testing.T) signers {
	t.Helper()
	var s signers
	var err error
	if s.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if s.otherRSA, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if s.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	return s
}

// publicPEM is the text that a key confusion attack takes for a secret.
func publicPEM(t *testing.T, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwks publishes the RSA key as "r1" and the elliptic one as "e1".
func (s signers) jwks(t *testing.T) string {
	t.Helper()
	point, err := s.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "kid": "r1", "alg": "RS256", "use": "sig", "n": b64(s.rsa.N.Bytes()), "e": b64(big.NewInt(int64(s.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "e1", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "OKP", "kid": "unused", "crv": "Ed25519", "x": "AA"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type m = map[string]any

// sign makes a token with any header and payload.
func sign(t *testing.T, method jwt.SigningMethod, key any, header, payload m) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, jwt.MapClaims(payload))
	for k, v := range header {
		tok.Header[k] = v
	}
	text, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func hs(t *testing.T, payload m) string {
	return sign(t, jwt.SigningMethodHS256, []byte(testSecret), nil, payload)
}

func newVerifier(t *testing.T, s signers) *Verifier {
	t.Helper()
	public, err := ParseKeys(s.jwks(t))
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Keys: append(Keys{Secret(testSecret)}, public...), AnonymousRole: "anon",
		Now: func() time.Time { return now }})
}

func TestAccepted(t *testing.T) {
	s := newSigners(t)
	v := newVerifier(t, s)
	ahead := now.Add(time.Hour).Unix()
	for name, token := range map[string]string{
		"HS256":                  hs(t, m{"role": "authenticated", "exp": ahead}),
		"HS256 with a kid":       sign(t, jwt.SigningMethodHS256, []byte(testSecret), m{"kid": "whatever"}, m{"role": "authenticated"}),
		"RS256 by kid":           sign(t, jwt.SigningMethodRS256, s.rsa, m{"kid": "r1"}, m{"role": "authenticated"}),
		"RS256 without kid":      sign(t, jwt.SigningMethodRS256, s.rsa, nil, m{"role": "authenticated"}),
		"ES256":                  sign(t, jwt.SigningMethodES256, s.ec, m{"kid": "e1"}, m{"role": "authenticated"}),
		"expired within skew":    hs(t, m{"role": "authenticated", "exp": now.Unix() - 29}),
		"not before within skew": hs(t, m{"role": "authenticated", "nbf": now.Unix() + 29}),
		"fractional times":       hs(t, m{"role": "authenticated", "exp": float64(ahead) + 0.5}),
		"null claims":            hs(t, m{"role": "authenticated", "exp": nil, "aud": nil}),
	} {
		id, err := v.Verify(t.Context(), token)
		if err != nil || id.Role != "authenticated" || !id.Authenticated || !strings.Contains(id.Claims, `"role":"authenticated"`) {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
}

func TestRoles(t *testing.T) {
	v := newVerifier(t, newSigners(t))
	for name, c := range map[string]struct {
		payload       m
		role          string
		authenticated bool
	}{
		"anon is not signed in":    {m{"role": "anon", "sub": "x"}, "anon", false},
		"no role is anonymous":     {m{"sub": "x"}, "anon", false},
		"an empty role is no role": {m{"role": ""}, "anon", false},
		"service_role":             {m{"role": "service_role"}, "service_role", true},
	} {
		id, err := v.Verify(t.Context(), hs(t, c.payload))
		if err != nil || id.Role != c.role || id.Authenticated != c.authenticated {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
		if !strings.Contains(id.Claims, `"role":"`+c.role+`"`) {
			t.Errorf("%s: the claims %s do not name the role", name, id.Claims)
		}
	}
}

// TestAttacks forges tokens in the known ways (RFC 8725) and expects each to be
// refused for its own reason.
func TestAttacks(t *testing.T) {
	s := newSigners(t)
	v := newVerifier(t, s)
	good := hs(t, m{"role": "authenticated"})
	parts := strings.Split(good, ".")
	service := m{"role": "service_role"}
	none := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, service)
	header := func(h string) string { return b64([]byte(h)) }
	mac := func(key string) string {
		return sign(t, jwt.SigningMethodHS256, []byte(key), nil, service)
	}
	const noKey, unsecured, broken = "No suitable key or wrong key type", "Wrong or unsupported encoding algorithm", "JWT cryptographic operation failed"
	for name, c := range map[string]struct{ token, code, message string }{
		"empty":                          {"", "PGRST301", "Empty JWT is sent in Authorization header"},
		"two parts":                      {parts[0] + "." + parts[1], "PGRST301", "Expected 3 parts in JWT; got 2"},
		"encrypted form":                 {"a.b.c.d.e", "PGRST301", "Expected 3 parts in JWT; got 5"},
		"random characters":              {"quifquirndsjagnrgniur.fonvoienqhhdj.iuqvnvhojah", "PGRST301", broken},
		"alg none":                       {none, "PGRST301", unsecured},
		"alg none with a signature":      {strings.TrimSuffix(none, ".") + "." + parts[2], "PGRST301", unsecured},
		"alg None, other case":           {header(`{"alg":"None"}`) + "." + parts[1] + ".", "PGRST301", noKey},
		"alg missing":                    {header(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], "PGRST301", noKey},
		"alg of another type":            {header(`{"alg":["HS256"]}`) + "." + parts[1] + "." + parts[2], "PGRST301", noKey},
		"signature stripped":             {parts[0] + "." + parts[1] + ".", "PGRST301", noKey},
		"signature cut short":            {good[:len(good)-8], "PGRST301", noKey},
		"payload exchanged":              {parts[0] + "." + b64([]byte(`{"role":"service_role"}`)) + "." + parts[2], "PGRST301", noKey},
		"another secret":                 {mac("another secret, of more than 32 bytes"), "PGRST301", noKey},
		"empty secret":                   {mac(""), "PGRST301", noKey},
		"HS384 with our secret":          {sign(t, jwt.SigningMethodHS384, []byte(testSecret), nil, service), "PGRST301", noKey},
		"HS512 with our secret":          {sign(t, jwt.SigningMethodHS512, []byte(testSecret), nil, service), "PGRST301", noKey},
		"HS256 with the RSA PEM":         {mac(publicPEM(t, &s.rsa.PublicKey)), "PGRST301", noKey},
		"HS256 with the RSA modulus":     {mac(string(s.rsa.N.Bytes())), "PGRST301", noKey},
		"HS256 with the EC PEM":          {mac(publicPEM(t, &s.ec.PublicKey)), "PGRST301", noKey},
		"HS256 with the key set":         {mac(s.jwks(t)), "PGRST301", noKey},
		"HS256 naming the RSA key":       {sign(t, jwt.SigningMethodHS256, s.rsa.N.Bytes(), m{"kid": "r1"}, service), "PGRST301", noKey},
		"RS256 of another key":           {sign(t, jwt.SigningMethodRS256, s.otherRSA, m{"kid": "r1"}, service), "PGRST301", noKey},
		"RS256 naming an unknown kid":    {sign(t, jwt.SigningMethodRS256, s.rsa, m{"kid": "r2"}, service), "PGRST301", noKey},
		"RS256 naming the EC key":        {sign(t, jwt.SigningMethodRS256, s.rsa, m{"kid": "e1"}, service), "PGRST301", noKey},
		"RS512 with the right key":       {sign(t, jwt.SigningMethodRS512, s.rsa, m{"kid": "r1"}, service), "PGRST301", noKey},
		"PS256 with the right key":       {sign(t, jwt.SigningMethodPS256, s.rsa, m{"kid": "r1"}, service), "PGRST301", noKey},
		"key brought along in jwk":       {sign(t, jwt.SigningMethodRS256, s.otherRSA, m{"jwk": m{"kty": "RSA", "n": b64(s.otherRSA.N.Bytes()), "e": "AQAB"}}, service), "PGRST301", noKey},
		"critical extension":             {sign(t, jwt.SigningMethodHS256, []byte(testSecret), m{"crit": []string{"x"}, "x": 1}, service), "PGRST301", noKey},
		"zero ECDSA signature":           {header(`{"alg":"ES256"}`) + "." + parts[1] + "." + b64(make([]byte, 64)), "PGRST301", noKey},
		"padding in base64":              {good + "=", "PGRST301", broken},
		"white space":                    {good + " ", "PGRST301", broken},
		"oversized":                      {hs(t, m{"role": "anon", "fill": strings.Repeat("x", maxToken)}), "PGRST301", "JWT is too long"},
		"expired":                        {hs(t, m{"role": "authenticated", "exp": now.Unix() - 31}), "PGRST303", "JWT expired"},
		"expired long before the year 0": {hs(t, m{"role": "authenticated", "exp": -1e30}), "PGRST303", "JWT expired"},
		"not yet valid":                  {hs(t, m{"nbf": now.Unix() + 35}), "PGRST303", "JWT not yet valid"},
		"issued in the future":           {hs(t, m{"iat": now.Unix() + 35}), "PGRST303", "JWT issued at future"},
		"exp as text":                    {hs(t, m{"exp": "9999999999"}), "PGRST303", "The JWT 'exp' claim must be a number"},
		"nbf as text":                    {hs(t, m{"nbf": "1"}), "PGRST303", "The JWT 'nbf' claim must be a number"},
		"iat as text":                    {hs(t, m{"iat": "1"}), "PGRST303", "The JWT 'iat' claim must be a number"},
		"aud of objects":                 {hs(t, m{"aud": []any{m{"a": 1}, "b"}}), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings"},
		"aud with null":                  {hs(t, m{"aud": []any{nil}}), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings"},
		"role as a list":                 {hs(t, m{"role": []string{"service_role"}}), "PGRST303", "The JWT 'role' claim must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time a cache could answer
				id, err := v.Verify(t.Context(), c.token)
				if err == nil {
					t.Fatalf("accepted as %+v", id)
				}
				if e := fault.From(err); e.Code != c.code || e.Message != c.message || fault.Status(e, false) != 401 {
					t.Errorf("got %s %q with status %d, want %s %q", e.Code, e.Message, fault.Status(e, false), c.code, c.message)
				}
			}
		})
	}
}

func TestAudience(t *testing.T) {
	v := New(Config{Keys: Keys{Secret(testSecret)}, AnonymousRole: "anon", Audience: "us", Now: func() time.Time { return now }})
	for name, c := range map[string]struct {
		payload m
		ok      bool
	}{
		"ours":          {m{"aud": "us"}, true},
		"one of many":   {m{"aud": []string{"them", "us"}}, true},
		"none":          {m{}, true},
		"an empty list": {m{"aud": []string{}}, true},
		"theirs":        {m{"aud": "them"}, false},
		"many of them":  {m{"aud": []string{"them", "others"}}, false},
	} {
		_, err := v.Verify(t.Context(), hs(t, c.payload))
		if (err == nil) != c.ok || err != nil && fault.From(err).Message != "JWT not in audience" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoKeysAndNoAnonymousRole(t *testing.T) {
	if _, err := New(Config{AnonymousRole: "anon"}).Verify(t.Context(), hs(t, m{})); fault.Code(err) != "PGRST300" || fault.Status(fault.From(err), false) != 500 {
		t.Errorf("without keys: %v", err)
	}
	v := New(Config{Keys: Keys{Secret(testSecret)}})
	if _, err := v.Anonymous(); fault.Code(err) != "PGRST302" {
		t.Errorf("without an anonymous role: %v", err)
	}
	if _, err := v.Verify(t.Context(), hs(t, m{"sub": "x"})); fault.Code(err) != "PGRST302" {
		t.Errorf("a token without a role: %v", err)
	}
}

func TestAllowRole(t *testing.T) {
	asked := 0
	v := New(Config{Keys: Keys{Secret(testSecret)}, AnonymousRole: "anon", AllowRole: func(_ context.Context, role string) error {
		if asked++; role == "postgres" {
			return fault.New(fault.InsufficientPrivilege, "no")
		}
		return nil
	}})
	for range 2 {
		if _, err := v.Verify(t.Context(), hs(t, m{"role": "postgres"})); fault.Code(err) != fault.InsufficientPrivilege {
			t.Errorf("%v", err)
		}
		if _, err := v.Verify(t.Context(), hs(t, m{"role": "authenticated"})); err != nil {
			t.Error(err)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times; a refusal is not remembered, a permission is", asked)
	}
}

func TestCacheEndsWithTheToken(t *testing.T) {
	clock := now
	v := New(Config{Keys: Keys{Secret(testSecret)}, AnonymousRole: "anon", Now: func() time.Time { return clock }})
	token := hs(t, m{"role": "authenticated", "exp": now.Unix() + 60})
	if _, err := v.Verify(t.Context(), token); err != nil || len(v.cache.entries) != 1 {
		t.Fatalf("%v, %d entries", err, len(v.cache.entries))
	}
	clock = now.Add(91 * time.Second)
	if _, err := v.Verify(t.Context(), token); err == nil {
		t.Error("an expired token was accepted from the cache")
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	for i := range cacheSize + 1 {
		c.put([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, entry{})
	}
	if n := len(c.entries); n > cacheSize || n < cacheSize/2 {
		t.Errorf("%d entries", n)
	}
}

func TestParseKeys(t *testing.T) {
	s := newSigners(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(s.rsa)}))
	for name, c := range map[string]struct {
		text string
		n    int // 0: an error
	}{
		"set":           {s.jwks(t), 2},
		"one key":       {`{"kty":"oct","k":"` + b64([]byte(testSecret)) + `"}`, 1},
		"two PEM":       {publicPEM(t, &s.rsa.PublicKey) + publicPEM(t, &s.ec.PublicKey), 2},
		"private PEM":   {private, 0},
		"small RSA":     {publicPEM(t, &small.PublicKey), 0},
		"P-384":         {publicPEM(t, &p384.PublicKey), 0},
		"off the curve": {`{"kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 32)) + `","y":"` + b64(make([]byte, 32)) + `"}`, 0},
		"empty set":     {`{"keys":[]}`, 0},
		"no JSON":       {`{"keys":`, 0},
		"a secret":      {testSecret, 0},
	} {
		keys, err := ParseKeys(c.text)
		if len(keys) != c.n && c.n > 0 || (err == nil) != (c.n > 0) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
}

// BenchmarkVerify verifies access tokens of users, signed with ES256: one that is
// known, and ones that have been forgotten because there are too many.
func BenchmarkVerify(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	public, err := Public("k", &key.PublicKey)
	if err != nil {
		b.Fatal(err)
	}
	sign := func(n int) string {
		t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": "http://localhost:8000/auth/v1", "sub": "8a2c8a4e-4b1c-4f0e-9d4e-2b7c1f3a5d60",
			"aud": "authenticated", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "email": "ada@example.org", "phone": "",
			"app_metadata": map[string]any{"provider": "email", "providers": []string{"email"}}, "user_metadata": map[string]any{"n": n},
			"role": "authenticated", "aal": "aal1", "amr": []any{map[string]any{"method": "password", "timestamp": 1}}, "session_id": "5f3b0c54-3c0b-4f2e-8c6d-7a1b2c3d4e5f"})
		t.Header["kid"] = "k"
		text, err := t.SignedString(key)
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	verify := func(b *testing.B, v *Verifier, token string) {
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("known", func(b *testing.B) {
		v, token := New(Config{Keys: Keys{public}, AnonymousRole: "anon"}), sign(0)
		verify(b, v, token)
		for b.Loop() {
			verify(b, v, token)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N), "us")
	})
	b.Run("forgotten", func(b *testing.B) {
		v, tokens := New(Config{Keys: Keys{public}, AnonymousRole: "anon"}), make([]string, 256)
		for i := range tokens {
			tokens[i] = sign(i)
		}
		for i := 0; b.Loop(); i++ {
			if i%len(tokens) == 0 {
				v.cache.entries = nil
			}
			verify(b, v, tokens[i%len(tokens)])
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N), "us")
	})
}
