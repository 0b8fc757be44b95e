package sequence

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Named finds a sequence that a statement names, nil when the name is another
// kind of relation's or nobody's.
func Named(w *work.Work, r *ast.RangeVar) *catalog.Sequence {
	oid, err := w.Find(work.NameOf(r))
	if err != nil {
		return nil
	}
	return w.Cat().Sequences[oid]
}

// ChangeOwner runs ALTER SEQUENCE … OWNER TO, which dumps write as ALTER TABLE.
func ChangeOwner(w *work.Work, n *ast.AlterTableStmt) error {
	q := work.NameOf(n.Relation)
	oid, err := w.Find(q)
	if n.MissingOk && (err == nil && oid == 0 || fault.Code(err) == fault.InvalidSchemaName) {
		w.Notice(`relation "%s" does not exist, skipping`, q.Name)
		return nil
	}
	if err != nil {
		return err
	}
	s := w.Cat().Sequences[oid]
	switch {
	case oid == 0:
		return fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	case s == nil:
		return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.Name)
	}
	if err := w.MustOwn(s.Owner, "sequence", s.Name); err != nil {
		return err
	}
	for _, c := range work.Items(n.Cmds) {
		cmd, ok := c.(*ast.AlterTableCmd)
		if !ok || cmd.Subtype != ast.AT_ChangeOwner {
			return work.Unsupported("this form of ALTER SEQUENCE is")
		}
		if err := changeOwner(w, s.OID, cmd.Newowner); err != nil {
			return err
		}
	}
	return nil
}

func changeOwner(w *work.Work, oid uint32, spec *ast.RoleSpec) error {
	changed := *w.Cat().Sequences[oid]
	owner, err := w.RoleOf(spec)
	if err != nil || owner == changed.Owner {
		return err
	}
	if t := w.Cat().Tables[changed.OwnerTable]; t != nil {
		return fault.New(fault.FeatureNotSupported, `cannot change owner of sequence "%s"`, changed.Name).
			WithDetail(`Sequence "%s" is linked to table "%s".`, changed.Name, t.Name)
	}
	if owner, err = w.NewOwner(spec, changed.Schema); err != nil {
		return err
	}
	changed.ACL, changed.Owner = changed.ACL.Reowned(changed.Owner, owner), owner
	w.Draft().AddSequence(&changed)
	return nil
}
