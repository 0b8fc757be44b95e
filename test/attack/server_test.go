package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
)

const (
	secret = "hDz7Wf0uKq4mVt9eYb2nRj6cXs1aLp8g"
	strong = "tangible-otter-42-umbrella"
)

type object = map[string]any

// server is a Galley in this process, its log and its database's place.
type server struct {
	*testing.T
	url    string
	log    *record
	place  string // PostgreSQL's URL, or the embedded engine's folder
	onDisk bool
	stop   func()
}

// record keeps a log and tells where the server listens.
type record struct {
	mu sync.Mutex
	bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Buffer.Write(p)
}

func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.String()
}

func (r *record) url() string {
	for line := range strings.Lines(r.text()) {
		var l struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "listening" {
			return l.URL
		}
	}
	return ""
}

// TestMain lets more tests wait beside each other than there are processors: most answers
// come after a pause, which tells nobody what was done in it.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err) // package testing has it
	}
	os.Exit(m.Run())
}

// onEngines runs a test on a server on each engine, beside others. env are GALLEY_…
// variables.
func onEngines(t *testing.T, env []string, test func(t *testing.T, s *server)) {
	t.Parallel()
	engines(t, true, env, test)
}

// engines runs a test on a server on each engine, beside others or alone.
func engines(t *testing.T, beside bool, env []string, test func(t *testing.T, s *server)) {
	run := func(name string, onDisk bool, place func(t *testing.T) string) {
		t.Run(name, func(t *testing.T) {
			if beside {
				t.Parallel()
			}
			test(t, start(t, place(t), onDisk, env...))
		})
	}
	run("embedded", true, func(t *testing.T) string { return filepath.Join(t.TempDir(), "data") })
	run("postgres", false, func(t *testing.T) string { return pgtest.Database(t) })
}

// patience is how long something may take that a loaded machine does in the end.
const patience = 60 * time.Second

// in is the server of a test within another one.
func (s *server) in(t *testing.T) *server {
	return &server{T: t, url: s.url, log: s.log, place: s.place, onDisk: s.onDisk, stop: s.stop}
}

// schema is the project's: a table for the service role, and what a careless
// developer may have added.
const schema = `create table public.notes (id int primary key, body text);
grant select on public.notes to service_role;`

func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "migrations"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "migrations", "20260101000000_schema.sql"), []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, place string, onDisk bool, env ...string) *server {
	t.Helper()
	flags := map[string]string{"server.listen": "127.0.0.1:0", "database.data": place}
	if !onDisk {
		flags = map[string]string{"server.listen": "127.0.0.1:0", "database.url": place}
	}
	c, _, err := config.Load(config.Source{Project: project(t), Flags: flags, Env: append([]string{
		"GALLEY_AUTH_SITE_URL=https://app.example.org", "GALLEY_AUTH_EXTERNAL_URL=https://api.example.org", "GALLEY_AUTH_JWT_SECRET=" + secret,
		"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=0", "GALLEY_AUTH_RATE_LIMIT_TOKEN_REFRESH=0", "GALLEY_AUTH_RATE_LIMIT_TOKEN_VERIFICATIONS=0",
		"GALLEY_AUTH_RATE_LIMIT_EMAIL_SENT=0",
	}, env...)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{T: t, log: &record{}, place: place, onDisk: onDisk}
	ended := make(chan error, 1)
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	go func() { ended <- app.Serve(ctx, app.Options{Config: c, Logger: log}) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Cleanup(s.stop)
	s.until("the server listens", func() bool { s.url = s.log.url(); return s.url != "" })
	return s
}

// until waits for something that another goroutine does.
func (s *server) until(what string, done func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("not in time: %s\n%.4000s", what, s.log.text())
		}
	}
}

// database opens the database of a server that was stopped.
func (s *server) database() database.DB {
	s.Helper()
	s.stop()
	if !s.onDisk {
		return enginetest.PostgresAt(s.T, s.place)
	}
	files, err := filepath.Glob(filepath.Join(s.place, "*.db"))
	if err != nil || len(files) != 1 {
		s.Fatal(files, err)
	}
	db, err := embedded.Open(s.Context(), embedded.Config{Path: files[0]})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = db.Close() })
	return db
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	body   object // when it is an object
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

// request is one to send.
type request struct {
	method, path, bearer string
	body                 any // a string is sent as it is
	header               map[string]string
}

func (s *server) send(q request) answer {
	s.Helper()
	var in io.Reader
	switch b := q.body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(s.Context(), q.method, s.url+q.path, in)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	if host := q.header["Host"]; host != "" {
		r.Host = host
	}
	if q.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	client := http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // not every answer is an object
	return a
}

// together is how many requests are sent at once.
const together = 16

// sendAll sends requests, many at once, and returns their answers.
func (s *server) sendAll(all []request) []answer { return s.sendMany(all, together) }

func (s *server) sendMany(all []request, together int) []answer {
	out, free := make([]answer, len(all)), make(chan bool, together)
	var wg sync.WaitGroup
	for i, q := range all {
		free <- true
		wg.Go(func() {
			defer func() { <-free }()
			out[i] = s.send(q)
		})
	}
	wg.Wait()
	return out
}

// do sends a request to /auth/v1.
func (s *server) do(method, path, bearer string, body any) answer {
	s.Helper()
	return s.send(request{method: method, path: "/auth/v1" + path, bearer: bearer, body: body})
}

func (s *server) want(a answer, status int, code string) answer {
	s.Helper()
	if a.status != status || code != "" && a.text("error_code") != code {
		s.Fatalf("status %d, want %d %s: %.500s", a.status, status, code, a.raw)
	}
	return a
}

// key signs a token with the project's secret; a claim that is nil is left out.
func (s *server) key(role string, more object) string {
	s.Helper()
	claims := jwt.MapClaims{"role": role, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		s.Fatal(err)
	}
	return signed
}

// message is a mail of the inbox.
type message struct {
	ID                  int64
	Subject, Text, HTML string
	Link                *url.URL
	Code                string
	raw                 string
}

// mail waits for the newest mail to an address that is newer than another one.
func (s *server) mail(to string, after int64) message {
	s.Helper()
	var m message
	s.until("a mail to "+to, func() bool {
		a := s.send(request{method: "GET", path: "/dev/inbox.json?limit=1&to=" + url.QueryEscape(to), bearer: s.key("service_role", nil)})
		if a.status != http.StatusOK {
			s.Fatalf("%d %s", a.status, a.raw)
		}
		m = s.read(a.raw)
		return m.ID > after
	})
	return m
}

// member signs somebody up and in.
func (s *server) member(email string) answer {
	s.Helper()
	s.want(s.do("POST", "/signup", "", object{"email": email, "password": strong}), 200, "")
	return s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": email, "token": s.mail(email, 0).Code}), 200, "")
}

var (
	linkText = regexp.MustCompile(`https?://[^\s"<>]+/auth/v1/verify\?[^\s"<>]+`)
	codeText = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// read reads the first message of a list.
func (s *server) read(raw string) (m message) {
	s.Helper()
	var list struct{ Messages []message }
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		s.Fatal(err)
	}
	if len(list.Messages) == 0 {
		return m
	}
	m = list.Messages[0]
	m.raw = raw
	m.Code = codeText.FindString(linkText.ReplaceAllString(m.Text, ""))
	if text := linkText.FindString(m.Text); text != "" {
		link, err := url.Parse(text)
		if err != nil {
			s.Fatal(err)
		}
		m.Link = link
	}
	return m
}
