package migrate

import (
	"context"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// engine is where the two databases differ.
type engine interface {
	// lock makes every other node wait until the transaction ends.
	lock(ctx context.Context, tx database.Tx) error
	// prepare makes the table of the history, or adds what it lacks.
	prepare(ctx context.Context, tx database.Tx) error
	// tables lists the tables of schemas as the transaction sees them.
	tables(ctx context.Context, tx database.Tx, schemas []string) (tables, error)
	// record notes a migration as applied.
	record(ctx context.Context, tx database.Tx, f *File) error
}

func engineFor(db database.DB) engine {
	if db.Engine() == "postgres" {
		return postgres{}
	}
	return embedded{}
}

// embedded is the engine in the process.
type embedded struct{}

// lock takes the one writer, by a write that changes nothing: until then a
// transaction only reads, and two could decide the same.
func (embedded) lock(ctx context.Context, tx database.Tx) error {
	return database.Run(ctx, tx, `UPDATE galley.settings SET value = value WHERE key = $1`, seedKey)
}

func (e embedded) prepare(ctx context.Context, tx database.Tx) error {
	s, err := e.snapshot(ctx, tx)
	if err != nil {
		return err
	}
	if s.Relation("supabase_migrations", "schema_migrations") != nil {
		return nil
	}
	return tx.Script(ctx, `
		CREATE SCHEMA IF NOT EXISTS supabase_migrations;
		CREATE TABLE supabase_migrations.schema_migrations (
			version text PRIMARY KEY, name text, checksum text, applied_at timestamptz DEFAULT now());`, nil)
}

// schemaReader is a transaction that shows the schema as it has made it. Only the
// embedded engine's needs it: it has no system catalogue to ask.
type schemaReader interface {
	Schema(ctx context.Context) (*schema.Snapshot, error)
}

func (embedded) snapshot(ctx context.Context, tx database.Tx) (*schema.Snapshot, error) {
	reader, ok := tx.(schemaReader)
	if !ok {
		return nil, fault.Unsupported("this engine's transactions do not show their schema")
	}
	return reader.Schema(ctx)
}

func (e embedded) tables(ctx context.Context, tx database.Tx, schemas []string) (tables, error) {
	s, err := e.snapshot(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := tables{}
	for _, name := range schemas {
		for _, r := range s.Relations {
			if r.Schema == name && r.Kind == schema.Table {
				out[identity(r)] = table{Name: r.Name, protected: r.RowSecurity}
			}
		}
	}
	return out, nil
}

// identity tells a table from another that takes its name.
func identity(r *schema.Relation) string {
	if r.OID != 0 { // which a snapshot made by hand has not
		return strconv.FormatUint(uint64(r.OID), 10)
	}
	return quote(r.Schema) + "." + quote(r.Name.Name)
}

// record leaves out the statements, which Supabase's table has: this engine has
// no arrays yet, and the file holds them.
func (embedded) record(ctx context.Context, tx database.Tx, f *File) error {
	return database.Run(ctx, tx, `INSERT INTO supabase_migrations.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)`,
		f.Version, f.Name, f.Checksum())
}
