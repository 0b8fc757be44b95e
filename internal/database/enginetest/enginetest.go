// Package enginetest opens fresh databases for tests, of either engine:
//
//	func TestThing(t *testing.T) {
//		enginetest.Each(t, func(t *testing.T, db database.DB) { … })
//	}
//
// Without a PostgreSQL server (see package pgtest) that engine is skipped.
package enginetest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

// patient limits are beyond what a machine takes that has much else to do: no statement and
// no transaction ends because of them.
var patient = database.Limits{IdleInTransaction: 2 * time.Minute, Statement: 5 * time.Minute}

// Each runs a test on a fresh database of each engine.
func Each(t *testing.T, test func(t *testing.T, db database.DB)) {
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
	t.Run("embedded", func(t *testing.T) { test(t, Embedded(t)) })
}

// Postgres opens a new database of the server for tests, ready for use, until the
// test ends.
func Postgres(t testing.TB) database.DB {
	t.Helper()
	return PostgresAt(t, pgtest.Database(t))
}

// PostgresAt opens the database of a URL, as another node would.
func PostgresAt(t testing.TB, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Limits: patient, AcquireTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// Embedded opens a database in a new file, until the test ends.
func Embedded(t testing.TB) database.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db"), Limits: patient})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
