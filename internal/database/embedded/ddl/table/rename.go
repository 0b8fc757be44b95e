package table

import (
	"cmp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Rename renames a table, an index or a sequence.
func Rename(w *work.Work, n *ast.RenameStmt, kind string) error {
	oid, err := w.RenameTarget(n)
	if err != nil || oid == 0 {
		return err
	}
	cat := w.Cat()
	owner, i := cat.IndexByOID(oid)
	t, q := cat.Tables[oid], cat.Sequences[oid]
	var schemaName, who string
	switch {
	case t != nil && kind != "sequence":
		schemaName, who, kind = t.Schema, t.Owner, "table"
	case q != nil && kind != "index":
		schemaName, who, kind = q.Schema, q.Owner, "sequence"
	case i != nil && kind != "sequence":
		schemaName, who, kind = owner.Schema, owner.Owner, "index"
	default:
		return fault.New(fault.WrongObjectType, `"%s" is not a %s`, n.Relation.RelName, kind)
	}
	if err := w.MustOwn(who, kind, n.Relation.RelName); err != nil {
		return err
	}
	if cat.RelationOID(schemaName, n.Newname) != 0 {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Newname)
	}
	if kind == "table" && cat.Enum(schemaName, n.Newname) != nil {
		return fault.New(fault.DuplicateObject, `type "%s" already exists`, n.Newname)
	}
	switch kind {
	case "table":
		return renameTable(w, w.Draft().Table(oid), n.Newname)
	case "sequence":
		changed := *q
		changed.Name = n.Newname
		w.Draft().AddSequence(&changed)
		return nil
	}
	return renameIndex(w, w.Draft().Table(owner.OID), i, n.Newname)
}

// renameIndex renames an index together with its constraint.
func renameIndex(w *work.Work, t *catalog.Table, i *catalog.Index, name string) error {
	changed := *i
	changed.Name = name
	replaceIndex(t, &changed)
	for n, k := range t.Constraints {
		if k.Index == i.OID && k.Kind != catalog.ForeignKey {
			c := *k
			c.Name = name
			t.Constraints[n] = &c
		}
	}
	return nil
}

func renameTable(w *work.Work, t *catalog.Table, name string) error {
	old := t.Name
	oid := t.OID
	err := depend.RewriteExpressions(w, oid, func(own bool, e *catalog.Expr, n ast.Node) (bool, error) {
		return renameTableIn(w, own, e, n, oid, old, name)
	})
	if err != nil {
		return err
	}
	w.Draft().Table(oid).Name = name
	return nil
}

// renameTableIn replaces a table's name in an expression. Where a subquery
// leaves open whose columns a qualified name means, that is refused.
func renameTableIn(w *work.Work, own bool, e *catalog.Expr, n ast.Node, oid uint32, old, name string) (changed bool, err error) {
	plain := own && !work.HasSubquery(n)
	work.Walk(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.RangeVar:
			if n != nil && n.RelName == old && w.Resolve(e, n) == oid {
				n.RelName, changed = name, true
			}
		case *ast.ColumnRef:
			if n == nil || n.Fields == nil || len(n.Fields.Items) < 2 {
				return
			}
			at := len(n.Fields.Items) - 2
			if s, ok := n.Fields.Items[at].(*ast.String); !ok || s.SVal != old {
				return
			}
			if !plain {
				err = work.Unsupported("renaming a table whose name a policy with a subquery uses is")
			}
			n.Fields.Items = slices.Clone(n.Fields.Items)
			n.Fields.Items[at] = ast.NewString(name)
			changed = true
		}
	})
	return changed, err
}

// tableOf is the table of whose parts one is renamed, which the role has to own; nil
// when IF EXISTS finds none.
func tableOf(w *work.Work, n *ast.RenameStmt) (*catalog.Table, error) {
	oid, err := w.RenameTarget(n)
	if err != nil || oid == 0 {
		return nil, err
	}
	t := w.Cat().Tables[oid]
	if t == nil {
		return nil, fault.New(fault.WrongObjectType, `"%s" is not a table`, n.Relation.RelName)
	}
	return t, w.MustOwn(t.Owner, "table", t.Name)
}

func RenameColumn(w *work.Work, n *ast.RenameStmt) error {
	t, err := tableOf(w, n)
	if err != nil || t == nil {
		return err
	}
	c := t.Column(n.Subname)
	switch {
	case c == nil:
		return fault.New(fault.UndefinedColumn, `column "%s" does not exist`, n.Subname)
	case slices.Contains(systemColumns, n.Newname):
		return fault.New(fault.DuplicateColumn, `column name "%s" conflicts with a system column name`, n.Newname)
	case t.Column(n.Newname) != nil:
		return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, n.Newname, t.Name)
	}
	if err := depend.RefuseWholeRow(w, t.OID); err != nil {
		return err
	}
	err = depend.RewriteExpressions(w, t.OID, func(own bool, _ *catalog.Expr, x ast.Node) (bool, error) {
		if !slices.Contains(work.Referenced(x), n.Subname) {
			return false, nil
		}
		if !own || work.HasSubquery(x) {
			return false, work.Unsupported("renaming a column whose name a policy with a subquery uses is")
		}
		renameColumnIn(x, n.Subname, n.Newname)
		return true, nil
	})
	if err != nil {
		return err
	}
	t = w.Draft().Table(t.OID)
	w.ReplaceColumn(t, t.Column(n.Subname), func(c *catalog.Column) { c.Name = n.Newname })
	return nil
}

func renameColumnIn(x ast.Node, old, name string) {
	work.Walk(x, func(n ast.Node) {
		ref, ok := n.(*ast.ColumnRef)
		if !ok || ref == nil || ref.Fields == nil {
			return
		}
		last := len(ref.Fields.Items) - 1
		if s, ok := ref.Fields.Items[last].(*ast.String); ok && s.SVal == old {
			ref.Fields.Items = slices.Clone(ref.Fields.Items)
			ref.Fields.Items[last] = ast.NewString(name)
		}
	})
}

func RenameConstraint(w *work.Work, n *ast.RenameStmt) error {
	t, err := tableOf(w, n)
	if err != nil || t == nil {
		return err
	}
	k := work.ConstraintNamed(t, n.Subname)
	if k == nil {
		return fault.New(fault.UndefinedObject, `constraint "%s" for table "%s" does not exist`, n.Subname, t.Name)
	}
	if k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique {
		if w.Cat().RelationOID(t.Schema, n.Newname) != 0 {
			return fault.New(fault.DuplicateTable, `relation "%s" already exists`, n.Newname)
		}
		_, i := w.Cat().IndexByOID(k.Index)
		return renameIndex(w, w.Draft().Table(t.OID), i, n.Newname)
	}
	if work.ConstraintNamed(t, n.Newname) != nil {
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, n.Newname, t.Name)
	}
	t = w.Draft().Table(t.OID)
	c := *k
	c.Name = n.Newname
	t.Constraints[slices.Index(t.Constraints, k)] = &c
	return physical.Rewrite(w, t) // checks are tested in the order of their names
}

// SetSchema moves a table, with the sequences of its columns, to another schema.
func SetSchema(w *work.Work, n *ast.AlterObjectSchemaStmt) error {
	if n.ObjectType != ast.OBJECT_TABLE {
		return work.Unsupported("SET SCHEMA of this kind of object is")
	}
	w.Source = "" // PostgreSQL gives no positions here
	q := work.NameOf(n.Relation)
	if n.MissingOk {
		if oid, err := w.Find(q); err == nil && oid == 0 {
			w.Notice(`relation "%s" does not exist, skipping`, q.Name)
			return nil
		}
	}
	t, err := w.OwnTable(q)
	if err != nil {
		return err
	}
	s, err := w.CreationSchema(work.Name{Schema: n.NewSchema, Name: t.Name})
	if err != nil || s.Name == t.Schema {
		return err
	}
	return moveToSchema(w, t, s.Name)
}

func moveToSchema(w *work.Work, t *catalog.Table, schemaName string) error {
	taken := []string{t.Name}
	for _, i := range t.Indexes {
		taken = append(taken, i.Name)
	}
	for _, q := range sequence.OwnedBy(w, t.OID, 0) {
		taken = append(taken, q.Name)
	}
	for _, name := range taken {
		if w.Cat().RelationOID(schemaName, name) != 0 {
			return fault.New(fault.DuplicateTable, `relation "%s" already exists in schema "%s"`, name, schemaName)
		}
	}
	if named, err := depend.NamedByPolicies(w, t.OID); err != nil || named {
		return cmp.Or[error](err, work.Unsupported("moving a table that a policy's subquery reads is"))
	}
	for _, q := range sequence.OwnedBy(w, t.OID, 0) {
		changed := *q
		changed.Schema = schemaName
		w.Draft().AddSequence(&changed)
	}
	w.Draft().Table(t.OID).Schema = schemaName
	return nil
}
