package durability

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/galleytest"
)

const (
	tracedClients = 8
	tracedInserts = 15 // of each client
)

// TestSyncBeforeAnswer watches the system calls of a server and demands of each
// acknowledged insert a sync of the WAL between its write and its answer.
func TestSyncBeforeAnswer(t *testing.T) {
	strace := findStrace(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, schema)})
	file := filepath.Join(t.TempDir(), "trace")
	stop := attach(t, strace, s.PID(), file)
	markers := insertTraced(t, s)
	stop()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	calls, err := parseTrace(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range markers {
		if err := provesDurable(calls, m); err != nil {
			t.Error(err)
		}
	}
	// What this test would say of a server with synchronous=OFF.
	unsynced := withoutSyncs(calls)
	for _, m := range markers {
		if provesDurable(unsynced, m) == nil {
			t.Errorf("%s: found durable without a sync: the test proves nothing", m)
		}
	}
	fmt.Printf("durability: %d inserts, %d system calls, %d syncs of the WAL, each before its answers: %v\n",
		len(markers), len(calls), len(calls)-len(unsynced), !t.Failed())
}

func withoutSyncs(calls []call) []call {
	var out []call
	for _, c := range calls {
		if !c.syncsWAL() {
			out = append(out, c)
		}
	}
	return out
}

func insertTraced(t *testing.T, s *galleytest.Server) []string {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var markers []string
	for c := range tracedClients {
		wg.Go(func() {
			for n := range tracedInserts {
				marker := fmt.Sprintf("marker-%02d-%03d", c, n)
				if err := insert(t.Context(), s, 0, c, n, marker); err != nil {
					t.Errorf("insert: %v", err)
					return
				}
				mu.Lock()
				markers = append(markers, marker)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return markers
}

// attach traces a process until the function it returns is called.
func attach(t *testing.T, strace string, pid int, file string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, strace, "-f", "-y", "-s", "8192", "-o", file,
		"-e", "trace=write,pwrite64,fsync,fdatasync", "-e", "signal=none", "-p", strconv.Itoa(pid))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	attached := false
	for !attached && lines.Scan() {
		attached = strings.Contains(lines.Text(), "attached")
	}
	if !attached {
		_ = cmd.Wait()
		missing(t, "strace may not attach to a process here")
	}
	drained := make(chan struct{})
	go func() {
		for lines.Scan() {
		}
		close(drained)
	}()
	return func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-drained
		_ = cmd.Wait()
	}
}

func findStrace(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if runtime.GOOS != "linux" || err != nil {
		missing(t, "this test needs Linux and strace")
	}
	return path
}

// missing skips the test, or fails it where nothing may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("GALLEY_TEST_REQUIRE_STRACE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func TestProvesDurable(t *testing.T) {
	const write = `7 pwrite64(9</d/data.db-wal>, "..m1..", 4096, 56) = 4096`
	const sync = `8 fsync(9</d/data.db-wal>) = 0`
	const answer = `9 write(5<socket:[77]>, "HTTP/1.1 201 Created\r\n..m1..", 90) = 90`
	begin, end := `8 fsync(9</d/data.db-wal> <unfinished ...>`, `8 <... fsync resumed>) = 0`
	for _, c := range []struct {
		name  string
		trace []string
		want  bool
	}{
		{"in order", []string{write, sync, answer}, true},
		{"a sync that takes its time", []string{write, begin, `6 fsync(4</d/x>) = 0`, end, answer}, true},
		{"an answer whose call was not seen to return", []string{write, sync, `9 write(5<socket:[77]>, "..m1..", 90 <unfinished ...>`}, true},
		{"an answer at which the trace was stopped", []string{write, sync, `9 write(5<socket:[77]>, "..m1.." <detached ...>`}, true},
		{"a sync not seen to return", []string{write, begin, answer}, false},
		{"a write not seen to return", []string{`7 pwrite64(9</d/data.db-wal>, "..m1..", 4096, 56 <unfinished ...>`, sync, answer}, false},
		{"no sync", []string{write, answer}, false},
		{"a sync before the write", []string{sync, write, answer}, false},
		{"a sync after the answer", []string{write, answer, sync}, false},
		{"a sync that began before the write", []string{begin, write, end, answer}, false},
		{"a sync that ended after the answer", []string{write, begin, answer, end}, false},
		{"a sync that failed", []string{write, `8 fsync(9</d/data.db-wal>) = -1 EIO (Input/output error)`, answer}, false},
		{"a sync of another file", []string{write, `8 fsync(9</d/data.db>) = 0`, answer}, false},
	} {
		calls, err := parseTrace(strings.NewReader(strings.Join(c.trace, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		if err := provesDurable(calls, "m1"); (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
