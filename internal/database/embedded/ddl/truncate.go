package ddl

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

// truncate empties tables, none of whose foreign keys act on other tables.
func (w *work) truncate(n *ast.TruncateStmt) error {
	var oids []uint32
	for _, o := range items(n.Relations) {
		r, ok := o.(*ast.RangeVar)
		if !ok {
			return unsupported("%T in TRUNCATE is", o)
		}
		t, err := w.table(fromRange(r))
		if err != nil {
			return err
		}
		if err := w.mayTruncate(t); err != nil {
			return err
		}
		if !slices.Contains(oids, t.OID) {
			oids = append(oids, t.OID)
		}
	}
	oids, err := w.withReferencing(oids, n.Behavior == ast.DropCascade)
	if err != nil {
		return err
	}
	for _, oid := range oids {
		if err := w.settled(w.cat().Tables[oid], "TRUNCATE"); err != nil {
			return err
		}
		if err := w.empty(oid, n.RestartSeqs); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) mayTruncate(t *catalog.Table) error {
	if w.Catalog.Has(w.Role, t.Owner, t.ACL, catalog.Truncate) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", t.Name)
}

// withReferencing adds the tables that reference others of the list, or refuses
// when they are not named.
func (w *work) withReferencing(oids []uint32, cascade bool) ([]uint32, error) {
	for i := 0; i < len(oids); i++ {
		for _, r := range w.cat().References(oids[i]) {
			if slices.Contains(oids, r.Table.OID) {
				continue
			}
			if !cascade {
				parent := w.cat().Tables[oids[i]]
				return nil, fault.New(fault.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail(`Table "%s" references "%s".`, r.Table.Name, parent.Name).
					WithHint(`Truncate table "%s" at the same time, or use TRUNCATE ... CASCADE.`, r.Table.Name)
			}
			w.notice(`truncate cascades to table "%s"`, r.Table.Name)
			if err := w.mayTruncate(r.Table); err != nil {
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
func (w *work) empty(oid uint32, restart bool) error {
	t := w.cat().Tables[oid]
	if len(w.cat().References(oid)) > 0 {
		if err := w.withoutReferences(oid, func() error { return w.Conn.Exec("DELETE FROM " + quote(t.Physical)) }); err != nil {
			return err
		}
	} else if err := w.Conn.Exec("DELETE FROM " + quote(t.Physical)); err != nil {
		return fault.From(err)
	}
	if !restart {
		return nil
	}
	for _, s := range w.cat().Sequences {
		if s.OwnerTable == oid {
			if err := w.setSequence(s, s.Start, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutReferences runs do while no foreign key leads to a table.
func (w *work) withoutReferences(oid uint32, do func() error) error {
	var tables []*catalog.Table
	for _, r := range w.cat().References(oid) {
		if !slices.Contains(tables, r.Table) {
			tables = append(tables, r.Table)
		}
	}
	for _, t := range tables {
		bare := *t
		bare.Constraints = slices.DeleteFunc(slices.Clone(t.Constraints), func(k *catalog.Constraint) bool {
			return k.Kind == catalog.ForeignKey && k.RefTable == oid
		})
		if err := w.rewrite(&bare); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return fault.From(err)
	}
	for _, t := range tables {
		if err := w.rewrite(t); err != nil {
			return err
		}
	}
	return nil
}
