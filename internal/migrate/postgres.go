package migrate

import (
	"context"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// postgres is PostgreSQL.
type postgres struct{}

// lock waits as long as another node migrates, and lets statements take as long
// as they need: building an index on a large table is no runaway request.
func (postgres) lock(ctx context.Context, tx database.Tx) error {
	return tx.Script(ctx, `SELECT set_config('statement_timeout', '0', true); SELECT pg_advisory_xact_lock(7449356483962830850);`, nil)
}

// prepare keeps to the Supabase CLI's table and adds two columns. The table is
// looked at first: ALTER TABLE would wait for everyone who reads it.
func (postgres) prepare(ctx context.Context, tx database.Tx) error {
	rows, err := database.Collect(tx.Query(ctx, database.Statement{SQL: `
		SELECT count(*) FROM pg_catalog.pg_attribute
		WHERE attrelid = to_regclass('supabase_migrations.schema_migrations') AND NOT attisdropped
		AND attname IN ('version', 'statements', 'name', 'checksum', 'applied_at')`}))
	if err != nil || rows[0].Text(0) == "5" {
		return err
	}
	return tx.Script(ctx, `
		CREATE SCHEMA IF NOT EXISTS supabase_migrations;
		CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text PRIMARY KEY);
		ALTER TABLE supabase_migrations.schema_migrations
			ADD COLUMN IF NOT EXISTS statements text[],
			ADD COLUMN IF NOT EXISTS name text,
			ADD COLUMN IF NOT EXISTS checksum text,
			ADD COLUMN IF NOT EXISTS applied_at timestamptz;
		ALTER TABLE supabase_migrations.schema_migrations ALTER COLUMN applied_at SET DEFAULT now();`, nil)
}

// tables goes by OID, so that a table dropped and made again is a new one and a
// renamed one is not. Tables of extensions are theirs to protect.
func (postgres) tables(ctx context.Context, tx database.Tx, schemas []string) (tables, error) {
	rows, err := database.Collect(tx.Query(ctx, database.Statement{
		SQL: `
			SELECT c.oid, n.nspname, c.relname, c.relrowsecurity
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ($1)
			AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
				AND d.objid = c.oid AND d.deptype = 'e')`,
		Args:  database.Args(textArray(schemas)),
		Types: []string{"_text"},
	}))
	if err != nil {
		return nil, err
	}
	out := tables{}
	for _, r := range rows {
		out[r.Text(0)] = table{
			Name:      schema.Name{Schema: r.Text(1), Name: r.Text(2)},
			protected: r.Text(3) == "t",
		}
	}
	return out, nil
}

func (postgres) record(ctx context.Context, tx database.Tx, f *File) error {
	_, statements, err := f.statements()
	if err != nil {
		return err
	}
	texts := make([]string, len(statements))
	for i, st := range statements {
		texts[i] = st.Text
	}
	return database.Run(ctx, tx, `INSERT INTO supabase_migrations.schema_migrations (version, name, statements, checksum)
		VALUES ($1, $2, $3, $4)`, f.Version, f.Name, textArray(texts), f.Checksum())
}

// textArray is the text form of text[] (PostgreSQL documentation, "Array Input and
// Output Syntax").
func textArray(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
