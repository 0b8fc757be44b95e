package move

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// idKey is where galley.settings of the source keeps what its move is known by, so
// that a target knows whose rows it has.
const idKey = "move.id"

// identify reads or makes the identity of this move, before the source is held.
// A check makes none.
func (m *mover) identify(ctx context.Context) error {
	rows, err := query(ctx, m.Source, `SELECT value FROM galley.settings WHERE key = $1`, idKey)
	if err != nil || len(rows) > 0 {
		if len(rows) > 0 {
			m.id = text(rows[0][0])
		}
		return err
	}
	m.id = rand.Text()
	if m.Check {
		return nil
	}
	_, err = query(ctx, m.Source, `INSERT INTO galley.settings (key, value) VALUES ($1, $2)`, idKey, m.id)
	return err
}

// holdWait is how long the move waits for writers of the source to end.
const holdWait = 10 * time.Second

// holdSource keeps everybody from writing to the source until release. On the
// embedded engine the transaction has the one writer, of all processes; what is
// read meanwhile is therefore one state. On PostgreSQL every table is locked
// against writing.
func holdSource(ctx context.Context, db database.DB) (release func(), err error) {
	wait, cancel := context.WithTimeout(ctx, holdWait)
	defer cancel()
	tx, err := db.Begin(ctx, database.Session{}, database.TxOptions{})
	if err != nil {
		return nil, err
	}
	if db.Engine() == "postgres" {
		err = lockTables(wait, db, tx)
	} else {
		_, err = database.Exec(tx.Query(wait, database.Statement{SQL: `UPDATE galley.settings SET value = value WHERE key = $1`,
			Args: database.Args(idKey)}))
	}
	if err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fault.New(fault.ObjectNotInPrerequisite, "the source cannot be held against writing").WithDetail("%v", err).
			WithHint("Stop every server and program that writes to it, then start the move again.")
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }, nil
}

// lockTables locks every table of the project, in an order of its own.
func lockTables(ctx context.Context, db database.DB, tx database.Tx) error {
	shape, own, err := shapes(ctx, db)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range tablesOf(shape, own) {
		names = append(names, t.sql())
	}
	if len(names) == 0 {
		return nil
	}
	return tx.Script(ctx, `SET LOCAL lock_timeout = '8s'; LOCK TABLE `+strings.Join(names, ", ")+` IN SHARE MODE`, nil)
}

func shapes(ctx context.Context, db database.DB) (*schema.Snapshot, *schema.Inventory, error) {
	describer, ok := db.(database.Describer)
	if !ok {
		return nil, nil, fault.Unsupported("this engine does not tell what it holds")
	}
	inventory, err := describer.Inventory(ctx)
	if err != nil {
		return nil, nil, err
	}
	shape, err := db.Schema(ctx)
	return shape, inventory, err
}

// examineSource reads the source and refuses what would not arrive.
func (m *mover) examineSource(ctx context.Context) error {
	shape, inventory, err := shapes(ctx, m.Source)
	if err != nil {
		return err
	}
	m.sourceShape, m.source = shape, inventory
	m.tables = tablesOf(shape, inventory)
	if err := m.hidden(ctx); err != nil {
		return err
	}
	return m.takeQueues(ctx)
}

// historyTable is filled by the migrations; see history.
var historyTable = schema.Name{Schema: "supabase_migrations", Name: "schema_migrations"}

// applied refuses a source that is not where the project's migrations are. It
// writes to the table of the history, so it comes before the source is held.
func (m *mover) applied(ctx context.Context) error {
	id, _, err := noted(ctx, m.Source)
	if err != nil {
		return err
	}
	if id != "" {
		return fault.New(fault.ObjectNotInPrerequisite, "the source is the target of a move that has not ended").
			WithHint("Give the command of that move again first.")
	}
	all, err := m.Project.Migrator(m.Source).Status(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Problem != nil {
			return s.Problem
		}
		if s.AppliedAt == "" {
			return fault.New(fault.ObjectNotInPrerequisite, "the migration %s is not applied to the source", s.File.Base()).
				WithHint("Run galley migrate up first.")
		}
	}
	return nil
}

// table is a table to move.
type table struct {
	schema.Name
	columns []string // that are stored: all but the generated ones
	all     []string // all of them, by name, which are compared
	types   []string // of columns, names in pg_type
	key     []string
	where   string // which rows move; "" for all
	total   int64
}

// nodesTable has the signs of life of nodes, who are not moved; the embedded engine has
// no such table.
const nodesTable = "function_nodes"

// tablesOf lists the tables of a project, in order of their names, Galley's own
// last.
func tablesOf(shape *schema.Snapshot, inventory *schema.Inventory) []*table {
	var out []*table
	for _, r := range slices.Concat(shape.Relations, inventory.Own) {
		own := slices.Contains(inventory.Own, r)
		if r.Kind != schema.Table || r.Name == historyTable || r.Schema == "galley" && (!own || strings.HasPrefix(r.Name.Name, "move") || r.Name.Name == nodesTable) {
			continue
		}
		out = append(out, tableOf(r))
	}
	slices.SortStableFunc(out, func(a, b *table) int {
		if x, y := a.Schema == "galley", b.Schema == "galley"; x != y {
			if x {
				return 1
			}
			return -1
		}
		return strings.Compare(a.sql(), b.sql())
	})
	return out
}

func tableOf(r *schema.Relation) *table {
	t := &table{Name: r.Name, key: r.PrimaryKey}
	for _, c := range r.Columns {
		t.all = append(t.all, c.Name)
		if !c.Generated {
			t.columns, t.types = append(t.columns, c.Name), append(t.types, c.TypeName)
		}
	}
	slices.Sort(t.all)
	if r.Name == (schema.Name{Schema: "galley", Name: "settings"}) {
		// What was made in a database belongs to it: versions of Galley's own
		// schema, moves, and that PostgreSQL has its grants.
		t.where = `key NOT LIKE 'schema.%' AND key NOT LIKE 'move.%' AND key <> 'default_grants'`
	}
	return t
}

func (t *table) sql() string { return quote(t.Schema) + "." + quote(t.Name.Name) }

func (t *table) condition(more string) string {
	switch {
	case t.where == "" && more == "":
		return ""
	case t.where == "" || more == "":
		return " WHERE " + t.where + more
	}
	return " WHERE " + t.where + " AND " + more
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

func query(ctx context.Context, db database.DB, sql string, args ...any) ([]database.Record, error) {
	return database.Collect(db.Query(ctx, database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
}

func exec(ctx context.Context, tx database.Tx, sql string, args ...any) error {
	_, err := database.Exec(tx.Query(ctx, database.Statement{SQL: sql, Args: database.Args(args...)}))
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
