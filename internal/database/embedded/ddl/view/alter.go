package view

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Named finds a view that a statement names, nil when the name is another kind
// of relation's or nobody's.
func Named(w *work.Work, r *ast.RangeVar) *catalog.View {
	if r == nil {
		return nil
	}
	oid, err := w.Find(work.NameOf(r))
	if err != nil {
		return nil
	}
	return w.Cat().Views[oid]
}

// own finds a view that the role may alter; nil when it is missing and may be.
func own(w *work.Work, r *ast.RangeVar, missingOk bool) (*catalog.View, error) {
	q := work.NameOf(r)
	oid, err := w.Find(q)
	if missingOk && (err == nil && oid == 0 || fault.Code(err) == fault.InvalidSchemaName) {
		w.Notice(`relation "%s" does not exist, skipping`, q.Name)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := w.Cat().Views[oid]
	switch {
	case oid == 0:
		return nil, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	case v == nil:
		return nil, fault.New(fault.WrongObjectType, `"%s" is not a view`, q.Name)
	}
	return v, w.MustOwn(v.Owner, "view", v.Name)
}

// Alter runs ALTER VIEW, and ALTER TABLE on a view.
func Alter(w *work.Work, n *ast.AlterTableStmt) error {
	v, err := own(w, n.Relation, n.MissingOk)
	if err != nil || v == nil {
		return err
	}
	w.Source = "" // PostgreSQL gives no positions here
	for _, c := range work.Items(n.Cmds) {
		cmd, ok := c.(*ast.AlterTableCmd)
		if !ok {
			return work.Unsupported("%T in ALTER VIEW is", c)
		}
		if err := alter(w, w.Draft().View(v.OID), cmd); err != nil {
			return err
		}
	}
	return nil
}

func alter(w *work.Work, v *catalog.View, cmd *ast.AlterTableCmd) error {
	switch cmd.Subtype {
	case ast.AT_ChangeOwner:
		return changeOwner(w, v, cmd.Newowner)
	case ast.AT_ColumnDefault:
		return setDefault(w, v, cmd)
	case ast.AT_SetRelOptions, ast.AT_ResetRelOptions:
		list, _ := cmd.Def.(*ast.NodeList)
		if err := options(v, work.Items(list), cmd.Subtype == ast.AT_SetRelOptions); err != nil {
			return err
		}
		if v.CheckOption == 0 {
			return nil
		}
		updatable, err := w.Compile.Updatable(w.Cat(), v)
		if err != nil {
			return err
		}
		return checkable(v, updatable)
	}
	name := actions[cmd.Subtype]
	if name == "" {
		return work.Unsupported("this form of ALTER VIEW is")
	}
	return fault.New(fault.WrongObjectType, `ALTER action %s cannot be performed on relation "%s"`, name, v.Name).
		WithDetail("This operation is not supported for views.")
}

// actions are the names of what cannot be done to a view.
var actions = map[ast.AlterTableType]string{
	ast.AT_AddColumn: "ADD COLUMN", ast.AT_DropColumn: "DROP COLUMN", ast.AT_AlterColumnType: "ALTER COLUMN ... SET DATA TYPE",
	ast.AT_SetNotNull: "ALTER COLUMN ... SET NOT NULL", ast.AT_DropNotNull: "ALTER COLUMN ... DROP NOT NULL",
	ast.AT_AddConstraint: "ADD CONSTRAINT", ast.AT_DropConstraint: "DROP CONSTRAINT", ast.AT_ValidateConstraint: "VALIDATE CONSTRAINT",
	ast.AT_EnableRowSecurity: "ENABLE ROW SECURITY", ast.AT_DisableRowSecurity: "DISABLE ROW SECURITY",
	ast.AT_ForceRowSecurity: "FORCE ROW SECURITY", ast.AT_NoForceRowSecurity: "NO FORCE ROW SECURITY",
}

func changeOwner(w *work.Work, v *catalog.View, spec *ast.RoleSpec) error {
	owner, err := w.NewOwner(spec, v.Schema)
	if err != nil {
		return err
	}
	v.ACL, v.Owner = v.ACL.Reowned(v.Owner, owner), owner
	return nil
}

func setDefault(w *work.Work, v *catalog.View, cmd *ast.AlterTableCmd) error {
	c := v.Column(cmd.Name)
	if c == nil {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, cmd.Name, v.Name)
	}
	changed := *c
	changed.Default = nil
	if cmd.Def != nil {
		e, err := w.Stored(cmd.Def)
		if err != nil {
			return err
		}
		if _, _, err = w.Compile.Expr(w.Cat(), nil, e, c.Type, work.Default); err != nil {
			return w.Mismatch(err, func(got string) error {
				return fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but default expression is of type %s`,
					c.Name, w.TypeName(c.Type.OID), got).WithHint("You will need to rewrite or cast the expression.")
			}, e)
		}
		changed.Default = e
	}
	v.Columns[slices.Index(v.Columns, c)] = &changed
	return nil
}

// Rename renames a view.
func Rename(w *work.Work, n *ast.RenameStmt) error {
	v, err := own(w, n.Relation, n.MissingOk)
	if err != nil || v == nil {
		return err
	}
	if w.Cat().RelationOID(v.Schema, n.Newname) != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Newname)
	}
	if w.Cat().Enum(v.Schema, n.Newname) != nil {
		return fault.New(fault.DuplicateObject, `type "%s" already exists`, n.Newname)
	}
	if err := depend.RenameInPolicies(w, v.OID, v.Name, n.Newname); err != nil {
		return err
	}
	w.Draft().View(v.OID).Name = n.Newname
	return nil
}

// RenameColumn renames a column of a view.
func RenameColumn(w *work.Work, n *ast.RenameStmt) error {
	v, err := own(w, n.Relation, n.MissingOk)
	if err != nil || v == nil {
		return err
	}
	c := v.Column(n.Subname)
	switch {
	case c == nil:
		return fault.New(fault.UndefinedColumn, `column "%s" does not exist`, n.Subname)
	case v.Column(n.Newname) != nil:
		return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, n.Newname, v.Name)
	}
	if err := depend.RefuseWholeRow(w, v.OID); err != nil {
		return err
	}
	if err := depend.RefusePolicyReaders(w, v.OID, n.Subname); err != nil {
		return err
	}
	v = w.Draft().View(v.OID)
	changed := *c
	changed.Name = n.Newname
	v.Columns[slices.Index(v.Columns, c)] = &changed
	return nil
}

// SetSchema moves a view to another schema.
func SetSchema(w *work.Work, n *ast.AlterObjectSchemaStmt) error {
	w.Source = "" // PostgreSQL gives no positions here
	v, err := own(w, n.Relation, n.MissingOk)
	if err != nil || v == nil {
		return err
	}
	s, err := w.CreationSchema(work.Name{Schema: n.NewSchema, Name: v.Name})
	if err != nil || s.Name == v.Schema {
		return err
	}
	if w.Cat().RelationOID(s.Name, v.Name) != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists in schema "%s"`, v.Name, s.Name)
	}
	if err := depend.RefusePolicyReaders(w, v.OID, ""); err != nil {
		return err
	}
	w.Draft().View(v.OID).Schema = s.Name
	return nil
}

// Drop runs DROP VIEW.
func Drop(w *work.Work, n *ast.DropStmt) error {
	oids, err := w.DropTargets(n, "view", func(oid uint32) (string, bool) {
		v := w.Cat().Views[oid]
		if v == nil {
			return "", false
		}
		return v.Owner, true
	})
	if err != nil || len(oids) == 0 {
		return err
	}
	return Remove(w, work.Unique(oids), len(oids), n.Behavior == ast.DropCascade)
}

// Remove drops views together with what depends on them. named is how many the
// statement named.
func Remove(w *work.Work, oids []uint32, named int, cascade bool) error {
	list, err := depend.OnTables(w, oids)
	if err != nil {
		return err
	}
	if err := depend.Refuse(w, list, cascade, named); err != nil {
		return err
	}
	for _, d := range list {
		if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	for _, oid := range oids {
		w.Draft().DropView(oid)
	}
	return nil
}
