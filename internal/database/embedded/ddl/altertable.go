package ddl

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

func (w *work) alterTable(n *ast.AlterTableStmt) error {
	if n.Objtype != ast.OBJECT_TABLE {
		return unsupported("ALTER of this kind of relation is")
	}
	q := fromRange(n.Relation)
	if n.MissingOk {
		if oid, err := w.find(q); err == nil && oid == 0 || fault.Code(err) == fault.InvalidSchemaName {
			w.notice(`relation "%s" does not exist, skipping`, q.name)
			return nil
		}
	}
	t, err := w.ownTable(q)
	if err != nil {
		return err
	}
	for _, c := range items(n.Cmds) {
		cmd, ok := c.(*ast.AlterTableCmd)
		if !ok {
			return unsupported("%T in ALTER TABLE is", c)
		}
		if err := w.alter(t.OID, cmd); err != nil {
			return err
		}
	}
	return nil
}

// alter runs one action of ALTER TABLE.
func (w *work) alter(oid uint32, cmd *ast.AlterTableCmd) error {
	t := w.draft().Table(oid)
	switch cmd.Subtype {
	case ast.AT_EnableRowSecurity, ast.AT_DisableRowSecurity:
		t.RowSecurity = cmd.Subtype == ast.AT_EnableRowSecurity
		return nil
	case ast.AT_ForceRowSecurity, ast.AT_NoForceRowSecurity:
		t.ForceRowSecurity = cmd.Subtype == ast.AT_ForceRowSecurity
		return nil
	case ast.AT_ChangeOwner:
		return w.changeOwner(t, cmd.Newowner)
	}
	return unsupported("this form of ALTER TABLE is")
}

// changeOwner gives a table, and the sequences of its columns, to another role.
func (w *work) changeOwner(t *catalog.Table, spec *ast.RoleSpec) error {
	owner, err := w.role(spec)
	if err != nil {
		return err
	}
	if owner == catalog.Public {
		return fault.New(fault.UndefinedObject, `role "public" does not exist`)
	}
	if !w.Catalog.Owns(w.Role, owner) {
		return fault.New(fault.InsufficientPrivilege, `must be member of role "%s"`, owner)
	}
	s := w.cat().Schemas[t.Schema]
	if me := w.Catalog.Roles[w.Role]; !me.Superuser && !w.Catalog.Has(owner, s.Owner, s.ACL, catalog.Create) {
		return fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	t.Owner = owner
	for _, q := range w.cat().Sequences {
		if q.OwnerTable == t.OID {
			changed := *q
			changed.Owner = owner
			w.draft().AddSequence(&changed)
		}
	}
	return nil
}
