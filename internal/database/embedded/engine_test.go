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
