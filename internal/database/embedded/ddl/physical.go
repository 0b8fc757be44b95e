package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// tableSQL is the CREATE TABLE of a table in the file. It follows from the
// catalogue alone, so that a change of constraints or columns is a change of
// this text: columns stand in the order of their numbers, which is the order in
// which rows store them, dropped ones included.
func (w *work) tableSQL(t *catalog.Table) (string, error) {
	columns := append(slices.Clone(t.Columns), t.Dropped...)
	slices.SortFunc(columns, func(a, b *catalog.Column) int { return cmp.Compare(a.Number, b.Number) })
	var parts []string
	for _, c := range columns {
		sql, err := w.columnSQL(t, c)
		if err != nil {
			return "", err
		}
		parts = append(parts, sql)
	}
	constraints := slices.Clone(t.Constraints)
	// PostgreSQL tests check constraints in the order of their names.
	slices.SortFunc(constraints, func(a, b *catalog.Constraint) int { return cmp.Compare(a.Name, b.Name) })
	for _, k := range constraints {
		sql, err := w.constraintSQL(t, k)
		if err != nil {
			return "", err
		}
		if sql != "" {
			parts = append(parts, sql)
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s) STRICT", quote(t.Physical), strings.Join(parts, ", ")), nil
}

func (w *work) columnSQL(t *catalog.Table, c *catalog.Column) (string, error) {
	if c.Rowid {
		return quote(c.Physical) + " INTEGER PRIMARY KEY", nil
	}
	typ := w.Types.Type(c.Type.OID)
	if typ == nil {
		return "", fault.Internal(fmt.Errorf("ddl: column %s.%s has the unknown type %d", t.Name, c.Name, c.Type.OID))
	}
	sql := quote(c.Physical) + " " + typ.Column
	if typ.Collation != "" {
		sql += " COLLATE " + quote(typ.Collation)
	}
	if slices.Contains(t.Dropped, c) {
		return sql, nil
	}
	if c.NotNull {
		sql += " NOT NULL"
	}
	if c.Default == nil || !setsDefault(t, c) {
		return sql, nil
	}
	value, _, err := w.Compile.Expr(w.cat(), nil, c.Default, c.Type, IndexKey) // immutable: it stays in the file
	if err != nil {
		return "", unsupported("ON DELETE or ON UPDATE SET DEFAULT of a column whose default is no constant is")
	}
	return sql + " DEFAULT (" + value + ")", nil
}

// setsDefault tells whether a foreign key may set the column to its default;
// only then SQLite needs to know it.
func setsDefault(t *catalog.Table, c *catalog.Column) bool {
	return slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignKey && (k.OnDelete == 'd' || k.OnUpdate == 'd') && slices.Contains(k.Columns, c.Number)
	})
}

func (w *work) constraintSQL(t *catalog.Table, k *catalog.Constraint) (string, error) {
	switch k.Kind {
	case catalog.Check:
		sql, _, err := w.Compile.Expr(w.cat(), t, k.Check, types.Of(types.Bool), Check)
		return fmt.Sprintf("CONSTRAINT %s CHECK (%s)", quote(k.Physical), sql), err
	case catalog.ForeignKey:
		return w.foreignKeySQL(t, k), nil
	}
	return "", nil
}

var actions = map[byte]string{'a': "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

func (w *work) foreignKeySQL(t *catalog.Table, k *catalog.Constraint) string {
	parent := t
	if k.RefTable != t.OID {
		parent = w.cat().Tables[k.RefTable]
	}
	sql := fmt.Sprintf("CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE %s ON UPDATE %s",
		quote(k.Physical), quoteAll(physicalColumns(t, k.Columns)), quote(parent.Physical),
		quoteAll(physicalColumns(parent, k.RefColumns)), actions[k.OnDelete], actions[k.OnUpdate])
	if k.Deferred {
		sql += " DEFERRABLE INITIALLY DEFERRED"
	}
	return sql
}

func physicalColumns(t *catalog.Table, numbers []int) []string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = t.ColumnNumber(n).Physical
	}
	return out
}

// rewrite makes the file's definition of a table agree with the catalogue,
// without touching its rows: SQLite's documentation, "ALTER TABLE", section 8,
// describes the way. A table made and dropped behind it counts the file's schema
// on, for other connections, and makes a rollback forget the new definition.
func (w *work) rewrite(t *catalog.Table) error {
	sql, err := w.tableSQL(t)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return w.Conn.Exec("PRAGMA writable_schema=1") },
		func() error {
			return w.run("UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2",
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

// settled refuses to change a table while deferred foreign keys that begin or
// end there are violated: what is to be tested at the end would be lost.
func (w *work) settled(t *catalog.Table, statement string) error {
	pending, err := w.Conn.DeferredFKs()
	if err != nil || pending == 0 {
		return err
	}
	deferred := slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Deferred }) ||
		slices.ContainsFunc(w.cat().References(t.OID), func(r *catalog.Reference) bool { return r.Constraint.Deferred })
	if !deferred {
		return nil
	}
	return fault.New("55006", `cannot %s "%s" because it has pending trigger events`, statement, t.Name)
}

// run executes a statement with parameters and without a result.
func (w *work) run(sql string, args ...sqlite.Value) error {
	s, err := w.Conn.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return err
		}
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
	}
}

// first returns the first row of a query, nil when there is none.
func (w *work) first(sql string) ([]sqlite.Value, error) {
	s, err := w.Conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	found, err := s.Step()
	if err != nil || !found {
		return nil, err
	}
	out := make([]sqlite.Value, s.ColumnCount())
	for i := range out {
		out[i] = s.Column(i)
	}
	return out, nil
}

func quoteIdent(name string) string { return syntax.QuoteIdent(name) }

// columnExpr is the expression that reads a column.
func columnExpr(c *catalog.Column) *catalog.Expr { return &catalog.Expr{SQL: quoteIdent(c.Name)} }

// move puts a column's values into a new column of the file, which takes its
// place in the table and in all that refers to it; the old one stays behind. It
// is how the type of a column changes, and how a rowid becomes a plain column.
func (w *work) move(t *catalog.Table, c *catalog.Column, ref types.Ref, value string) error {
	old := *c
	old.NotNull, old.Default, old.Identity, old.Sequence = false, nil, 0, 0
	n := w.replaceColumn(t, c, func(n *catalog.Column) {
		n.Number, n.Type, n.Rowid = t.NextColumn, ref, false
		n.Physical = naming.Physical(n.Name, uint64(n.Number))
	})
	t.NextColumn++
	t.Dropped = append(slices.Clone(t.Dropped), &old)
	indexes, err := w.removeIndexes(t, old.Number)
	if err != nil {
		return err
	}
	renumber(t, t.OID, old.Number, n.Number)
	if err := w.fillMoved(t, n, value); err != nil {
		return err
	}
	for _, i := range t.Indexes {
		if i.Physical == "" && slices.Contains(indexes, i.OID) {
			changed := *i
			changed.Physical = naming.Physical(i.Name, uint64(i.OID))
			i = replaceIndex(t, &changed)
		}
		if slices.Contains(indexes, i.OID) {
			if err := w.buildIndex(t, i); err != nil {
				return err
			}
		}
	}
	if err := w.rewrite(t); err != nil {
		return err
	}
	for _, q := range w.ownedSequences(t.OID, old.Number) {
		changed := *q
		changed.OwnerColumn = n.Number
		w.draft().AddSequence(&changed)
	}
	return w.moveReferences(t, old.Number, n.Number)
}

// fillMoved computes the new column while nothing can object, then tests what
// its values must satisfy.
func (w *work) fillMoved(t *catalog.Table, n *catalog.Column, value string) error {
	bare := *t
	bare.Constraints = nil
	bare.Columns = slices.Clone(t.Columns)
	w.replaceColumn(&bare, n, func(c *catalog.Column) { c.NotNull = false })
	if err := w.rewrite(&bare); err != nil {
		return err
	}
	if err := w.update(t, n, value); err != nil {
		return err
	}
	if n.NotNull {
		if err := w.checkNotNull(t, n); err != nil {
			return err
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == catalog.ForeignKey {
			parent := t
			if k.RefTable != t.OID {
				parent = w.cat().Tables[k.RefTable]
			}
			if err := w.comparable(t, parent, k); err != nil {
				return err
			}
		}
		if err := w.validateUnless(k.NotValid || !slices.Contains(k.Columns, n.Number), t, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) validateUnless(skip bool, t *catalog.Table, k *catalog.Constraint) error {
	if skip {
		return nil
	}
	return w.validate(t, k)
}

// removeIndexes drops the file's indexes that use a column and returns them.
func (w *work) removeIndexes(t *catalog.Table, column int) ([]uint32, error) {
	var out []uint32
	for _, i := range t.Indexes {
		uses := slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool { return k.Column == column || k.Expr != nil }) || i.Where != nil
		if !uses {
			continue
		}
		out = append(out, i.OID)
		if i.Physical == "" {
			continue
		}
		if err := w.Conn.Exec("DROP INDEX " + quote(i.Physical)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// renumber replaces a column's number in the constraints and indexes of a table:
// in what they are over when it is the column's own table, and in what they
// refer to.
func renumber(t *catalog.Table, owner uint32, from, to int) {
	replace := func(list []int) []int {
		out := slices.Clone(list)
		for i := range out {
			if out[i] == from {
				out[i] = to
			}
		}
		return out
	}
	for i, k := range t.Constraints {
		c := *k
		if t.OID == owner {
			c.Columns = replace(k.Columns)
		}
		if k.RefTable == owner {
			c.RefColumns = replace(k.RefColumns)
		}
		t.Constraints[i] = &c
	}
	if t.OID != owner {
		return
	}
	for i, x := range t.Indexes {
		c := *x
		c.Columns = slices.Clone(x.Columns)
		for j := range c.Columns {
			if c.Columns[j].Column == from {
				c.Columns[j].Column = to
			}
		}
		t.Indexes[i] = &c
	}
}

func replaceIndex(t *catalog.Table, i *catalog.Index) *catalog.Index {
	for n, o := range t.Indexes {
		if o.OID == i.OID {
			t.Indexes[n] = i
		}
	}
	return i
}

// moveReferences makes the foreign keys of other tables follow a moved column.
func (w *work) moveReferences(t *catalog.Table, from, to int) error {
	var seen []uint32
	for _, r := range w.cat().References(t.OID) {
		if r.Table.OID == t.OID || slices.Contains(seen, r.Table.OID) || !slices.Contains(r.Constraint.RefColumns, from) {
			continue
		}
		seen = append(seen, r.Table.OID)
		child := w.draft().Table(r.Table.OID)
		renumber(child, t.OID, from, to)
		for _, k := range child.Constraints {
			if k.Kind == catalog.ForeignKey && k.RefTable == t.OID {
				if err := w.comparable(child, t, k); err != nil {
					return err
				}
				if err := w.validateUnless(k.NotValid, child, k); err != nil {
					return err
				}
			}
		}
		if err := w.rewrite(child); err != nil {
			return err
		}
	}
	return nil
}
