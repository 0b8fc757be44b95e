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
