package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/types"
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
	w.Source = "" // PostgreSQL gives no positions here
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

func (w *work) alterAddConstraint(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	k, ok := cmd.Def.(*ast.Constraint)
	if !ok {
		return unsupported("this form of ADD CONSTRAINT is")
	}
	p := &tableParts{t: t, altered: true}
	if err := p.add(k, ""); err != nil {
		return err
	}
	return w.addParts(p)
}

// validate tests the rows there are against a constraint.
func (w *work) validate(t *catalog.Table, k *catalog.Constraint) error {
	switch k.Kind {
	case catalog.Check:
		return w.validateCheck(t, k)
	case catalog.ForeignKey:
		return w.validateForeignKey(t, k)
	}
	return nil // its index was built
}

func (w *work) validateCheck(t *catalog.Table, k *catalog.Constraint) error {
	sql, _, err := w.Compile.Expr(w.cat(), t, k.Check, types.Of(types.Bool), Check)
	if err != nil {
		return err
	}
	row, err := w.first(fmt.Sprintf("SELECT 1 FROM %s WHERE NOT (%s) LIMIT 1", quote(t.Physical), sql))
	if err != nil {
		return fault.From(err)
	}
	if row == nil {
		return nil
	}
	e := fault.New(fault.CheckViolation, `check constraint "%s" of relation "%s" is violated by some row`, k.Name, t.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, k.Name
	return e
}

func (w *work) validateForeignKey(t *catalog.Table, k *catalog.Constraint) error {
	parent := t
	if k.RefTable != t.OID {
		parent = w.cat().Tables[k.RefTable]
	}
	child, key := physicalColumns(t, k.Columns), physicalColumns(parent, k.RefColumns)
	var columns, present, match []string
	for i := range child {
		c := "c." + quote(child[i])
		columns, present = append(columns, c), append(present, c+" IS NOT NULL")
		match = append(match, "p."+quote(key[i])+" = "+c)
	}
	row, err := w.first(fmt.Sprintf("SELECT %s FROM %s AS c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s) LIMIT 1",
		strings.Join(columns, ", "), quote(t.Physical), strings.Join(present, " AND "), quote(parent.Physical), strings.Join(match, " AND ")))
	if err != nil {
		return fault.From(err)
	}
	if row == nil {
		return nil
	}
	var labels, values []string
	for i, n := range k.Columns {
		c := t.ColumnNumber(n)
		labels, values = append(labels, c.Name), append(values, w.text(c.Type, row[i]))
	}
	e := fault.New(fault.ForeignKeyViolation, `insert or update on table "%s" violates foreign key constraint "%s"`, t.Name, k.Name).
		WithDetail(`Key (%s)=(%s) is not present in table "%s".`, strings.Join(labels, ", "), strings.Join(values, ", "), parent.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, k.Name
	return e
}

func (w *work) validateConstraint(t *catalog.Table, name string) error {
	k := constraintNamed(t, name)
	switch {
	case k == nil:
		return fault.New(fault.UndefinedObject, `constraint "%s" of relation "%s" does not exist`, name, t.Name)
	case k.Kind != catalog.Check && k.Kind != catalog.ForeignKey:
		return fault.New(fault.WrongObjectType, `constraint "%s" of relation "%s" is not a foreign key or check constraint`, name, t.Name)
	case !k.NotValid:
		return nil
	}
	if err := w.validate(t, k); err != nil {
		return err
	}
	changed := *k
	changed.NotValid = false
	t.Constraints[slices.Index(t.Constraints, k)] = &changed
	return nil
}

func (w *work) alterDropConstraint(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	k := constraintNamed(t, cmd.Name)
	if k == nil {
		if cmd.MissingOk {
			w.notice(`constraint "%s" of relation "%s" does not exist, skipping`, cmd.Name, t.Name)
			return nil
		}
		return fault.New(fault.UndefinedObject, `constraint "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		target := fmt.Sprintf("constraint %s on table %s", k.Name, w.display(t.Schema, t.Name))
		if err := w.dropReferences(t, k.Index, target, cmd.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return w.dropConstraint(w.draft().Table(t.OID), k.OID)
}

// dropReferences removes the foreign keys that rely on the index of a
// constraint, or refuses to drop target because of them.
func (w *work) dropReferences(t *catalog.Table, index uint32, target string, cascade bool) error {
	_, i := w.cat().IndexByOID(index)
	var list []dependent
	for _, r := range w.cat().References(t.OID) {
		if r.Constraint.Index == index {
			list = append(list, dependent{table: r.Table, constraint: r.Constraint, on: "index " + w.display(t.Schema, i.Name)})
		}
	}
	if err := w.refuseDependents(inOrder(list), cascade, 1); err != nil {
		f := *fault.From(err)
		f.Message = fmt.Sprintf("cannot drop %s because other objects depend on it", target)
		return &f
	}
	for _, d := range list {
		if err := w.removeDependent(d); err != nil {
			return err
		}
	}
	return nil
}

// dropConstraint removes a constraint with its index.
func (w *work) dropConstraint(t *catalog.Table, oid uint32) error {
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
			return w.leaveRowid(t, t.ColumnNumber(k.Columns[0]))
		}
		if err := w.Conn.Exec("DROP INDEX " + quote(index.Physical)); err != nil {
			return err
		}
		return nil
	}
	return w.rewrite(t)
}

// leaveRowid makes a plain column of one that is SQLite's rowid, so that it may
// hold a value twice.
func (w *work) leaveRowid(t *catalog.Table, c *catalog.Column) error {
	return w.move(t, c, c.Type, quote(c.Physical))
}

// alterDropColumn removes a column with its indexes and constraints. In the file
// it stays.
func (w *work) alterDropColumn(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	c := t.Column(cmd.Name)
	if c == nil {
		if cmd.MissingOk {
			w.notice(`column "%s" of relation "%s" does not exist, skipping`, cmd.Name, t.Name)
			return nil
		}
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, t.Name)
	}
	if len(t.Columns) == 1 {
		return unsupported("dropping the last column of a table is")
	}
	if err := w.dropDependents(t, c, cmd.Behavior == ast.DropCascade); err != nil {
		return err
	}
	t = w.draft().Table(t.OID)
	if err := w.dropColumnParts(t, c); err != nil {
		return err
	}
	for _, q := range w.ownedSequences(t.OID, c.Number) {
		if err := w.sequenceElsewhere(t, c, q); err != nil {
			return err
		}
		if err := w.removeSequence(q.OID); err != nil {
			return err
		}
	}
	t.Columns = slices.DeleteFunc(t.Columns, func(o *catalog.Column) bool { return o.Number == c.Number })
	old := *c
	old.NotNull, old.Default, old.Identity, old.Sequence = false, nil, 0, 0
	t.Dropped = append(slices.Clone(t.Dropped), &old)
	return w.rewrite(t)
}

// sequenceElsewhere refuses to drop a sequence that a column of another table
// draws from.
func (w *work) sequenceElsewhere(t *catalog.Table, c *catalog.Column, q *catalog.Sequence) error {
	for _, o := range w.cat().SortedTables() {
		for _, user := range o.Columns {
			if user.Sequence == q.OID && (o.OID != t.OID || user.Number != c.Number) {
				return unsupported("dropping a column whose sequence another column uses is")
			}
		}
	}
	return nil
}

// dropDependents handles what outside the column depends on it: foreign keys to
// it, and policies.
func (w *work) dropDependents(t *catalog.Table, c *catalog.Column, cascade bool) error {
	on := fmt.Sprintf("column %s of table %s", c.Name, w.display(t.Schema, t.Name))
	list, err := w.columnPolicies(t, c)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].on = on
	}
	for _, r := range w.cat().References(t.OID) {
		own := r.Table.OID == t.OID && slices.Contains(r.Constraint.Columns, c.Number)
		if slices.Contains(r.Constraint.RefColumns, c.Number) && !own {
			list = append(list, dependent{table: r.Table, constraint: r.Constraint, on: on})
		}
	}
	if err := w.refuseDependents(inOrder(list), cascade, 1); err != nil {
		return err
	}
	for _, d := range list {
		if err := w.removeDependent(d); err != nil {
			return err
		}
	}
	return nil
}

// dropColumnParts removes the indexes and constraints of the table that use a
// column.
func (w *work) dropColumnParts(t *catalog.Table, c *catalog.Column) error {
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
			if err := w.Conn.Exec("DROP INDEX " + quote(i.Physical)); err != nil {
				return err
			}
		}
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(i *catalog.Index) bool { return slices.Contains(gone, i.OID) })
	t.Constraints = slices.DeleteFunc(t.Constraints, func(k *catalog.Constraint) bool {
		return slices.Contains(k.Columns, c.Number) || k.RefTable == t.OID && slices.Contains(k.RefColumns, c.Number)
	})
	return nil
}

func indexUses(i *catalog.Index, c *catalog.Column) (bool, error) {
	for _, k := range i.Columns {
		if k.Column == c.Number {
			return true, nil
		}
		if used, err := uses(k.Expr, c.Name); used || err != nil {
			return used, err
		}
	}
	return uses(i.Where, c.Name)
}
