package schema

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

func Comment(w *work.Work, n *ast.CommentStmt) error {
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		q, err := work.NameIn(n.Object)
		if err != nil {
			return err
		}
		t, err := w.OwnTable(q)
		if err != nil {
			return err
		}
		w.Draft().Table(t.OID).Comment = n.Comment
		return nil
	case ast.OBJECT_COLUMN:
		return commentColumn(w, n)
	case ast.OBJECT_SCHEMA:
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
	return work.Unsupported("COMMENT on this kind of object is")
}

func commentColumn(w *work.Work, n *ast.CommentStmt) error {
	list, _ := n.Object.(*ast.NodeList)
	parts := work.Names(list)
	if len(parts) < 2 {
		return fault.New(fault.SyntaxError, "column name must be qualified")
	}
	q, err := work.NameFrom(parts[:len(parts)-1])
	if err != nil {
		return err
	}
	t, err := w.OwnTable(q)
	if err != nil {
		return err
	}
	name := parts[len(parts)-1]
	if t.Column(name) == nil {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.Name)
	}
	t = w.Draft().Table(t.OID)
	w.ReplaceColumn(t, t.Column(name), func(c *catalog.Column) { c.Comment = n.Comment })
	return nil
}
