package table

import (
	"fmt"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// fill gives a new column to the rows there are. Meanwhile the file's table has
// no constraints that could object.
func fill(w *work.Work, t *catalog.Table, n newColumn) error {
	bare := *t
	bare.Constraints = nil
	bare.Columns = slices.Clone(t.Columns)
	c := t.ColumnNumber(n.number)
	w.ReplaceColumn(&bare, c, func(c *catalog.Column) { c.NotNull = false })
	if err := physical.Rewrite(w, &bare); err != nil {
		return err
	}
	switch {
	case n.sequence != nil:
		return fillSequence(w, t, c, n.sequence)
	case c.Generated != nil:
		return recompute(w, t)
	case c.Default == nil:
		return nil
	}
	if row, err := w.First("SELECT 1 FROM " + work.Quote(t.Physical) + " LIMIT 1"); err != nil || row == nil {
		return err
	}
	value, _, err := w.Compile.Expr(w.Cat(), nil, c.Default, c.Type, work.Using)
	if err != nil {
		return err
	}
	return update(w, t, c, value)
}

func update(w *work.Work, t *catalog.Table, c *catalog.Column, value string) error {
	err := w.Conn.Exec(fmt.Sprintf("UPDATE %s SET %s = (%s)", work.Quote(t.Physical), work.Quote(c.Physical), value))
	if err != nil {
		return fault.From(err)
	}
	return nil
}

// fillSequence numbers the rows there are, in their order in the table.
func fillSequence(w *work.Work, t *catalog.Table, c *catalog.Column, s *catalog.Sequence) error {
	row, err := w.First("SELECT count(*) FROM " + work.Quote(t.Physical))
	if err != nil || row[0].Int() == 0 {
		return err
	}
	count := row[0].Int()
	room := uint64(s.Max-s.Start) / uint64(max(s.Increment, 1))
	if s.Increment < 0 {
		room = uint64(s.Start-s.Min) / uint64(-s.Increment)
	}
	if uint64(count-1) > room {
		return work.Unsupported("filling a column from a sequence that has fewer values than the table has rows is")
	}
	err = w.Exec(fmt.Sprintf(`UPDATE %[1]s SET %[2]s = v.n FROM
		(SELECT rowid AS r, ?1 + (row_number() OVER (ORDER BY rowid) - 1) * ?2 AS n FROM %[1]s) AS v WHERE v.r = %[1]s.rowid`,
		work.Quote(t.Physical), work.Quote(c.Physical)), sqlite.Int(s.Start), sqlite.Int(s.Increment))
	if err != nil {
		return fault.From(err)
	}
	return sequence.Set(w, s, s.Start+(count-1)*s.Increment, true)
}

// move puts a column's values into a new column of the file, which takes its
// place in the table and in all that refers to it; the old one stays behind. It
// is how the type of a column changes, and how a rowid becomes a plain column.
func move(w *work.Work, t *catalog.Table, c *catalog.Column, ref types.Ref, value string) error {
	old := *c
	old.NotNull, old.Default, old.Generated, old.Identity, old.Sequence = false, nil, nil, 0, 0
	n := w.ReplaceColumn(t, c, func(n *catalog.Column) {
		n.Number, n.Type, n.Rowid = t.NextColumn, ref, false
		n.Physical = naming.Physical(n.Name, uint64(n.Number))
	})
	t.NextColumn++
	t.Dropped = append(slices.Clone(t.Dropped), &old)
	indexes, err := removeIndexes(w, t, old.Number)
	if err != nil {
		return err
	}
	renumber(t, t.OID, old.Number, n.Number)
	if err := fillMoved(w, t, n, value); err != nil {
		return err
	}
	for _, i := range t.Indexes {
		if i.Method == "gin" && slices.Contains(indexes, i.OID) {
			if err := ginKey(w, w.Types.Type(n.Type.OID), nil); err != nil {
				return err
			}
		}
		if i.Physical == "" && i.Method == "" && slices.Contains(indexes, i.OID) {
			changed := *i
			changed.Physical = naming.Physical(i.Name, uint64(i.OID))
			i = replaceIndex(t, &changed)
		}
		if slices.Contains(indexes, i.OID) {
			if err := physical.BuildIndex(w, t, i); err != nil {
				return err
			}
		}
	}
	if err := physical.Rewrite(w, t); err != nil {
		return err
	}
	for _, q := range sequence.OwnedBy(w, t.OID, old.Number) {
		changed := *q
		changed.OwnerColumn = n.Number
		w.Draft().AddSequence(&changed)
	}
	depend.Renumber(w, t, old.Number, n.Number)
	return moveReferences(w, t, old.Number, n.Number)
}

// fillMoved computes the new column while nothing can object, then tests what
// its values must satisfy.
func fillMoved(w *work.Work, t *catalog.Table, n *catalog.Column, value string) error {
	bare := *t
	bare.Constraints = nil
	bare.Columns = slices.Clone(t.Columns)
	w.ReplaceColumn(&bare, n, func(c *catalog.Column) { c.NotNull, c.Generated = false, nil })
	if err := physical.Rewrite(w, &bare); err != nil {
		return err
	}
	if err := update(w, t, n, value); err != nil {
		return err
	}
	if n.NotNull {
		if err := checkNotNull(w, t, n); err != nil {
			return err
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == catalog.ForeignKey {
			parent := t
			if k.RefTable != t.OID {
				parent = w.Cat().Tables[k.RefTable]
			}
			if err := comparable(w, t, parent, k); err != nil {
				return err
			}
		}
		if err := validateUnless(w, k.NotValid || !slices.Contains(k.Columns, n.Number), t, k); err != nil {
			return err
		}
	}
	return nil
}

func validateUnless(w *work.Work, skip bool, t *catalog.Table, k *catalog.Constraint) error {
	if skip {
		return nil
	}
	return validate(w, t, k)
}

// removeIndexes drops the file's indexes that use a column and returns them.
func removeIndexes(w *work.Work, t *catalog.Table, column int) ([]uint32, error) {
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
		if err := w.Conn.Exec("DROP INDEX " + work.Quote(i.Physical)); err != nil {
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
		c.Include = replace(x.Include)
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
func moveReferences(w *work.Work, t *catalog.Table, from, to int) error {
	var seen []uint32
	for _, r := range w.Cat().References(t.OID) {
		if r.Table.OID == t.OID || slices.Contains(seen, r.Table.OID) || !slices.Contains(r.Constraint.RefColumns, from) {
			continue
		}
		seen = append(seen, r.Table.OID)
		child := w.Draft().Table(r.Table.OID)
		renumber(child, t.OID, from, to)
		for _, k := range child.Constraints {
			if k.Kind == catalog.ForeignKey && k.RefTable == t.OID {
				if err := comparable(w, child, t, k); err != nil {
					return err
				}
				if err := validateUnless(w, k.NotValid, child, k); err != nil {
					return err
				}
			}
		}
		if err := physical.Rewrite(w, child); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild makes anew what the file keeps of a table's expressions, after the
// functions in them, or the SQL that they become, have changed. As on PostgreSQL
// rows that a check no longer admits stay.
func Rebuild(w *work.Work, t *catalog.Table) error {
	generated := slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return c.Generated != nil })
	if !generated && len(expressionsOf(t)) == 0 {
		return nil
	}
	var computed []*catalog.Index
	for _, i := range t.Indexes {
		if i.Physical == "" || i.Where == nil && !slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool { return onComputed(t, k) }) {
			continue
		}
		computed = append(computed, i)
		if err := w.Conn.Exec("DROP INDEX " + work.Quote(i.Physical)); err != nil {
			return fault.From(err)
		}
	}
	if generated {
		bare := *t
		bare.Constraints = nil
		if err := physical.Rewrite(w, &bare); err != nil {
			return err
		}
		if err := recompute(w, t); err != nil {
			return err
		}
	}
	if err := physical.Rewrite(w, t); err != nil {
		return err
	}
	for _, i := range computed {
		if err := physical.BuildIndex(w, t, i); err != nil {
			return err
		}
	}
	return nil
}

// onComputed tells whether a key is computed: an expression, or a generated
// column.
func onComputed(t *catalog.Table, k catalog.IndexColumn) bool {
	if k.Column == 0 {
		return true
	}
	c := t.ColumnNumber(k.Column)
	return c != nil && c.Generated != nil
}
