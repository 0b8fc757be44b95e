package table

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

func Alter(w *work.Work, n *ast.AlterTableStmt) error {
	if n.Objtype != ast.OBJECT_TABLE {
		return work.Unsupported("ALTER of this kind of relation is")
	}
	q := work.NameOf(n.Relation)
	if n.MissingOk {
		if oid, err := w.Find(q); err == nil && oid == 0 || fault.Code(err) == fault.InvalidSchemaName {
			w.Notice(`relation "%s" does not exist, skipping`, q.Name)
			return nil
		}
	}
	t, err := w.OwnTable(q)
	if err != nil {
		return err
	}
	if err := physical.Settled(w, t, "ALTER TABLE"); err != nil {
		return err
	}
	w.Source = "" // PostgreSQL gives no positions here
	var commands []*ast.AlterTableCmd
	for _, c := range work.Items(n.Cmds) {
		cmd, ok := c.(*ast.AlterTableCmd)
		if !ok {
			return work.Unsupported("%T in ALTER TABLE is", c)
		}
		// PostgreSQL looks at these before it runs any action.
		if cmd.Subtype == ast.AT_AlterColumnType && t.Column(cmd.Name) == nil {
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
		}
		commands = append(commands, cmd)
	}
	slices.SortStableFunc(commands, func(a, b *ast.AlterTableCmd) int { return cmp.Compare(pass(a), pass(b)) })
	for _, cmd := range commands {
		if err := alter(w, t.OID, cmd); err != nil {
			return err
		}
	}
	return nil
}

// pass is when PostgreSQL runs an action: it drops first and adds constraints
// last, whatever the order in the statement (AlterTablePass in tablecmds.c).
func pass(c *ast.AlterTableCmd) int {
	switch c.Subtype {
	case ast.AT_DropColumn, ast.AT_DropConstraint, ast.AT_DropNotNull, ast.AT_DropIdentity, ast.AT_DropExpression:
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
func alter(w *work.Work, oid uint32, cmd *ast.AlterTableCmd) error {
	t := w.Draft().Table(oid)
	switch cmd.Subtype {
	case ast.AT_EnableRowSecurity, ast.AT_DisableRowSecurity:
		t.RowSecurity = cmd.Subtype == ast.AT_EnableRowSecurity
		return nil
	case ast.AT_ForceRowSecurity, ast.AT_NoForceRowSecurity:
		t.ForceRowSecurity = cmd.Subtype == ast.AT_ForceRowSecurity
		return nil
	case ast.AT_ChangeOwner:
		return changeOwner(w, t, cmd.Newowner)
	case ast.AT_AddColumn:
		return alterAddColumn(w, t, cmd)
	case ast.AT_DropColumn:
		return alterDropColumn(w, t, cmd)
	case ast.AT_AddConstraint:
		return alterAddConstraint(w, t, cmd)
	case ast.AT_DropConstraint:
		return alterDropConstraint(w, t, cmd)
	case ast.AT_ValidateConstraint:
		return validateConstraint(w, t, cmd.Name)
	case ast.AT_ColumnDefault, ast.AT_SetNotNull, ast.AT_DropNotNull, ast.AT_AlterColumnType,
		ast.AT_AddIdentity, ast.AT_SetIdentity, ast.AT_DropIdentity, ast.AT_DropExpression:
		return alterColumn(w, t, cmd)
	case ast.AT_AlterConstraint:
		return alterConstraint(w, t, cmd.Def)
	case ast.AT_ReplicaIdentity:
		return replicaIdentity(t, cmd.Def)
	}
	return storageOption(t, cmd)
}

// alterColumn runs an action on one column.
func alterColumn(w *work.Work, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	c := t.Column(cmd.Name)
	if c == nil {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	switch cmd.Subtype {
	case ast.AT_ColumnDefault:
		return setDefault(w, t, c, cmd.Def)
	case ast.AT_SetNotNull:
		return setNotNull(w, t, c)
	case ast.AT_DropNotNull:
		return dropNotNull(w, t, c)
	case ast.AT_AddIdentity:
		return addIdentity(w, t, c, cmd.Def)
	case ast.AT_SetIdentity:
		return setIdentity(w, t, c, cmd.Def)
	case ast.AT_DropIdentity:
		return dropIdentity(w, t, c, cmd.MissingOk)
	case ast.AT_DropExpression:
		return dropExpression(w, t, c, cmd.MissingOk)
	}
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return work.Unsupported("this form of ALTER COLUMN is")
	}
	return setType(w, t, c, def)
}

// changeOwner gives a table, and the sequences of its columns, to another role.
func changeOwner(w *work.Work, t *catalog.Table, spec *ast.RoleSpec) error {
	owner, err := w.RoleOf(spec)
	if err != nil {
		return err
	}
	if owner == catalog.Public {
		return fault.New(fault.UndefinedObject, `role "public" does not exist`)
	}
	if !w.Catalog.Owns(w.Role, owner) {
		return fault.New(fault.InsufficientPrivilege, `must be member of role "%s"`, owner)
	}
	s := w.Cat().Schemas[t.Schema]
	if me := w.Catalog.Roles[w.Role]; !me.Superuser && !w.Catalog.Has(owner, s.Owner, s.ACL, catalog.Create) {
		return fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	t.ACL = t.ACL.Reowned(t.Owner, owner)
	t.Owner = owner
	for _, q := range sequence.OwnedBy(w, t.OID, 0) {
		changed := *q
		changed.ACL = q.ACL.Reowned(q.Owner, owner)
		changed.Owner = owner
		w.Draft().AddSequence(&changed)
	}
	return nil
}

func alterAddConstraint(w *work.Work, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	k, ok := cmd.Def.(*ast.Constraint)
	if !ok {
		return work.Unsupported("this form of ADD CONSTRAINT is")
	}
	if k.Indexname != "" {
		return constraintUsing(w, t, k)
	}
	p := &tableParts{t: t, altered: true}
	if err := p.add(k, ""); err != nil {
		return err
	}
	return addParts(w, p)
}

func alterDropConstraint(w *work.Work, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	k := work.ConstraintNamed(t, cmd.Name)
	if k == nil {
		if cmd.MissingOk {
			w.Notice(`constraint "%s" of relation "%s" does not exist, skipping`, cmd.Name, t.Name)
			return nil
		}
		return fault.New(fault.UndefinedObject, `constraint "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		target := fmt.Sprintf("constraint %s on table %s", k.Name, w.Display(t.Schema, t.Name))
		if err := depend.DropReferences(w, t, k.Index, target, cmd.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return dropConstraint(w, w.Draft().Table(t.OID), k.OID)
}

// dropConstraint removes a constraint with its index.
func dropConstraint(w *work.Work, t *catalog.Table, oid uint32) error {
	at := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.OID == oid })
	if at < 0 {
		return nil // it went with what it depended on
	}
	k := t.Constraints[at]
	t.Constraints = slices.Delete(t.Constraints, at, at+1)
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		i := slices.IndexFunc(t.Indexes, func(i *catalog.Index) bool { return i.OID == k.Index })
		index := t.Indexes[i]
		t.Indexes = slices.Delete(t.Indexes, i, i+1)
		if index.Physical == "" {
			return leaveRowid(w, t, t.ColumnNumber(k.Columns[0]))
		}
		if err := w.Conn.Exec("DROP INDEX " + work.Quote(index.Physical)); err != nil {
			return err
		}
		return nil
	}
	return physical.Rewrite(w, t)
}

// leaveRowid makes a plain column of one that is SQLite's rowid, so that it may
// hold a value twice.
func leaveRowid(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	return move(w, t, c, c.Type, work.Quote(c.Physical))
}

// alterDropColumn removes a column with its indexes and constraints. In the file
// it stays.
func alterDropColumn(w *work.Work, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	c := t.Column(cmd.Name)
	if c == nil {
		if cmd.MissingOk {
			w.Notice(`column "%s" of relation "%s" does not exist, skipping`, cmd.Name, t.Name)
			return nil
		}
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	return dropColumn(w, t, c, cmd.Behavior == ast.DropCascade)
}

func dropColumn(w *work.Work, t *catalog.Table, c *catalog.Column, cascade bool) error {
	if err := dropUsers(w, t, c, cascade); err != nil {
		return err
	}
	if len(w.Cat().Tables[t.OID].Columns) == 1 {
		return work.Unsupported("dropping the last column of a table is")
	}
	if err := dropDependents(w, t, c, cascade); err != nil {
		return err
	}
	t = w.Draft().Table(t.OID)
	if err := dropColumnParts(w, t, c); err != nil {
		return err
	}
	for _, q := range sequence.OwnedBy(w, t.OID, c.Number) {
		if err := sequenceElsewhere(w, t, c, q); err != nil {
			return err
		}
		if err := sequence.Remove(w, q.OID); err != nil {
			return err
		}
	}
	t.Columns = slices.DeleteFunc(t.Columns, func(o *catalog.Column) bool { return o.Number == c.Number })
	old := *c
	old.NotNull, old.Default, old.Generated, old.Identity, old.Sequence = false, nil, nil, 0, 0
	t.Dropped = append(slices.Clone(t.Dropped), &old)
	return physical.Rewrite(w, t)
}

// sequenceElsewhere refuses to drop a sequence that a column of another table
// draws from.
func sequenceElsewhere(w *work.Work, t *catalog.Table, c *catalog.Column, q *catalog.Sequence) error {
	for _, o := range w.Cat().SortedTables() {
		for _, user := range o.Columns {
			if user.Sequence == q.OID && (o.OID != t.OID || user.Number != c.Number) {
				return work.Unsupported("dropping a column whose sequence another column uses is")
			}
		}
	}
	return nil
}

// dropDependents handles what outside the column depends on it: foreign keys to
// it, policies and views.
func dropDependents(w *work.Work, t *catalog.Table, c *catalog.Column, cascade bool) error {
	list, err := depend.ColumnPolicies(w, t, c)
	if err != nil {
		return err
	}
	for _, r := range w.Cat().References(t.OID) {
		own := r.Table.OID == t.OID && slices.Contains(r.Constraint.Columns, c.Number)
		if slices.Contains(r.Constraint.RefColumns, c.Number) && !own {
			list = append(list, depend.Dependent{Table: r.Table, Constraint: r.Constraint})
		}
	}
	if list, err = depend.OnColumn(w, t, c, list); err != nil {
		return err
	}
	if err := depend.Refuse(w, list, cascade, 1); err != nil {
		return err
	}
	for _, d := range list {
		if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	return nil
}

// dropColumnParts removes the indexes and constraints of the table that use a
// column.
func dropColumnParts(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	var gone []uint32
	for _, i := range slices.Clone(t.Indexes) {
		used, err := indexUses(i, c)
		if err != nil {
			return err
		}
		if !used {
			continue
		}
		gone = append(gone, i.OID)
		if i.Physical != "" {
			if err := w.Conn.Exec("DROP INDEX " + work.Quote(i.Physical)); err != nil {
				return err
			}
		}
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *catalog.Index) bool { return slices.Contains(gone, i.OID) })
	t.Constraints = slices.DeleteFunc(t.Constraints, func(k *catalog.Constraint) bool {
		if k.Kind != catalog.ForeignKey && slices.Contains(gone, k.Index) {
			return true
		}
		return slices.Contains(k.Columns, c.Number) || k.RefTable == t.OID && slices.Contains(k.RefColumns, c.Number)
	})
	return nil
}

func indexUses(i *catalog.Index, c *catalog.Column) (bool, error) {
	if slices.Contains(i.Include, c.Number) {
		return true, nil
	}
	for _, k := range i.Columns {
		if k.Column == c.Number {
			return true, nil
		}
		if used, err := work.Uses(k.Expr, c.Name); used || err != nil {
			return used, err
		}
	}
	return work.Uses(i.Where, c.Name)
}
