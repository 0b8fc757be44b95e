package openid

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/provider/oidc"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/test/nodetest"
)

const (
	callback = "https://db.example.com/auth/v1/callback"
	secret   = "a secret: with & everything" // of provider.js
)

// start runs the provider and returns its address.
func start(t *testing.T, authentication string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), findNode(t), "provider.js", callback, authentication)
	stdin, err := cmd.StdinPipe() // it ends with this
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider does not start: %v\n%s", err, stderr.Bytes())
	}
	return strings.TrimSpace(line)
}

// app is Galley's side, with a clock of its own.
type app struct {
	*provider.Provider
	set     *provider.Set
	guard   *outgoing.Guard
	address string
}

func newApp(t *testing.T, address string, now func() time.Time) *app {
	t.Helper()
	g, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	set, err := provider.New(provider.Options{Guard: g, Callback: callback, Now: now, Providers: []provider.Config{
		{Name: "mine", Enabled: true, ClientIDs: []string{"galley"}, Secret: secret, Issuer: address},
		{Name: "wrong", Enabled: true, ClientIDs: []string{"galley"}, Secret: "a guess", Issuer: address},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Find("mine")
	if err != nil {
		t.Fatal(err)
	}
	return &app{p, set, g, address}
}

// browse is the browser: it goes where it is sent until it comes back.
func browse(t *testing.T, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 10 {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		next, err := resp.Location()
		if err != nil {
			t.Fatalf("%s: %d %.500s", address, resp.StatusCode, body)
		}
		if address = next.String(); strings.HasPrefix(address, callback) {
			return next.Query()
		}
	}
	t.Fatal("sent around in circles")
	return nil
}

func (a *app) begin(t *testing.T, state, as string) *provider.Begun {
	t.Helper()
	b, err := a.Start(t.Context(), provider.Request{State: state, More: url.Values{"login_hint": {as}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func back(q url.Values, verifier string) provider.Callback {
	return provider.Callback{Code: q.Get("code"), Issuer: q.Get("iss"), Verifier: verifier}
}

func TestRoundTrip(t *testing.T) {
	for _, authentication := range []string{"client_secret_basic", "client_secret_post"} {
		t.Run(authentication, func(t *testing.T) {
			a := newApp(t, start(t, authentication), nil)
			b := a.begin(t, "a state", "ada")
			q := browse(t, b.URL)
			if q.Get("state") != "a state" {
				t.Error(q)
			}
			got, err := a.Finish(t.Context(), back(q, b.Verifier))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]any{"iss": a.address, "sub": "ada", "provider_id": "ada", "email": "ada@example.org", "email_verified": true,
				"phone_verified": false, "name": "Name of ada", "full_name": "Name of ada", "avatar_url": "https://example.org/p.png", "user_name": "ada"} {
				if got.Person.Data[name] != want {
					t.Errorf("%s is %v", name, got.Person.Data[name])
				}
			}
			if got.AccessToken == "" {
				t.Error("no access token")
			}
			b = a.begin(t, "s", "eve")
			if got, err = a.Finish(t.Context(), back(browse(t, b.URL), b.Verifier)); err != nil || got.Person.Email().Verified || got.Person.Data["email_verified"] != false {
				t.Errorf("eve's address: %+v, %v", got, err)
			}
		})
	}
}

// TestAttacks tries what stands between the two halves of a sign-in.
func TestAttacks(t *testing.T) {
	a := newApp(t, start(t, "client_secret_basic"), nil)
	refused := func(what string, p *provider.Provider, c provider.Callback) {
		t.Helper()
		if got, err := p.Finish(t.Context(), c); err == nil {
			t.Errorf("%s: taken, %v", what, got.Person.Data)
		}
	}
	b := a.begin(t, "1", "ada")
	c := back(browse(t, b.URL), b.Verifier)
	if _, err := a.Finish(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	refused("a replayed code", a.Provider, c)

	mine, theirs := a.begin(t, "2", "ada"), a.begin(t, "3", "eve")
	refused("another's code with one's own state", a.Provider, back(browse(t, theirs.URL), mine.Verifier))
	refused("no verifier", a.Provider, back(browse(t, a.begin(t, "4", "ada").URL), ""))

	b = a.begin(t, "5", "ada")
	c = back(browse(t, b.URL), b.Verifier)
	c.Issuer = "https://evil.example"
	refused("from another provider", a.Provider, c)
	c.Issuer = ""
	refused("from nobody", a.Provider, c)
	wrong, err := a.set.Find("wrong")
	if err != nil {
		t.Fatal(err)
	}
	b = a.begin(t, "6", "ada")
	refused("with a guessed secret", wrong, back(browse(t, b.URL), b.Verifier))

	// The nonce that the provider is told is changed on the way.
	b = a.begin(t, "7", "ada")
	u, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("nonce", "another")
	u.RawQuery = q.Encode()
	refused("another nonce", a.Provider, back(browse(t, u.String()), b.Verifier))

	late := newApp(t, a.address, func() time.Time { return time.Now().Add(time.Hour) })
	b = late.begin(t, "8", "ada")
	refused("an expired token", late.Provider, back(browse(t, b.URL), b.Verifier))
}

// TestIDTokens takes a token that the provider made, and changes it.
func TestIDTokens(t *testing.T) {
	a := newApp(t, start(t, "client_secret_basic"), nil)
	sum := sha256.Sum256([]byte("raw"))
	raw, keys := a.token(t, hex.EncodeToString(sum[:]))
	ask := func(token string) (provider.Person, error) {
		_, who, err := a.set.ByIDToken(t.Context(), provider.IDToken{Provider: "mine", Token: token, Nonce: "raw"})
		return who, err
	}
	if who, err := ask(raw); err != nil || who.Subject() != "ada" {
		t.Fatal(who, err)
	}
	parts := strings.Split(raw, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	var called bool
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { called = true; _, _ = w.Write(keys) }))
	t.Cleanup(evil.Close)
	sign := func(method jwt.SigningMethod, key any, header map[string]any) string {
		token := jwt.NewWithClaims(method, claims)
		for name, value := range header {
			token.Header[name] = value
		}
		out, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, token := range map[string]string{
		"alg none":               sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"HS256 by the key set":   sign(jwt.SigningMethodHS256, keys, map[string]any{"kid": "ES256"}),
		"HS256 by client secret": sign(jwt.SigningMethodHS256, []byte(secret), nil),
		"jku and x5u":            sign(jwt.SigningMethodHS256, keys, map[string]any{"jku": evil.URL, "x5u": evil.URL, "kid": "evil"}),
		"another kid":            swapHeader(parts, `{"alg":"ES256","kid":"RS256"}`),
		"header not signed":      swapHeader(parts, `{"alg":"ES256","kid":"ES256","typ":"x"}`),
		"signature of another":   parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
	} {
		if who, err := ask(token); err == nil {
			t.Errorf("%s: taken, %v", name, who.Data)
		}
	}
	if called {
		t.Error("an address out of a token was called")
	}
	fetcher := oidc.NewDirectory(oidc.NewFetcher(a.guard), nil)
	issuer, err := fetcher.Lookup(t.Context(), a.address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issuer.Verify(t.Context(), raw, oidc.Expect{Audiences: []string{"other"}}); err == nil {
		t.Error("a token for somebody else was taken")
	} else if _, wrong := errors.AsType[*oidc.WrongAudience](err); !wrong {
		t.Error(err)
	}
}

func swapHeader(parts []string, header string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "." + parts[2]
}

// token gets an ID token as an app of its own would, and the provider's key set.
func (a *app) token(t *testing.T, nonce string) (token string, keys []byte) {
	t.Helper()
	b := a.begin(t, "t", "ada")
	u, err := url.Parse(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("nonce", nonce)
	u.RawQuery = q.Encode()
	code := browse(t, u.String()).Get("code")
	var answer struct {
		IDToken string `json:"id_token"`
	}
	f := oidc.NewFetcher(a.guard)
	if err := f.JSON(t.Context(), oidc.Call{URL: a.address + "/token", User: "galley", Password: secret, Form: url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {b.Verifier}}}, &answer); err != nil {
		t.Fatal(err)
	}
	var set json.RawMessage
	if err := f.JSON(t.Context(), oidc.Call{URL: a.address + "/jwks"}, &set); err != nil {
		t.Fatal(err)
	}
	return answer.IDToken, set
}

// findNode returns a Node that is new enough for the provider, or skips the test.
func findNode(t *testing.T) string {
	t.Helper()
	return nodetest.Find(t, nodetest.Needs{Folder: "test/openid", At: ".", Packages: []string{"oidc-provider"}, Require: "GALLEY_TEST_REQUIRE_CLIENT"})
}
