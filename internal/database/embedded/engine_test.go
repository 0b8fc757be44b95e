package embedded_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

func open(t *testing.T) database.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestContract(t *testing.T) { databasetest.Run(t, open) }

// Reads that find the schema changed under them hold a connection each while they
// look at it anew: with all of them lent, none may wait for another.
func TestReadsWhileTheSchemaChanges(t *testing.T) {
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db"), Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run := func(sql string) error {
		// Of each statement: all of them together take as long as the machine is slow.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := database.Exec(db.Query(ctx, database.Session{}, database.Statement{SQL: sql}))
		return err
	}
	if err := run("create table t (id bigint)"); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		readers.Go(func() {
			for more := true; more; {
				if err := run("select id from t"); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					more = false
				default:
				}
			}
		})
	}
	for i := range 200 {
		if err := run(fmt.Sprintf("alter table t add column c%d text", i)); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	readers.Wait()
}

// What the writer knows of the catalogue is that of the file, whoever changes it and
// whatever of that is taken back.
func TestWriterKnowsTheCatalogue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.db")
	open := func() *embedded.DB {
		db, err := embedded.Open(t.Context(), embedded.Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	db, other := open(), open()
	do := func(db database.Querier, sql, code string) {
		t.Helper()
		if _, err := database.Exec(db.Query(t.Context(), database.Statement{SQL: sql})); fault.Code(err) != code {
			t.Errorf("%s: %v", sql, err)
		}
	}
	own := func(db *embedded.DB) database.Querier { return database.Owner{DB: db} }
	const a, b = "insert into t (a) values (1)", "insert into t (b) values (1)"
	do(own(db), "create table t (a integer)", "")
	do(own(db), a, "")
	do(own(db), a, "")
	do(own(other), a, "")
	do(own(other), "alter table t rename a to b", "")
	do(own(db), a, fault.UndefinedColumn)
	do(own(db), b, "")
	tx, err := db.Begin(t.Context(), database.Session{}, database.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	do(tx, b, "")
	for range 2 {
		if err := tx.Savepoint(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		do(tx, "alter table t rename b to a", "")
		do(tx, a, "")
		do(tx, a, "")
		if err := tx.RollbackTo(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		do(tx, b, "")
	}
	do(tx, "alter table t rename b to a", "")
	do(tx, a, "")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(own(db), b, "")
	do(own(db), a, fault.UndefinedColumn)
}
