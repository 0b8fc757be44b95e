// Package functions calls the functions of project, which are written in the manner of
// public examples of Edge Functions, through the real binary on both engines.
package functions

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
)

func TestMain(m *testing.M) { galleytest.Main(m) }

func TestEmbedded(t *testing.T) {
	run(t, galleytest.Options{Project: project(t)})
}

func TestPostgres(t *testing.T) {
	run(t, galleytest.Options{Project: project(t), DatabaseURL: pgtest.Database(t)})
}

// project is the folder of the functions, whose packages come from npm.
func project(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join("project", "node_modules", "stripe")); err != nil {
		const message = "the packages of test/functions/project are not installed: scripts/install-npm.sh test/functions/project"
		if os.Getenv("GALLEY_TEST_REQUIRE_CLIENT") == "1" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
	dir, err := filepath.Abs("project")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(t *testing.T, o galleytest.Options) {
	upstream := newUpstream(t)
	o.Env = append(o.Env, settings(upstream.URL)...)
	s := galleytest.Start(t, o)
	setSecrets(t, s, upstream.URL)
	called := map[string]bool{}
	for _, f := range cases(&environment{t: t, server: s}) {
		called[f.name] = true
		t.Run(f.name, func(t *testing.T) {
			for _, r := range f.requests {
				r.do(t, s)
			}
		})
	}
	every(t, called)
}

// every checks that no function of the project is left out.
func every(t *testing.T, called map[string]bool) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join("project", "functions", "[a-z]*"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, folder := range folders {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		if n++; !called[filepath.Base(folder)] {
			t.Errorf("no request calls %s", filepath.Base(folder))
		}
	}
	if n < 25 {
		t.Errorf("only %d functions were found", n)
	}
}

// request is a request and the answer that is expected.
type request struct {
	name    string
	method  string // POST when there is a body, else GET
	path    string // below /functions/v1/, or from the root when it begins with /
	as      string // a token; "" for none
	headers map[string]string
	body    string

	status int
	want   string // the body; "" with like is not looked at
	like   string // what the body must match
	header map[string]string
	// eventually asks again until the answer is the one expected.
	eventually bool
	// then looks at what else there is to see.
	then func(t *testing.T, r *http.Response, body string)
}

// patience bounds what is asked again.
const patience = time.Minute

func (r request) do(t *testing.T, s *galleytest.Server) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		response, body := r.send(t, s)
		wrong := r.wrong(response, body)
		if wrong == "" {
			if r.then != nil {
				r.then(t, response, body)
			}
			return
		}
		if !r.eventually || time.Now().After(end) {
			t.Errorf("%s %s %s: %s\n%d %v\n%s", r.name, response.Request.Method, r.path, wrong, response.StatusCode, response.Header, body)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var client = &http.Client{
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (r request) send(t *testing.T, s *galleytest.Server) (*http.Response, string) {
	t.Helper()
	path := r.path
	if !strings.HasPrefix(path, "/") {
		path = "/functions/v1/" + path
	}
	method := r.method
	if method == "" {
		method = http.MethodGet
		if r.body != "" {
			method = http.MethodPost
		}
	}
	q, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if r.as != "" {
		q.Header.Set("Authorization", "Bearer "+r.as)
	}
	for name, value := range r.headers {
		q.Header.Set(name, value)
	}
	response, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v after %q", r.path, err, body)
	}
	return response, string(body)
}

// wrong says what is not as expected, "" when everything is.
func (r request) wrong(response *http.Response, body string) string {
	switch {
	case response.StatusCode != r.status:
		return "the status is wrong"
	case r.like == "" && body != r.want:
		return "the body is wrong, wanted\n" + r.want + "\ngot"
	case r.like != "" && !regexp.MustCompile(`^(?s:`+r.like+`)$`).MatchString(body):
		return "the body does not match " + r.like
	}
	for name, value := range r.header {
		if got := response.Header.Get(name); got != value {
			return name + " is " + got + ", wanted " + value
		}
	}
	return ""
}

// settings let the functions call what listens on this machine.
func settings(upstream string) []string {
	return []string{"GALLEY_OUTGOING_ALLOW=" + strings.TrimPrefix(upstream, "http://")}
}

func setSecrets(t *testing.T, s *galleytest.Server, upstream string) {
	t.Helper()
	body, err := json.Marshal(secrets(upstream))
	if err != nil {
		t.Fatal(err)
	}
	request{name: "secrets", method: "PATCH", path: "/admin/v1/function-secrets", as: s.Keys.ServiceRole, headers: typed(jsonType), body: string(body), status: 204}.do(t, s)
}
