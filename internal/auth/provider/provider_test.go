package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/outgoing"
)

// party is a provider on loopback that speaks what a test says.
type party struct {
	*httptest.Server
	key     *ecdsa.PrivateKey
	answers map[string]any // by path
	form    url.Values     // that the token endpoint got
	claims  jwt.MapClaims  // of the ID token
}

func newParty(t *testing.T, answers map[string]any) *party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &party{key: key, answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *party) serve(w http.ResponseWriter, r *http.Request) {
	var body any
	switch {
	case r.URL.Path == "/.well-known/openid-configuration":
		body = map[string]any{"issuer": s.URL, "authorization_endpoint": s.URL + "/auth", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/jwks",
			"userinfo_endpoint": s.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	case r.URL.Path == "/jwks":
		raw, _ := s.key.PublicKey.Bytes()
		body = map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(raw[1:33]), "y": base64.RawURLEncoding.EncodeToString(raw[33:])}}}
	case r.Method == http.MethodPost:
		_ = r.ParseForm()
		s.form = r.PostForm
		body = map[string]any{"access_token": "at", "refresh_token": "rt", "token_type": "bearer", "id_token": s.idToken()}
	case r.Header.Get("Authorization") != "Bearer at" || s.answers[r.URL.Path] == nil:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		body = s.answers[r.URL.Path]
	}
	if text, ok := body.(string); ok {
		_, _ = w.Write([]byte(text))
		return
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (s *party) idToken() string {
	raw, _ := jwt.NewWithClaims(jwt.SigningMethodES256, s.claims).SignedString(s.key)
	return raw
}

func newSet(t *testing.T, configs ...Config) *Set {
	t.Helper()
	g, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	s, err := New(Options{Providers: configs, Guard: g, Callback: "https://db.example.com/auth/v1/callback"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signIn goes through both halves of a sign-in.
func (s *party) signIn(t *testing.T, c Config, change map[string]any, user string) (*SignedIn, error) {
	t.Helper()
	c.Enabled, c.ClientIDs, c.Secret = true, []string{"app"}, "secret"
	p, err := newSet(t, c).Find(c.Name)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := p.Start(t.Context(), Request{State: "st"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.claims = jwt.MapClaims{"iss": s.URL, "sub": "u1", "aud": "app", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "nonce": u.Query().Get("nonce")}
	maps.Copy(s.claims, change)
	got, err := p.Finish(t.Context(), Callback{Code: "code", Verifier: begun.Verifier, User: user})
	challenge := sha256.Sum256([]byte(s.form.Get("code_verifier")))
	if u.Query().Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("%s: the exchange does not answer the challenge", c.Name)
	}
	if s.form.Get("code") != "code" || s.form.Get("redirect_uri") != "https://db.example.com/auth/v1/callback" || s.form.Get("client_id") != "app" || s.form.Get("client_secret") != "secret" {
		t.Errorf("%s: %v", c.Name, s.form)
	}
	return got, err
}

// TestPresets holds each preset to the JSON that its provider documents, and to the
// identity_data that GoTrue makes of it.
func TestPresets(t *testing.T) {
	github := map[string]any{"/api/v3/user": `{"login":"octocat","id":9007199254740993,"avatar_url":"https://a/1","name":"The Octocat","email":null}`,
		"/api/v3/user/emails": `[{"email":"a@users.example","verified":true,"primary":false},{"email":"octocat@github.com","verified":true,"primary":true}]`}
	graph := `{"id":"10","email":"jo@example.org","first_name":"Jo","last_name":"Doe","name":"Jo D","picture":{"data":{"url":"https://f/p","height":50}}}`
	for _, c := range []struct {
		name    string
		config  Config
		answers map[string]any
		claims  map[string]any
		user    string
		want    string // identity data; ORIGIN is the provider
	}{
		{name: "github", answers: github, want: `{"iss":"ORIGIN/api/v3","sub":"9007199254740993","provider_id":"9007199254740993","name":"The Octocat","full_name":"The Octocat",
			"preferred_username":"octocat","user_name":"octocat","avatar_url":"https://a/1","email":"octocat@github.com","email_verified":true,"phone_verified":false}`},
		{name: "gitlab", answers: map[string]any{"/api/v4/user": `{"id":1,"email":"jo@example.org","name":"Jo","avatar_url":"https://g/1","confirmed_at":"2012-05-23T09:05:22Z"}`,
			"/api/v4/user/emails": `[{"id":1,"email":"other@example.org"}]`}, want: `{"iss":"ORIGIN","sub":"1","provider_id":"1","name":"Jo","full_name":"Jo","picture":"https://g/1",
			"avatar_url":"https://g/1","email":"jo@example.org","email_verified":true,"phone_verified":false}`},
		{name: "gitlab", answers: map[string]any{"/api/v4/user": `{"id":1,"email":"jo@example.org","confirmed_at":null}`, "/api/v4/user/emails": `[]`},
			want: `{"iss":"ORIGIN","sub":"1","provider_id":"1","email":"jo@example.org","email_verified":false,"phone_verified":false}`},
		{name: "discord", answers: map[string]any{"/api/users/@me": `{"id":"80351110224678912","username":"Nelly","discriminator":"1337","avatar":"a_8342","verified":true,"email":"nelly@discord.com","global_name":"N"}`},
			want: `{"iss":"ORIGIN/api","sub":"80351110224678912","provider_id":"80351110224678912","name":"Nelly#1337","full_name":"Nelly","custom_claims":{"global_name":"N"},
			"picture":"https://cdn.discordapp.com/avatars/80351110224678912/a_8342.gif","avatar_url":"https://cdn.discordapp.com/avatars/80351110224678912/a_8342.gif",
			"email":"nelly@discord.com","email_verified":true,"phone_verified":false}`},
		{name: "discord", answers: map[string]any{"/api/users/@me": `{"id":"8","username":"N","discriminator":"7","avatar":null,"verified":false,"email":"n@discord.com","global_name":null}`},
			want: `{"iss":"ORIGIN/api","sub":"8","provider_id":"8","name":"N#7","full_name":"N","custom_claims":{"global_name":""},"picture":"https://cdn.discordapp.com/embed/avatars/2.png",
			"avatar_url":"https://cdn.discordapp.com/embed/avatars/2.png","email":"n@discord.com","email_verified":false,"phone_verified":false}`},
		{name: "facebook", answers: map[string]any{"/me": graph}, want: `{"iss":"ORIGIN/me?fields=email,first_name,last_name,name,picture","sub":"10","provider_id":"10","name":"Jo Doe",
			"full_name":"Jo Doe","nickname":"Jo D","slug":"Jo D","picture":"https://f/p","avatar_url":"https://f/p","email":"jo@example.org","email_verified":true,"phone_verified":false}`},
		{name: "google", claims: map[string]any{"email": "jo@example.org", "email_verified": true, "name": "Jo", "picture": "https://g/p", "hd": "example.org"},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","name":"Jo","full_name":"Jo","picture":"https://g/p","avatar_url":"https://g/p","custom_claims":{"hd":"example.org"},
			"email":"jo@example.org","email_verified":true,"phone_verified":false}`},
		{name: "google", claims: map[string]any{"email": "jo@example.org", "email_verified": "false"},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","email":"jo@example.org","email_verified":false,"phone_verified":false}`},
		{name: "apple", claims: map[string]any{"email": "x@privaterelay.appleid.com", "email_verified": "true", "is_private_email": "true", "auth_time": 5},
			user: `{"name":{"firstName":"Jo","lastName":"Doe"},"email":"victim@example.org"}`, want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","name":"Jo Doe","full_name":"Jo Doe",
			"custom_claims":{"is_private_email":true,"auth_time":5},"email":"x@privaterelay.appleid.com","email_verified":true,"phone_verified":false}`},
		{name: "azure", claims: map[string]any{"email": "jo@contoso.com", "name": "Jo", "preferred_username": "jo@contoso.com", "xms_edov": "1", "tid": "t", "roles": []string{"r"}},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","full_name":"Jo","preferred_username":"jo@contoso.com","custom_claims":{"email":"jo@contoso.com","xms_edov":"1","tid":"t","roles":["r"]},
			"email":"jo@contoso.com","email_verified":true,"phone_verified":false}`},
		{name: "azure", claims: map[string]any{"email": "victim@example.org", "xms_edov": false},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","custom_claims":{"email":"victim@example.org","xms_edov":false},"email":"victim@example.org","email_verified":false,"phone_verified":false}`},
		{name: "keycloak", answers: map[string]any{"/userinfo": `{"sub":"u1","email":"jo@example.org","email_verified":true,"name":"Jo","groups":["a"]}`},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","name":"Jo","full_name":"Jo","custom_claims":{"groups":["a"]},"email":"jo@example.org","email_verified":true,"phone_verified":false}`},
		{name: "mine", config: Config{CustomClaims: []string{"team"}}, answers: map[string]any{"/userinfo": `{"sub":"u1","email":"jo@example.org","email_verified":true,"team":{"id":1},"secret":1}`},
			claims: map[string]any{"name": "Jo", "phone_number": "+1", "phone_number_verified": true}, want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","name":"Jo","full_name":"Jo",
			"phone":"+1","custom_claims":{"team":{"id":1}},"email":"jo@example.org","email_verified":true,"phone_verified":true}`},
		{name: "mine", answers: map[string]any{"/userinfo": `{"sub":"u1","email":"victim@example.org","email_verified":true,"name":"Jo"}`}, claims: map[string]any{"email": "own@example.org"},
			want: `{"iss":"ORIGIN","sub":"u1","provider_id":"u1","name":"Jo","full_name":"Jo","email":"own@example.org","email_verified":false,"phone_verified":false}`},
	} {
		s := newParty(t, c.answers)
		c.config.Name = c.name
		if _, byAPI := c.answers["/userinfo"]; len(c.claims) > 0 || byAPI {
			c.config.Issuer = s.URL
		}
		c.config.URL = s.URL
		got, err := s.signIn(t, c.config, c.claims, c.user)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		data, err := json.Marshal(got.Person.Data)
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(t, string(data), strings.ReplaceAll(c.want, "ORIGIN", s.URL)) || got.AccessToken != "at" || got.RefreshToken != "rt" {
			t.Errorf("%s:\n got %s\nwant %s", c.name, data, c.want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestRefusedSignIns(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		claims map[string]any
		answer string
		user   string
	}{
		"userinfo of somebody else": {Config{Name: "mine"}, nil, `{"sub":"u2","email":"a@example.org","email_verified":true}`, ""},
		"nonce of another sign-in":  {Config{Name: "google"}, map[string]any{"nonce": "n"}, "", ""},
		"no nonce":                  {Config{Name: "google"}, map[string]any{"nonce": nil}, "", ""},
		"for another client":        {Config{Name: "google"}, map[string]any{"aud": "other"}, "", ""},
		"another issuer":            {Config{Name: "apple"}, map[string]any{"iss": "https://appleid.apple.com"}, "", ""},
		"no JSON of Apple's":        {Config{Name: "apple"}, nil, "", `{"name":`},
	} {
		s := newParty(t, map[string]any{"/userinfo": c.answer})
		c.config.Issuer = s.URL
		if got, err := s.signIn(t, c.config, c.claims, c.user); err == nil {
			t.Errorf("%s: taken, %v", name, got.Person.Data)
		}
	}
	s := newParty(t, map[string]any{"/api/v4/user": `{}`, "/api/v4/user/emails": `[]`})
	if _, err := s.signIn(t, Config{Name: "gitlab", URL: s.URL}, nil, ""); err == nil {
		t.Error("a user without an id was taken")
	}
}

// TestStart holds the address to what callers cannot change.
func TestStart(t *testing.T) {
	s := newSet(t, Config{Name: "GitHub", Enabled: true, ClientIDs: []string{"app"}, Scopes: []string{"repo"}}, Config{Name: "gitlab", ClientIDs: []string{"x"}})
	p, err := s.Find("GITHUB")
	if err != nil {
		t.Fatal(err)
	}
	more := url.Values{"prompt": {"consent"}, "REDIRECT_URI": {"https://evil"}, "state": {"evil"}, "Client_Id": {"evil"}, "code_challenge": {"evil"}, "request_uri": {"evil"}, "apikey": {"evil"}}
	begun, err := p.Start(t.Context(), Request{State: "s t", Scopes: "gist,read:user user:email", More: more})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(begun.URL)
	if err != nil || strings.Contains(begun.URL, "evil") || strings.Contains(begun.URL, "+") || strings.Contains(begun.URL, begun.Verifier) {
		t.Fatal(begun.URL, err)
	}
	for name, want := range map[string]string{"scope": "user:email repo gist read:user", "state": "s t", "prompt": "consent", "client_id": "app", "response_type": "code"} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if _, err := p.Start(t.Context(), Request{More: url.Values{"x": {strings.Repeat("a", maxMoreBytes)}}}); err == nil {
		t.Error("parameters without end")
	}
	for name, want := range map[string]error{"gitlab": ErrDisabled, "google": ErrDisabled, "nobody": ErrUnknown, "": ErrUnknown} {
		if _, err := s.Find(name); !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if on := s.Enabled(); !on["github"] || on["gitlab"] || len(on) != 8 {
		t.Error(on)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"no client":   {Name: "google"},
		"no issuer":   {Name: "mine", ClientIDs: []string{"a"}},
		"no realm":    {Name: "keycloak", ClientIDs: []string{"a"}},
		"bad address": {Name: "gitlab", ClientIDs: []string{"a"}, URL: "javascript:x"},
		"bad key":     {Name: "apple", ClientIDs: []string{"a"}, Apple: AppleKey{TeamID: "t", KeyID: "k", PrivateKey: "x"}},
	} {
		c.Enabled = true
		if _, err := New(Options{Providers: []Config{c}, Guard: guard(t)}); err == nil || strings.Contains(err.Error(), "PrivateKey") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func guard(t *testing.T) *outgoing.Guard {
	t.Helper()
	g, err := outgoing.New(outgoing.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAppleSecret(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	k := AppleKey{TeamID: "TEAM", KeyID: "KEY", PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}
	raw, err := k.sign("com.example.app", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithAudience("https://appleid.apple.com"), jwt.WithIssuer("TEAM"), jwt.WithSubject("com.example.app"), jwt.WithExpirationRequired())
	if err != nil || parsed.Header["kid"] != "KEY" {
		t.Error(parsed, err)
	}
}

func TestAzureIssuers(t *testing.T) {
	const tenant = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555"
	for _, c := range []struct {
		url, issuer string
		want        bool
	}{
		{"", tenant + "/v2.0", true},
		{"", "https://login.microsoftonline.com.evil.org/x/v2.0", false},
		{"", "https://evil.org/login.microsoftonline.com/x/v2.0", false},
		{"", "https://login.microsoftonline.com/a/b/v2.0", false},
		{"", "https://x.ciamlogin.com/x/v2.0", false},
		{"https://login.microsoftonline.com/organizations", tenant + "/v2.0", true},
		{tenant, tenant + "/v2.0", true},
		{tenant, "https://login.microsoftonline.com/other/v2.0", false},
		{"https://x.ciamlogin.com/t", "https://x.ciamlogin.com/t/v2.0", true},
		{"https://x.ciamlogin.com/t", tenant + "/v2.0", false},
	} {
		p := &Provider{Config: Config{URL: c.url}, kind: kinds()["azure"]}
		if got := azureIssues(p, c.issuer); got != c.want {
			t.Errorf("%s of %q: %v", c.issuer, c.url, got)
		}
	}
}

func TestByIDToken(t *testing.T) {
	s := newParty(t, nil)
	set := newSet(t, Config{Name: "google", Enabled: true, ClientIDs: []string{"web", "ios"}, Issuer: s.URL}, Config{Name: "apple", ClientIDs: []string{"x"}},
		Config{Name: "lax", Enabled: true, ClientIDs: []string{"web"}, Issuer: s.URL, SkipNonceCheck: true}, Config{Name: "github", Enabled: true, ClientIDs: []string{"x"}})
	sum := sha256.Sum256([]byte("raw"))
	for _, c := range []struct {
		name   string
		ask    IDToken
		change map[string]any
		want   string // the error, "" for none
	}{
		{"right", IDToken{Provider: "google", Nonce: "raw"}, map[string]any{"aud": "ios", "nonce": hex.EncodeToString(sum[:])}, ""},
		{"by issuer", IDToken{Issuer: s.URL}, nil, ""},
		{"raw nonce in token", IDToken{Provider: "google", Nonce: "raw"}, map[string]any{"nonce": "raw"}, "Nonces mismatch"},
		{"nonce in request only", IDToken{Provider: "google", Nonce: "raw"}, nil, "either both exist"},
		{"nonce in token only", IDToken{Provider: "google"}, map[string]any{"nonce": "x"}, "either both exist"},
		{"nonce skipped", IDToken{Provider: "lax", Nonce: "raw"}, nil, ""},
		{"audience", IDToken{Provider: "google"}, map[string]any{"aud": "other"}, "Unacceptable audience"},
		{"expired", IDToken{Provider: "google"}, map[string]any{"exp": 5}, "Bad ID token"},
		{"other issuer in request", IDToken{Provider: "google", Issuer: "https://evil"}, nil, "Bad ID token"},
		{"disabled", IDToken{Provider: "apple"}, nil, "not enabled"},
		{"no OpenID", IDToken{Provider: "github"}, nil, "not allowed"},
		{"unknown", IDToken{Provider: "custom"}, nil, "not allowed"},
		{"unknown issuer", IDToken{Issuer: "https://evil"}, nil, "not allowed"},
		{"nobody", IDToken{}, nil, "provider or client_id"},
		{"at_hash", IDToken{Provider: "google", AccessToken: "a"}, map[string]any{"at_hash": "b"}, "Bad ID token"},
	} {
		s.claims = jwt.MapClaims{"iss": s.URL, "sub": "u1", "aud": "web", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "email": "a@b.c", "email_verified": true}
		maps.Copy(s.claims, c.change)
		c.ask.Token = s.idToken()
		p, who, err := set.ByIDToken(t.Context(), c.ask)
		_, isProblem := errors.AsType[*Problem](err)
		if (err == nil) != (c.want == "") || err != nil && (!isProblem || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && (p == nil || who.Subject() != "u1" || !who.Email().Verified || who.Data["email"] != "a@b.c") {
			t.Errorf("%s: %+v", c.name, who)
		}
	}
}

// TestFacebookProof holds calls to the proof that Facebook asks for.
func TestFacebookProof(t *testing.T) {
	var proof string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proof = r.URL.Query().Get("appsecret_proof")
		_, _ = w.Write([]byte(`{"id":"1"}`))
	}))
	defer server.Close()
	p, err := newSet(t, Config{Name: "facebook", Enabled: true, ClientIDs: []string{"a"}, Secret: "s", URL: server.URL}).Find("facebook")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.kind.ask(t.Context(), p, "at"); err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, []byte("s"))
	h.Write([]byte("at"))
	if proof != hex.EncodeToString(h.Sum(nil)) {
		t.Error(proof)
	}
}
