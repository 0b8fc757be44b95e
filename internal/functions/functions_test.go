package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schedule"
	"github.com/galleyhq/galley/internal/static"
)

// project is a project with functions, and a server for them.
type project struct {
	t       *testing.T
	dir     string
	service *functions.Service
	url     string
	db      database.DB
	hooks   *hooks.Registry
	rpc     *hooks.Functions
	log     *buffer
}

// buffer is a log that tests read.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// verify takes tokens that are the names of roles.
func verify(_ context.Context, token string) (httpapi.Identity, error) {
	switch token {
	case "anon", "authenticated", "service_role":
		return httpapi.Identity{Role: token, Claims: `{"role":"` + token + `","sub":"u1"}`, Authenticated: token != "anon"}, nil
	}
	return httpapi.Identity{}, errors.New("no token of ours")
}

// begin serves a project of files; change changes its configuration.
func begin(t *testing.T, files map[string]string, change ...func(*config.Config)) *project {
	t.Helper()
	return beginOn(t, enginetest.Embedded(t), files, change...)
}

func beginOn(t *testing.T, db database.DB, files map[string]string, change ...func(*config.Config)) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir(), db: db, hooks: hooks.NewRegistry(hooks.Limits{Time: time.Minute}), rpc: hooks.NewFunctions(), log: &buffer{}}
	write(t, p.dir, map[string]string{"public/there.txt": "a file"})
	write(t, p.dir, files)
	c, _, err := config.Load(config.Source{Project: p.dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, fn := range change {
		fn(&c)
	}
	parts := append([]migrate.Part{{Name: "jobs", Steps: jobs.Schema(db.Engine())}, {Name: "schedules", Steps: schedule.Schema()}}, functions.Parts(db.Engine())...)
	if err := migrate.Own(t.Context(), db, parts...); err != nil {
		t.Fatal(err)
	}
	p.service, err = functions.New(functions.Config{
		DB: db, Settings: c, Secret: "the project's secret", SelfURL: func() string { return p.url }, Hooks: p.hooks, RPC: p.rpc,
		Preset: map[string]string{"SUPABASE_URL": "http://galley.test"},
		Verify: verify, Anonymous: func() (httpapi.Identity, error) { return httpapi.Identity{Role: "anon"}, nil },
		Logger: slog.New(slog.NewJSONHandler(p.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	files2, err := static.Open(static.Config{Dir: c.Server.Public})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(functions.Prefix, p.service.Handler())
	mux.Handle("/", p.service.Before(files2.Has, files2))
	cors := httpapi.Unless(p.service.Answers, httpapi.CORS())
	server := httptest.NewServer(httpapi.Chain(mux, httpapi.Observe(slog.New(slog.DiscardHandler)), cors, httpapi.LimitBody(8<<20)))
	p.url = server.URL
	p.service.Start()
	t.Cleanup(func() {
		server.Close()
		p.service.Stop()
		_ = files2.Close()
		if log := p.log.String(); t.Failed() {
			t.Logf("the log, at its end: %s", log[max(0, len(log)-8000):])
		}
	})
	return p
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (p *project) ask(method, path, body string, header ...string) answer {
	p.t.Helper()
	a, err := p.try(method, path, strings.NewReader(body), header...)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (p *project) try(method, path string, body io.Reader, header ...string) (answer, error) {
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer anon")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

func (p *project) want(method, path, body, expected string, header ...string) {
	p.t.Helper()
	if a := p.ask(method, path, body, header...); a.body != expected || a.status != 200 {
		p.t.Errorf("%s %s: %d %.300q, want %.300q", method, path, a.status, a.body, expected)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// newPipe is the body of a request that is written while it is answered.
func newPipe() (*io.PipeReader, *io.PipeWriter) { return io.Pipe() }

// adminAsk asks the API at /admin/v1 as a role.
func adminAsk(t *testing.T, p *project, method, path, body, role string) answer {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	id := httpapi.Identity{Role: role, Authenticated: true}
	w := httptest.NewRecorder()
	p.service.Admin().ServeHTTP(w, r.WithContext(httpapi.WithIdentity(t.Context(), id)))
	return answer{w.Code, w.Header(), w.Body.String()}
}
