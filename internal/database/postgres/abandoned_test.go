package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

// endless are results that nobody wants to the end: many rows, large ones, and few
// ones that take hours.
var endless = []string{
	"select repeat('x', 1000) from generate_series(1, 30000) a, generate_series(1, 30000) b",
	"select repeat('x', 3000000) from generate_series(1, 1000000) a",
	"select a, repeat('x', 20000), case when a > 2 then pg_sleep(3600) end from generate_series(1, 10) a",
}

func isPid(t *testing.T, q database.Querier, want string) {
	t.Helper()
	rows, err := database.Collect(q.Query(t.Context(), database.Statement{SQL: "select pg_backend_pid()::text"}))
	if err != nil {
		t.Fatal(err)
	}
	if *rows[0][0] != want {
		t.Errorf("the connection is another one")
	}
}

// begun runs a statement and reads its first row.
func begun(t *testing.T, q database.Querier, st database.Statement) database.Rows {
	t.Helper()
	rows, err := q.Query(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	return rows
}

func closed(t *testing.T, rows database.Rows) {
	t.Helper()
	rows.Close()
	if rows.Err() != nil || rows.Next() {
		t.Errorf("an abandoned read goes on, or says %v", rows.Err())
	}
}

type ownerOf struct{ *postgres.DB }

func (o ownerOf) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return o.DB.Query(ctx, owner, st)
}

// TestAbandonedReads closes results that would go on for minutes, in and outside of
// transactions. The connection is used on, and no statement after it is cancelled.
func TestAbandonedReads(t *testing.T) {
	db := one(t)
	pid := must(t, db, owner, "select pg_backend_pid()::text")
	for i, sql := range endless {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			st := database.Statement{SQL: sql, ReadOnly: true}
			for range 3 {
				closed(t, begun(t, ownerOf{db}, st))
				isPid(t, ownerOf{db}, pid)
			}
			tx, err := db.Begin(t.Context(), owner, database.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := database.Exec(tx.Query(t.Context(), database.Statement{SQL: "create table kept as select 1 as a"})); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				closed(t, begun(t, tx, st))
				isPid(t, tx, pid)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			must(t, db, owner, "drop table kept")
			isPid(t, ownerOf{db}, pid)
		})
	}
}

// TestAbandonedTransactions rolls back while results are open that would go on.
func TestAbandonedTransactions(t *testing.T) {
	db := one(t)
	pid := must(t, db, owner, "select pg_backend_pid()::text")
	for _, sql := range endless {
		for _, o := range []database.TxOptions{{}, {ReadOnly: true}} {
			tx, err := db.Begin(t.Context(), owner, o)
			if err != nil {
				t.Fatal(err)
			}
			rows := begun(t, tx, database.Statement{SQL: sql})
			if err := tx.Rollback(t.Context()); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
			closed(t, rows)
			isPid(t, ownerOf{db}, pid)
		}
	}
}

// TestAbandonedAtOnce has many clients leave results while others' statements run:
// none of these is cancelled.
func TestAbandonedAtOnce(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 3})
	var clients sync.WaitGroup
	for n := range 6 {
		clients.Go(func() {
			for i := range 15 {
				// From a few rows to many: the request comes before, at and after the end.
				st := database.Statement{ReadOnly: true, SQL: fmt.Sprintf("select repeat('x', 100) from generate_series(1, %d)", 990+500*i*(n%3))}
				rows, err := db.Query(t.Context(), owner, st)
				if err != nil {
					t.Error(err)
					return
				}
				rows.Next()
				rows.Close()
				if rows.Err() != nil {
					t.Error(rows.Err())
				}
				if v, err := get(t, db, owner, "select count(*)::text from generate_series(1, 20000)"); err != nil || v != "20000" {
					t.Errorf("the statement behind says %q, %v", v, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("clients wait for each other")
	}
}
