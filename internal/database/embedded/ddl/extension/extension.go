// Package extension installs and removes extensions: those whose functions the
// catalogue of types has. Any other is refused.
package extension

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension"
	"github.com/galleyhq/galley/internal/fault"
)

// builtin is installed in every database of PostgreSQL. Its functions are those
// that run CREATE FUNCTION and DO, which say themselves what they cannot do.
const builtin = "plpgsql"

// Create handles CREATE EXTENSION.
func Create(w *work.Work, n *ast.CreateExtensionStmt) error {
	if n.Extname == builtin || w.Cat().Extension(n.Extname) != nil {
		if n.IfNotExists {
			w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateObject,
				Message: `extension "` + n.Extname + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateObject, `extension "%s" already exists`, n.Extname)
	}
	offered, ok := extension.Named(n.Extname)
	if !ok {
		return work.Unsupported(`the extension "%s" is`, n.Extname)
	}
	if err := w.Superuser(`permission denied to create extension "%s"`, n.Extname); err != nil {
		return err
	}
	schemaName, err := options(w, n, offered)
	if err != nil {
		return err
	}
	s, err := w.CreationSchema(work.Name{Schema: schemaName, Name: n.Extname})
	if err != nil {
		return err
	}
	w.Draft().AddExtension(&catalog.Extension{Name: n.Extname, Schema: s.Name, Version: offered.Version, Owner: w.Role, Comment: offered.Comment})
	return nil
}

// options reads WITH SCHEMA and VERSION.
func options(w *work.Work, n *ast.CreateExtensionStmt, offered extension.Extension) (schemaName string, err error) {
	for _, o := range work.Items(n.Options) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return "", work.Unsupported("this option of CREATE EXTENSION is")
		}
		text, _ := d.Arg.(*ast.String)
		switch d.Defname {
		case "schema":
			schemaName = text.SVal
			if w.Cat().Schemas[schemaName] == nil {
				return "", fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName)
			}
		case "new_version", "version":
			if text.SVal != offered.Version {
				return "", work.Unsupported(`version "%s" of the extension "%s" is`, text.SVal, n.Extname)
			}
		}
	}
	return schemaName, nil
}

// Drop handles DROP EXTENSION.
func Drop(w *work.Work, n *ast.DropStmt) error {
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		e := w.Cat().Extension(q.Name)
		switch {
		case q.Name == builtin:
			return work.Unsupported(`dropping the extension "%s" is`, q.Name)
		case e == nil && n.MissingOk:
			w.Notice(`extension "%s" does not exist, skipping`, q.Name)
			continue
		case e == nil:
			return fault.New(fault.UndefinedObject, `extension "%s" does not exist`, q.Name)
		}
		if err := w.MustOwn(e.Owner, "extension", e.Name); err != nil {
			return err
		}
		if err := Remove(w, e, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

// Remove drops an extension that nothing uses.
func Remove(w *work.Work, e *catalog.Extension, cascade bool) error {
	used, err := inUse(w, e)
	if err != nil {
		return err
	}
	if used != "" && cascade {
		return work.Unsupported("DROP EXTENSION … CASCADE of one that other objects use is")
	}
	if used != "" {
		return fault.New(fault.DependentObjects, "cannot drop extension %s because other objects depend on it", e.Name).
			WithDetail("%s depends on extension %s", used, e.Name).
			WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	w.Draft().DropExtension(e.OID)
	return nil
}

// inUse names an object whose expressions call a function of an extension, "" for
// none. A function of another schema with the same name counts as well.
func inUse(w *work.Work, e *catalog.Extension) (string, error) {
	offered, ok := extension.Named(e.Name)
	if !ok {
		return "", nil
	}
	functions := offered.Family(e.Schema).Functions
	for _, t := range w.Cat().SortedTables() {
		object := "table " + w.Display(t.Schema, t.Name)
		for _, x := range expressions(t) {
			if used, err := calls(x, functions); used || err != nil {
				return object, err
			}
		}
	}
	for _, v := range w.Cat().SortedViews() {
		if used, err := calls(v.Query, functions); used || err != nil {
			return "view " + w.Display(v.Schema, v.Name), err
		}
	}
	return "", nil
}

func expressions(t *catalog.Table) []*catalog.Expr {
	var out []*catalog.Expr
	for _, c := range t.Columns {
		out = append(out, c.Default, c.Generated)
	}
	for _, k := range t.Constraints {
		out = append(out, k.Check)
	}
	for _, i := range t.Indexes {
		out = append(out, i.Where)
		for _, k := range i.Columns {
			out = append(out, k.Expr)
		}
	}
	for _, p := range t.Policies {
		out = append(out, p.Using, p.WithCheck)
	}
	return slices.DeleteFunc(out, func(e *catalog.Expr) bool { return e == nil })
}

// calls tells whether an expression calls one of the functions, by name.
func calls(e *catalog.Expr, functions []*types.Function) (bool, error) {
	if e == nil {
		return false, nil
	}
	parsed, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		st, err := syntax.Parse(e.SQL)
		if err != nil {
			return false, err
		}
		parsed = st.Node
	}
	found := false
	work.Walk(parsed, func(n ast.Node) {
		call, ok := n.(*ast.FuncCall)
		if !ok || call == nil {
			return
		}
		path := work.Names(call.Funcname)
		found = found || len(path) > 0 && slices.ContainsFunc(functions, func(f *types.Function) bool { return f.Name == path[len(path)-1] })
	})
	return found, nil
}
