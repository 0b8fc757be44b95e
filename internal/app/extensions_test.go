//go:build !race

// Nothing here runs side by side: many servers are started, which the detector makes slow.

package app

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// TestExtensions installs an extension where Supabase's projects do, and finds its
// functions without the schema's name, as the owner and as a caller.
func TestExtensions(t *testing.T) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			db, err := Open(t.Context(), onEngine(t, engine), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			script(t, db, `create extension if not exists "pgcrypto" with schema "extensions";
				create table public.tokens (id integer primary key, token text not null default encode(gen_random_bytes(16), 'hex'));
				insert into public.tokens (id) values (1);`)
			for role, sql := range map[string]string{
				"":     "select length(token) = 32 and token ~ '^[0-9a-f]+$' from public.tokens",
				"anon": "select length(encode(gen_random_bytes(4), 'hex')) = 8 and extensions.digest('a', 'md5') is not null",
			} {
				rows, err := database.Collect(db.Query(t.Context(), database.Session{Role: role}, database.Statement{SQL: sql}))
				if err != nil || len(rows) != 1 || rows[0].Text(0) != "t" {
					t.Errorf("%q: %v %v", role, rows, err)
				}
			}
		})
		t.Run(engine+", the project's own schema", func(t *testing.T) {
			c := onEngine(t, engine)
			bare(t, c, "create schema extensions")
			var log bytes.Buffer
			db, err := Open(t.Context(), c, slog.New(slog.NewJSONHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select has_schema_privilege('anon', 'extensions', 'usage')")
			if err != nil || rows[0].Text(0) != "f" {
				t.Errorf("it was opened to others: %v %v", rows, err)
			}
			if bytes.Contains(log.Bytes(), []byte("extensions")) {
				t.Errorf("told of: %s", &log)
			}
		})
	}
}

// bare runs a script in a database that Galley has not prepared yet.
func bare(t *testing.T, c config.Config, sql string) {
	db, err := openBare(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	script(t, db, sql)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func script(t *testing.T, db database.DB, sql string) {
	t.Helper()
	err := database.InTx(context.Background(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(t.Context(), sql, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
