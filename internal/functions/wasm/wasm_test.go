package wasm

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// probe is testdata/probe as a module.
var probe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "probe")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "main.wasm")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, "./testdata/probe")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = errors.New(err.Error() + "\n" + string(out))
	}
	return file, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := probe(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// served is a server of one module. Its calls have small limits.
type served struct {
	url  string
	logs chan string
}

// serve serves a module. Compiling the probe takes seconds on a loaded machine, so it is
// done once for all.
func serve(t *testing.T, file string, l Limits, m Manifest) *served {
	t.Helper()
	r := New(Config{Cache: filepath.Join(filepath.Dir(file), "compiled"), Limits: l, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	module := r.Load("probe", file, m)
	s := &served{logs: make(chan string, 10*maxLines)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: "authenticated", Claims: `{"sub":"ada"}`}))
		err := module.Serve(w, r, Call{Script: "/functions/v1/probe", Params: map[string]string{"id": "7"}, Secrets: map[string]string{"TOKEN": "s3", "PATH_INFO": "/evil"},
			Log: func(line string) {
				select {
				case s.logs <- line:
				default: // a module that writes until its end
				}
			}})
		if err != nil {
			httpapi.WriteError(w, r, err)
		}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL + "/functions/v1/probe"
	return s
}

func (s *served) get(t *testing.T, path string) (*http.Response, string, error) {
	t.Helper()
	return s.do(t, http.MethodGet, path, nil)
}

func (s *served) do(t *testing.T, method, path string, body io.Reader) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Some-Thing", "a")
	r.Header.Add("X-Some-Thing", "b")
	r.Header.Set("Proxy", "http://evil")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

func build(t *testing.T) string {
	t.Helper()
	file, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// generous limits are beyond what a loaded machine needs for a call that ends.
var generous = Limits{Memory: 64 << 20, CPU: 2 * time.Minute, Wall: 4 * time.Minute, Response: 1 << 20}

func TestResponses(t *testing.T) {
	t.Setenv("GALLEY_TEST_SECRET", "leaked")
	s := serve(t, build(t), generous, Manifest{Env: map[string]string{"GREETING": "hi"}})
	long := strings.Repeat("0123456789", 20_000)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string // in body
	}{
		{"POST", "/echo", "hello", 200, "hello"},
		{"POST", "/echo", long, 200, long},
		{"POST", "/echo", "", 200, ""},
		{"GET", "/status", "", 418, "teapot"},
		{"HEAD", "/status", "", 418, ""},
		{"GET", "/redirect", "", 302, ""},
		{"GET", "/empty", "", 204, ""},
		{"GET", "/nothing", "", 502, codeFailed},
		{"GET", "/nohead", "", 502, `The line \"hello\" is no header.`},
		{"GET", "/inject", "", 502, codeFailed},
		{"GET", "/nostatus", "", 502, codeFailed},
		{"GET", "/longhead", "", 502, codeFailed},
		{"GET", "/exit", "", 500, codeFailed},
		{"GET", "/panic", "", 500, codeFailed},
		{"GET", "/sandbox", "", 200, "done\n"},
		{"GET", "/nap", "", 200, "awake"},
		{"GET", "/chatter", "", 200, "said"},
	} {
		r, body, err := s.do(t, c.method, c.path, strings.NewReader(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		exact := c.status < 500
		if r.StatusCode != c.status || exact && body != c.want || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s", c.path, r.StatusCode, body)
		}
		switch c.path {
		case "/status":
			if got := r.Header.Values("X-Two"); len(got) != 2 || r.Close || r.ContentLength != 6 {
				t.Errorf("headers %v", r.Header)
			}
		case "/redirect":
			if r.Header.Get("Location") != "https://example.org/" {
				t.Errorf("headers %v", r.Header)
			}
		}
	}
	var lines []string
	for len(s.logs) > 0 {
		lines = append(lines, <-s.logs)
	}
	all := strings.Join(lines, "\n")
	if !strings.Contains(all, "it broke") || !strings.Contains(all, "at the disco") || !strings.Contains(all, "(it wrote more)") {
		t.Errorf("logged %.1000s", all)
	}
}

// TestEnvironment compares all that the environment holds.
func TestEnvironment(t *testing.T) {
	t.Setenv("GALLEY_TEST_SECRET", "leaked")
	s := serve(t, build(t), generous, Manifest{Env: map[string]string{"GREETING": "hi"}})
	_, body, err := s.get(t, "/env?a=1&b=x%20y")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for line := range strings.SplitSeq(body, "\n") {
		name, value, _ := strings.Cut(line, "=")
		have[name] = value
	}
	host, port, err := net.SplitHostPort(strings.TrimPrefix(strings.TrimSuffix(s.url, "/functions/v1/probe"), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "PATH_INFO": "/env", "QUERY_STRING": "a=1&b=x%20y", "SCRIPT_NAME": "/functions/v1/probe",
		"SERVER_NAME": host, "SERVER_PORT": port, "REMOTE_ADDR": "127.0.0.1", "HTTP_X_SOME_THING": "a, b",
		"GREETING": "hi", "TOKEN": "s3", "GALLEY_PARAM_id": "7", "GALLEY_ROLE": "authenticated", "GALLEY_CLAIMS": `{"sub":"ada"}`,
	} {
		if have[name] != want {
			t.Errorf("%s is %q, not %q", name, have[name], want)
		}
	}
	if !strings.HasSuffix(body, "[/functions/v1/probe a=1 b=x%20y]") {
		t.Errorf("arguments: %s", body)
	}
	for _, leak := range []string{"leaked", "HTTP_PROXY", "HOME=", "PATH="} {
		if strings.Contains("\n"+body, "\n"+leak) || strings.Contains(body, "leaked") {
			t.Errorf("the environment holds %s: %s", leak, body)
		}
	}
}

// TestExhaustion has modules take what they can get: each call ends with a limit, and
// the next one works.
func TestExhaustion(t *testing.T) {
	file := build(t)
	little, short := generous, generous // of the one that ends a call; a loaded machine meets no other one
	little.CPU, short.Wall = time.Second, 8*time.Second
	for _, c := range []struct {
		limits Limits
		ends   map[string]int // 0: broken off
	}{
		{little, map[string]int{"/spin": 546, "/alloc": 500, "/recurse": 500, "/flood": 0}}, // or they compute too long before
		{short, map[string]int{"/sleep": 504}},
	} {
		s := serve(t, file, c.limits, Manifest{})
		for path, status := range c.ends {
			r, body, err := s.get(t, path)
			switch {
			case status == 0 && err == nil:
				t.Errorf("%s: %d and %d bytes, not broken off", path, r.StatusCode, len(body))
			case status != 0 && (err != nil || r.StatusCode != status && r.StatusCode != 546):
				t.Errorf("%s: %v, %v %.200s", path, err, r, body)
			}
		}
		if r, body, err := s.get(t, "/nap"); err != nil || r.StatusCode != 200 {
			t.Errorf("afterwards: %v %s", err, body)
		}
	}
}

// TestSlowBody is a client that sends the half of a body, and nothing more.
func TestSlowBody(t *testing.T) {
	s := serve(t, build(t), Limits{Memory: 64 << 20, CPU: time.Minute, Wall: 5 * time.Second}, Manifest{})
	if _, _, err := s.get(t, "/nap"); err != nil {
		t.Fatal(err)
	}
	read, write := io.Pipe()
	defer func() { _ = write.Close() }()
	go func() { _, _ = write.Write([]byte("half")) }()
	r, body, err := s.do(t, http.MethodPost, "/echo", read)
	if err == nil && r.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

// TestClientLeaves ends a module that nobody waits for any more.
func TestClientLeaves(t *testing.T) {
	r := New(Config{Limits: generous, Logger: slog.New(slog.DiscardHandler)})
	defer func() { _ = r.Close() }()
	m := r.Load("probe", build(t), Manifest{})
	if err := m.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/spin", nil)
		ended <- m.Serve(httptest.NewRecorder(), request, Call{})
	}()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the module goes on")
	}
}

// TestCache compiles once for several runtimes.
func TestCache(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "compiled")
	file := build(t)
	for range 2 {
		r := New(Config{Cache: cache, Limits: generous})
		m := r.Load("probe", file, Manifest{})
		w := httptest.NewRecorder()
		if err := m.Serve(w, httptest.NewRequest(http.MethodGet, "/nap", nil), Call{}); err != nil || w.Body.String() != "awake" {
			t.Errorf("%v %s", err, w.Body)
		}
		m.Retire()
		if err := m.Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/nap", nil), Call{}); fault.Code(err) != codeBoot {
			t.Errorf("retired: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(cache)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) == 0 {
		t.Errorf("%v, %v", entries, err)
	}
}
