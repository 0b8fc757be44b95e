package databasetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

var concurrencyTests = map[string]func(*testing.T, database.DB){
	"cancelled read ends at once":   testCancelRead,
	"deadline":                      testDeadline,
	"cancelled while rows stream":   testCancelStream,
	"done context runs nothing":     testDoneContext,
	"cancelled writes harm nobody":  testCancelWrites,
	"cancelled in a transaction":    testCancelInTx,
	"concurrent writes are all in":  testConcurrentWrites,
	"one of two equal inserts wins": testConflict,
	"readers see whole statements":  testWholeStatements,
}

// slow looks at every triple of 4000 rows in vain, which takes far longer than a
// test has patience.
const slow = `select count(*) from numbers a where exists (select 1 from numbers b where b.n <> a.n and
	exists (select 1 from numbers c where a.n + b.n + c.n > 1000000))`

func numbers(t *testing.T, db database.DB) {
	t.Helper()
	exec(t, on(db, owner), "create table numbers (n integer, v text)")
	fill(t, db, "numbers", 4000)
}

// isCanceled checks the error of a statement whose context ended.
func isCanceled(t *testing.T, err error, cause error) {
	t.Helper()
	if err == nil {
		t.Fatal("the cancelled statement succeeded")
	}
	isCode(t, err, fault.QueryCanceled, "cancelled statement")
	if !errors.Is(err, cause) {
		t.Fatalf("error %v does not wrap %v", err, cause)
	}
}

func testCancelRead(t *testing.T, db database.DB) {
	numbers(t, db)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			_, err := collect(db.Query(ctx, owner, database.Statement{SQL: slow, ReadOnly: true}))
			result <- err
		}()
		select {
		case err := <-result:
			t.Fatalf("the statement was not slow: %v", err)
		case <-time.After(150 * time.Millisecond): // it is under way
		}
		canceled := time.Now()
		cancel()
		select {
		case err := <-result:
			isCanceled(t, err, context.Canceled)
		case <-time.After(patience):
			t.Fatal("the statement went on")
		}
		if took := time.Since(canceled); took > 2*time.Second {
			t.Errorf("it took %s to end", took)
		}
		want(t, on(db, owner), "4000", "select count(*) from numbers")
	}
}

func testDeadline(t *testing.T, db database.DB) {
	numbers(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := collect(db.Query(ctx, owner, database.Statement{SQL: slow}))
	isCanceled(t, err, context.DeadlineExceeded)
	want(t, on(db, owner), "4000", "select count(*) from numbers")
}

func testCancelStream(t *testing.T, db database.DB) {
	numbers(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := db.Query(ctx, owner, database.Statement{SQL: "select a.n, b.v from numbers a, numbers b", ReadOnly: true})
	noError(t, err)
	defer rows.Close()
	for range 100 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	cancel()
	for n := 0; rows.Next(); n++ {
		if n > 15_000_000 {
			t.Fatal("the rows went on")
		}
	}
	isCanceled(t, rows.Err(), context.Canceled)
	rows.Close()
	want(t, on(db, owner), "1", "select 1")
}

func testDoneContext(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := database.Exec(db.Query(ctx, owner, database.Statement{SQL: "insert into t values (1)"}))
	isCanceled(t, err, context.Canceled)
	_, err = db.Begin(ctx, owner, database.TxOptions{})
	isCanceled(t, err, context.Canceled)
	want(t, on(db, owner), "", "select id from t")
}

// testCancelWrites cancels every third of many concurrent writes at a random
// moment. Each writes two rows or none, as its answer says; one whose answer was
// lost may have either, but not half.
func testCancelWrites(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, v integer)")
	const writers = 90
	acknowledged := make([]bool, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			ctx := t.Context()
			if i%3 == 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond)
				defer cancel()
			}
			_, err := database.Exec(db.Query(ctx, owner, database.Statement{
				SQL: "insert into t values ($1, $2), ($3, $2)", Args: database.Args(2*i, i, 2*i+1)}))
			if acknowledged[i] = err == nil; err != nil && i%3 != 0 {
				t.Errorf("writer %d: %v", i, err)
			}
			if err != nil && fault.Code(err) != fault.QueryCanceled {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range writers {
		got, err := query(t, on(db, owner), "select count(*) from t where v = $1", i)
		noError(t, err)
		if acknowledged[i] && got != "2" || got != "0" && got != "2" {
			t.Errorf("writer %d: acknowledged %v, %s rows", i, acknowledged[i], got)
		}
	}
}

func testCancelInTx(t *testing.T, db database.DB) {
	numbers(t, db)
	exec(t, on(db, owner), "create table t (id integer)")
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "insert into t values (1)")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := collect(tx.Query(ctx, database.Statement{SQL: slow}))
	isCanceled(t, err, context.DeadlineExceeded)
	if _, err := query(t, tx.Query, "select 1"); err == nil {
		t.Error("the transaction went on after a cancelled statement")
	}
	noError(t, tx.Rollback(t.Context()))
	want(t, on(db, owner), "", "select id from t")
}

func testConcurrentWrites(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, writer integer)")
	const writers, each = 16, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := database.Exec(db.Query(t.Context(), owner, database.Statement{
					SQL: "insert into t values ($1, $2)", Args: database.Args(w*each+i, w)}))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	want(t, on(db, owner), fmt.Sprint(writers*each), "select count(*) from t")
	for w := range writers {
		want(t, on(db, owner), fmt.Sprint(each), "select count(*) from t where writer = $1", w)
	}
}

func testConflict(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, n integer)")
	const writers = 12
	results := make(chan error, writers)
	for i := range writers {
		go func() {
			_, err := database.Exec(db.Query(t.Context(), owner, database.Statement{
				SQL: "insert into t values (1, $1)", Args: database.Args(i)}))
			results <- err
		}()
	}
	won := 0
	for range writers {
		if err := <-results; err == nil {
			won++
		} else {
			isCode(t, err, fault.UniqueViolation, "equal insert")
		}
	}
	if won != 1 {
		t.Fatalf("%d of %d equal inserts succeeded", won, writers)
	}
}

func testWholeStatements(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, v integer)", "insert into t values (1, 0), (2, 0), (3, 0)")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			if _, err := database.Exec(db.Query(t.Context(), owner, database.Statement{SQL: "update t set v = v + 1"})); err != nil {
				t.Errorf("update: %v", err)
				return
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		got, err := query(t, on(db, owner), "select count(*) from t where v <> (select o.v from t o where o.id = 1)")
		noError(t, err)
		if got != "0" {
			t.Fatalf("%s rows of an update half done", got)
		}
	}
	want(t, on(db, owner), "100\n100\n100", "select v from t")
}
