package sequence

import (
	"math"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Retype gives the sequence of an identity column the column's new type. Bounds
// that were those of the old type become those of the new one.
func Retype(w *work.Work, s *catalog.Sequence, to types.OID) error {
	changed := *s
	changed.Type = to
	oldMin, oldMax := limits(w, s.Type)
	least, greatest := limits(w, to)
	if s.Max == oldMax {
		changed.Max = greatest
	}
	if s.Min == oldMin {
		changed.Min = least
	}
	if err := apply(w, &changed, nil, false); err != nil {
		return err
	}
	w.Draft().AddSequence(&changed)
	return nil
}

// OwnedBy lists the sequences that belong to a table's column, or to any
// of its columns when column is 0.
func OwnedBy(w *work.Work, oid uint32, column int) []*catalog.Sequence {
	var out []*catalog.Sequence
	for _, q := range w.Cat().Sequences {
		if q.OwnerTable == oid && (column == 0 || q.OwnerColumn == column) {
			out = append(out, q)
		}
	}
	return out
}

func Remove(w *work.Work, oid uint32) error {
	w.Draft().DropSequence(oid)
	return w.Exec("DELETE FROM galley_sequence WHERE oid = ?1", sqlite.Int(int64(oid)))
}

func Drop(w *work.Work, n *ast.DropStmt) error {
	oids, err := w.DropTargets(n, "sequence", func(oid uint32) (string, bool) {
		s := w.Cat().Sequences[oid]
		if s == nil {
			return "", false
		}
		return s.Owner, true
	})
	if err != nil {
		return err
	}
	for _, oid := range work.Unique(oids) {
		for _, t := range w.Cat().SortedTables() {
			if i := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Sequence == oid }); i >= 0 {
				return sequenceInUse(w, t, t.Columns[i], oid, n.Behavior == ast.DropCascade)
			}
		}
		if err := Remove(w, oid); err != nil {
			return err
		}
	}
	return nil
}

func sequenceInUse(w *work.Work, t *catalog.Table, c *catalog.Column, oid uint32, cascade bool) error {
	s := w.Cat().Sequences[oid]
	name, table := w.Display(s.Schema, s.Name), w.Display(t.Schema, t.Name)
	switch {
	case c.Identity != 0:
		return fault.New(fault.DependentObjects, "cannot drop sequence %s because column %s of table %s requires it", name, c.Name, table).
			WithHint("You can drop column %s of table %s instead.", c.Name, table)
	case cascade:
		return work.Unsupported("DROP SEQUENCE … CASCADE of a serial column's sequence is")
	}
	return fault.New(fault.DependentObjects, "cannot drop sequence %s because other objects depend on it", name).
		WithDetail("default value for column %s of table %s depends on sequence %s", c.Name, table, name).
		WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// limits are the least and greatest value of a sequence's type.
func limits(w *work.Work, oid types.OID) (least, greatest int64) {
	switch w.Types.Type(oid).Name {
	case "int2":
		return math.MinInt16, math.MaxInt16
	case "int4":
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}
