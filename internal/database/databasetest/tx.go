package databasetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

var txTests = map[string]func(*testing.T, database.DB){
	"commit and rollback":       testCommitRollback,
	"failed transaction":        testFailedTx,
	"savepoints":                testSavepoints,
	"read-only":                 testReadOnlyTx,
	"read committed":            testReadCommitted,
	"transactional DDL":         testTransactionalDDL,
	"deferred to nothing":       testEnded,
	"session changes":           testSetSession,
	"rows closed before next":   testRowsBetween,
	"read-only statement":       testReadOnlyStatement,
	"InTx rolls back on errors": testInTx,
	"notifications":             testNotify,
}

func testCommitRollback(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer primary key)")
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "insert into t values (1)")
	want(t, tx.Query, "1", "select id from t")
	want(t, r, "", "select id from t")
	noError(t, tx.Commit(t.Context()))
	want(t, r, "1", "select id from t")
	tx = begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "delete from t")
	noError(t, tx.Rollback(t.Context()))
	want(t, r, "1", "select id from t")
}

func testFailedTx(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer primary key)")
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "insert into t values (1)")
	wantCode(t, tx.Query, "23505", "insert into t values (1)")
	wantCode(t, tx.Query, "25P02", "select 1")
	wantCode(t, tx.Query, "25P02", "insert into t values (2)")
	isCode(t, tx.Savepoint(t.Context(), "s"), "25P02", "savepoint")
	isCode(t, tx.SetSession(t.Context(), owner), "25P02", "set session")
	isCode(t, tx.Script(t.Context(), "select 1", nil), "25P02", "script")
	isCode(t, tx.Commit(t.Context()), "25P02", "commit")
	noError(t, tx.Rollback(t.Context()))
	want(t, r, "", "select id from t")
	// A statement that cannot even be parsed fails the transaction too.
	tx = begin(t, db, owner, database.TxOptions{})
	wantCode(t, tx.Query, "42601", "selct")
	wantCode(t, tx.Query, "25P02", "select 1")
}

func testSavepoints(t *testing.T, db database.DB) {
	r, ctx := on(db, owner), t.Context()
	exec(t, r, "create table t (id integer primary key)")
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "insert into t values (1)")
	noError(t, tx.Savepoint(ctx, "a"))
	exec(t, tx.Query, "insert into t values (2)")
	noError(t, tx.Savepoint(ctx, "b b"))
	exec(t, tx.Query, "insert into t values (3)")
	noError(t, tx.RollbackTo(ctx, "b b"))
	want(t, tx.Query, "1\n2", "select id from t order by id")
	wantCode(t, tx.Query, "23505", "insert into t values (1)")
	noError(t, tx.RollbackTo(ctx, "b b")) // it is still there, and ends the failure
	exec(t, tx.Query, "insert into t values (4)")
	noError(t, tx.Release(ctx, "b b"))
	isCode(t, tx.Release(ctx, "b b"), "3B001", "released twice")
	noError(t, tx.RollbackTo(ctx, "a"))
	exec(t, tx.Query, "insert into t values (5)")
	noError(t, tx.Release(ctx, "a"))
	noError(t, tx.Commit(ctx))
	want(t, r, "1\n5", "select id from t order by id")
}

func testReadOnlyTx(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)", "insert into t values (1)")
	tx := begin(t, db, owner, database.TxOptions{ReadOnly: true})
	want(t, tx.Query, "1", "select id from t")
	wantCode(t, tx.Query, "25006", "insert into t values (2)")
	noError(t, tx.Rollback(t.Context()))
	tx = begin(t, db, owner, database.TxOptions{ReadOnly: true})
	want(t, tx.Query, "1", "select id from t")
	noError(t, tx.Commit(t.Context()))
	exec(t, on(db, owner), "insert into t values (2)")
}

func testReadCommitted(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)", "insert into t values (1)")
	tx := begin(t, db, owner, database.TxOptions{})
	want(t, tx.Query, "1", "select count(*) from t")
	exec(t, on(db, owner), "insert into t values (2)")
	want(t, tx.Query, "2", "select count(*) from t")
	noError(t, tx.Commit(t.Context()))
}

func testTransactionalDDL(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table old (id integer)", "insert into old values (1)")
	before, err := db.Schema(t.Context())
	noError(t, err)
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "create table fresh (id integer primary key)", "insert into fresh values (1)",
		"create index fresh_id on fresh (id)", "create schema extra", "create table extra.e (id integer)",
		"drop table old", "alter table fresh enable row level security",
		"create policy p on fresh for select to anon using (true)")
	want(t, tx.Query, "1", "select id from fresh")
	wantCode(t, r, "42P01", "select * from fresh")
	noError(t, tx.Rollback(t.Context()))
	wantCode(t, r, "42P01", "select * from fresh")
	want(t, r, "1", "select id from old")
	after, err := db.Schema(t.Context())
	noError(t, err)
	if before.Version != after.Version || after.Relation("public", "fresh") != nil {
		t.Errorf("version %d became %d by DDL that was rolled back", before.Version, after.Version)
	}
	// The same again, committed.
	tx = begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "create table fresh (id integer primary key)", "insert into fresh values (1)", "drop table old")
	noError(t, tx.Commit(t.Context()))
	want(t, r, "1", "select id from fresh")
	wantCode(t, r, "42P01", "select * from old")
}

func testEnded(t *testing.T, db database.DB) {
	tx := begin(t, db, owner, database.TxOptions{})
	noError(t, tx.Commit(t.Context()))
	noError(t, tx.Rollback(t.Context()))
	noError(t, tx.Commit(t.Context()))
	if _, err := query(t, tx.Query, "select 1"); err == nil {
		t.Error("a statement ran after the commit")
	}
	// Rollback works with a done context: it is deferred everywhere.
	tx = begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "create table t (id integer)")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	noError(t, tx.Rollback(ctx))
	wantCode(t, on(db, owner), "42P01", "select * from t")
}

func testSetSession(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer, owner text)", "alter table t enable row level security",
		"create policy p on t using (owner = auth.uid()::text)", "insert into t values (1, '"+alice+"'), (2, '"+bob+"')")
	tx := begin(t, db, owner, database.TxOptions{})
	const sql = "select id from t order by id"
	want(t, tx.Query, "1\n2", sql)
	for _, c := range []struct {
		s    database.Session
		rows string
	}{{user(alice), "1"}, {user(bob), "2"}, {as("anon", ""), ""}, {as("service_role", ""), "1\n2"}, {user(alice), "1"}, {owner, "1\n2"}} {
		noError(t, tx.SetSession(t.Context(), c.s))
		want(t, tx.Query, c.rows, sql)
	}
	noError(t, tx.SetSession(t.Context(), user(bob)))
	noError(t, tx.Commit(t.Context()))
	want(t, on(db, owner), "1\n2", sql)
}

func testRowsBetween(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table many (n integer primary key, v text)")
	fill(t, db, "many", 1500)
	tx := begin(t, db, owner, database.TxOptions{})
	for range 3 {
		rows, err := tx.Query(t.Context(), database.Statement{SQL: "select * from many"})
		noError(t, err)
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		rows.Close()
	}
	want(t, tx.Query, "1500", "select count(*) from many")
	noError(t, tx.Commit(t.Context()))
}

func testReadOnlyStatement(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	tx := begin(t, db, owner, database.TxOptions{})
	exec(t, tx.Query, "insert into t values (1)")
	readOnly := func(ctx context.Context, st database.Statement) (database.Rows, error) {
		st.ReadOnly = true
		return tx.Query(ctx, st)
	}
	want(t, readOnly, "1", "select id from t")
	exec(t, tx.Query, "insert into t values (2)")
	wantCode(t, readOnly, "25006", "insert into t values (3)")
	noError(t, tx.Rollback(t.Context()))
}

func testInTx(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	sentinel := errors.New("no")
	err := database.InTx(t.Context(), db, owner, database.TxOptions{}, func(tx database.Tx) error {
		exec(t, tx.Query, "insert into t values (1)")
		return sentinel
	})
	if !errors.Is(err, sentinel) {
		t.Fatalf("error %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = database.InTx(t.Context(), db, owner, database.TxOptions{}, func(tx database.Tx) error {
			exec(t, tx.Query, "insert into t values (2)")
			panic("no")
		})
	}()
	want(t, on(db, owner), "", "select id from t")
}

// testNotify: what pg_notify() says is heard once its transaction is committed,
// and never when it is not.
func testNotify(t *testing.T, db database.DB) {
	heard := make(chan string, 100)
	ready := make(chan struct{}, 100)
	stop := db.(database.Notifier).Listen("Odd \" channel", func(n database.Notification) {
		if n.Lost {
			ready <- struct{}{}
			return
		}
		heard <- n.Payload
	})
	defer stop()
	if db.Engine() == "postgres" { // which listens on a connection of its own
		within(t, ready)
	}
	notify := func(r run, payload string) {
		t.Helper()
		want(t, r, "", `select pg_notify('Odd " channel', $1)`, payload)
	}
	tx := begin(t, db, owner, database.TxOptions{})
	notify(tx.Query, "lost")
	noError(t, tx.Rollback(t.Context()))
	tx = begin(t, db, owner, database.TxOptions{})
	notify(tx.Query, "first")
	notify(tx.Query, "first")
	noError(t, tx.Savepoint(t.Context(), "s"))
	notify(tx.Query, "undone")
	noError(t, tx.RollbackTo(t.Context(), "s"))
	exec(t, tx.Query, "create table t (id integer primary key)")
	notify(tx.Query, "second")
	notify(tx.Query, "undone again")
	noError(t, tx.RollbackTo(t.Context(), "s"))
	exec(t, tx.Query, "create table t (id integer primary key)")
	notify(tx.Query, "second")
	notify(on(db, owner), "before") // it is committed first
	noError(t, tx.Commit(t.Context()))
	exec(t, on(db, owner), "create function tell(text) returns bigint language sql as $$ select pg_notify('Odd \" channel', $1); insert into t values (7) returning id::bigint $$")
	want(t, on(db, owner), "7", "select tell('third')")
	wantCode(t, on(db, owner), "23505", "select tell('failed')")
	notify(on(db, as("anon", "")), "")
	for _, want := range []string{"before", "first", "second", "third", ""} {
		if got := within(t, heard); got != want {
			t.Fatalf("heard %q, want %q", got, want)
		}
	}
	stop()
	notify(on(db, owner), "nobody listens")
	wantCode(t, on(db, owner), "22023", "select pg_notify('', 'x')")
	wantCode(t, on(db, owner), "22023", "select pg_notify($1, 'x')", strings.Repeat("x", 64))
	wantCode(t, on(db, owner), "22023", "select pg_notify('c', $1)", strings.Repeat("x", 8000))
	if len(heard) > 0 {
		t.Errorf("heard %q after the end", <-heard)
	}
}

// within waits for what should come at once.
func within[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing was heard")
	}
	panic("unreachable")
}
