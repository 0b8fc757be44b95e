package ddl

import (
	"cmp"
	"slices"

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
	if err := w.settled(t, "ALTER TABLE"); err != nil {
		return err
	}
	var commands []*ast.AlterTableCmd
	for _, c := range items(n.Cmds) {
		cmd, ok := c.(*ast.AlterTableCmd)
		if !ok {
			return unsupported("%T in ALTER TABLE is", c)
		}
		commands = append(commands, cmd)
	}
	slices.SortStableFunc(commands, func(a, b *ast.AlterTableCmd) int { return cmp.Compare(pass(a), pass(b)) })
	for _, cmd := range commands {
		if err := w.alter(t.OID, cmd); err != nil {
			return err
		}
	}
	return nil
}

// pass is when PostgreSQL runs an action: it drops first and adds constraints
// last, whatever the order in the statement (AlterTablePass in tablecmds.c).
func pass(c *ast.AlterTableCmd) int {
	switch c.Subtype {
	case ast.AT_DropColumn, ast.AT_DropConstraint, ast.AT_DropNotNull, ast.AT_DropIdentity:
		return 0
	case ast.AT_ColumnDefault:
		if c.Def == nil {
			return 0
		}
		return 9
	case ast.AT_AlterColumnType:
		return 1
	case ast.AT_AddColumn:
		return 4
	case ast.AT_SetNotNull, ast.AT_SetIdentity:
		return 6
	case ast.AT_AddConstraint:
		if k, ok := c.Def.(*ast.Constraint); ok && (k.Contype == ast.CONSTR_PRIMARY || k.Contype == ast.CONSTR_UNIQUE) {
			return 7
		}
		return 9
	case ast.AT_AddIdentity:
		return 9
	}
	return 10
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
	case ast.AT_AddColumn:
		return w.alterAddColumn(t, cmd)
	case ast.AT_DropColumn:
		return w.alterDropColumn(t, cmd)
	case ast.AT_AddConstraint:
		return w.alterAddConstraint(t, cmd)
	case ast.AT_DropConstraint:
		return w.alterDropConstraint(t, cmd)
	case ast.AT_ValidateConstraint:
		return w.validateConstraint(t, cmd.Name)
	case ast.AT_ColumnDefault, ast.AT_SetNotNull, ast.AT_DropNotNull, ast.AT_AlterColumnType,
		ast.AT_AddIdentity, ast.AT_DropIdentity:
		return w.alterColumn(t, cmd)
	}
	return unsupported("this form of ALTER TABLE is")
}

// alterColumn runs an action on one column.
func (w *work) alterColumn(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	c := t.Column(cmd.Name)
	if c == nil {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	switch cmd.Subtype {
	case ast.AT_ColumnDefault:
		return w.setDefault(t, c, cmd.Def)
	case ast.AT_SetNotNull:
		return w.setNotNull(t, c)
	case ast.AT_DropNotNull:
		return w.dropNotNull(t, c)
	case ast.AT_AddIdentity:
		return w.addIdentity(t, c, cmd.Def)
	case ast.AT_DropIdentity:
		return w.dropIdentity(t, c, cmd.MissingOk)
	}
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return unsupported("this form of ALTER COLUMN is")
	}
	return w.setType(t, c, def)
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
	for _, q := range w.ownedSequences(t.OID, 0) {
		changed := *q
		changed.Owner = owner
		w.draft().AddSequence(&changed)
	}
	return nil
}

// ownedSequences lists the sequences that belong to a table's column, or to any
// of its columns when column is 0.
func (w *work) ownedSequences(oid uint32, column int) []*catalog.Sequence {
	var out []*catalog.Sequence
	for _, q := range w.cat().Sequences {
		if q.OwnerTable == oid && (column == 0 || q.OwnerColumn == column) {
			out = append(out, q)
		}
	}
	return out
}
