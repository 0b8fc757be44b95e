package jobs_test

import (
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
)

// TestUpgrade brings the tables of each earlier version up to date while jobs wait
// and run and a node sleeps: nothing is lost, and all is as if it had begun so.
func TestUpgrade(t *testing.T) {
	steps := jobs.Schema("postgres")
	for version := 1; version < len(steps); version++ {
		db := opened(t)
		part := migrate.Part{Name: "jobs", Steps: steps[:version]}
		if err := migrate.Own(t.Context(), db, part); err != nil {
			t.Fatal(err)
		}
		f := &fixture{t: t, db: db, open: func() database.DB { return db }, log: &syncBuffer{}}
		f.rows(`select galley.enqueue('q', '1'), galley.enqueue('q', '2', unique_key => 'k'), galley.enqueue('q', '3', delay => '1 hour'), galley.enqueue('q', '4')`)
		f.rows(`update galley.jobs set state = 'running', attempt = 1, node = 'gone', lease_until = now() - interval '1 minute' where payload = '4'`)
		f.rows(`insert into galley.job_waiters (node) values ('asleep')`)
		f = newFixture(t, db, func() database.DB { return db }) // the rest of the steps
		if got := f.rows(`select galley.enqueue('q', '5', unique_key => 'k') = id from galley.jobs where payload = '2'`); got != "t" {
			t.Errorf("from version %d: a job that waits is not found by its key", version)
		}
		if got := listen(f).told(`select galley.enqueue('q', '6')`); !got {
			t.Errorf("from version %d: a node that slept is not told", version)
		}
		for _, sql := range []string{`update galley.jobs set priority = 10`, `select galley.enqueue('')`, `select galley.enqueue_many('[{"queue": "q", "max_attempts": 0}]')`} {
			if _, err := rowsOf(f.q(), sql); fault.Code(err) != fault.CheckViolation {
				t.Errorf("from version %d: %s: %v", version, sql, err)
			}
		}
		f.node(db, handlers(newRecorder().handle), func(c *jobs.Config) { c.Lease = time.Second })
		f.until("1,completed|2,completed|3,scheduled|4,completed|6,completed", "select payload, state from galley.jobs order by id")
	}
}

// opened is a fresh database of PostgreSQL without tables.
func opened(t *testing.T) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// listener hears what is said of jobs.
type listener struct {
	f     *fixture
	heard chan string
}

func listen(f *fixture) *listener {
	f.t.Helper()
	l := &listener{f: f, heard: make(chan string, 100)}
	f.t.Cleanup(f.db.(database.Notifier).Listen("galley_jobs", func(n database.Notification) {
		if !n.Lost {
			l.heard <- n.Payload
		}
	}))
	for {
		f.rows(`select pg_notify('galley_jobs', 'before')`)
		select {
		case <-l.heard:
			return l
		case <-time.After(10 * time.Millisecond): // it takes a while until they listen
		}
	}
}

// told tells whether a statement says that there are jobs: of what is said after it
// somebody hears first, who listens.
func (l *listener) told(sql string) bool {
	l.f.t.Helper()
	l.f.rows(sql)
	l.f.rows(`select pg_notify('galley_jobs', 'after')`)
	for said := false; ; {
		switch soon(l.f.t, l.heard) {
		case "":
			said = true
		case "after":
			return said
		}
	}
}

// TestTold: whoever enqueues tells those who sleep, and nobody else.
func TestTold(t *testing.T) {
	f := onPostgres(t)
	l := listen(f)
	enqueue, many := `select galley.enqueue('q')`, `select * from galley.enqueue_many('[{"queue": "q"}]')`
	for _, c := range []struct {
		change string
		want   bool
	}{
		{`select 1`, false},
		{`insert into galley.job_waiters (node) values ('a')`, true},
		{`insert into galley.job_waiters (node) values ('b')`, true},
		{`insert into galley.job_waiters (node) values ('b') on conflict (node) do update set since = now()`, true},
		{`delete from galley.job_waiters where node = 'a'`, true},
		{`delete from galley.job_waiters where node = 'b' or since < now() - interval '2 minutes'`, false},
		{`insert into galley.job_waiters (node) values ('c')`, true},
	} {
		f.rows(c.change)
		for _, sql := range []string{enqueue, many} {
			if got := l.told(sql); got != c.want {
				t.Errorf("after %s: %s told somebody: %t", c.change, sql, got)
			}
		}
	}
}
