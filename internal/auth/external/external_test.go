package external_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/account"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/external"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
)

const (
	secret   = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"
	app      = "https://app.example.org"
	verifier = "a-verifier-of-a-client-that-is-long-enough-for-it"
)

// party is an OpenID provider, where whoever the test says is signed in.
type party struct {
	*httptest.Server
	mu     sync.Mutex
	key    *ecdsa.PrivateKey
	claims jwt.MapClaims
}

func newParty(t *testing.T) *party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &party{key: key}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

func (p *party) serve(w http.ResponseWriter, r *http.Request) {
	var body any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		body = map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"ES256"}}
	case "/jwks":
		raw, _ := p.key.PublicKey.Bytes()
		body = map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(raw[1:33]), "y": base64.RawURLEncoding.EncodeToString(raw[33:])}}}
	default:
		if r.PostFormValue("code") != "good" {
			w.WriteHeader(http.StatusBadRequest)
			body = map[string]any{"error": "invalid_grant"}
			break
		}
		body = map[string]any{"access_token": "at", "refresh_token": "rt", "token_type": "Bearer", "id_token": p.token()}
	}
	_ = json.NewEncoder(w).Encode(body)
}

func (p *party) token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	raw, _ := jwt.NewWithClaims(jwt.SigningMethodES256, p.claims).SignedString(p.key)
	return raw
}

// is says who signs in next.
func (p *party) is(sub, email string, verified bool, nonce string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = jwt.MapClaims{"iss": p.URL, "sub": sub, "aud": "galley", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		"nonce": nonce, "name": "Name of " + sub, "email": email, "email_verified": verified}
	maps.DeleteFunc(p.claims, func(_ string, v any) bool { return v == "" })
}

// site is a project with accounts.
type site struct {
	*testing.T
	db      database.DB
	party   *party
	handler http.Handler
	cookies []*http.Cookie // of the browser
	mu      sync.Mutex
	mails   []core.Mail
	vet     func(u *store.User) error // the hook before a user is created; may be nil
}

// BeforeUserCreated implements core.Hooks.
func (s *site) BeforeUserCreated(_ context.Context, u *store.User, _ string) error {
	if s.vet == nil {
		return nil
	}
	return s.vet(u)
}

// CustomAccessToken implements core.Hooks.
func (s *site) CustomAccessToken(_ context.Context, _ string, claims map[string]any, _ string) (map[string]any, error) {
	return claims, nil
}

// PasswordVerified implements core.Hooks.
func (s *site) PasswordVerified(context.Context, string, bool) error { return nil }

// FactorVerified implements core.Hooks.
func (s *site) FactorVerified(context.Context, core.FactorAttempt) error { return nil }

func (s *site) SendMail(_ context.Context, _ database.Querier, m core.Mail) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	return nil
}

func (s *site) SendSMS(context.Context, database.Querier, core.SMS) error { return nil }

// eachEngine runs a test on a fresh project of each engine.
func eachEngine(t *testing.T, test func(s *site), env ...string) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		s := &site{T: t, db: db, party: newParty(t)}
		for _, part := range []migrate.Part{{Name: "auth", Steps: store.Schema(db.Engine())}, {Name: "auth_signing", Steps: signing.Schema()}} {
			if err := migrate.Own(t.Context(), db, part); err != nil {
				t.Fatal(err)
			}
		}
		s.open(env)
		test(s)
	})
}

func (s *site) open(env []string) {
	s.Helper()
	c, _, err := config.Load(config.Source{Project: s.TempDir(), Env: append([]string{"GALLEY_AUTH_SITE_URL=" + app, "GALLEY_AUTH_ENABLE_MANUAL_LINKING=true"}, env...)})
	if err != nil {
		s.Fatal(err)
	}
	c.Auth.External = map[string]config.Provider{"mine": {Enabled: true, ClientID: "galley", Secret: "s", URL: s.party.URL}, "off": {ClientID: "x"}}
	keys, err := signing.Open(s.Context(), signing.Config{DB: s.db, Secret: secret})
	if err != nil {
		s.Fatal(err)
	}
	shared, err := core.New(core.Config{DB: s.db, Settings: c, URL: "https://api.example.org", Secret: secret, Keys: keys, Messages: s, Hooks: s,
		Verifier: token.New(token.Config{Keys: token.Keys{token.Secret(secret)}, Lookup: keys.Lookup, AnonymousRole: "anon"})})
	if err != nil {
		s.Fatal(err)
	}
	guard, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		s.Fatal(err)
	}
	flows := flow.New(shared)
	h, err := external.New(shared, flows, guard)
	if err != nil {
		s.Fatal(err)
	}
	accounts := account.New(shared, flows)
	accounts.IDToken = h.IDToken
	mux := http.NewServeMux()
	for pattern, handler := range accounts.Routes() {
		mux.Handle(pattern, handler)
	}
	for pattern, handler := range h.Routes() {
		mux.Handle(pattern, handler)
	}
	s.handler = mux
}

// do sends a request; bearer and body may be empty.
func (s *site) do(method, path, bearer string, body any) (*httptest.ResponseRecorder, map[string]any) {
	s.Helper()
	var in io.Reader = http.NoBody
	if form, ok := body.(url.Values); ok {
		in = strings.NewReader(form.Encode())
	} else if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, path, in).WithContext(s.Context())
	if _, ok := body.(url.Values); ok {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	r.Host = "api.example.org"
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	s.keep(w.Result().Cookies())
	var out map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	return w, out
}

// keep is what a browser does with cookies.
func (s *site) keep(fresh []*http.Cookie) {
	for _, c := range fresh {
		s.cookies = append(slices.DeleteFunc(s.cookies, func(old *http.Cookie) bool { return old.Name == c.Name }), c)
	}
}

// begin goes to the provider, and returns what the browser carries there.
func (s *site) begin(query string) url.Values {
	s.Helper()
	w, _ := s.do("GET", "/authorize?provider=mine&"+query, "", nil)
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusFound || !strings.HasPrefix(u.String(), s.party.URL+"/auth?") {
		s.Fatalf("%d %s %s", w.Code, u, w.Body)
	}
	return u.Query()
}

// back comes back to /callback, and returns where the browser is sent then: the
// query and the fragment together.
func (s *site) back(q url.Values) (to string, values url.Values) {
	s.Helper()
	w, _ := s.do("GET", "/callback?"+q.Encode(), "", nil)
	u, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code/100 != 3 {
		s.Fatalf("%d %s", w.Code, w.Body)
	}
	values, err = url.ParseQuery(u.RawQuery + "&" + u.EscapedFragment())
	if err != nil {
		s.Fatal(err)
	}
	u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
	return u.String(), values
}

// signIn signs somebody in by the implicit flow.
func (s *site) signIn(sub, email string, verified bool) url.Values {
	s.Helper()
	q := s.begin("")
	s.party.is(sub, email, verified, q.Get("nonce"))
	_, values := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}})
	return values
}

func (s *site) me(values url.Values) map[string]any {
	s.Helper()
	w, u := s.do("GET", "/user", values.Get("access_token"), nil)
	if w.Code != http.StatusOK {
		s.Fatalf("%d %s, of %v", w.Code, w.Body, values)
	}
	return u
}

func (s *site) user(email string, confirmed bool) *store.User {
	s.Helper()
	now, owner := time.Now().UTC(), database.Owner{DB: s.db}
	u := &store.User{Aud: "authenticated", Role: "authenticated", Email: email, EncryptedPassword: "a hash", UserMetaData: store.Object{"evil": true},
		AppMetaData: store.Object{"provider": "email", "providers": []any{"email"}}}
	if confirmed {
		u.EmailConfirmedAt = &store.Time{Time: now}
	}
	if err := store.InsertUser(s.Context(), owner, u, now); err != nil {
		s.Fatal(err)
	}
	if _, err := store.InsertIdentity(s.Context(), owner, u, "email", u.ID, store.Object{"sub": u.ID, "email": email, "email_verified": confirmed}, now); err != nil {
		s.Fatal(err)
	}
	return u
}

func (s *site) load(id string) *store.User {
	s.Helper()
	u, err := store.UserByID(s.Context(), database.Owner{DB: s.db}, id)
	if err != nil || u == nil {
		s.Fatal(u, err)
	}
	return u
}

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return "code_challenge_method=s256&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestSignIn(t *testing.T) {
	eachEngine(t, func(s *site) {
		v := s.signIn("ada", "Ada@Example.org", true)
		if v.Get("provider_token") != "at" || v.Get("provider_refresh_token") != "rt" || v.Get("token_type") != "bearer" || v.Get("refresh_token") == "" {
			s.Fatal(v)
		}
		me := s.me(v)
		meta, _ := me["user_metadata"].(map[string]any)
		if me["email"] != "ada@example.org" || me["email_confirmed_at"] == nil || meta["full_name"] != "Name of ada" || meta["email_verified"] != true || meta["sub"] != "ada" {
			s.Error(me)
		}
		if again := s.me(s.signIn("ada", "other@example.org", true)); again["id"] != me["id"] || again["email"] != "ada@example.org" {
			s.Error("the second time:", again)
		}
		// A code for a client with its verifier, once.
		q := s.begin(challenge() + "&redirect_to=" + url.QueryEscape(app+"/in?x=1"))
		s.party.is("ada", "ada@example.org", true, q.Get("nonce"))
		to, v := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}})
		if to != app+"/in" || v.Get("x") != "1" || v.Get("code") == "" || v.Get("access_token") != "" {
			s.Fatal(to, v)
		}
		if w, _ := s.do("POST", "/token?grant_type=pkce", "", map[string]any{"auth_code": q.Get("state"), "code_verifier": verifier}); w.Code == http.StatusOK {
			s.Error("the state is a code")
		}
		body := map[string]any{"auth_code": v.Get("code"), "code_verifier": verifier}
		w, out := s.do("POST", "/token?grant_type=pkce", "", body)
		if w.Code != http.StatusOK || out["provider_token"] != "at" || out["provider_refresh_token"] != "rt" {
			s.Fatal(w.Code, out)
		}
		if w, _ := s.do("POST", "/token?grant_type=pkce", "", body); w.Code != http.StatusNotFound {
			s.Error("a code twice:", w.Code)
		}
	})
}

// TestWhose holds the rules by which an arrival finds an account.
func TestWhose(t *testing.T) {
	eachEngine(t, func(s *site) {
		ada := s.user("ada@example.org", true)
		if v := s.signIn("stranger", "ada@example.org", false); v.Get("error_code") != "provider_email_needs_verification" || v.Get("error") != "access_denied" {
			s.Error("an address nobody vouches for:", v)
		}
		if got := s.load(ada.ID); len(got.Identities) != 1 || len(s.mails) != 0 {
			s.Error("it was linked, or mail was sent to the owner", got.Identities, s.mails)
		}
		if me := s.me(s.signIn("ada", "ada@example.org", true)); me["id"] != ada.ID {
			s.Error("an address that is vouched for is not linked:", me)
		}
		if got := s.load(ada.ID); len(got.Identities) != 2 || got.EncryptedPassword != "a hash" || got.AppMetaData["provider"] != "email" {
			s.Errorf("%+v", got)
		}
		// Somebody took an address beforehand, with a password, and waits.
		eve := s.user("victim@example.org", false)
		if me := s.me(s.signIn("victim", "victim@example.org", true)); me["id"] != eve.ID {
			s.Error(me)
		}
		if got := s.load(eve.ID); got.EncryptedPassword != "" || len(got.Identities) != 1 || got.Identities[0].Provider != "mine" || got.UserMetaData["evil"] != nil || !got.Confirmed() {
			s.Errorf("what the other left behind: %+v", got)
		}
		// A new address that nobody vouches for is asked for proof.
		if v := s.signIn("new", "new@example.org", false); v.Get("error_code") != "provider_email_needs_verification" || v.Get("access_token") != "" {
			s.Error(v)
		}
		if len(s.mails) != 1 || s.mails[0].To != "new@example.org" || !strings.HasPrefix(s.mails[0].RedirectTo, app) {
			s.Errorf("%+v", s.mails)
		}
		if v := s.signIn("nobody", "", false); v.Get("error") != "server_error" || v.Get("error_description") != "Error getting user email from external provider" {
			s.Error(v)
		}
		now := time.Now().UTC()
		if err := store.UpdateUser(s.Context(), database.Owner{DB: s.db}, ada, now, store.Set("banned_until", now.Add(time.Hour))); err != nil {
			s.Fatal(err)
		}
		if v := s.signIn("ada", "ada@example.org", true); v.Get("error_code") != "user_banned" {
			s.Error(v)
		}
		// The stranger who named the address does not keep its owner from it.
		if err := store.DeleteUser(s.Context(), database.Owner{DB: s.db}, ada.ID); err != nil {
			s.Fatal(err)
		}
		if me := s.me(s.signIn("ada", "ada@example.org", true)); me["email"] != "ada@example.org" {
			s.Error(me)
		}
	})
}

func TestClosed(t *testing.T) {
	eachEngine(t, func(s *site) {
		if v := s.signIn("ada", "ada@example.org", true); v.Get("error_code") != "signup_disabled" {
			s.Error(v)
		}
	}, "GALLEY_AUTH_ENABLE_SIGNUP=false")
}

// TestAutomatic holds that automatic confirmation vouches for nobody.
func TestAutomatic(t *testing.T) {
	eachEngine(t, func(s *site) {
		ada := s.user("ada@example.org", true)
		me := s.me(s.signIn("stranger", "ada@example.org", false))
		if me["id"] == ada.ID || me["email"] == "ada@example.org" {
			s.Error(me)
		}
		if me := s.me(s.signIn("new", "new@example.org", false)); me["email"] != "new@example.org" {
			s.Error(me)
		}
	}, "GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false")
}

func TestCallback(t *testing.T) {
	eachEngine(t, func(s *site) {
		q := s.begin("")
		s.party.is("ada", "ada@example.org", true, q.Get("nonce"))
		good := url.Values{"state": {q.Get("state")}, "code": {"good"}}
		if _, v := s.back(good); v.Get("access_token") == "" {
			s.Fatal(v)
		}
		old := s.begin("")
		if err := database.Run(s.Context(), database.Owner{DB: s.db}, "update auth.flow_state set created_at = $1 where id = $2",
			time.Now().Add(-10*time.Minute).UTC().Format(time.RFC3339), old.Get("state")[:36]); err != nil {
			s.Fatal(err)
		}
		for name, c := range map[string]struct {
			q    url.Values
			code string
		}{
			"again":         {good, "bad_oauth_state"},
			"no state":      {url.Values{"code": {"good"}}, "bad_oauth_callback"},
			"made up":       {url.Values{"state": {store.NewID()}, "code": {"good"}}, "bad_oauth_state"},
			"no UUID":       {url.Values{"state": {"' or true --"}, "code": {"good"}}, "bad_oauth_state"},
			"expired":       {url.Values{"state": {old.Get("state")}, "code": {"good"}}, "bad_oauth_state"},
			"no code":       {url.Values{"state": {s.begin("").Get("state")}}, "bad_oauth_callback"},
			"a wrong code":  {url.Values{"state": {s.begin("").Get("state")}, "code": {"bad"}}, "unexpected_failure"},
			"another nonce": {url.Values{"state": {s.begin("").Get("state")}, "code": {"good"}}, "unexpected_failure"},
		} {
			if to, v := s.back(c.q); to != app || v.Get("error_code") != c.code || v.Get("access_token") != "" {
				s.Errorf("%s: %s %v", name, to, v)
			}
		}
		if _, v := s.back(url.Values{"state": {s.begin("").Get("state")}, "error": {"access_denied"}, "error_description": {"no & never"}}); v.Get("error") != "access_denied" || v.Get("error_description") != "no & never" {
			s.Error(v)
		}
		q = s.begin("redirect_to=" + url.QueryEscape("https://evil.example/"))
		if to, _ := s.back(url.Values{"state": {q.Get("state")}, "error": {"x"}}); to != app {
			s.Error("sent to", to)
		}
		// Apple sends a form.
		q = s.begin("")
		s.party.is("ada", "ada@example.org", true, q.Get("nonce"))
		w, _ := s.do("POST", "/callback", "", url.Values{"state": {q.Get("state")}, "code": {"good"}})
		if w.Code != http.StatusFound || !strings.Contains(w.Header().Get("Location"), "access_token=") {
			s.Error(w.Code, w.Header())
		}
		for _, query := range []string{"provider=nobody", "provider=off", "", "provider=mine&code_challenge=short&code_challenge_method=s256", "provider=mine&" + strings.Replace(challenge(), "s256", "md5", 1)} {
			if w, out := s.do("GET", "/authorize?"+query, "", nil); w.Code != http.StatusBadRequest || out["error_code"] != "validation_failed" {
				s.Error(query, w.Code, out)
			}
		}
	})
}

func TestLinking(t *testing.T) {
	eachEngine(t, func(s *site) {
		ada := s.signIn("ada", "ada@example.org", true)
		id := s.me(ada)["id"].(string)
		link := func(bearer, sub, email string) url.Values {
			s.Helper()
			w, out := s.do("GET", "/user/identities/authorize?provider=mine&skip_http_redirect=true", bearer, nil)
			text, _ := out["url"].(string)
			u, err := url.Parse(text)
			if err != nil || w.Code != http.StatusOK {
				s.Fatal(w.Code, out)
			}
			s.party.is(sub, email, true, u.Query().Get("nonce"))
			_, v := s.back(url.Values{"state": {u.Query().Get("state")}, "code": {"good"}})
			return v
		}
		if v := link(ada.Get("access_token"), "second", "second@example.org"); v.Get("access_token") == "" || s.me(v)["id"] != id {
			s.Error(v)
		}
		if v := link(ada.Get("access_token"), "second", "second@example.org"); v.Get("error_description") != "Identity is already linked" {
			s.Error(v)
		}
		bob := s.signIn("bob", "bob@example.org", true)
		if v := link(bob.Get("access_token"), "second", "second@example.org"); v.Get("error_code") != "identity_already_exists" || v.Get("access_token") != "" {
			s.Error(v)
		}
		if w, _ := s.do("GET", "/user/identities/authorize?provider=mine", "", nil); w.Code != http.StatusUnauthorized {
			s.Error("linking without an account:", w.Code)
		}
		first := s.load(id).Identities[0]
		for name, c := range map[string]struct {
			bearer, id string
			status     int
		}{
			"another's":   {bob.Get("access_token"), first.ID, http.StatusUnprocessableEntity},
			"not there":   {ada.Get("access_token"), store.NewID(), http.StatusUnprocessableEntity},
			"no UUID":     {ada.Get("access_token"), "x", http.StatusNotFound},
			"without key": {"", first.ID, http.StatusUnauthorized},
		} {
			if w, out := s.do("DELETE", "/user/identities/"+c.id, c.bearer, nil); w.Code != c.status {
				s.Error(name, w.Code, out)
			}
		}
		if w, out := s.do("DELETE", "/user/identities/"+first.ID, ada.Get("access_token"), nil); w.Code != http.StatusOK {
			s.Fatal(w.Code, out)
		}
		got := s.load(id)
		if len(got.Identities) != 1 || got.Email != "second@example.org" || got.EmailConfirmedAt == nil {
			s.Errorf("%+v", got)
		}
		if w, out := s.do("DELETE", "/user/identities/"+got.Identities[0].ID, ada.Get("access_token"), nil); w.Code != http.StatusUnprocessableEntity || out["error_code"] != "single_identity_not_deletable" {
			s.Error("the last one:", w.Code, out)
		}
	})
}

func TestIDToken(t *testing.T) {
	eachEngine(t, func(s *site) {
		sum := sha256.Sum256([]byte("raw"))
		s.party.is("ada", "ada@example.org", true, hex.EncodeToString(sum[:]))
		body := map[string]any{"provider": "mine", "id_token": s.party.token(), "nonce": "raw"}
		w, out := s.do("POST", "/token?grant_type=id_token", "", body)
		if w.Code != http.StatusOK || out["access_token"] == nil {
			s.Fatal(w.Code, out)
		}
		body["nonce"] = "other"
		if w, out := s.do("POST", "/token?grant_type=id_token", "", body); w.Code != http.StatusBadRequest || out["error"] != "invalid nonce" {
			s.Error(w.Code, out)
		}
		body["provider"] = "off"
		if w, out := s.do("POST", "/token?grant_type=id_token", "", body); w.Code != http.StatusBadRequest || out["error_code"] != "provider_disabled" {
			s.Error(w.Code, out)
		}
		bearer, _ := out["access_token"].(string)
		s.party.is("second", "second@example.org", true, "")
		w, out = s.do("POST", "/token?grant_type=id_token", bearer, map[string]any{"provider": "mine", "id_token": s.party.token(), "link_identity": true})
		user, _ := out["user"].(map[string]any)
		if w.Code != http.StatusOK || user["email"] != "ada@example.org" || len(user["identities"].([]any)) != 2 {
			s.Error(w.Code, out)
		}
		if w, _ := s.do("POST", "/token?grant_type=id_token", "", map[string]any{"provider": "mine", "id_token": s.party.token(), "link_identity": true}); w.Code != http.StatusUnauthorized {
			s.Error("linking without an account:", w.Code)
		}
	})
}
