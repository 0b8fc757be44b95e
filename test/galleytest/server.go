package galleytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	startLimit = 60 * time.Second
	stopLimit  = 20 * time.Second
)

// Options say how to start Galley.
type Options struct {
	Project string
	// Data is the folder of the embedded engine's file; "" is one of its own.
	Data string
	// DatabaseURL names a PostgreSQL instead.
	DatabaseURL string
	// Env is added to the environment ("GALLEY_API_MAX_ROWS=10").
	Env []string
}

// Keys are what `galley keys --json` prints.
type Keys struct {
	URL         string `json:"url"`
	Anon        string `json:"anon"`
	ServiceRole string `json:"service_role"`
	JWTSecret   string `json:"jwt_secret"`
}

// Server is a running Galley.
type Server struct {
	URL  string
	Keys Keys

	cmd    *exec.Cmd
	log    *buffer
	exited chan struct{}
}

// Start starts Galley and waits until it is ready. It is stopped at the end of the
// test, and its log printed when the test failed.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	return StartAll(t, o)[0]
}

// StartAll starts several at once, before it waits for any.
func StartAll(t testing.TB, options ...Options) []*Server {
	t.Helper()
	var all []*Server
	for i, o := range options {
		if o.Data == "" {
			o.Data = filepath.Join(t.TempDir(), "data")
			options[i] = o
		}
		all = append(all, launch(t, o))
	}
	for i, s := range all {
		if err := s.ready(); err != nil {
			t.Fatalf("galley serve: %v\n%s", err, s.log.tail())
		}
		s.readKeys(t, options[i])
	}
	return all
}

func launch(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{log: newBuffer(), exited: make(chan struct{})}
	// The server binds a free port itself and says which: one found out before
	// could be another's by then.
	s.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, o.flags()...)...)
	s.cmd.Env = o.environment()
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.URL, s.log.tail())
		}
	})
	s.killAtDeadline(t)
	return s
}

// PID is the process's id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

func (o Options) flags() []string {
	flags := []string{"--project", o.Project, "--data", o.Data}
	if o.DatabaseURL != "" {
		flags = append(flags, "--database-url", o.DatabaseURL)
	}
	return flags
}

// environment keeps what configures Galley out, so that only Options do.
func (o Options) environment() []string {
	env := []string{"GALLEY_SERVER_SHUTDOWN_TIMEOUT=5s"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, o.Env...)
}

// killAtDeadline ends the server when the test binary is about to be ended for
// taking too long, since no cleanup runs then.
func (s *Server) killAtDeadline(t testing.TB) {
	d, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return
	}
	if at, ok := d.Deadline(); ok {
		timer := time.AfterFunc(time.Until(at)-2*time.Second, s.Kill)
		t.Cleanup(func() { timer.Stop() })
	}
}

// ready waits until the server has said where it listens, and then that it and
// its database answer.
func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	select {
	case s.URL = <-s.log.listening:
	case <-s.exited:
		return errors.New("it ended before it listened")
	case <-ctx.Done():
		return errors.New("it did not listen in time")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.exited:
			return errors.New("it ended before it was ready")
		case <-ctx.Done():
			return errors.New("it was not ready in time")
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/ready", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
}

func (s *Server) readKeys(t testing.TB, o Options) {
	t.Helper()
	if out := Command(t, o, "keys", "--json"); json.Unmarshal(out, &s.Keys) != nil || s.Keys.JWTSecret == "" {
		t.Fatalf("galley keys --json: %s", out)
	}
}

// Command runs another command of the binary on the same project and returns what
// it prints.
func Command(t testing.TB, o Options, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, append(args, o.flags()...)...)
	cmd.Env = o.environment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("galley %v: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return out
}

// Stop asks the server to end and waits for it.
func (s *Server) Stop() {
	if s.cmd.Process.Signal(os.Interrupt) != nil {
		_ = s.cmd.Process.Kill()
	}
	select {
	case <-s.exited:
	case <-time.After(stopLimit):
		s.Kill()
	}
}

// Kill ends the server at once, as a crash does, and waits for it.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}
