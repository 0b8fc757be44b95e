// Package exhaustion runs functions that take whatever they can get, and asks meanwhile
// how others fare.
package exhaustion

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/galleytest"
)

func TestMain(m *testing.M) { galleytest.Main(m) }

const (
	cpuTime = time.Second
	timeout = 4 * time.Second
	// patience is how long an answer may take on a loaded machine beyond its limit.
	patience = 60 * time.Second
)

func start(t *testing.T) *galleytest.Server {
	t.Helper()
	project := galleytest.Project(t, `create table points (id bigint primary key, name text);
		insert into points select n, 'p' from generate_series(1, 1000) as n;`)
	if err := os.CopyFS(filepath.Join(project, "functions"), os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	return galleytest.Start(t, galleytest.Options{Project: project, Env: []string{
		"GALLEY_FUNCTIONS_CPU_TIME=" + cpuTime.String(), "GALLEY_FUNCTIONS_TIMEOUT=" + timeout.String(),
		"GALLEY_FUNCTIONS_MEMORY=64MiB", "GALLEY_FUNCTIONS_MAX_RESPONSE=1MiB", "SECRET_OF_THE_SERVER=leaked",
	}})
}

// answer is a response; status is 0 when the connection broke.
type answer struct {
	status int
	body   string
	took   time.Duration
}

var client = &http.Client{Timeout: 2 * patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func get(ctx context.Context, url string) answer {
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return answer{body: err.Error()}
	}
	response, err := client.Do(r)
	if err != nil {
		return answer{body: err.Error(), took: time.Since(began)}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return answer{body: err.Error(), took: time.Since(began)}
	}
	return answer{response.StatusCode, string(text), time.Since(began)}
}

// attacks asks the function for what it knows.
func attacks(t *testing.T, s *galleytest.Server) []string {
	t.Helper()
	var names []string
	a := get(t.Context(), s.URL+"/functions/v1/attack")
	if err := json.Unmarshal([]byte(a.body), &names); err != nil || len(names) < 40 {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return names
}

const helloWants = "undefined undefined 2,4 {\"a\":1}"

// TestAttacks runs each attack by itself: it ends in time, by a limit or an error that
// says what it is, and another function answers afterwards as if nothing had been.
func TestAttacks(t *testing.T) {
	s := start(t)
	for _, name := range attacks(t, s) {
		t.Run(name, func(t *testing.T) {
			if name == "endlessBody" {
				return // TestSlowBody
			}
			a := get(t.Context(), s.URL+"/functions/v1/attack?how="+name)
			broken := a.status == 0 && name == "endlessAnswer"
			if !broken && (a.status != 546 && a.status != 504 && a.status != 500 || !strings.Contains(a.body, `"code":"WORKER_`)) {
				t.Errorf("%d %.300s", a.status, a.body)
			}
			if a.took > timeout+patience {
				t.Errorf("it took %s", a.took)
			}
			if h := get(t.Context(), s.URL+"/functions/v1/hello"); h.status != 200 || h.body != helloWants {
				t.Errorf("another function: %d %s", h.status, h.body)
			}
			t.Logf("%d in %s: %.120s", a.status, a.took.Round(time.Millisecond), a.body)
		})
	}
}

func TestEscapes(t *testing.T) {
	s := start(t)
	if a := get(t.Context(), s.URL+"/functions/v1/escape"); a.status != 200 || a.body != "[]" {
		t.Errorf("%d: %s", a.status, a.body)
	}
}

// TestSlowBody sends a byte of a body and then nothing.
func TestSlowBody(t *testing.T) {
	s := start(t)
	attacks(t, s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.Close() }()
			if _, err := io.WriteString(c, "POST /functions/v1/attack?how=endlessBody HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx"); err != nil {
				t.Error(err)
			}
			_ = c.SetReadDeadline(time.Now().Add(timeout + patience))
			head := make([]byte, 12)
			if _, err := io.ReadFull(c, head); err != nil || string(head[9:]) != "504" {
				t.Errorf("%q, %v", head, err)
			}
		})
	}
	if h := get(t.Context(), s.URL+"/functions/v1/hello"); h.status != 200 || h.body != helloWants {
		t.Errorf("another function meanwhile: %d %s", h.status, h.body)
	}
	wg.Wait()
}

// TestLatency measures a function and a read of one row, alone and beside attacks: those
// that interrupts stop, those that the engine does by itself, and those that end at once and
// begin again. The figures are printed; what is asserted is only that others are served at
// all, for a machine that runs other tests beside has no figures.
func TestLatency(t *testing.T) {
	s := start(t)
	names := []string{"loop", "microtasks", "array", "regexp", "join", "timers", "recursion", "largeAnswer", "promises",
		"indexOf", "parseHuge", "bigint", "derive", "timersThatRepeat", "recursionInToString", "endlessAnswer", "never"}
	attacks(t, s)
	paths := []string{"/functions/v1/hello", "/rest/v1/points?id=eq.7"}
	alone := measure(t, s, paths)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var next, ended atomic.Int64
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				get(ctx, s.URL+"/functions/v1/attack?how="+names[int(next.Add(1))%len(names)])
				ended.Add(1)
			}
		})
	}
	beside := measure(t, s, paths)
	stop()
	wg.Wait()
	for i, path := range paths {
		a, b := alone[i], beside[i]
		t.Logf("%s: alone p50 %s p99 %s; beside 4 attacks (%d ended) p50 %s p99 %s", path, at(a, 50), at(a, 99), ended.Load(), at(b, 50), at(b, 99))
		if at(b, 50) > max(50*at(a, 50), patience/10) {
			t.Errorf("%s: p50 %s beside attacks, %s alone", path, at(b, 50), at(a, 50))
		}
	}
}

// measure asks for each path one after the other for a while.
func measure(t *testing.T, s *galleytest.Server, paths []string) [][]time.Duration {
	t.Helper()
	all := make([][]time.Duration, len(paths))
	for began := time.Now(); time.Since(began) < 5*time.Second || len(all[0]) < 20; {
		for i, path := range paths {
			a := get(t.Context(), s.URL+path)
			if a.status != 200 {
				t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
			all[i] = append(all[i], a.took)
		}
	}
	return all
}

func at(list []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}
