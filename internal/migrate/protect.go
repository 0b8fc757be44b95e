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

// protect enables row-level security on the tables that a migration made.
func (m *Migrator) protect(ctx context.Context, tx database.Tx, f *File, before, after tables) error {
	if m.config.Supabase || f.rlsOff() {
		return nil
	}
	for id, t := range after {
		if _, known := before[id]; known || t.protected {
			continue
		}
		if err := database.Run(ctx, tx, "ALTER TABLE "+quote(t.Schema)+"."+quote(t.Name.Name)+" ENABLE ROW LEVEL SECURITY"); err != nil {
			return err
		}
	}
	return nil
}

// warnExposed names the tables that anyone may read and write, in a folder where
// nothing is changed.
func (m *Migrator) warnExposed(ctx context.Context) error {
	if !m.config.Supabase {
		return nil
	}
	exposed, err := m.Exposed(ctx)
	for _, t := range exposed {
		m.config.Logger.WarnContext(ctx, "a table is exposed without row-level security: whoever has the anon key may use it as its grants allow",
			"table", t.Schema+"."+t.Name)
	}
	return err
}

// Exposed lists the tables of exposed schemas without row-level security.
func (m *Migrator) Exposed(ctx context.Context) ([]schema.Name, error) {
	snapshot, err := m.db.Schema(ctx)
	if err != nil {
		return nil, err
	}
	var out []schema.Name
	for _, name := range m.config.Schemas {
		for _, r := range snapshot.Relations {
			if r.Schema == name && r.Kind == schema.Table && !r.RowSecurity {
				out = append(out, r.Name)
			}
		}
	}
	return out, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
