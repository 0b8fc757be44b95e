// Package physical makes the file's tables and indexes agree with the catalogue.
package physical

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// TableSQL is the CREATE TABLE of a table in the file. It follows from the
// catalogue alone, so that a change of constraints or columns is a change of
// this text: columns stand in the order of their numbers, which is the order in
// which rows store them, dropped ones included.
func TableSQL(w *work.Work, t *catalog.Table) (string, error) {
	columns := append(slices.Clone(t.Columns), t.Dropped...)
	slices.SortFunc(columns, func(a, b *catalog.Column) int { return cmp.Compare(a.Number, b.Number) })
	var parts []string
	for _, c := range columns {
		sql, err := columnSQL(w, t, c)
		if err != nil {
			return "", err
		}
		parts = append(parts, sql)
	}
	constraints := slices.Clone(t.Constraints)
	// PostgreSQL tests check constraints in the order of their names.
	slices.SortFunc(constraints, func(a, b *catalog.Constraint) int { return cmp.Compare(a.Name, b.Name) })
	for _, k := range constraints {
		sql, err := constraintSQL(w, t, k)
		if err != nil {
			return "", err
		}
		if sql != "" {
			parts = append(parts, sql)
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s) STRICT", work.Quote(t.Physical), strings.Join(parts, ", ")), nil
}

func columnSQL(w *work.Work, t *catalog.Table, c *catalog.Column) (string, error) {
	if c.Rowid {
		return work.Quote(c.Physical) + " INTEGER PRIMARY KEY", nil
	}
	typ := w.Types.Type(c.Type.OID)
	if typ == nil {
		return "", fault.Internal(fmt.Errorf("ddl: column %s.%s has the unknown type %d", t.Name, c.Name, c.Type.OID))
	}
	sql := work.Quote(c.Physical) + " " + typ.Column
	if typ.Collation != "" {
		sql += " COLLATE " + work.Quote(typ.Collation)
	}
	if slices.Contains(t.Dropped, c) {
		return sql, nil
	}
	if c.NotNull {
		sql += " NOT NULL"
	}
	if c.Generated != nil {
		value, _, err := w.Compile.Expr(w.Cat(), t, c.Generated, c.Type, work.Generated)
		return sql + " GENERATED ALWAYS AS (" + value + ") STORED", err
	}
	if c.Default == nil || !SetsDefault(t, c) {
		return sql, nil
	}
	value, _, err := w.Compile.Expr(w.Cat(), nil, c.Default, c.Type, work.IndexKey) // immutable: it stays in the file
	if err != nil {
		return "", work.Unsupported("ON DELETE or ON UPDATE SET DEFAULT of a column whose default is no constant is")
	}
	return sql + " DEFAULT (" + value + ")", nil
}

// SetsDefault tells whether a foreign key may set the column to its default;
// only then SQLite needs to know it.
func SetsDefault(t *catalog.Table, c *catalog.Column) bool {
	return slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignKey && (k.OnDelete == 'd' || k.OnUpdate == 'd') && slices.Contains(k.Columns, c.Number)
	})
}

func constraintSQL(w *work.Work, t *catalog.Table, k *catalog.Constraint) (string, error) {
	switch k.Kind {
	case catalog.Check:
		sql, _, err := w.Compile.Expr(w.Cat(), t, k.Check, types.Of(types.Bool), work.Check)
		return fmt.Sprintf("CONSTRAINT %s CHECK (%s)", work.Quote(k.Physical), sql), err
	case catalog.ForeignKey:
		return foreignKeySQL(w, t, k), nil
	}
	return "", nil
}

var actions = map[byte]string{'a': "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func foreignKeySQL(w *work.Work, t *catalog.Table, k *catalog.Constraint) string {
	parent := t
	if k.RefTable != t.OID {
		parent = w.Cat().Tables[k.RefTable]
	}
	sql := fmt.Sprintf("CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE %s ON UPDATE %s",
		work.Quote(k.Physical), work.QuoteAll(PhysicalColumns(t, k.Columns)), work.Quote(parent.Physical),
		work.QuoteAll(PhysicalColumns(parent, k.RefColumns)), actions[k.OnDelete], actions[k.OnUpdate])
	if k.Deferred {
		sql += " DEFERRABLE INITIALLY DEFERRED"
	}
	return sql
}

func PhysicalColumns(t *catalog.Table, numbers []int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = t.ColumnNumber(n).Physical
	}
	return out
}

// Rewrite makes the file's definition of a table agree with the catalogue,
// without touching its rows: SQLite's documentation, "ALTER TABLE", section 8,
// describes the way. A table made and dropped behind it counts the file's schema
// on, for other connections, and makes a rollback forget the new definition.
func Rewrite(w *work.Work, t *catalog.Table) error {
	sql, err := TableSQL(w, t)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return w.Conn.Exec("PRAGMA writable_schema=1") },
		func() error {
			return w.Exec("UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2",
				sqlite.Text(sql), sqlite.Text(t.Physical))
		},
		func() error { return w.Conn.Exec("PRAGMA writable_schema=RESET") },
		func() error {
			return w.Conn.Exec("CREATE TABLE galley_altered (x INTEGER) STRICT; DROP TABLE galley_altered")
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			_ = w.Conn.Exec("PRAGMA writable_schema=RESET")
			return fault.Internal(fmt.Errorf("ddl: definition of %s: %w", t.Physical, err))
		}
	}
	return nil
}

// Settled refuses to change a table while deferred foreign keys that begin or
// end there are violated: what is to be tested at the end would be lost.
func Settled(w *work.Work, t *catalog.Table, statement string) error {
	pending, err := w.Conn.DeferredFKs()
	if err != nil || pending == 0 {
		return err
	}
	deferred := slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Deferrable }) ||
		slices.ContainsFunc(w.Cat().References(t.OID), func(r *catalog.Reference) bool { return r.Constraint.Deferrable })
	if !deferred {
		return nil
	}
	return fault.New("55006", `cannot %s "%s" because it has pending trigger events`, statement, t.Name)
}

// Refused makes an error of what SQLite will not keep in the file's schema: an
// expression whose functions it does not take for deterministic.
func Refused(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && strings.Contains(e.Message, "non-deterministic") {
		return work.Unsupported("an expression of this kind in an index or a generated column is")
	}
	return fault.Internal(err)
}

// Probe tries whether SQLite takes the columns of a table, with what generated
// ones are computed from.
func Probe(w *work.Work, t *catalog.Table) error {
	try := *t
	try.Constraints, try.Physical = nil, "galley_probe"
	sql, err := TableSQL(w, &try)
	if err != nil {
		return err
	}
	if err := w.Conn.Exec(sql); err != nil {
		return Refused(err)
	}
	return w.Conn.Exec("DROP TABLE galley_probe")
}
