package schema

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
)

// Rename renames a schema in all that names it: its objects, and the
// search paths of stored expressions. Where the text of one names it, that is
// refused.
func Rename(w *work.Work, n *ast.RenameStmt) error {
	s := w.Cat().Schemas[n.Subname]
	switch {
	case s == nil:
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, n.Subname)
	case w.Cat().Schemas[n.Newname] != nil:
		return fault.New(fault.DuplicateSchema, `schema "%s" already exists`, n.Newname)
	case s.Name == "auth" || s.Name == "galley" || s.Name == "public":
		return work.Unsupported("renaming the schema %s is", s.Name)
	}
	if err := w.MustOwn(s.Owner, "schema", s.Name); err != nil {
		return err
	}
	for _, o := range w.Cat().SortedTables() {
		t := *o
		_, err := depend.RewriteTable(&t, true, func(e *catalog.Expr) (*catalog.Expr, error) { return renameSchemaIn(e, n.Subname, n.Newname) })
		if err != nil {
			return err
		}
		t.Columns = slices.Clone(t.Columns)
		for _, c := range o.Columns {
			e, err := renameSchemaIn(c.Default, n.Subname, n.Newname)
			if err != nil {
				return err
			}
			w.ReplaceColumn(&t, c, func(c *catalog.Column) { c.Default = e })
		}
		if t.Schema == n.Subname {
			t.Schema = n.Newname
		}
		w.Draft().AddTable(&t)
	}
	for _, q := range w.Cat().Sequences {
		if q.Schema == n.Subname {
			changed := *q
			changed.Schema = n.Newname
			w.Draft().AddSequence(&changed)
		}
	}
	changed := *s
	changed.Name = n.Newname
	w.Draft().DropSchema(s.Name)
	w.Draft().AddSchema(&changed)
	return nil
}

func renameSchemaIn(e *catalog.Expr, old, name string) (*catalog.Expr, error) {
	if e == nil {
		return nil, nil
	}
	if syntax.Locate(e.SQL, old, 0) != 0 {
		return nil, work.Unsupported("renaming a schema that a stored expression names is")
	}
	path := slices.Clone(e.SearchPath)
	for i := range path {
		if path[i] == old {
			path[i] = name
		}
	}
	return &catalog.Expr{SQL: e.SQL, SearchPath: path}, nil
}

// AlterOwner gives a schema to another role.
func AlterOwner(w *work.Work, n *ast.AlterOwnerStmt) error {
	if n.ObjectType != ast.OBJECT_SCHEMA {
		return work.Unsupported("OWNER TO for this kind of object is")
	}
	q, err := work.NameIn(n.Object)
	if err != nil {
		return err
	}
	s := w.Cat().Schemas[q.Name]
	if s == nil {
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Name)
	}
	owner, err := w.RoleOf(n.Newowner)
	if err != nil {
		return err
	}
	if err := w.MustOwn(s.Owner, "schema", s.Name); err != nil {
		return err
	}
	if err := w.Superuser(`must be member of role "%s"`, owner); err != nil {
		return err
	}
	changed := *s
	changed.ACL = s.ACL.Reowned(s.Owner, owner)
	changed.Owner = owner
	w.Draft().AddSchema(&changed)
	return nil
}
