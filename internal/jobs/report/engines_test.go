package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/report"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
)

// patience is how long a test waits for what should happen soon. Only a failing
// test waits that long.
const patience = 60 * time.Second

// fixture is a database with a node that makes reports.
type fixture struct {
	*testing.T
	db    database.DB
	dir   string
	ended chan int64 // ids of jobs whose attempt has ended
}

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, change func(*report.Config), test func(f *fixture)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		t.Parallel()
		test(newFixture(t, db, change))
	})
}

func newFixture(t *testing.T, db database.DB, change func(*report.Config)) *fixture {
	t.Helper()
	f := &fixture{T: t, db: db, dir: filepath.Join(t.TempDir(), "reports"), ended: make(chan int64, 1000)}
	err := migrate.Own(t.Context(), db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())}, migrate.Part{Name: "mail", Steps: mail.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	settings, _, err := config.Load(config.Source{Project: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	post, err := mail.New(mail.Config{DB: db, Settings: settings, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	c := report.Config{DB: db, Dir: f.dir, Mailer: post, Allow: func(_ context.Context, role string) error {
		if role == "forbidden" {
			return errors.New("not this role")
		}
		return nil
	}}
	if change != nil {
		change(&c)
	}
	reports, err := report.New(c)
	if err != nil {
		t.Fatal(err)
	}
	handlers := post.Handlers()
	handlers[report.Kind] = reports.Do
	for kind, h := range handlers {
		handlers[kind] = func(ctx context.Context, j *jobs.Job) error {
			defer func() { f.ended <- j.ID }()
			return h(ctx, j)
		}
	}
	f.start(handlers, log)
	return f
}

func (f *fixture) start(handlers map[string]jobs.Handler, log *slog.Logger) {
	client, err := jobs.New(jobs.Config{DB: f.db, Handlers: handlers, Lease: 10 * time.Second, Poll: 100 * time.Millisecond, Logger: log})
	if err != nil {
		f.Fatal(err)
	}
	client.Start()
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = client.Stop(ctx)
	})
}

// rows are those of a statement that the owner runs, as texts; null is NULL.
func (f *fixture) rows(sql string, args ...any) [][]string {
	f.Helper()
	all, err := database.Collect(f.db.Query(f.Context(), database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	if err != nil {
		f.Fatalf("%s: %v", sql, err)
	}
	out := make([][]string, len(all))
	for i, r := range all {
		for _, v := range r {
			if v == nil {
				out[i] = append(out[i], "null")
			} else {
				out[i] = append(out[i], *v)
			}
		}
	}
	return out
}

// outcome is what became of a job.
type outcome struct {
	id     int64
	state  string
	errors string
	result struct {
		File, Message          string
		Rows, Bytes, Unprinted int64
	}
}

// report has a report made, and waits until it was tried once.
func (f *fixture) report(payload map[string]any) (o outcome) {
	f.Helper()
	id, err := jobs.Enqueue(f.Context(), database.Owner{DB: f.db}, jobs.Spec{Queue: "reports", Kind: report.Kind, Payload: payload})
	if err != nil {
		f.Fatal(err)
	}
	o.id = id
	deadline := time.After(patience)
	for ended := int64(0); ended != id; {
		select {
		case ended = <-f.ended:
		case <-deadline:
			f.Fatal("the job was not done")
		}
	}
	for start := time.Now(); ; { // its outcome is written soon
		r := f.rows("select state, errors, coalesce(result, '{}') from galley.jobs where id = $1", id)[0]
		if o.state, o.errors = r[0], r[1]; o.state != jobs.Running {
			if err := json.Unmarshal([]byte(r[2]), &o.result); err != nil {
				f.Fatal(err)
			}
			return o
		}
		if time.Since(start) > patience {
			f.Fatal("the outcome was not written")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// made is a report that has to succeed, and its file.
func (f *fixture) made(payload map[string]any) (o outcome, path string) {
	f.Helper()
	o = f.report(payload)
	if o.state != jobs.Completed {
		f.Fatalf("%s: %s", o.state, o.errors)
	}
	path = filepath.Join(f.dir, filepath.FromSlash(o.result.File))
	if info, err := os.Stat(path); err != nil || info.Size() != o.result.Bytes {
		f.Fatalf("the file: %v, %v bytes wanted", err, o.result.Bytes)
	}
	return o, path
}

// office tells how a program of another maker is called, and skips the test where
// there is none.
func (f *fixture) office(command ...string) []byte {
	f.Helper()
	if command[0] == "python" {
		command[0] = "/usr/bin/python3"
		if exec.Command(command[0], "-c", "import openpyxl").Run() != nil {
			f.missing("openpyxl is not installed (Debian: apt-get install python3-openpyxl)")
		}
	} else if _, err := exec.LookPath(command[0]); err != nil {
		f.missing(command[0] + " is not installed (Debian: apt-get install poppler-utils)")
	}
	cmd := exec.CommandContext(f.Context(), command[0], command[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		f.Fatalf("%v: %v: %s", command, err, stderr.String())
	}
	return out
}

func (f *fixture) missing(what string) {
	f.Helper()
	if os.Getenv("GALLEY_TEST_REQUIRE_OFFICE") == "1" {
		f.Fatal(what)
	}
	f.Skip(what)
}

// cells are those of a file as another library reads them.
func (f *fixture) cells(path string, to any) {
	f.Helper()
	if err := json.Unmarshal(f.office("python", "testdata/read.py", path), to); err != nil {
		f.Fatal(err)
	}
}
