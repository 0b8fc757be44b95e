package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
)

// nobody sends nothing.
type nobody struct{}

func (nobody) SendMail(context.Context, database.Querier, core.Mail) error { return nil }
func (nobody) SendSMS(context.Context, database.Querier, core.SMS) error   { return nil }

// handler is the API of accounts alone, on a database, as one node has it.
func handler(t *testing.T, db database.DB, env ...string) *auth.API {
	t.Helper()
	c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := signing.Open(t.Context(), signing.Config{DB: db, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := password.NewPool(password.Config{Cost: 4})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := outgoing.New(outgoing.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	v := token.New(token.Config{Keys: token.Keys{token.Secret(secret)}, Lookup: keys.Lookup, AnonymousRole: "anon"})
	api, err := auth.New(auth.Config{DB: db, Settings: c, URL: "https://api.example.org", Secret: secret, Keys: keys, Verifier: v, Messages: nobody{}, Pool: pool, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func ask(t *testing.T, h http.Handler, method, path, bearer, from string, body any) *httptest.ResponseRecorder {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(raw))
	r.RemoteAddr = from + ":1000"
	r.Header.Set("X-Forwarded-For", "203.0.113.7") // nobody trusts it
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// everything opens all ways in; every limit is one event, and what comes at once.
var everything = []string{"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=1", "GALLEY_AUTH_RATE_LIMIT_TOKEN_REFRESH=1", "GALLEY_AUTH_RATE_LIMIT_TOKEN_VERIFICATIONS=1",
	"GALLEY_AUTH_RATE_LIMIT_ANONYMOUS_USERS=20", "GALLEY_AUTH_RATE_LIMIT_EMAIL_SENT=20", "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true",
	"GALLEY_AUTH_ENABLE_MANUAL_LINKING=true", "GALLEY_AUTH_PASSKEY_ENABLED=true", "GALLEY_AUTH_SITE_URL=https://app.example.org",
	"GALLEY_AUTH_EXTERNAL_GITHUB_ENABLED=true", "GALLEY_AUTH_EXTERNAL_GITHUB_CLIENT_ID=x", "GALLEY_AUTH_EXTERNAL_GITHUB_SECRET=x"}

// limited are the routes that end in 429 for whoever asks too often, with a body
// that gets as far. %d in it is another number each time.
var limited = map[string]string{
	"POST /signup":                                   `{"email":"n%d@example.org","password":"` + strong + `"}`,
	"POST /token?grant_type=password":                `{"email":"n%d@example.org","password":"x"}`,
	"POST /token?grant_type=refresh_token":           `{"refresh_token":"x%d"}`,
	"POST /token?grant_type=pkce":                    `{"auth_code":"x%d","code_verifier":"x"}`,
	"POST /token?grant_type=id_token":                `{"id_token":"x%d","provider":"github"}`,
	"POST /otp":                                      `{"email":"n%d@example.org"}`,
	"POST /magiclink":                                `{"email":"n%d@example.org"}`,
	"POST /recover":                                  `{"email":"n%d@example.org"}`,
	"POST /resend":                                   `{"type":"signup","email":"n%d@example.org"}`,
	"POST /verify":                                   `{"type":"email","email":"n%d@example.org","token":"000000"}`,
	"GET /verify?type=signup&token=x":                `{}`,
	"GET /authorize?provider=github":                 `{}`,
	"GET /user/identities/authorize?provider=github": `{}`,
	"PUT /user":                                      `{"password":"x%d"}`,
	"POST /factors/{id}/challenge":                   `{}`,
	"POST /factors/{id}/verify":                      `{"challenge_id":"11111111-1111-4111-8111-111111111111","code":"000000"}`,
	"POST /passkeys/authentication/options":          `{}`,
	"POST /passkeys/authentication/verify":           `{"challenge_id":"11111111-1111-4111-8111-111111111111","credential":{}}`,
	"POST /passkeys/registration/options":            `{}`,
}

// unlimited are the others, and why.
var unlimited = map[string]string{
	"GET /.well-known/jwks.json": "public keys, kept in memory", "GET /.well-known/openid-configuration": "public", "GET /health": "no work", "GET /settings": "no work",
	"/": "no work", "/sso": "no work", "/sso/": "no work", "/admin/sso/": "no work", "/oauth/": "no work", "/admin/oauth/": "no work", "/user/oauth/": "no work",
	"GET /.well-known/oauth-authorization-server": "no work",
	"GET /callback": "one state of /authorize, which is limited, lets through once", "POST /callback": "as GET /callback",
	"GET /reauthenticate": "one code for the caller in max_frequency, and of all in email_sent", "GET /user": "reads the caller's own, by a token that is verified in memory", "GET /sessions": "as GET /user", "DELETE /sessions/{id}": "ends what is there",
	"POST /logout": "ends what is there", "DELETE /user/identities/{id}": "takes what is there", "DELETE /factors/{id}": "takes what is there",
	"POST /factors": "the caller's own, max_enrolled_factors at most", "GET /passkeys": "as GET /user", "PATCH /passkeys/{id}": "the caller's own",
	"DELETE /passkeys/{id}": "takes what is there", "POST /passkeys/registration/verify": "answers one challenge of the caller's, which is limited",
}

// TestEveryRouteHasALimit asks each route until it is told to stop, or finds why
// nobody has to be.
func TestEveryRouteHasALimit(t *testing.T) {
	t.Parallel()
	db := enginetest.Embedded(t)
	if err := migrate.Own(t.Context(), db, auth.Parts(db.Engine())...); err != nil {
		t.Fatal(err)
	}
	api := handler(t, db, everything...)
	seen := map[string]bool{}
	for route := range limited {
		path, _, _ := strings.Cut(route, "?")
		seen[path] = true
	}
	for _, pattern := range api.Patterns {
		_, admin, _ := strings.Cut(pattern, " ")
		if !seen[pattern] && unlimited[pattern] == "" && !strings.HasPrefix(admin, "/admin/") && admin != "/invite" {
			t.Errorf("%s has no limit here, and no reason for having none", pattern)
		}
		seen[pattern] = true
	}
	n := 0
	for route, body := range limited {
		n++
		from := fmt.Sprintf("192.0.2.%d", n)
		t.Run(route, func(t *testing.T) { exhaust(t, api, route, body, from) })
	}
	for name := range unlimited {
		if !seen[name] {
			t.Errorf("%s is not there any more", name)
		}
	}
}

func exhaust(t *testing.T, api *auth.API, route, body, from string) {
	service, err := token.SigningSecret{Value: secret, IssuedAt: time.Now()}.Sign(object{"role": "service_role"})
	if err != nil {
		t.Fatal(err)
	}
	email := from + "@example.org"
	ask(t, api, "POST", "/admin/users", service, from, object{"email": email, "password": strong, "email_confirm": true})
	in := ask(t, api, "POST", "/token?grant_type=password", "", strings.Replace(from, "192.0.2", "198.51.100", 1), object{"email": email, "password": strong})
	var who struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(in.Body.Bytes(), &who); err != nil || who.Token == "" {
		t.Fatal(in.Body)
	}
	method, path, _ := strings.Cut(route, " ")
	if strings.Contains(path, "{id}") {
		var factor struct{ ID string }
		w := ask(t, api, "POST", "/factors", who.Token, from, object{"factor_type": "totp", "friendly_name": "x"})
		if err := json.Unmarshal(w.Body.Bytes(), &factor); err != nil || factor.ID == "" {
			t.Fatal(w.Body)
		}
		path = strings.ReplaceAll(path, "{id}", factor.ID)
	}
	var last *httptest.ResponseRecorder
	for i := range 60 {
		var b any = json.RawMessage(strings.ReplaceAll(body, "%d", fmt.Sprint(i)))
		last = ask(t, api, method, path, who.Token, from, b)
		if strings.Contains(last.Header().Get("Location"), "error_code=over_request_rate_limit") {
			return
		}
		if last.Code == http.StatusTooManyRequests {
			if last.Header().Get("Retry-After") == "" {
				t.Error("it is not told when to come again")
			}
			return
		}
	}
	t.Errorf("60 times in a row, the last: %d %s %s", last.Code, last.Body, last.Header().Get("Location"))
}
