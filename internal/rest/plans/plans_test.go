package plans

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/rest"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	small = 10_000
	large = 1_000_000
)

// world is a database with the tables of the tests, and the REST API over it.
type world struct {
	recorder
	handler http.Handler
	meter   embedded.Meter
}

// recorder is a database that remembers the statements of requests.
type recorder struct {
	database.DB
	mu  sync.Mutex
	got []recorded
}

type recorded struct {
	session   database.Session
	statement database.Statement
}

func (r *recorder) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	r.mu.Lock()
	r.got = append(r.got, recorded{s, st})
	r.mu.Unlock()
	return r.DB.Query(ctx, s, st)
}

func (r *recorder) take() []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func newWorld(t *testing.T, engine string, n int) *world {
	t.Helper()
	w := &world{}
	var err error
	if engine == "embedded" {
		w.DB, err = embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db"), Synchronous: "OFF", Meter: &w.meter,
			Limits: database.Limits{Statement: 5 * time.Minute, IdleInTransaction: time.Minute}})
	} else {
		var db *postgres.DB
		db, err = postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t),
			Limits: database.Limits{Statement: 5 * time.Minute, IdleInTransaction: time.Minute}})
		if err == nil {
			err = db.Bootstrap(t.Context())
		}
		w.DB = db
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.DB.Close() })
	began := time.Now()
	w.roles(t)
	w.script(t, read(t, "schema.sql"))
	if engine == "postgres" { // or plans change while they are looked at, whenever autovacuum comes by
		for _, table := range []string{"teams", "members", "projects", "tasks", "comments", "tags", "task_tags"} {
			w.script(t, "alter table "+table+" set (autovacuum_enabled = off)")
		}
	}
	for _, name := range []string{"rows", "indexes"} {
		w.script(t, strings.ReplaceAll(read(t, name+".sql"), "{n}", strconv.Itoa(n)))
	}
	if engine == "postgres" {
		w.script(t, "analyze")
	}
	t.Logf("%s: %d rows in %v", engine, n, time.Since(began).Round(time.Millisecond))
	w.handler = rest.New(rest.Config{DB: &w.recorder, AnonRole: "anon", AllowTxRollback: true, MaxRows: 1000})
	return w
}

// roles makes the roles of the requests, unless the server has them of before.
func (w *world) roles(t *testing.T) {
	t.Helper()
	for _, q := range requests {
		_, err := database.Exec(w.DB.Query(t.Context(), database.Session{}, database.Statement{SQL: "create role " + q.role}))
		if err != nil && fault.Code(err) != "42710" {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *world) script(t *testing.T, sql string) {
	t.Helper()
	err := database.InTx(t.Context(), w.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(t.Context(), sql, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// send answers a request, and undoes what it changed.
func (w *world) send(t *testing.T, q request) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(q.method, "/rest/v1"+q.target, strings.NewReader(q.body))
	prefer := "tx=rollback"
	if q.prefer != "" {
		prefer += ", " + q.prefer
	}
	r.Header.Set("Prefer", prefer)
	id := httpapi.Identity{Role: q.role, Claims: claims, Authenticated: true}
	out := httptest.NewRecorder()
	w.take()
	w.handler.ServeHTTP(out, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
	if out.Code > 299 {
		t.Fatalf("%s: %d %s", q, out.Code, out.Body)
	}
	return out
}

func (q request) String() string {
	return strings.TrimSpace(q.role + " " + q.method + " " + q.target + " " + q.body + " " + q.prefer)
}

// numbers are those of the objects in the file, which foreign keys are told with.
var numbers = regexp.MustCompile(`_1\d{4}\b`)

// TestEmbedded holds SQLite's plans.
func TestEmbedded(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a million rows")
	}
	few, many := newWorld(t, "embedded", small), newWorld(t, "embedded", large)
	var golden strings.Builder
	for _, q := range requests {
		golden.WriteString(q.String() + "\n")
		a, b := few.measured(t, q), many.measured(t, q)
		for _, r := range many.take() {
			for _, line := range many.explained(t, r, "COSTS OFF") {
				golden.WriteString("    " + numbers.ReplaceAllString(line, "") + "\n")
			}
		}
		if b.rows < 20 && strings.Contains(q.target, "limit") && q.method == "GET" {
			t.Errorf("%s finds too little to tell: %d bytes", q, b.rows)
		}
		if b.steps > 2*a.steps+2000 || b.indexed > 1000 {
			t.Errorf("%s: %d steps and %d rows passed among %d rows, %d steps, %d rows passed and %d rows indexed among %d",
				q, a.steps, a.scanned, small, b.steps, b.scanned, b.indexed, large)
		}
	}
	compare(t, "embedded.golden", golden.String())
}

// work is what a request took.
type work struct {
	steps, scanned, indexed int64
	rows                    int
}

// measured sends a request twice, so that it is prepared, and returns what the
// second took.
func (w *world) measured(t *testing.T, q request) work {
	t.Helper()
	w.send(t, q)
	before := work{steps: w.meter.Steps.Load(), scanned: w.meter.Scanned.Load(), indexed: w.meter.Indexed.Load()}
	out := w.send(t, q)
	return work{steps: w.meter.Steps.Load() - before.steps, scanned: w.meter.Scanned.Load() - before.scanned,
		indexed: w.meter.Indexed.Load() - before.indexed, rows: out.Body.Len()}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Fatalf("%s:%d: %q\n%s", name, i+1, line, "if it should be so, run with -update")
		}
	}
}
