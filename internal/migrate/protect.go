package migrate

import (
	"context"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// table is a table of an exposed schema.
type table struct {
	schema.Name
	protected bool // row-level security is enabled
}

// tables are the tables of the exposed schemas by what identifies them.
type tables map[string]table

// protect enables row-level security on the tables that a migration made, or, in
// a folder where nothing is to be changed, warns of those without it.
func (m *Migrator) protect(ctx context.Context, tx database.Tx, f *File, before, after tables) error {
	for id, t := range after {
		if _, known := before[id]; known || t.protected || f.rlsOff() {
			continue
		}
		if m.config.Supabase {
			m.config.Logger.WarnContext(ctx, "a table is exposed without row-level security: anyone may read and write it",
				"table", t.Schema+"."+t.Name.Name, "file", f.Base())
			continue
		}
		_, err := database.Exec(tx.Query(ctx, database.Statement{
			SQL: "ALTER TABLE " + quote(t.Schema) + "." + quote(t.Name.Name) + " ENABLE ROW LEVEL SECURITY",
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
