package migrate_test

import (
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	for name, open := range map[string]func(t *testing.T) database.DB{
		"postgres": openPostgres, "embedded": openEmbedded,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func openPostgres(t *testing.T) database.DB {
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

func openEmbedded(t *testing.T) database.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
