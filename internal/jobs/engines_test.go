package jobs_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
)

// patience is how long a test waits for what should happen soon. Only a failing
// test waits that long.
const patience = 60 * time.Second

// fixture is a database with the tables of jobs, which any number of nodes may
// open.
type fixture struct {
	t    testing.TB
	db   database.DB
	open func() database.DB // another connection to the same database
	log  *syncBuffer
}

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func onPostgres(t testing.TB) *fixture {
	url := pgtest.Database(t)
	open := func() database.DB {
		db, err := postgres.Open(t.Context(), postgres.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if err := db.Bootstrap(t.Context()); err != nil {
			t.Fatal(err)
		}
		return db
	}
	return newFixture(t, open(), open)
}

func onEmbedded(t testing.TB) *fixture {
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return newFixture(t, db, func() database.DB { return db })
}

func newFixture(t testing.TB, db database.DB, open func() database.DB) *fixture {
	t.Helper()
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())}); err != nil {
		t.Fatal(err)
	}
	return &fixture{t: t, db: db, open: open, log: &syncBuffer{}}
}

// node starts a node, which is stopped with the test. change may be nil.
func (f *fixture) node(db database.DB, handlers map[string]jobs.Handler, change func(*jobs.Config)) *jobs.Client {
	f.t.Helper()
	c := jobs.Config{DB: db, Handlers: handlers, Lease: 10 * time.Second, Poll: 100 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(f.log, nil))}
	if change != nil {
		change(&c)
	}
	client, err := jobs.New(c)
	if err != nil {
		f.t.Fatal(err)
	}
	client.Start()
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = client.Stop(ctx)
	})
	return client
}

// q runs statements as the owner.
func (f *fixture) q() database.Querier { return as(f.db, "") }

type someone struct {
	db database.DB
	s  database.Session
}

func as(db database.DB, role string) database.Querier {
	return someone{db, database.Session{Role: role}}
}

func (o someone) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return o.db.Query(ctx, o.s, st)
}

func (f *fixture) enqueue(specs ...jobs.Spec) []int64 {
	f.t.Helper()
	ids, err := jobs.EnqueueMany(f.t.Context(), f.q(), specs)
	if err != nil {
		f.t.Fatal(err)
	}
	return ids
}

// rows runs a statement as the owner and returns its rows as text: "a,b|c,d".
func (f *fixture) rows(sql string, args ...any) string {
	f.t.Helper()
	text, err := rowsOf(f.q(), sql, args...)
	if err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func rowsOf(q database.Querier, sql string, args ...any) (string, error) {
	rows, err := database.Collect(q.Query(context.Background(), database.Statement{SQL: sql, Args: database.Args(args...)}))
	var out bytes.Buffer
	for i, r := range rows {
		if i > 0 {
			out.WriteByte('|')
		}
		for j, v := range r {
			if j > 0 {
				out.WriteByte(',')
			}
			if v == nil {
				out.WriteString("NULL")
				continue
			}
			out.WriteString(*v)
		}
	}
	return out.String(), err
}

// until waits until a query gives what is wanted.
func (f *fixture) until(want, sql string, args ...any) {
	f.t.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = f.rows(sql, args...); got == want {
			return
		}
	}
	f.t.Fatalf("%s: %s, want %s\n%s", sql, got, want, f.log)
}

// soon waits for something to arrive.
func soon[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String implements fmt.Stringer.
func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
