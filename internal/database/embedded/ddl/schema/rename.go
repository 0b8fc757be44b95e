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
	if err := renameInTables(w, n.Subname, n.Newname); err != nil {
		return err
	}
	if err := renameInViews(w, n.Subname, n.Newname); err != nil {
		return err
	}
	renameInDefaults(w, n.Subname, n.Newname)
	renameOthers(w, n.Subname, n.Newname)
	changed := *s
	changed.Name = n.Newname
	w.Draft().DropSchema(s.Name)
	w.Draft().AddSchema(&changed)
	return nil
}

// renameInTables renames a schema in the expressions of all tables, and as that of its
// own.
func renameInTables(w *work.Work, old, name string) error {
	rename := func(e *catalog.Expr) (*catalog.Expr, error) { return renameSchemaIn(e, old, name) }
	for _, o := range w.Cat().SortedTables() {
		t := *o
		if _, err := depend.RewriteTable(&t, true, rename); err != nil {
			return err
		}
		t.Columns = slices.Clone(t.Columns)
		for _, c := range o.Columns {
			e, err := rename(c.Default)
			if err != nil {
				return err
			}
			w.ReplaceColumn(&t, c, func(c *catalog.Column) { c.Default = e })
		}
		if t.Schema == old {
			t.Schema = name
		}
		w.Draft().AddTable(&t)
	}
	return nil
}

// renameOthers renames the schema of enums, extensions and sequences.
func renameOthers(w *work.Work, old, name string) {
	for _, e := range w.Cat().SortedEnums() {
		if e.Schema == old {
			changed := *e
			changed.Schema = name
			w.Draft().AddEnum(&changed)
		}
	}
	for _, e := range w.Cat().SortedExtensions() {
		if e.Schema == old {
			changed := *e
			changed.Schema = name
			w.Draft().AddExtension(&changed)
		}
	}
	for _, q := range w.Cat().Sequences {
		if q.Schema == old {
			changed := *q
			changed.Schema = name
			w.Draft().AddSequence(&changed)
		}
	}
}

// renameSchemaIn renames a schema in an expression: where relations, types and
// functions are qualified by it, and in the search path.
func renameSchemaIn(e *catalog.Expr, old, name string) (*catalog.Expr, error) {
	if e == nil {
		return nil, nil
	}
	out := *e
	out.SearchPath = slices.Clone(e.SearchPath)
	for i := range out.SearchPath {
		if out.SearchPath[i] == old {
			out.SearchPath[i] = name
		}
	}
	var err error
	if out.SQL, err = renameSchemaInText(e.SQL, old, name); err == nil && e.Resolved != "" {
		out.Resolved, err = renameSchemaInText(e.Resolved, old, name)
	}
	return &out, err
}

func renameSchemaInText(sql, old, name string) (string, error) {
	node, err := syntax.ParseExpr(sql)
	if err != nil {
		return "", err
	}
	changed := false
	swap := func(list *ast.NodeList, least int) {
		if parts := work.Names(list); len(parts) >= least && parts[0] == old {
			list.Items = slices.Clone(list.Items)
			list.Items[0], changed = ast.NewString(name), true
		}
	}
	work.Walk(node, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.RangeVar:
			if n != nil && n.SchemaName == old {
				n.SchemaName, changed = name, true
			}
		case *ast.TypeName:
			if n != nil {
				swap(n.Names, 2)
			}
		case *ast.FuncCall:
			if n != nil {
				swap(n.Funcname, 2)
			}
		case *ast.ColumnRef:
			if n != nil {
				swap(n.Fields, 3)
			}
		}
	})
	if !changed {
		return sql, nil
	}
	return syntax.Deparse(node)
}

// renameInViews renames a schema in the views: theirs, and in what they hold.
func renameInViews(w *work.Work, old, name string) error {
	for _, o := range w.Cat().SortedViews() {
		v := *o
		var err error
		if v.Query, err = renameSchemaIn(o.Query, old, name); err != nil {
			return err
		}
		v.Columns = slices.Clone(o.Columns)
		for i, c := range v.Columns {
			changed := *c
			if changed.Default, err = renameSchemaIn(c.Default, old, name); err != nil {
				return err
			}
			v.Columns[i] = &changed
		}
		if v.Schema == old {
			v.Schema = name
		}
		w.Draft().AddView(&v)
	}
	return nil
}

// renameInDefaults renames a schema in the default privileges of roles.
func renameInDefaults(w *work.Work, old, name string) {
	for _, r := range w.Cat().Roles {
		if !slices.ContainsFunc(r.Defaults, func(d catalog.Default) bool { return d.Schema == old }) {
			continue
		}
		changed := *r
		changed.Defaults = slices.Clone(r.Defaults)
		for i := range changed.Defaults {
			if changed.Defaults[i].Schema == old {
				changed.Defaults[i].Schema = name
			}
		}
		w.Draft().AddRole(&changed)
	}
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
