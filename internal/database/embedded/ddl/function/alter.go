package function

import (
	"cmp"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Signature is how messages call a function: f(integer, text).
func Signature(w *work.Work, f *catalog.Function) string {
	name := work.QuoteIdent(f.Name)
	for _, s := range w.Usable() {
		if s.Name == f.Schema {
			return name + arguments(w, f.ArgTypes())
		}
		if len(w.Cat().FunctionsNamed(s.Name, f.Name)) > 0 {
			break
		}
	}
	return work.QuoteIdent(f.Schema) + "." + name + arguments(w, f.ArgTypes())
}

func arguments(w *work.Work, list []types.OID) string {
	out := make([]string, len(list))
	for i, oid := range list {
		out[i] = typeName(w, oid)
	}
	return "(" + strings.Join(out, ",") + ")"
}

// typeName is how messages call a type, or the row type of a relation.
func typeName(w *work.Work, oid types.OID) string {
	return cmp.Or(w.Cat().RowName(oid), w.TypeName(oid))
}

// Find finds the function that a statement names, nil with missing when there is
// none.
func Find(w *work.Work, n ast.Node, missing bool) (*catalog.Function, error) {
	o, ok := n.(*ast.ObjectWithArgs)
	if !ok {
		return nil, work.Unsupported("this form of the name of a function is")
	}
	q, err := work.NameFrom(work.Names(o.Objname))
	if err != nil {
		return nil, err
	}
	schemas := []string{q.Schema}
	if q.Schema == "" {
		schemas = nil
		for _, s := range w.Usable() {
			schemas = append(schemas, s.Name)
		}
	} else if _, err := w.SchemaNamed(q.Schema); err != nil {
		if missing && fault.Code(err) == fault.InvalidSchemaName {
			return nil, nil
		}
		return nil, err
	}
	if o.ArgsUnspecified {
		return unique(w, q, schemas, missing)
	}
	var args []types.OID
	for _, item := range work.Items(o.Objargs) {
		t, ok := item.(*ast.TypeName)
		if !ok {
			return nil, work.Unsupported("this form of an argument is")
		}
		a, err := argumentType(w, t)
		if err != nil {
			return nil, err
		}
		args = append(args, a.TypeOID())
	}
	for _, s := range schemas {
		for _, f := range w.Cat().FunctionsNamed(s, q.Name) {
			if slices.Equal(f.ArgTypes(), args) {
				return f, nil
			}
		}
	}
	if missing {
		return nil, nil
	}
	names := make([]string, len(args))
	for i, oid := range args {
		names[i] = typeName(w, oid)
	}
	return nil, fault.New(fault.UndefinedFunction, "function %s(%s) does not exist", q, strings.Join(names, ", "))
}

// unique finds the one function of a name.
func unique(w *work.Work, q work.Name, schemas []string, missing bool) (*catalog.Function, error) {
	var found []*catalog.Function
	for _, s := range schemas {
		found = append(found, w.Cat().FunctionsNamed(s, q.Name)...)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fault.New(fault.AmbiguousFunction, `function name "%s" is not unique`, q).
			WithHint("Specify the argument list to select the function unambiguously.")
	case missing:
		return nil, nil
	}
	return nil, fault.New(fault.UndefinedFunction, `could not find a function named "%s"`, q)
}

// own finds a function that the role may alter.
func own(w *work.Work, n ast.Node) (*catalog.Function, error) {
	f, err := Find(w, n, false)
	if err != nil {
		return nil, err
	}
	return f, w.MustOwn(f.Owner, "function", f.Name)
}

// Drop runs DROP FUNCTION.
func Drop(w *work.Work, n *ast.DropStmt) error {
	var list []*catalog.Function
	for _, o := range work.Items(n.Objects) {
		f, err := Find(w, o, n.MissingOk)
		if err != nil {
			return err
		}
		if f == nil {
			w.Notice("function %s does not exist, skipping", strings.Join(work.Names(o.(*ast.ObjectWithArgs).Objname), "."))
			continue
		}
		if err := w.MustOwn(f.Owner, "function", f.Name); err != nil {
			return err
		}
		list = append(list, f)
	}
	for _, f := range list {
		if err := Remove(w, f, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

// Remove drops a function unless something calls it.
func Remove(w *work.Work, f *catalog.Function, cascade bool) error {
	if cascade || len(w.Cat().FunctionsNamed(f.Schema, f.Name)) > 1 {
		if err := refuseMentioned(w, f, "dropping a function of a name that an expression in the catalogue calls"); err != nil {
			return err
		}
	}
	on := "function " + Signature(w, f)
	callers, err := callers(w, f, on)
	if err != nil {
		return err
	}
	if err := depend.Refuse(w, depend.InOrder(callers), false, 1); err != nil {
		return err
	}
	w.Draft().DropFunction(f.OID)
	return nil
}

// SetOwner runs ALTER FUNCTION … OWNER TO.
func SetOwner(w *work.Work, n *ast.AlterOwnerStmt) error {
	f, err := own(w, n.Object)
	if err != nil {
		return err
	}
	owner, err := w.NewOwner(n.Newowner, f.Schema)
	if err != nil {
		return err
	}
	changed := *f
	changed.Owner, changed.ACL = owner, f.ACL.Reowned(f.Owner, owner)
	w.Draft().AddFunction(&changed)
	return nil
}

// Rename runs ALTER FUNCTION … RENAME TO.
func Rename(w *work.Work, n *ast.RenameStmt) error {
	f, err := own(w, n.Object)
	if err != nil {
		return err
	}
	return move(w, f, f.Schema, n.Newname)
}

// SetSchema runs ALTER FUNCTION … SET SCHEMA.
func SetSchema(w *work.Work, n *ast.AlterObjectSchemaStmt) error {
	f, err := own(w, n.Object)
	if err != nil {
		return err
	}
	s, err := w.CreationSchema(work.Name{Schema: n.NewSchema, Name: f.Name})
	if err != nil {
		return err
	}
	return move(w, f, s.Name, f.Name)
}

// move gives a function another name or schema. Expressions in the catalogue call
// it by name.
func move(w *work.Work, f *catalog.Function, schemaName, name string) error {
	for _, o := range w.Cat().FunctionsNamed(schemaName, name) {
		if slices.Equal(o.ArgTypes(), f.ArgTypes()) {
			return fault.New(fault.DuplicateFunction, `function %s%s already exists in schema "%s"`, name,
				strings.ReplaceAll(arguments(w, f.ArgTypes()), ",", ", "), schemaName)
		}
	}
	changed := *f
	changed.Schema, changed.Name = schemaName, name
	for _, either := range []*catalog.Function{f, &changed} {
		if err := refuseMentioned(w, either, "renaming a function that an expression in the catalogue calls"); err != nil {
			return err
		}
	}
	w.Draft().AddFunction(&changed)
	return nil
}

// Alter runs ALTER FUNCTION with properties.
func Alter(w *work.Work, n *ast.AlterFunctionStmt) error {
	f, err := own(w, n.Func)
	if err != nil {
		return err
	}
	changed := *f
	for _, item := range work.Items(n.Actions) {
		o, ok := item.(*ast.DefElem)
		if !ok {
			return work.Unsupported("this form of ALTER FUNCTION is")
		}
		if err := property(&changed, o); err != nil {
			return err
		}
	}
	w.Draft().AddFunction(&changed)
	return nil
}

// Comment runs COMMENT ON FUNCTION.
func Comment(w *work.Work, n *ast.CommentStmt) error {
	f, err := own(w, n.Object)
	if err != nil {
		return err
	}
	changed := *f
	changed.Comment = n.Comment
	w.Draft().AddFunction(&changed)
	return nil
}

// callers lists the policies, views and tables whose expressions call a function
// by its name.
func callers(w *work.Work, f *catalog.Function, on string) ([]depend.Dependent, error) {
	var out []depend.Dependent
	note := func(e *catalog.Expr, d depend.Dependent) error {
		found, err := mentions(e, f.Name)
		if found && !slices.ContainsFunc(out, func(o depend.Dependent) bool { return o.OID() == d.OID() }) {
			d.On = on
			out = append(out, d)
		}
		return err
	}
	for _, t := range w.Cat().SortedTables() {
		for _, c := range t.Columns {
			if found, err := mentions(c.Default, f.Name); err != nil || found {
				if err == nil {
					err = work.Unsupported("dropping a function that a default calls is")
				}
				return nil, err
			}
		}
		for _, p := range t.Policies {
			for _, e := range []*catalog.Expr{p.Using, p.WithCheck} {
				if err := note(e, depend.Dependent{Table: t, Policy: p}); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, v := range w.Cat().SortedViews() {
		if err := note(v.Query, depend.Dependent{View: v}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// refuseMentioned refuses what would change the meaning of an expression in the
// catalogue that calls a function by a name.
func refuseMentioned(w *work.Work, f *catalog.Function, what string) error {
	list, err := callers(w, f, "")
	if err == nil && len(list) > 0 {
		err = work.Unsupported("%s is", what)
	}
	return err
}

// mentions tells whether an expression calls a function of a name.
func mentions(e *catalog.Expr, name string) (bool, error) {
	if e == nil || !strings.Contains(e.SQL, name) {
		return false, nil
	}
	n, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return false, err
	}
	found := false
	work.Walk(n, func(n ast.Node) {
		if c, ok := n.(*ast.FuncCall); ok && c != nil {
			path := work.Names(c.Funcname)
			found = found || len(path) > 0 && path[len(path)-1] == name
		}
	})
	return found, nil
}
