package postgres

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres/changes"
)

// countingConn counts how often the client turned from reading to writing,
// which is the number of round trips.
type countingConn struct {
	net.Conn
	trips   *atomic.Int64
	writing atomic.Bool
}

func (c *countingConn) Write(b []byte) (int, error) {
	if !c.writing.Swap(true) {
		c.trips.Add(1)
	}
	return c.Conn.Write(b)
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.writing.Store(false)
	}
	return n, err
}

// counted opens a database with one connection whose round trips are counted.
func counted(t testing.TB) (*DB, *atomic.Int64) {
	t.Helper()
	config := Config{URL: pgtest.Database(t), MaxConns: 1}.withDefaults()
	pgConfig, err := parseURL(config.URL)
	if err != nil {
		t.Fatal(err)
	}
	trips := new(atomic.Int64)
	pgConfig.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
		return &countingConn{Conn: c, trips: trips}, nil
	}
	db := &DB{config: config}
	db.rows = changes.New(db, config.Logger)
	db.pool = newPool(pgConfig, config, &db.generation)
	db.types = newTypeNames(db.pool)
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, trips
}

func TestOneRoundTrip(t *testing.T) {
	db, trips := counted(t)
	s := database.Session{Role: "authenticated", Claims: `{"sub":"x"}`, Path: "/p"}
	for _, st := range []database.Statement{
		{SQL: "select auth.role(), $1::text", Args: database.Args("x")},
		{SQL: "select 2", ReadOnly: true},
		{SQL: "with w as (select 4) select * from w", Rollback: true},
		{SQL: "select 3", Rollback: true},
		{SQL: "select nope"},
	} {
		for i := range 3 {
			before := trips.Load()
			_, err := database.Exec(db.Query(t.Context(), s, st))
			if err != nil && st.SQL != "select nope" {
				t.Fatal(err)
			}
			if n := trips.Load() - before; n != 1 {
				t.Errorf("%s (run %d): %d round trips", st.SQL, i, n)
			}
		}
	}
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	db, _ := counted(t)
	for i := range 2 * maxPrepared {
		if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: fmt.Sprintf("select %d", i)})); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := database.Collect(db.Query(t.Context(), database.Session{},
		database.Statement{SQL: "select count(*) from pg_prepared_statements"}))
	if err != nil {
		t.Fatal(err)
	}
	if n := *rows[0][0]; n != fmt.Sprint(maxPrepared) && n != fmt.Sprint(maxPrepared+1) {
		t.Errorf("the server knows %s prepared statements, want %d", n, maxPrepared)
	}
}

// TestCancelHarmsNobody cancels statements just as they end: the request may reach the
// server late, and must not end what runs on the connection next.
func TestCancelHarmsNobody(t *testing.T) {
	db, _ := counted(t)
	ask := func(ctx context.Context, sql string) error {
		_, err := database.Exec(db.Query(ctx, database.Session{}, database.Statement{SQL: sql}))
		return err
	}
	canceled := 0
	for i := range 400 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1500+i*2)*time.Microsecond)
		if ask(ctx, "select pg_sleep(0.002)") != nil {
			canceled++
		}
		cancel()
		for range 3 {
			if err := ask(t.Context(), "select pg_sleep(0.0005)"); err != nil {
				t.Fatalf("after number %d: %v", i, err)
			}
		}
	}
	t.Logf("%d were cancelled", canceled)
}

// TestNews: what is said on other channels than those of the schema is no news of it.
func TestNews(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	heard := make(chan string, 100)
	defer db.Listen("mine", func(n database.Notification) {
		if !n.Lost {
			heard <- n.Payload
		}
	})()
	say := func(channel, payload string) {
		if err := database.Run(t.Context(), database.Owner{DB: db}, "select pg_notify($1, $2)", channel, payload); err != nil {
			t.Fatal(err)
		}
	}
	for ready := false; !ready; {
		say("mine", "")
		select {
		case <-heard:
			ready = true
		case <-time.After(10 * time.Millisecond): // it takes a while until it listens
		}
	}
	before := db.generation.Load()
	for _, payload := range []string{"", "reload schema", "x"} {
		say("mine", payload)
		for said := ""; said != payload; {
			said = <-heard
		}
	}
	if now := db.generation.Load(); now != before {
		t.Errorf("the schema was taken for changed %d times", now-before)
	}
	for _, payload := range []string{"", "reload schema"} {
		before := db.generation.Load()
		say("pgrst", payload)
		for end := time.Now().Add(20 * time.Second); db.generation.Load() == before; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%q on pgrst was not heard", payload)
			}
		}
	}
}

func BenchmarkPointRead(b *testing.B) {
	db, _ := counted(b)
	for _, sql := range []string{"create table t (id integer primary key, v text)", "insert into t values (1, 'x')"} {
		if _, err := database.Exec(db.Query(b.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
			b.Fatal(err)
		}
	}
	s := database.Session{Role: "authenticated", Claims: `{"sub":"11111111-1111-1111-1111-111111111111"}`}
	st := database.Statement{SQL: "select id, v from t where id = $1", Args: database.Args(1), ReadOnly: true}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := database.Exec(db.Query(b.Context(), s, st)); err != nil {
			b.Fatal(err)
		}
	}
}
