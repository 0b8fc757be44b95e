package schema

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Comment runs COMMENT ON.
func Comment(w *work.Work, n *ast.CommentStmt) error {
	switch n.Objtype {
	case ast.OBJECT_TABLE, ast.OBJECT_VIEW, ast.OBJECT_INDEX, ast.OBJECT_SEQUENCE:
		return commentRelation(w, n)
	case ast.OBJECT_COLUMN:
		return commentColumn(w, n)
	case ast.OBJECT_TABCONSTRAINT, ast.OBJECT_POLICY:
		return commentPart(w, n)
	case ast.OBJECT_SCHEMA:
		return commentSchema(w, n)
	case ast.OBJECT_ROLE:
		return commentRole(w, n)
	}
	return work.Unsupported("COMMENT on this kind of object is")
}

func commentSchema(w *work.Work, n *ast.CommentStmt) error {
	q, err := work.NameIn(n.Object)
	if err != nil {
		return err
	}
	s := w.Cat().Schemas[q.Name]
	if s == nil {
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Name)
	}
	if err := w.MustOwn(s.Owner, "schema", s.Name); err != nil {
		return err
	}
	changed := *s
	changed.Comment = n.Comment
	w.Draft().AddSchema(&changed)
	return nil
}

func commentRole(w *work.Work, n *ast.CommentStmt) error {
	q, err := work.NameIn(n.Object)
	if err != nil {
		return err
	}
	r := w.Cat().Roles[q.Name]
	if r == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, q.Name)
	}
	if err := w.Superuser("must be superuser"); err != nil {
		return err
	}
	changed := *r
	changed.Comment = n.Comment
	w.Draft().AddRole(&changed)
	return nil
}

// commentRelation comments on a table, a view, an index or a sequence.
func commentRelation(w *work.Work, n *ast.CommentStmt) error {
	q, err := work.NameIn(n.Object)
	if err != nil {
		return err
	}
	oid, err := w.Relation(q)
	if err != nil {
		return err
	}
	cat := w.Cat()
	owner, index := cat.IndexByOID(oid)
	switch t, v, s := cat.Tables[oid], cat.Views[oid], cat.Sequences[oid]; {
	case t != nil && n.Objtype == ast.OBJECT_TABLE:
		if err = w.MustOwn(t.Owner, "table", q.Name); err == nil {
			w.Draft().Table(oid).Comment = n.Comment
		}
	case v != nil && n.Objtype == ast.OBJECT_VIEW:
		if err = w.MustOwn(v.Owner, "view", q.Name); err == nil {
			w.Draft().View(oid).Comment = n.Comment
		}
	case s != nil && n.Objtype == ast.OBJECT_SEQUENCE:
		if err = w.MustOwn(s.Owner, "sequence", q.Name); err == nil {
			changed := *s
			changed.Comment = n.Comment
			w.Draft().AddSequence(&changed)
		}
	case index != nil && n.Objtype == ast.OBJECT_INDEX:
		if err = w.MustOwn(owner.Owner, "index", q.Name); err == nil {
			changed := *index
			changed.Comment = n.Comment
			t := w.Draft().Table(owner.OID)
			t.Indexes[slices.IndexFunc(t.Indexes, func(i *catalog.Index) bool { return i.OID == oid })] = &changed
		}
	default:
		return fault.New(fault.WrongObjectType, `"%s" is not %s`, q.Name, articles[n.Objtype])
	}
	return err
}

var articles = map[ast.ObjectType]string{
	ast.OBJECT_TABLE: "a table", ast.OBJECT_VIEW: "a view", ast.OBJECT_INDEX: "an index", ast.OBJECT_SEQUENCE: "a sequence",
}

// partOf divides the name of something that belongs to a relation.
func partOf(n *ast.CommentStmt) (q work.Name, part string, err error) {
	list, _ := n.Object.(*ast.NodeList)
	parts := work.Names(list)
	if len(parts) < 2 {
		return q, "", fault.New(fault.SyntaxError, "column name must be qualified")
	}
	q, err = work.NameFrom(parts[:len(parts)-1])
	return q, parts[len(parts)-1], err
}

func commentColumn(w *work.Work, n *ast.CommentStmt) error {
	q, name, err := partOf(n)
	if err != nil {
		return err
	}
	oid, err := w.Relation(q)
	if err != nil {
		return err
	}
	cat := w.Cat()
	var columns []*catalog.Column
	var who string
	switch t, v := cat.Tables[oid], cat.Views[oid]; {
	case t != nil:
		columns, who = t.Columns, t.Owner
	case v != nil:
		columns, who = v.Columns, v.Owner
	default:
		return fault.New(fault.WrongObjectType, `"%s" is not a table, view, materialized view, composite type, or foreign table`, q.Name)
	}
	i := slices.IndexFunc(columns, func(c *catalog.Column) bool { return c.Name == name })
	if i < 0 {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, q.Name)
	}
	if err := w.MustOwn(who, "relation", q.Name); err != nil {
		return err
	}
	changed := *columns[i]
	changed.Comment = n.Comment
	if t := w.Draft().Table(oid); t != nil {
		t.Columns[i] = &changed
	} else {
		w.Draft().View(oid).Columns[i] = &changed
	}
	return nil
}

// commentPart comments on a constraint or a policy of a table.
func commentPart(w *work.Work, n *ast.CommentStmt) error {
	q, name, err := partOf(n)
	if err != nil {
		return err
	}
	t, err := w.TableNamed(q)
	if err != nil {
		return err
	}
	kind := "constraint"
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if n.Objtype == ast.OBJECT_POLICY {
		kind = "policy"
		i = slices.IndexFunc(t.Policies, func(p *catalog.Policy) bool { return p.Name == name })
	}
	if i < 0 {
		return fault.New(fault.UndefinedObject, `%s "%s" for table "%s" does not exist`, kind, name, t.Name)
	}
	if err := w.MustOwn(t.Owner, "relation", t.Name); err != nil {
		return err
	}
	t = w.Draft().Table(t.OID)
	if kind == "policy" {
		changed := *t.Policies[i]
		changed.Comment = n.Comment
		t.Policies[i] = &changed
		return nil
	}
	changed := *t.Constraints[i]
	changed.Comment = n.Comment
	t.Constraints[i] = &changed
	return nil
}
