package store_test

import (
	"path/filepath"
	"testing"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/migrate"
)

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	for name, open := range map[string]func(*testing.T) database.DB{"embedded": onEmbedded, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			if err := migrate.Own(t.Context(), db, migrate.Part{Name: "auth", Steps: store.Schema(db.Engine())}); err != nil {
				t.Fatal(err)
			}
			test(t, db)
		})
	}
}

func onPostgres(t *testing.T) database.DB {
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

func onEmbedded(t *testing.T) database.DB {
	db, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
