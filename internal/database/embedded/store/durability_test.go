package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// The tests run themselves as the program that is to be killed or traced. It
// writes rows and prints the number of each as soon as it is acknowledged.
const (
	helperPath    = "GALLEY_TEST_STORE_PATH"
	helperSync    = "GALLEY_TEST_STORE_SYNCHRONOUS"
	helperCallers = "GALLEY_TEST_STORE_CALLERS"
	helperFirst   = "GALLEY_TEST_STORE_FIRST"
	helperLast    = "GALLEY_TEST_STORE_LAST"
	// manyRounds is set for the full number of kills.
	manyRounds = "GALLEY_TEST_KILLS"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(helperPath); path != "" {
		if err := helper(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func helper(path string) error {
	s, err := Open(context.Background(), Options{Path: path, Synchronous: os.Getenv(helperSync)})
	if err != nil {
		return err
	}
	err = s.Write(context.Background(), func(c *sqlite.Conn) (bool, error) { return true, c.Exec(schema) })
	if err != nil {
		return err
	}
	callers, _ := strconv.Atoi(os.Getenv(helperCallers))
	first, _ := strconv.Atoi(os.Getenv(helperFirst))
	last, _ := strconv.Atoi(os.Getenv(helperLast))
	next := atomic.Int64{}
	next.Store(int64(first))
	failed := make(chan error)
	for range callers {
		go func() {
			for {
				id := int(next.Add(1))
				if id > last {
					failed <- nil
					return
				}
				if err := s.Write(context.Background(), insert(id)); err != nil {
					failed <- err
					return
				}
				fmt.Printf("ack %d\n", id) // one write to the pipe, unbuffered
			}
		}()
	}
	for range callers {
		if err := <-failed; err != nil {
			return err
		}
	}
	return s.Close()
}

func helperCommand(t *testing.T, path string, env map[string]string, command ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	command = append(command, self)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Env = append(os.Environ(), helperPath+"="+path)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// TestKilledLosesNothingAcknowledged kills a writing process at random moments.
// What the kernel has not written is lost only when the machine fails; the next
// test looks after that.
func TestKilledLosesNothingAcknowledged(t *testing.T) {
	rounds := 10
	if n, err := strconv.Atoi(os.Getenv(manyRounds)); err == nil {
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "killed.db")
	acknowledged := map[int]bool{}
	for round := range rounds {
		cmd := helperCommand(t, path, map[string]string{helperCallers: "16",
			helperFirst: strconv.Itoa(round * 1_000_000), helperLast: strconv.Itoa((round + 1) * 1_000_000)})
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		before := len(acknowledged)
		// The time runs from the first answer: start-up is not what is tested.
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			id, err := strconv.Atoi(strings.TrimPrefix(scanner.Text(), "ack "))
			if err != nil {
				break // a line cut off by the kill was not read by the client either
			}
			acknowledged[id] = true
			if len(acknowledged) == before+1 {
				time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended before it was killed")
		}
		checkFile(t, path, acknowledged)
	}
	t.Logf("%d rounds, %d writes acknowledged", rounds, len(acknowledged))
	if len(acknowledged) < rounds {
		t.Error("hardly anything was written")
	}
}

func checkFile(t *testing.T, path string, acknowledged map[int]bool) {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	must(t, err)
	defer s.Close()
	found := ids(t, s)
	for id := range acknowledged {
		if !found[id] {
			t.Fatalf("row %d was acknowledged and is lost", id)
		}
	}
	c, release, err := s.Reader(t.Context())
	must(t, err)
	defer release()
	q, err := c.Prepare(`PRAGMA integrity_check`)
	must(t, err)
	if _, err := q.Step(); err != nil || q.Column(0).Text() != "ok" {
		t.Fatalf("integrity: %v %v", q.Column(0).Text(), err)
	}
}

// TestAcknowledgedMeansSynced traces a writing process: between the writing of
// the log and each answer there must be an fsync of the log. The same check must
// notice that synchronous=OFF does without.
func TestAcknowledgedMeansSynced(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs strace, which is Linux's")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace, which is not installed")
	}
	for mode, synced := range map[string]bool{"FULL": true, "OFF": false} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			trace := filepath.Join(dir, "trace")
			cmd := helperCommand(t, filepath.Join(dir, "traced.db"),
				map[string]string{helperSync: mode, helperCallers: "1", helperFirst: "0", helperLast: "40"},
				strace, "-f", "-y", "-o", trace, "-e", "trace=write,pwrite64,fsync,fdatasync")
			out, err := cmd.Output()
			if err != nil {
				t.Skipf("strace does not work here: %v", err)
			}
			if n := strings.Count(string(out), "ack "); n != 40 {
				t.Fatalf("%d answers", n)
			}
			f, err := os.Open(trace)
			must(t, err)
			defer f.Close()
			answers, unsynced := checkTrace(f)
			if answers != 40 {
				t.Fatalf("%d answers in the trace", answers)
			}
			if synced != (unsynced == 0) {
				t.Errorf("%d of %d answers came before an fsync of the log", unsynced, answers)
			}
		})
	}
}

var traceLine = regexp.MustCompile(`^(\d+)\s+(?:<\.\.\. )?(\w+)(.*)$`)

// checkTrace counts answers, and those that had no write of the log followed by
// a finished fsync of it since the answer before.
func checkTrace(r io.Reader) (answers, unsynced int) {
	written, synced := false, false
	pending := map[string]bool{} // threads inside an fsync of the log
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		m := traceLine.FindStringSubmatch(scanner.Text())
		if m == nil {
			continue
		}
		thread, call, rest := m[1], m[2], m[3]
		log := strings.Contains(rest, "-wal>")
		switch {
		case call == "pwrite64" && log:
			written, synced = true, false
		case call != "write" && strings.HasPrefix(rest, " resumed>"):
			synced = synced || pending[thread] && strings.HasSuffix(rest, "= 0")
			delete(pending, thread)
		case (call == "fsync" || call == "fdatasync") && log:
			pending[thread] = strings.Contains(rest, "unfinished")
			synced = synced || strings.HasSuffix(rest, "= 0")
		case call == "write" && strings.Contains(rest, `"ack `):
			answers++
			if !written || !synced {
				unsynced++
			}
			written, synced = false, false
		}
	}
	return answers, unsynced
}
