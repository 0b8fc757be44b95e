package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
)

const (
	secret = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"
	strong = "tangible-otter-42-umbrella"
)

// outbox keeps what would be sent.
type outbox struct {
	mu    sync.Mutex
	mails []core.Mail
	texts []core.SMS
}

func (o *outbox) SendMail(_ context.Context, _ database.Querier, m core.Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
	return nil
}

func (o *outbox) SendSMS(_ context.Context, _ database.Querier, m core.SMS) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.texts = append(o.texts, m)
	return nil
}

// site is a project with accounts, on one database.
type site struct {
	*testing.T
	db       database.DB
	outbox   *outbox
	handler  http.Handler
	verifier *token.Verifier
	keys     *signing.Keys
	file     []signing.PrivateKey // of auth.signing_keys_path
	settings config.Config
	hooks    core.Hooks
	guard    *outgoing.Guard // nil without one
}

// onEngines runs a test on a fresh database of each engine. env are GALLEY_…
// variables.
func onEngines(t *testing.T, env []string, test func(t *testing.T, s *site)) {
	for name, open := range map[string]func(testing.TB) database.DB{"embedded": onEmbedded, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			test(t, newSite(t, open(t), env...))
		})
	}
}

func onPostgres(t testing.TB) database.DB {
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func onEmbedded(t testing.TB) database.DB {
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newSite(t *testing.T, db database.DB, env ...string) *site {
	t.Helper()
	if err := migrate.Own(t.Context(), db, auth.Parts(db.Engine())...); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: append([]string{
		"GALLEY_AUTH_SITE_URL=https://app.example.org", "GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=0", "GALLEY_AUTH_RATE_LIMIT_TOKEN_REFRESH=0",
		"GALLEY_AUTH_RATE_LIMIT_TOKEN_VERIFICATIONS=0",
	}, env...)})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, db: db, outbox: &outbox{}, settings: c}
	s.node()
	return s
}

// node makes another node of the site the one that answers.
func (s *site) node() {
	s.Helper()
	keys, err := signing.Open(s.Context(), signing.Config{DB: s.db, Secret: secret, Keys: s.file})
	if err != nil {
		s.Fatal(err)
	}
	pool, err := password.NewPool(password.Config{Cost: 4})
	if err != nil {
		s.Fatal(err)
	}
	s.keys = keys
	s.verifier = token.New(token.Config{Keys: token.Keys{token.Secret(secret)}, Lookup: keys.Lookup, Revision: keys.Revision, AnonymousRole: "anon"})
	s.handler, err = auth.New(auth.Config{DB: s.db, Settings: s.settings, URL: "https://api.example.org", Secret: secret, Keys: keys,
		Verifier: s.verifier, Messages: s.outbox, Pool: pool, Hooks: s.hooks, Guard: s.guard})
	if err != nil {
		s.Fatal(err)
	}
}

type object = map[string]any

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   object
}

func (a answer) text(path ...string) string {
	var v any = a.body
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	s, _ := v.(string)
	return s
}

// raw sends a request; bearer may be "".
func (s *site) raw(method, path, bearer string, body any) *httptest.ResponseRecorder {
	s.Helper()
	var in io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, path, in).WithContext(s.Context())
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return s.serve(r)
}

// serve answers a request.
func (s *site) serve(r *http.Request) *httptest.ResponseRecorder {
	s.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// do is raw for answers that are objects.
func (s *site) do(method, path, bearer string, body any) answer {
	s.Helper()
	w := s.raw(method, path, bearer, body)
	a := answer{status: w.Code, header: w.Header()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			s.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return a
}

// want ends the test unless a request is answered with a status and, for errors, a
// code.
func (s *site) want(a answer, status int, code string) answer {
	s.Helper()
	if a.status != status || code != "" && a.text("error_code") != code {
		s.Fatalf("status %d, want %d %s: %v", a.status, status, code, a.body)
	}
	return a
}

// mail is the newest mail.
func (s *site) mail() core.Mail {
	s.Helper()
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if len(s.outbox.mails) == 0 {
		s.Fatal("no mail was sent")
	}
	return s.outbox.mails[len(s.outbox.mails)-1]
}

// member signs somebody up and in.
func (s *site) member(email string) answer {
	s.Helper()
	s.want(s.do("POST", "/signup", "", object{"email": email, "password": strong}), 200, "")
	return s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": email, "token": s.mail().Token}), 200, "")
}
