package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

func Drop(w *work.Work, n *ast.DropStmt) error {
	oids, err := w.DropTargets(n, "table", func(oid uint32) (string, bool) {
		t := w.Cat().Tables[oid]
		if t == nil {
			return "", false
		}
		return t.Owner, true
	})
	if err != nil || len(oids) == 0 {
		return err
	}
	return Remove(w, work.Unique(oids), len(oids), n.Behavior == ast.DropCascade)
}

// Remove drops tables together with what depends on them. named is how
// many the statement named.
func Remove(w *work.Work, oids []uint32, named int, cascade bool) error {
	for _, oid := range oids {
		if err := physical.Settled(w, w.Cat().Tables[oid], "DROP TABLE"); err != nil {
			return err
		}
	}
	dependents, err := depend.OnTables(w, oids)
	if err != nil {
		return err
	}
	if err := depend.Refuse(w, dependents, cascade, named); err != nil {
		return err
	}
	for _, d := range dependents {
		if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	for _, oid := range oids {
		if err := detach(w, oid, oids); err != nil {
			return err
		}
	}
	for _, oid := range oids {
		if err := removeTable(w, oid); err != nil {
			return err
		}
	}
	return nil
}

// detach removes the foreign keys of a table that lead to tables being dropped,
// itself among them: dropping those would otherwise act on its rows.
func detach(w *work.Work, oid uint32, oids []uint32) error {
	leads := func(k *catalog.Constraint) bool {
		return k.Kind == catalog.ForeignKey && slices.Contains(oids, k.RefTable)
	}
	if !slices.ContainsFunc(w.Cat().Tables[oid].Constraints, leads) {
		return nil
	}
	t := w.Draft().Table(oid)
	t.Constraints = slices.DeleteFunc(t.Constraints, leads)
	return physical.Rewrite(w, t)
}

func removeTable(w *work.Work, oid uint32) error {
	t := w.Cat().Tables[oid]
	if err := w.Conn.Exec("DROP TABLE " + work.Quote(t.Physical)); err != nil {
		return fault.From(err)
	}
	for _, s := range w.Cat().Sequences {
		if s.OwnerTable == oid {
			if err := sequence.Remove(w, s.OID); err != nil {
				return err
			}
		}
	}
	w.Draft().DropTable(oid)
	return nil
}

// Truncate empties tables, none of whose foreign keys act on other tables.
func Truncate(w *work.Work, n *ast.TruncateStmt) error {
	var oids []uint32
	for _, o := range work.Items(n.Relations) {
		r, ok := o.(*ast.RangeVar)
		if !ok {
			return work.Unsupported("%T in TRUNCATE is", o)
		}
		t, err := w.TableNamed(work.NameOf(r))
		if err != nil {
			return err
		}
		if err := mayTruncate(w, t); err != nil {
			return err
		}
		if !slices.Contains(oids, t.OID) {
			oids = append(oids, t.OID)
		}
	}
	oids, err := withReferencing(w, oids, n.Behavior == ast.DropCascade)
	if err != nil {
		return err
	}
	for _, oid := range oids {
		if err := physical.Settled(w, w.Cat().Tables[oid], "TRUNCATE"); err != nil {
			return err
		}
		if err := empty(w, oid, n.RestartSeqs); err != nil {
			return err
		}
	}
	return nil
}

func mayTruncate(w *work.Work, t *catalog.Table) error {
	if w.Catalog.Has(w.Role, t.Owner, t.ACL, catalog.Truncate) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", t.Name)
}

// withReferencing adds the tables that reference others of the list, or refuses
// when they are not named.
func withReferencing(w *work.Work, oids []uint32, cascade bool) ([]uint32, error) {
	for i := 0; i < len(oids); i++ {
		for _, r := range w.Cat().References(oids[i]) {
			if slices.Contains(oids, r.Table.OID) {
				continue
			}
			if !cascade {
				parent := w.Cat().Tables[oids[i]]
				return nil, fault.New(fault.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail(`Table "%s" references "%s".`, r.Table.Name, parent.Name).
					WithHint(`Truncate table "%s" at the same time, or use TRUNCATE ... CASCADE.`, r.Table.Name)
			}
			w.Notice(`truncate cascades to table "%s"`, r.Table.Name)
			if err := mayTruncate(w, r.Table); err != nil {
				return nil, err
			}
			oids = append(oids, r.Table.OID)
		}
	}
	return oids, nil
}

// empty removes the rows of a table. Foreign keys between the truncated tables
// must not act meanwhile, so the table is emptied without its definition
// referring to them.
func empty(w *work.Work, oid uint32, restart bool) error {
	t := w.Cat().Tables[oid]
	if len(w.Cat().References(oid)) > 0 {
		if err := withoutReferences(w, oid, func() error { return w.Conn.Exec("DELETE FROM " + work.Quote(t.Physical)) }); err != nil {
			return err
		}
	} else if err := w.Conn.Exec("DELETE FROM " + work.Quote(t.Physical)); err != nil {
		return fault.From(err)
	}
	if !restart {
		return nil
	}
	for _, s := range w.Cat().Sequences {
		if s.OwnerTable == oid {
			if err := sequence.Set(w, s, s.Start, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutReferences runs do while no foreign key leads to a table.
func withoutReferences(w *work.Work, oid uint32, do func() error) error {
	var tables []*catalog.Table
	for _, r := range w.Cat().References(oid) {
		if !slices.Contains(tables, r.Table) {
			tables = append(tables, r.Table)
		}
	}
	for _, t := range tables {
		bare := *t
		bare.Constraints = slices.DeleteFunc(slices.Clone(t.Constraints), func(k *catalog.Constraint) bool {
			return k.Kind == catalog.ForeignKey && k.RefTable == oid
		})
		if err := physical.Rewrite(w, &bare); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return fault.From(err)
	}
	for _, t := range tables {
		if err := physical.Rewrite(w, t); err != nil {
			return err
		}
	}
	return nil
}
