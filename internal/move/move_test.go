package move_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest/differential"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/move"
	"github.com/galleyhq/galley/internal/pgmq"
)

// limits are those of a move: none.
var limits = database.Limits{IdleInTransaction: time.Hour}

// project is a folder of migrations.
type project struct {
	t      *testing.T
	dir    string
	queues bool // of pgmq, which each engine keeps in tables of its own
}

func newProject(t *testing.T, migrations ...string) project {
	t.Helper()
	p := project{t: t, dir: t.TempDir()}
	for i, sql := range migrations {
		name := []string{"1_first.sql", "2_second.sql", "3_third.sql"}[i]
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(sql), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// Install implements move.Project.
func (p project) Install(ctx context.Context, db database.DB) error {
	if server, ok := db.(*postgres.DB); ok {
		if err := server.Bootstrap(ctx); err != nil {
			return err
		}
	}
	parts := []migrate.Part{{Name: "jobs", Steps: jobs.Schema(db.Engine())}}
	if p.queues {
		parts = append(parts, migrate.Part{Name: "pgmq", Steps: pgmq.Schema(db.Engine())})
	}
	return migrate.Own(ctx, db, parts...)
}

// Migrator implements move.Project.
func (p project) Migrator(db database.DB) *migrate.Migrator {
	return migrate.New(db, migrate.Config{Dir: p.dir, Schemas: []string{"public"}, Supabase: true, Logger: slog.New(slog.DiscardHandler)})
}

// Scratch implements move.Project.
func (p project) Scratch(ctx context.Context) (database.DB, func(), error) {
	db, err := embedded.Open(ctx, embedded.Config{Path: filepath.Join(p.t.TempDir(), "scratch.db"), Limits: limits, Synchronous: "OFF"})
	if err != nil {
		return nil, nil, err
	}
	return db, func() { _ = db.Close() }, nil
}

// file opens a new embedded database, server a new one of PostgreSQL; neither has
// anything of Galley's yet.
func file(t *testing.T) database.DB { return fileAt(t, filepath.Join(t.TempDir(), "data.db")) }

func fileAt(t *testing.T, path string) database.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: path, Limits: limits, Synchronous: "OFF"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func server(t *testing.T) database.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t), Limits: limits, MaxConns: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// filled makes the project in a database and fills it.
func (p project) filled(db database.DB, script string) database.DB {
	p.t.Helper()
	if err := p.Install(p.t.Context(), db); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Migrator(db).Up(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	run(p.t, db, script)
	return db
}

func run(t *testing.T, db database.DB, script string) {
	t.Helper()
	err := database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(t.Context(), script, nil)
	})
	if err != nil {
		t.Fatalf("%s: %v (%s)", db.Engine(), err, fault.From(err).Detail)
	}
}

// answer is the rows of a query, one a line.
func answer(t *testing.T, db database.DB, sql string) string {
	t.Helper()
	rows, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql}))
	if err != nil {
		t.Fatalf("%s: %s: %v", db.Engine(), sql, err)
	}
	var out []string
	for _, r := range rows {
		var cells []string
		for _, v := range r {
			if v == nil {
				cells = append(cells, "∅")
			} else {
				cells = append(cells, *v)
			}
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return strings.Join(out, "\n")
}

func (p project) move(source, target database.DB) (*move.Report, error) {
	p.t.Helper()
	return move.Run(p.t.Context(), move.Options{Source: source, Target: target, Project: p})
}

func (p project) mustMove(source, target database.DB) *move.Report {
	p.t.Helper()
	r, err := p.move(source, target)
	if err != nil {
		f := fault.From(err)
		p.t.Fatalf("%s to %s: %v\n%s\n%s", source.Engine(), target.Engine(), err, f.Detail, f.Hint)
	}
	return r
}

// dataset is a script of the shared data.
func dataset(t *testing.T, name string) string {
	t.Helper()
	script, err := differential.Dataset(name)
	if errors.Is(err, differential.ErrNoDataset) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// TestDatasets moves real schemas with their data to PostgreSQL and from there into
// another file, and compares all three. The rows stand in the migration; some were
// changed since.
func TestDatasets(t *testing.T) {
	for name, c := range map[string]struct {
		least  int64
		change string
	}{
		"chinook":   {15600, "update track set name = name || ' (moved)' where track_id % 3 = 0; delete from playlist_track where track_id = 1;"},
		"northwind": {3300, "update orders set ship_name = null where order_id % 5 = 0; delete from customer_customer_demo;"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, dataset(t, name))
			first := p.filled(file(t), c.change)
			second := server(t)
			there := p.mustMove(first, second)
			if there.Rows < c.least {
				t.Errorf("only %d rows were moved", there.Rows)
			}
			compare(t, first, second)
			third := file(t)
			back := p.mustMove(second, third)
			compare(t, first, third)
			for i, table := range there.Tables {
				if back.Tables[i] != table {
					t.Errorf("%v came back as %v", table, back.Tables[i])
				}
			}
		})
	}
}
