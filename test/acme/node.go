package acme

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what has to come.
const patience = 90 * time.Second

// binary is what TestMain built, or scripts/test.sh did.
var binary string

// build makes Galley as it is, with the versions of its own module.
func build(dir string) error {
	if binary = os.Getenv("GALLEY_TEST_BINARY"); binary != "" {
		return nil
	}
	binary = filepath.Join(dir, "galley.exe")
	cmd := exec.Command("go", "build", "-C", filepath.Join("..", ".."), "-o", binary, "./cmd/galley")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// node is a running galley serve.
type node struct {
	cmd    *exec.Cmd
	exited chan struct{}

	mu   sync.Mutex
	log  bytes.Buffer
	more chan struct{} // closed when there is more of the log
}

// line is a line of the log.
type line struct {
	Level, Msg, URL, Address, Redirect, Domain, Why string
}

// start starts a server of a project.
func start(t *testing.T, project string, env ...string) *node {
	t.Helper()
	n := &node{exited: make(chan struct{}), more: make(chan struct{})}
	n.cmd = exec.Command(binary, "serve", "--project", project, "--listen", "127.0.0.1:0")
	n.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GALLEY_LOG_LEVEL=debug", "GALLEY_SERVER_HTTPS_EMAIL=ops@galley.test"}, env...)
	n.cmd.Stderr = n
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = n.cmd.Wait()
		close(n.exited)
	}()
	t.Cleanup(func() {
		n.stop()
		if t.Failed() {
			t.Logf("log:\n%s", n.text())
		}
	})
	return n
}

// Write takes the log.
func (n *node) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.more)
	n.more = make(chan struct{})
	return n.log.Write(p)
}

func (n *node) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.exited:
	case <-time.After(30 * time.Second):
		_ = n.cmd.Process.Kill()
		<-n.exited
	}
}

// wait returns the first line of the log that ok takes.
func (n *node) wait(t *testing.T, what string, ok func(line) bool) line {
	t.Helper()
	limit := time.After(patience)
	for {
		n.mu.Lock()
		text, more := n.log.String(), n.more
		n.mu.Unlock()
		for s := range strings.Lines(text) {
			var l line
			if json.Unmarshal([]byte(s), &l) == nil && ok(l) {
				return l
			}
		}
		select {
		case <-more:
		case <-n.exited:
			t.Fatalf("the server ended before it said: %s\n%s", what, n.text())
		case <-limit:
			t.Fatalf("the server did not say in time: %s\n%s", what, n.text())
		}
	}
}

func (n *node) said(t *testing.T, message string) line {
	t.Helper()
	return n.wait(t, message, func(l line) bool { return l.Msg == message })
}

// relay hands on connections to a port of loopback, each to the next of its targets:
// what stands before nodes. It has a port before they have theirs; connections wait
// until it is told where to.
type relay struct {
	port int
	told chan struct{} // closed by the first call of to

	mu      sync.Mutex
	once    sync.Once
	targets []string
	next    int
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{port: l.Addr().(*net.TCPAddr).Port, told: make(chan struct{})}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r
}

// to says where; nowhere, and connections are closed at once.
func (r *relay) to(targets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.targets = targets
	r.once.Do(func() { close(r.told) })
}

func (r *relay) serve(c net.Conn) {
	defer c.Close()
	select {
	case <-r.told:
	case <-time.After(patience):
	}
	r.mu.Lock()
	if len(r.targets) == 0 {
		r.mu.Unlock()
		return
	}
	target := r.targets[r.next%len(r.targets)]
	r.next++
	r.mu.Unlock()
	there, err := net.DialTimeout("tcp", target, 10*time.Second)
	if err != nil {
		return
	}
	defer there.Close()
	go func() {
		_, _ = io.Copy(there, c)
		_ = there.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(c, there)
}
