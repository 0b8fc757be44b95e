package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/outgoing"
)

// issuing is an issuer on loopback, whose keys and documents a test changes.
type issuing struct {
	*httptest.Server
	mu       sync.Mutex
	metadata map[string]any
	keys     []map[string]any
	fetched  map[string]int
	broken   bool
	clock    time.Time
}

func newIssuing(t *testing.T) *issuing {
	s := &issuing{fetched: map[string]int{}, clock: time.Now()}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	s.metadata = map[string]any{"issuer": s.URL, "jwks_uri": s.URL + "/jwks",
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "PS256", "EdDSA", "HS256", "none"}}
	return s
}

func (s *issuing) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched[r.URL.Path]++
	if s.broken {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var body any = s.metadata
	if r.URL.Path == "/jwks" {
		body = map[string]any{"keys": s.keys}
	}
	_ = json.NewEncoder(w).Encode(body)
}

// change runs f while nobody is served.
func (s *issuing) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *issuing) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *issuing) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched[path]
}

func (s *issuing) directory(t *testing.T, allow ...string) *Directory {
	t.Helper()
	g, err := outgoing.New(outgoing.Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return NewDirectory(NewFetcher(g), s.now)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

type signer struct {
	id     string
	method jwt.SigningMethod
	key    crypto.Signer
}

func (s signer) jwk(t *testing.T) map[string]any {
	out := map[string]any{"kid": s.id, "use": "sig"}
	switch p := s.key.Public().(type) {
	case *rsa.PublicKey:
		maps.Copy(out, map[string]any{"kty": "RSA", "n": b64(p.N.Bytes()), "e": b64(big.NewInt(int64(p.E)).Bytes())})
	case *ecdsa.PublicKey:
		raw, err := p.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(out, map[string]any{"kty": "EC", "crv": "P-256", "x": b64(raw[1:33]), "y": b64(raw[33:])})
	case ed25519.PublicKey:
		maps.Copy(out, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(p)})
	}
	return out
}

func (s signer) sign(t *testing.T, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, claims)
	token.Header["kid"] = s.id
	for name, value := range header {
		if token.Header[name] = value; value == nil {
			delete(token.Header, name)
		}
	}
	raw, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func signers(t *testing.T) []signer {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return []signer{{"rsa", jwt.SigningMethodRS256, r}, {"rsa", jwt.SigningMethodPS256, r}, {"ec", jwt.SigningMethodES256, e}, {"ed", jwt.SigningMethodEdDSA, d}}
}

func (s *issuing) claims(change map[string]any) jwt.MapClaims {
	c := jwt.MapClaims{"iss": s.URL, "sub": "ada", "aud": "app", "exp": s.clock.Add(time.Hour).Unix(), "iat": s.clock.Unix(), "nonce": "n"}
	for name, value := range change {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

func TestVerify(t *testing.T) {
	s, all := newIssuing(t), signers(t)
	for _, k := range all {
		s.keys = append(s.keys, k.jwk(t))
	}
	i, err := s.directory(t, "127.0.0.1").Lookup(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	want := Expect{Audiences: []string{"app"}, Party: "app", Nonce: "n", AccessToken: "secret"}
	for _, k := range all {
		got, err := i.Verify(t.Context(), k.sign(t, s.claims(nil), nil), want)
		if err != nil || got.Subject != "ada" || got.Nonce != "n" || !slices.Equal(got.Audience, []string{"app"}) {
			t.Errorf("%s: %+v, %v", k.method.Alg(), got, err)
		}
	}
	sum := sha256.Sum256([]byte("secret"))
	hash := b64(sum[:16])
	at := func(d time.Duration) int64 { return s.clock.Add(d).Unix() }
	for _, c := range []struct {
		change map[string]any
		want   string // a part of the error; "" for none
	}{
		{map[string]any{"at_hash": hash}, ""},
		{map[string]any{"at_hash": b64(sum[16:])}, "at_hash"},
		{map[string]any{"at_hash": 5}, "at_hash"},
		{map[string]any{"iss": s.URL + "/"}, "another issuer"},
		{map[string]any{"iss": nil, "ISS": s.URL}, "another issuer"},
		{map[string]any{"iss": []string{s.URL}}, "another issuer"},
		{map[string]any{"sub": ""}, "no sub"},
		{map[string]any{"sub": 7}, "no sub"},
		{map[string]any{"sub": strings.Repeat("a", 256)}, "no sub"},
		{map[string]any{"aud": "other"}, "for others"},
		{map[string]any{"aud": nil}, "for others"},
		{map[string]any{"aud": []string{}}, "for others"},
		{map[string]any{"aud": []string{"app"}}, ""},
		{map[string]any{"aud": []string{"app", "other"}}, "azp"},
		{map[string]any{"aud": []string{"app", "other"}, "azp": "app"}, ""},
		{map[string]any{"aud": []string{"app", "other"}, "azp": "other"}, "azp"},
		{map[string]any{"azp": "other"}, "azp"},
		{map[string]any{"azp": "app"}, ""},
		{map[string]any{"exp": at(-2 * time.Minute)}, "expired"},
		{map[string]any{"exp": at(-30 * time.Second)}, ""}, // clocks differ
		{map[string]any{"exp": nil}, "expired"},
		{map[string]any{"exp": "9999999999"}, "expired"},
		{map[string]any{"exp": -1}, "expired"},
		{map[string]any{"exp": 1e300}, "expired"},
		{map[string]any{"iat": at(2 * time.Minute)}, "future"},
		{map[string]any{"iat": nil}, "future"},
		{map[string]any{"nbf": at(2 * time.Minute)}, "not valid yet"},
		{map[string]any{"nonce": "other"}, "nonce"},
		{map[string]any{"nonce": nil}, "nonce"},
	} {
		_, err := i.Verify(t.Context(), all[0].sign(t, s.claims(c.change), nil), want)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.change, err, c.want)
		}
	}
}

// TestForged tries what attackers try with the header of a token (RFC 8725).
func TestForged(t *testing.T) {
	s, all := newIssuing(t), signers(t)
	ours, theirs := all[0], signers(t)[0]
	for _, k := range all {
		s.keys = append(s.keys, k.jwk(t))
	}
	// A set may hold what is no key of ours: a shared secret, a weak key, rubbish.
	s.keys = append(s.keys, map[string]any{"kty": "oct", "kid": "oct", "k": b64([]byte("secret secret secret secret secret"))},
		map[string]any{"kty": "RSA", "kid": "weak", "n": b64([]byte{5}), "e": "AQAB"}, map[string]any{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "bad"},
		map[string]any{"kty": "RSA", "kid": "enc", "use": "enc", "n": theirs.jwk(t)["n"], "e": "AQAB"})
	i, err := s.directory(t, "127.0.0.1").Lookup(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(ours.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(secret []byte, kid string) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, s.claims(nil))
		token.Header["kid"] = kid
		raw, err := token.SignedString(secret)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, s.claims(nil)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	good := ours.sign(t, s.claims(nil), nil)
	parts := strings.Split(good, ".")
	before := s.count("/evil")
	for name, raw := range map[string]string{
		"none":                 unsigned,
		"none by name":         b64([]byte(`{"alg":"NONE"}`)) + "." + parts[1] + ".",
		"no signature":         parts[0] + "." + parts[1] + ".",
		"HS256 by public key":  hmac(der, "rsa"),
		"HS256 by set's oct":   hmac([]byte("secret secret secret secret secret"), "oct"),
		"another's key":        theirs.sign(t, s.claims(nil), nil),
		"another's, no kid":    theirs.sign(t, s.claims(nil), map[string]any{"kid": nil}),
		"jku":                  theirs.sign(t, s.claims(nil), map[string]any{"jku": s.URL + "/evil", "kid": "evil"}),
		"x5u":                  theirs.sign(t, s.claims(nil), map[string]any{"x5u": s.URL + "/evil"}),
		"jwk":                  theirs.sign(t, s.claims(nil), map[string]any{"jwk": theirs.jwk(t)}),
		"kid of another kind":  ours.sign(t, s.claims(nil), map[string]any{"kid": "ec"}),
		"kid as path":          theirs.sign(t, s.claims(nil), map[string]any{"kid": "../../dev/null"}),
		"kid as SQL":           theirs.sign(t, s.claims(nil), map[string]any{"kid": "' or 1=1 --"}),
		"kid is no text":       ours.sign(t, s.claims(nil), map[string]any{"kid": 1}),
		"crit":                 ours.sign(t, s.claims(nil), map[string]any{"crit": []string{"x"}, "x": 1}),
		"key for encryption":   theirs.sign(t, s.claims(nil), map[string]any{"kid": "enc"}),
		"other payload":        parts[0] + "." + b64([]byte(`{"iss":"`+s.URL+`","sub":"eve"}`)) + "." + parts[2],
		"four parts":           good + ".x",
		"empty":                "",
		"too long":             good + strings.Repeat("A", maxToken),
		"padding":              good + "=",
		"algorithm not listed": b64([]byte(`{"alg":"RS512","kid":"rsa"}`)) + "." + parts[1] + "." + parts[2],
	} {
		if got, err := i.Verify(t.Context(), raw, Expect{Audiences: []string{"app"}}); err == nil {
			t.Errorf("%s: taken, %v", name, got)
		}
	}
	if s.count("/evil") != before {
		t.Error("an address out of a token was called")
	}
	if _, err := i.Verify(t.Context(), ours.sign(t, s.claims(nil), map[string]any{"kid": nil}), Expect{Audiences: []string{"app"}}); err != nil {
		t.Error("a token without kid:", err)
	}
}

// TestRotation holds fetching to its bounds: an unknown kid fetches once in a while,
// documents are kept, and a failing issuer goes on with what is known.
func TestRotation(t *testing.T) {
	s, old, next := newIssuing(t), signers(t)[0], signers(t)[0]
	old.id, next.id = "old", "next"
	s.keys = []map[string]any{old.jwk(t)}
	d := s.directory(t, "127.0.0.1")
	check := func(k signer, id string) error {
		t.Helper()
		i, err := d.Lookup(t.Context(), s.URL)
		if err != nil {
			return err
		}
		_, err = i.Verify(t.Context(), k.sign(t, s.claims(nil), map[string]any{"kid": id}), Expect{Audiences: []string{"app"}})
		return err
	}
	later := func(by time.Duration) { s.change(func() { s.clock = s.clock.Add(by) }) }
	if err := check(old, "old"); err != nil {
		t.Fatal(err)
	}
	s.change(func() { s.keys = []map[string]any{next.jwk(t)} })
	for n := range 50 {
		if check(next, fmt.Sprint("made up ", n)) == nil {
			t.Fatal("a made-up kid was taken")
		}
	}
	if n := s.count("/jwks"); n != 1 {
		t.Errorf("made-up ids fetched the keys %d times", n)
	}
	later(keysPause)
	if err := check(next, "next"); err != nil {
		t.Error("a new key is not found:", err)
	}
	if check(old, "old") == nil {
		t.Error("a key that was taken away is still good")
	}
	if n := s.count("/jwks"); n != 2 {
		t.Errorf("%d fetches", n)
	}
	s.change(func() { s.broken = true })
	later(2 * fresh)
	for range 20 {
		if err := check(next, "next"); err != nil {
			t.Fatal("what is known does not serve while the issuer fails:", err)
		}
	}
	if n := s.count("/.well-known/openid-configuration"); n != 2 {
		t.Errorf("a failing issuer was asked %d times", n)
	}
	later(usable)
	if check(next, "next") == nil {
		t.Error("old keys serve for ever")
	}
	s.change(func() { s.broken = false })
	later(pause)
	if err := check(next, "next"); err != nil {
		t.Error(err)
	}
}

func TestLookup(t *testing.T) {
	s := newIssuing(t)
	for name, change := range map[string]map[string]any{
		"issuer with a slash": {"issuer": s.URL + "/"},
		"another issuer":      {"issuer": "https://evil.example"},
		"no keys":             {"jwks_uri": ""},
		"keys in a file":      {"jwks_uri": "file:///etc/passwd"},
		"script":              {"authorization_endpoint": "javascript:alert(1)"},
		"user in address":     {"token_endpoint": "https://a@evil.example/"},
		"of another form":     {"jwks_uri": 5},
	} {
		was := maps.Clone(s.metadata)
		s.change(func() { maps.Copy(s.metadata, change) })
		if _, err := s.directory(t, "127.0.0.1").Lookup(t.Context(), s.URL); err == nil {
			t.Errorf("%s: taken", name)
		}
		s.change(func() { s.metadata = was })
	}
	if _, err := s.directory(t, "127.0.0.1").Lookup(t.Context(), s.URL); err != nil {
		t.Error(err)
	}
	// Without leave no private address is called.
	_, err := s.directory(t).Lookup(t.Context(), s.URL)
	if _, refused := errors.AsType[*outgoing.Refused](err); !refused {
		t.Error("loopback was called:", err)
	}
	for _, bad := range []string{"", "no", "http://a@b", s.URL + "?x", "http://[::1"} {
		if _, err := s.directory(t, "127.0.0.1").Lookup(t.Context(), bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	d := s.directory(t, "127.0.0.1")
	for n := range maxIssuers + 50 {
		d.entry(fmt.Sprint(n))
	}
	if len(d.issuers) > maxIssuers {
		t.Errorf("%d issuers are kept", len(d.issuers))
	}
}

func TestFetcher(t *testing.T) {
	g, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/stolen", http.StatusTemporaryRedirect)
		case "/stolen":
			t.Error("a form with a secret followed a redirect")
		case "/long":
			_, _ = w.Write([]byte(`"` + strings.Repeat("a", maxAnswer) + `"`))
		case "/ok200":
			_, _ = w.Write([]byte(`{"error":"bad_verification_code","error_description":"no"}`))
		case "/form":
			id, secret, _ := r.BasicAuth()
			_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "secret": secret, "code": r.PostFormValue("code")})
		default:
			_, _ = w.Write([]byte("<html>"))
		}
	}))
	defer server.Close()
	f, v := NewFetcher(g), map[string]any{}
	for _, path := range []string{"/redirect", "/long", "/ok200", "/html"} {
		if err := f.JSON(t.Context(), Call{URL: server.URL + path, Form: url.Values{"code": {"c"}}}, &v); err == nil {
			t.Errorf("%s: taken", path)
		}
	}
	if err := f.JSON(t.Context(), Call{URL: server.URL + "/form", Form: url.Values{"code": {"c"}}, User: "a b:c", Password: "p&ä"}, &v); err != nil {
		t.Fatal(err)
	}
	if v["id"] != "a+b%3Ac" || v["secret"] != "p%26%C3%A4" || v["code"] != "c" {
		t.Error(v)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.JSON(ctx, Call{URL: server.URL + "/form?token=hidden"}, &v); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Error("the error tells the address:", err)
	}
}

// FuzzVerify holds the reading of tokens to what was signed: nothing else is taken.
func FuzzVerify(f *testing.F) {
	f.Add("a.b.c")
	f.Add(b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(`{"iss":"x"}`)) + ".")
	f.Add(b64([]byte(`{"alg":"EdDSA","kid":{}}`)) + "." + b64([]byte(`{}`)) + "." + b64(make([]byte, 64)))
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	known := newKept[[]key]()
	known.value, known.known, known.fetched, known.tried = []key{{public: public}}, true, time.Now(), time.Now()
	i := &Issuer{Metadata: Metadata{Issuer: "x", SigningAlgorithms: []string{"EdDSA"}}, now: time.Now}
	i.keys = &keySet{all: known, now: func() time.Time { return known.fetched }}
	f.Fuzz(func(t *testing.T, raw string) {
		if got, err := i.Verify(t.Context(), raw, Expect{Audiences: []string{"app"}}); err == nil {
			t.Errorf("%q is a token of %s", raw, got.Subject)
		}
		_, _ = IssuerOf(raw)
	})
}
