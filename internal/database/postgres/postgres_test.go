package postgres_test

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

func TestConformance(t *testing.T) {
	databasetest.Run(t, func(t *testing.T) database.DB { return open(t, pgtest.Database(t)) })
}

// open opens and prepares a database.
func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
