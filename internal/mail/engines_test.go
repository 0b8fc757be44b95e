package mail_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
)

// patience is how long a test waits for what should happen soon. Only a failing
// test waits that long.
const patience = 60 * time.Second

// fixture is a database with the tables of jobs and mail.
type fixture struct {
	*testing.T
	db  database.DB
	log *syncBuffer
}

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, f *fixture)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		t.Parallel()
		test(t, newFixture(t, db))
	})
}

func newFixture(t *testing.T, db database.DB) *fixture {
	t.Helper()
	err := migrate.Own(t.Context(), db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())}, migrate.Part{Name: "mail", Steps: mail.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{T: t, db: db, log: &syncBuffer{}}
}

// settings is a configuration as the environment gives it.
func (f *fixture) settings(env ...string) config.Config {
	f.Helper()
	c, _, err := config.Load(config.Source{Project: f.TempDir(), Env: env})
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// service returns a service whose jobs are done until the test ends.
func (f *fixture) service(c mail.Config) *mail.Service {
	f.Helper()
	c.DB, c.Logger = f.db, slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if c.SiteURL == "" {
		c.SiteURL = "https://app.example.org"
	}
	s, err := mail.New(c)
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Prepare(f.Context()); err != nil {
		f.Fatal(err)
	}
	node, err := jobs.New(jobs.Config{DB: f.db, Handlers: s.Handlers(), Poll: 100 * time.Millisecond, Logger: c.Logger})
	if err != nil {
		f.Fatal(err)
	}
	node.Start()
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = node.Stop(ctx)
	})
	return s
}

// send has a mail sent, in a transaction of its own.
func (f *fixture) send(s *mail.Service, r mail.Request) string {
	f.Helper()
	id, err := f.trySend(s, r)
	if err != nil {
		f.Fatal(err)
	}
	return id
}

func (f *fixture) trySend(s *mail.Service, r mail.Request) (id string, err error) {
	err = database.InTx(f.Context(), f.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		id, err = s.Send(f.Context(), tx, r)
		return err
	})
	return id, err
}

// rows runs a statement as the owner and returns its rows as text: "a,b|c,d".
func (f *fixture) rows(sql string, args ...any) string {
	f.Helper()
	rows, err := database.Collect(f.db.Query(f.Context(), database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	if err != nil {
		f.Fatalf("%s: %v", sql, err)
	}
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
	return out.String()
}

// until waits until a query gives what is wanted.
func (f *fixture) until(want, sql string, args ...any) {
	f.Helper()
	var got string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = f.rows(sql, args...); got == want {
			return
		}
	}
	f.Fatalf("%s: %s, want %s\n%s", sql, got, want, f.log)
}

// state waits until a message has a state.
func (f *fixture) state(id, want string) {
	f.Helper()
	f.until(want, `SELECT state FROM galley.mail_messages WHERE id = $1::uuid`, id)
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
