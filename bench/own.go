package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ownBenchmarks are benchmarks of Galley's own packages, compiled: of what is driven
// in the process, as the programs do that have it, not by HTTP.
type ownBenchmarks struct {
	dir      string // with app.test, backup.test, jobs.test and token.test; empty to leave them out
	postgres string // a superuser's URL of a server, which each makes a database on
}

// ownFigure is a metric of one of the benchmarks and what it is called in the
// results.
type ownFigure struct {
	bench, metric, name, unit string
}

var ownFigures = []ownFigure{
	{"Throughput/embedded", "jobs/s", "jobs enqueued and done", "jobs/s"},
	{"Due/embedded", "p50-ms", "job due to started, p50", "ms"},
	{"Due/embedded", "p99-ms", "job due to started, p99", "ms"},
	{"EnqueueServed/embedded", "added-to-insert-%", "insert over HTTP: a job enqueued with it, more time", "%"},
	{"EnqueueServed/embedded", "added-to-function-%", "function over HTTP that inserts: a job enqueued with it, more time", "%"},
	{"EnqueueServed/embedded-alone", "insert-us", "one connection: insert over HTTP", "µs"},
	{"EnqueueServed/embedded-alone", "added-to-insert-%", "one connection: a job enqueued with an insert over HTTP, more time", "%"},
	{"EnqueueServed/embedded-alone", "added-to-function-%", "one connection: a job enqueued with a function that inserts, more time", "%"},
	{"EnqueueShare/embedded", "inserts/s", "transaction that inserts", "transactions/s"},
	{"EnqueueShare/embedded", "added-%", "a job enqueued along with it, more time", "%"},
	{"EnqueueShare/embedded", "added-by-one-%", "a job enqueued by the same statement, more time", "%"},
	{"EnqueueShare/embedded-alone", "added-%", "one client: a job enqueued along with it, more time", "%"},
	{"Throughput/postgres", "jobs/s", "PostgreSQL: jobs enqueued and done", "jobs/s"},
	{"Due/postgres", "p50-ms", "PostgreSQL: job due to started, p50", "ms"},
	{"Due/postgres", "p99-ms", "PostgreSQL: job due to started, p99", "ms"},
	{"EnqueueServed/postgres", "added-to-insert-%", "PostgreSQL: insert over HTTP: a job enqueued with it, more time", "%"},
	{"EnqueueServed/postgres", "outbox-added-to-insert-%", "PostgreSQL: insert over HTTP: a row by a trigger with it, more time", "%"},
	{"EnqueueServed/postgres", "added-to-function-%", "PostgreSQL: function over HTTP that inserts: a job enqueued with it, more time", "%"},
	{"EnqueueServed/postgres-alone", "insert-us", "PostgreSQL, one connection: insert over HTTP", "µs"},
	{"EnqueueServed/postgres-alone", "added-to-insert-%", "PostgreSQL, one connection: a job enqueued with an insert over HTTP, more time", "%"},
	{"EnqueueServed/postgres-durable", "added-to-insert-%", "PostgreSQL that waits for the disk: insert over HTTP: a job enqueued with it, more time", "%"},
	{"EnqueueServed/postgres-durable", "outbox-added-to-insert-%", "PostgreSQL that waits for the disk: insert over HTTP: a row by a trigger with it, more time", "%"},
	{"EnqueueServed/postgres-durable", "added-to-function-%", "PostgreSQL that waits for the disk: function over HTTP that inserts: a job enqueued with it, more time", "%"},
	{"EnqueueServed/postgres-durable-alone", "insert-us", "PostgreSQL that waits for the disk, one connection: insert over HTTP", "µs"},
	{"EnqueueServed/postgres-durable-alone", "added-to-insert-%", "PostgreSQL that waits for the disk, one connection: a job enqueued with an insert over HTTP, more time", "%"},
	{"EnqueueServed/postgres-durable-alone", "added-to-function-%", "PostgreSQL that waits for the disk, one connection: a job enqueued with a function that inserts, more time", "%"},
	{"EnqueueShare/postgres", "inserts/s", "PostgreSQL: transaction that inserts", "transactions/s"},
	{"EnqueueShare/postgres", "added-%", "PostgreSQL: a job enqueued along with it, more time", "%"},
	{"EnqueueShare/postgres", "added-by-one-%", "PostgreSQL: a job enqueued by the same statement, more time", "%"},
	{"EnqueueShare/postgres-alone", "added-%", "PostgreSQL, one client: a job enqueued along with it, more time", "%"},
	{"Hooks/embedded", "added-by-hooks-%", "insert over HTTP: hooks before and after it that do nothing, more time", "%"},
	{"Hooks/embedded", "p99-alone-ms", "insert over HTTP, one client, p99", "ms"},
	{"Hooks/embedded", "p99-beside-ms", "the same beside a client whose inserts have a hook of 50 ms, p99", "ms"},
	{"Hooks/postgres", "added-by-hooks-%", "PostgreSQL: insert over HTTP: hooks before and after it that do nothing, more time", "%"},
	{"Hooks/postgres", "p99-alone-ms", "PostgreSQL: insert over HTTP, one client, p99", "ms"},
	{"Hooks/postgres", "p99-beside-ms", "PostgreSQL: the same beside a client whose inserts have a hook of 50 ms, p99", "ms"},
	{"Redirect/embedded", "redirects/s", "redirect with the visit recorded", "requests/s"},
	{"Redirect/embedded", "of-bare", "redirect with the visit recorded, in the rate of a bare net/http redirect", "×"},
	{"Redirect/postgres", "redirects/s", "PostgreSQL: redirect with the visit recorded", "requests/s"},
	{"Redirect/postgres", "of-bare", "PostgreSQL: redirect with the visit recorded, in the rate of a bare net/http redirect", "×"},
	{"Refresh", "refreshes/s", "refreshes of a session", "requests/s"},
	{"SignIn", "log-ins/s", "log-ins by password, hashing limited to one core", "requests/s"},
	{"SignIn", "x-bcrypt", "log-ins beside point reads, in what one core does of bcrypt alone", "×"},
	{"SignIn", "x-reads", "point reads beside log-ins, in what they are alone", "×"},
	{"Verify/known", "us", "verification of a known access token", "µs"},
	{"Stream", "kept", "inserts beside a continuous backup, in what they are without one", "×"},
	{"Create/plain", "MB/s", "backup", "MB/s"},
	{"Create/plain", "x-copy", "backup, speed in that of a plain copy with fsync", "×"},
}

// measure runs the benchmarks and returns the median of their rounds.
func (w ownBenchmarks) measure(ctx context.Context, o options) ([]resource, error) {
	if w.dir == "" {
		return nil, nil
	}
	found := map[string][]float64{} // by benchmark and metric
	for _, part := range []struct {
		program, bench string
		times, rounds  int
		more           []string
	}{
		{"jobs.test", "Throughput", o.jobs, o.rounds, nil},
		{"jobs.test", "EnqueueShare", o.jobs, o.rounds, nil},
		{"jobs.test", "Due", o.dueJobs, 1, nil},
		{"app.test", "EnqueueServed/(embedded|postgres|postgres-durable)", o.jobs, o.rounds, nil},
		{"app.test", "EnqueueServed/(embedded|postgres|postgres-durable)-alone", o.jobs / 4, o.rounds, nil},
		{"app.test", "Hooks", o.jobs, o.rounds, nil},
		{"app.test", "Redirect", 2 * o.jobs, 1, nil}, // turns are in it
		{"app.test", "Refresh", o.refreshes, o.rounds, nil},
		{"app.test", "SignIn", 1, o.rounds, nil}, // each is a round of turns
		{"token.test", "Verify/known", 100_000, o.rounds, nil},
		{"backup.test", "Stream", 2*o.rounds + 1, 1, nil}, // turns are in it
		{"backup.test", "Create", o.rounds, 1, []string{"-backup-size", strconv.Itoa(o.database)}},
	} {
		args := append([]string{"-test.run", "^$", "-test.bench", "Benchmark" + strings.ReplaceAll(part.bench, "/", "$/") + "$",
			"-test.benchtime", strconv.Itoa(part.times) + "x", "-test.count", strconv.Itoa(part.rounds)}, part.more...)
		text, err := w.run(ctx, part.program, args)
		if err != nil {
			return nil, err
		}
		readMetrics(text, found)
	}
	var out []resource
	for _, f := range ownFigures {
		values := found[f.bench+" "+f.metric]
		if len(values) == 0 {
			if !strings.Contains(f.bench, "postgres") || w.postgres != "" {
				return nil, fmt.Errorf("the benchmark %s told no %s", f.bench, f.metric)
			}
			continue
		}
		slices.Sort(values)
		out = append(out, resource{f.name, f.unit, values[len(values)/2]})
	}
	return out, nil
}

func (w ownBenchmarks) run(ctx context.Context, program string, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(w.dir, program), args...)
	cmd.Env = append(os.Environ(), "GALLEY_TEST_DATABASE_URL="+w.postgres)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the benchmarks of %s: %w\n%s%s", program, err, out, stderr.Bytes())
	}
	return out, nil
}

// benchmarkLine is a line of go test -bench: name, runs, then values with units.
var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// readMetrics adds the metrics that go test printed, by benchmark and metric.
func readMetrics(text []byte, to map[string][]float64) {
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		m := benchmarkLine.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		fields := strings.Fields(m[2])
		for i := 0; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				key := m[1] + " " + fields[i+1]
				to[key] = append(to[key], v)
			}
		}
	}
}
