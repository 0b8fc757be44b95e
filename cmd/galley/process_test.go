package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// binaryVariable names the program to test: scripts/test.sh builds one for all packages.
const binaryVariable = "GALLEY_TEST_BINARY"

// patience bounds every wait of these tests.
const patience = time.Minute

// binary is the program that GALLEY_TEST_BINARY names, or one that is built once, and
// removed at the end.
var binary = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(binaryVariable); given != "" {
		return given, nil
	}
	dir, err := os.MkdirTemp("", "galley-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "galley")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil && os.Getenv(binaryVariable) == "" {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// project is a folder and the environment that its commands run in.
type project struct {
	t   *testing.T
	dir string
	env []string
}

// onEngines runs a test on an empty project of each engine.
func onEngines(t *testing.T, test func(t *testing.T, p *project)) {
	t.Run("postgres", func(t *testing.T) { test(t, newProject(t, "DATABASE_URL="+pgtest.Database(t))) })
	t.Run("embedded", func(t *testing.T) { test(t, newProject(t)) })
}

func newProject(t *testing.T, env ...string) *project {
	t.Helper()
	return &project{t: t, dir: t.TempDir(), env: env}
}

func (p *project) write(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = p.dir
	cmd.Env = p.env
	return cmd
}

// result is what a command left.
type result struct {
	code        int
	out, errors string
}

func (p *project) run(args ...string) result { return p.runWith("", args...) }

func (p *project) runWith(input string, args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cmd := p.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		p.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must runs a command that has to succeed and returns its output.
func (p *project) must(args ...string) string {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatalf("galley %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.errors)
	}
	return r.out
}

// keys is the output of galley keys --json.
type keys struct {
	URL         string `json:"url"`
	Anon        string `json:"anon"`
	ServiceRole string `json:"service_role"`
	JWTSecret   string `json:"jwt_secret"`
}

func (p *project) keys() keys {
	p.t.Helper()
	var k keys
	if err := json.Unmarshal([]byte(p.must("keys", "--json")), &k); err != nil {
		p.t.Fatal(err)
	}
	return k
}

// server is a running galley serve.
type server struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	log  *lines
	out  bytes.Buffer
	done chan struct{}

	listening <-chan string // where, once it does; closed when it ended
}

// lines gathers what a process writes.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // tells that there is more than before
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(s + "\n")
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve starts a server on a free port and waits until it listens.
func (p *project) serve(args ...string) *server {
	p.t.Helper()
	s := p.start(args...)
	s.await()
	return s
}

// start starts a server. Its log tells when it listens.
func (p *project) start(args ...string) *server {
	p.t.Helper()
	s := &server{t: p.t, log: &lines{more: make(chan struct{}, 1)}, done: make(chan struct{})}
	s.cmd = p.command(context.WithoutCancel(p.t.Context()), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Stdout = &s.out
	return s.begin()
}

func (s *server) begin() *server {
	s.t.Helper()
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.done })
	listening := make(chan string, 1)
	go func() {
		defer close(s.done)
		defer close(listening)
		s.follow(pipe, listening)
		_ = s.cmd.Wait()
	}()
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("log of the server:\n%s", s.log)
		}
	})
	s.listening = listening
	return s
}

func (s *server) follow(pipe io.Reader, listening chan<- string) {
	for in := bufio.NewScanner(pipe); in.Scan(); {
		s.log.add(in.Text())
		var line struct{ Msg, URL string }
		if json.Unmarshal(in.Bytes(), &line) == nil && line.Msg == "listening" {
			listening <- line.URL
		}
	}
}

// await waits until the server listens.
func (s *server) await() {
	s.t.Helper()
	select {
	case url, ok := <-s.listening:
		if !ok {
			<-s.done
			s.t.Fatalf("the server ended: %s", s.log)
		}
		s.url = url
	case <-time.After(patience):
		s.t.Fatal("the server does not listen")
	}
}

// logged waits until the server has logged something.
func (s *server) logged(what string) {
	s.t.Helper()
	for late := time.After(patience); !strings.Contains(s.log.String(), what); {
		select {
		case <-s.log.more:
		case <-s.done:
			s.t.Fatalf("the server ended: %s", s.log)
		case <-late:
			s.t.Fatalf("the server did not log %q", what)
		}
	}
}

// stop ends the server as an operator does, and returns its exit code.
func (s *server) stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatal("the server does not stop")
	}
	return s.cmd.ProcessState.ExitCode()
}

// request makes a request with a key and returns the status and the body.
func (s *server) request(method, path, key, body string) (int, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("apikey", key)
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
