package databasetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

var lockingTests = map[string]func(*testing.T, database.DB){
	"for update loses no update":         func(t *testing.T, db database.DB) { testNoLostUpdate(t, db, "for update") },
	"for no key update loses none":       func(t *testing.T, db database.DB) { testNoLostUpdate(t, db, "for no key update") },
	"skip locked gives each job to one":  testSkipLocked,
	"a locked row is read by others":     testLockedRead,
	"nowait does not take a locked row":  testNoWait,
	"locks end with a rolled back block": testLockRollback,
}

// increment reads a counter, locks its row and writes the next number: of two that
// do so at once, one must wait.
func increment(ctx context.Context, db database.DB, lock string) error {
	return database.InTx(ctx, db, owner, database.TxOptions{}, func(tx database.Tx) error {
		n, err := collect(tx.Query(ctx, database.Statement{SQL: "select n from counter where id = 1 " + lock}))
		if err != nil {
			return err
		}
		_, err = database.Exec(tx.Query(ctx, database.Statement{
			SQL: "update counter set n = $1::integer + 1 where id = 1", Args: database.Args(n)}))
		return err
	})
}

func testNoLostUpdate(t *testing.T, db database.DB, lock string) {
	exec(t, on(db, owner), "create table counter (id integer primary key, n integer)", "insert into counter values (1, 0)")
	const workers, each = 6, 15
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if err := increment(t.Context(), db, lock); err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	wg.Wait()
	want(t, on(db, owner), fmt.Sprint(workers*each), "select n from counter")
}

// takeJob takes a job that nobody else has, and tells whether there was one.
func takeJob(ctx context.Context, db database.DB, worker int) (found bool, err error) {
	err = database.InTx(ctx, db, owner, database.TxOptions{}, func(tx database.Tx) error {
		id, err := collect(tx.Query(ctx, database.Statement{
			SQL: "select id from jobs where taken is null order by id limit 1 for update skip locked"}))
		if err != nil || id == "" {
			return err
		}
		found = true
		_, err = database.Exec(tx.Query(ctx, database.Statement{
			SQL: "update jobs set taken = $1, times = times + 1 where id = $2::integer", Args: database.Args(worker, id)}))
		return err
	})
	return found, err
}

func testSkipLocked(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table jobs (id integer primary key, taken integer, times integer not null default 0)",
		"insert into jobs select generate_series(1, 60)")
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for found := true; found; {
				var err error
				if found, err = takeJob(t.Context(), db, worker); err != nil {
					t.Errorf("worker %d: %v", worker, err)
				}
			}
		})
	}
	wg.Wait()
	want(t, on(db, owner), "60|60|1|1", "select count(*), count(taken), min(times), max(times) from jobs")
}

func testLockedRead(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, n integer)", "insert into t values (1, 1)")
	tx := begin(t, db, owner, database.TxOptions{})
	want(t, tx.Query, "1", "select n from t for update")
	want(t, on(db, owner), "1", "select n from t")
	exec(t, tx.Query, "update t set n = 2")
	want(t, on(db, owner), "1", "select n from t")
	noError(t, tx.Commit(t.Context()))
	want(t, on(db, owner), "2", "select n from t")
}

// testNoWait holds one meaning on both engines: NOWAIT never gives a row that
// another transaction has locked. PostgreSQL fails at once; the embedded engine has
// one writer and no locks of rows, so it waits for its turn.
func testNoWait(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, n integer)", "insert into t values (1, 1)")
	tx := begin(t, db, owner, database.TxOptions{})
	want(t, tx.Query, "1", "select n from t for update")
	type answer struct {
		rows string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		rows, err := collect(db.Query(t.Context(), owner, database.Statement{SQL: "select n from t for update nowait"}))
		done <- answer{rows, err}
	}()
	if db.Engine() == "postgres" {
		isCode(t, (<-done).err, "55P03", "for update nowait")
		return
	}
	exec(t, tx.Query, "update t set n = 2")
	noError(t, tx.Commit(t.Context()))
	if got := <-done; got.err != nil || got.rows != "2" {
		t.Fatalf("for update nowait: %q, %v, want the row as it was committed", got.rows, got.err)
	}
}

func testLockRollback(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, n integer)", "insert into t values (1, 1)")
	tx := begin(t, db, owner, database.TxOptions{})
	want(t, tx.Query, "1", "select n from t for share")
	noError(t, tx.Rollback(t.Context()))
	want(t, on(db, owner), "1", "select n from t for update nowait")
	wantCode(t, on(db, owner), "0A000", "select count(*) from t for update")
}
