package ddl

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

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
		n.Physical = physicalName(n.Name, uint64(n.Number))
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
			changed.Physical = physicalName(i.Name, uint64(i.OID))
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
