// Package function makes, changes and drops functions in SQL. A function is in
// the catalogue only: its body is read again by each statement that calls it.
package function

import (
	"errors"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxArguments is PostgreSQL's FUNC_MAX_ARGS.
const maxArguments = 100

// maxBody bounds the text of a function, which each statement that calls it reads.
const maxBody = 64 << 10

// Create runs CREATE [OR REPLACE] FUNCTION.
func Create(w *work.Work, n *ast.CreateFunctionStmt) error {
	if n.IsProcedure {
		return work.Unsupported("CREATE PROCEDURE is")
	}
	q, err := work.NameFrom(work.Names(n.FuncName))
	if err != nil {
		return err
	}
	s, err := w.CreationSchema(q)
	if err != nil {
		return err
	}
	f := &catalog.Function{Schema: s.Name, Name: q.Name, Owner: w.Role, Volatility: 'v'}
	if err := options(f, n); err != nil {
		return err
	}
	if err := parameters(w, f, work.Items(n.Parameters)); err != nil {
		return err
	}
	if err := result(w, f, n.ReturnType); err != nil {
		return err
	}
	old, err := replaced(w, f, n.Replace)
	if err != nil {
		return err
	}
	path := f.SearchPath
	if path == nil {
		path = w.SearchPath
	}
	if err := w.Compile.Function(w.Cat(), f, path); err != nil {
		return err
	}
	if old == nil {
		if err := refuseMentioned(w, f, "giving a name that an expression in the catalogue calls to another function"); err != nil {
			return err
		}
		f.ACL = w.Cat().NewACL(w.Role, s.Name, catalog.DefaultFunctions)
	}
	w.Draft().AddFunction(f)
	return nil
}

// options reads the options of CREATE FUNCTION.
func options(f *catalog.Function, n *ast.CreateFunctionStmt) error {
	language, body := "", false
	seen := map[string]bool{}
	for _, item := range work.Items(n.Options) {
		o, ok := item.(*ast.DefElem)
		if !ok {
			return work.Unsupported("this option of CREATE FUNCTION is")
		}
		if seen[o.Defname] && o.Defname != "set" {
			return fault.New(fault.SyntaxError, "conflicting or redundant options")
		}
		seen[o.Defname] = true
		switch o.Defname {
		case "language":
			language = strings.ToLower(text(o.Arg))
		case "as":
			list, _ := o.Arg.(*ast.NodeList)
			parts := work.Names(list)
			if len(parts) != 1 {
				return fault.New(fault.InvalidFunctionDefinition, "only one AS item needed for language \"sql\"")
			}
			f.Body, body = parts[0], true
		default:
			if err := property(f, o); err != nil {
				return err
			}
		}
	}
	switch {
	case language == "" && n.SQLBody == nil:
		return fault.New(fault.InvalidFunctionDefinition, "no language specified")
	case language != "" && language != "sql":
		return otherLanguage(language)
	case n.SQLBody != nil:
		return work.Unsupported("a function body in SQL syntax (RETURN, BEGIN ATOMIC) instead of a string is")
	case !body:
		return fault.New(fault.InvalidFunctionDefinition, "no function body specified")
	case len(f.Body) > maxBody:
		return fault.New(fault.StatementTooComplex, "the body of a function has at most %d bytes", maxBody)
	}
	return nil
}

func otherLanguage(language string) error {
	switch language {
	case "plpgsql", "c", "internal":
		return work.Unsupported("a function in the language %s is", language)
	}
	return fault.New(fault.UndefinedObject, `language "%s" does not exist`, language).
		WithHint("Functions in SQL are there: LANGUAGE sql.")
}

func text(n ast.Node) string {
	if s, ok := n.(*ast.String); ok {
		return s.SVal
	}
	return ""
}

// property reads an option that ALTER FUNCTION changes too.
func property(f *catalog.Function, o *ast.DefElem) error {
	yes, _ := o.Arg.(*ast.Boolean)
	switch o.Defname {
	case "volatility":
		switch text(o.Arg) {
		case "immutable":
			f.Volatility = 'i'
		case "stable":
			f.Volatility = 's'
		case "volatile":
			f.Volatility = 'v'
		}
	case "strict":
		f.Strict = yes != nil && yes.BoolVal
	case "security":
		f.SecurityDefiner = yes != nil && yes.BoolVal
	case "leakproof":
		if yes != nil && yes.BoolVal {
			return work.Unsupported("LEAKPROOF is")
		}
	case "parallel", "cost": // hints, which change no result
	case "rows":
		n, _ := o.Arg.(*ast.Integer)
		f.OneRow = n != nil && n.IVal == 1
	case "set":
		return searchPath(f, o)
	default:
		return work.Unsupported("the option %s of a function is", strings.ToUpper(o.Defname))
	}
	return nil
}

// searchPath reads SET search_path, the one setting a function may have here.
func searchPath(f *catalog.Function, o *ast.DefElem) error {
	set, ok := o.Arg.(*ast.VariableSetStmt)
	if !ok || set.Name != "search_path" || set.Kind != ast.VAR_SET_VALUE {
		return work.Unsupported("SET of anything but search_path in a function is")
	}
	f.SearchPath = []string{}
	for _, item := range work.Items(set.Args) {
		name, ok := pathName(item)
		if !ok {
			return work.Unsupported("this value of search_path is")
		}
		if name == "" { // SET search_path = '' finds nothing but pg_catalog
			continue
		}
		f.SearchPath = append(f.SearchPath, name)
	}
	return nil
}

// pathName is a schema of a search path, written as a string or as a name.
func pathName(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.A_Const:
		return text(n.Val), true
	case *ast.String:
		return n.SVal, true
	case *ast.ColumnRef:
		parts := work.Names(n.Fields)
		return strings.Join(parts, "."), len(parts) == 1
	}
	return "", false
}

// parameters reads the arguments, and the columns of the result among them.
func parameters(w *work.Work, f *catalog.Function, list []ast.Node) error {
	used := map[string]bool{}
	optional := false
	for _, item := range list {
		p, ok := item.(*ast.FunctionParameter)
		if !ok {
			return work.Unsupported("this form of a parameter is")
		}
		a, err := argumentType(w, p.ArgType)
		if err != nil {
			return unquoted(err)
		}
		if p.ArgType.Setof {
			return fault.New(fault.InvalidFunctionDefinition, "functions cannot accept set arguments")
		}
		out := p.Mode == ast.FUNC_PARAM_OUT || p.Mode == ast.FUNC_PARAM_TABLE
		if p.Name != "" && used[p.Name] {
			return fault.New(fault.InvalidFunctionDefinition, `parameter name "%s" used more than once`, p.Name)
		}
		used[p.Name] = true
		if out || p.Mode == ast.FUNC_PARAM_INOUT {
			if a.Relation != 0 {
				return work.Unsupported("an OUT parameter of a row type is")
			}
			f.Columns = append(f.Columns, catalog.ResultColumn{Name: p.Name, Type: a.Type, InOut: !out})
		}
		if out {
			if p.DefExpr != nil {
				return fault.New(fault.InvalidFunctionDefinition, "only input parameters can have default values")
			}
			continue
		}
		a.Name, a.Variadic = p.Name, p.Mode == ast.FUNC_PARAM_VARIADIC
		if a.Relation != 0 && p.DefExpr != nil {
			return work.Unsupported("a default of a parameter of a row type is")
		}
		if a.Default, err = defaultOf(w, p.DefExpr, a.Type); err != nil {
			return err
		}
		if err := inOrder(w, f, a, optional); err != nil {
			return err
		}
		optional = optional || a.Default != nil
		f.Args = append(f.Args, a)
	}
	if len(f.Args) > maxArguments {
		return fault.New(fault.TooManyArguments, "functions cannot have more than %d arguments", maxArguments)
	}
	return nil
}

// inOrder checks an argument against those before it.
func inOrder(w *work.Work, f *catalog.Function, a catalog.Argument, optional bool) error {
	switch {
	case slices.ContainsFunc(f.Args, func(b catalog.Argument) bool { return b.Variadic }):
		return fault.New(fault.InvalidFunctionDefinition, "VARIADIC parameter must be the last input parameter")
	case a.Variadic && a.Default != nil:
		return work.Unsupported("a default of a VARIADIC parameter is")
	case a.Variadic && optional:
		return work.Unsupported("a VARIADIC parameter behind defaults is")
	case a.Variadic && (a.Relation != 0 || w.Types.Type(a.Type).Elem == nil):
		return fault.New(fault.InvalidFunctionDefinition, "VARIADIC parameter must be an array")
	case optional && a.Default == nil && !a.Variadic:
		return fault.New(fault.InvalidFunctionDefinition, "input parameters after one with a default value must also have defaults")
	}
	return nil
}

func defaultOf(w *work.Work, n ast.Node, oid types.OID) (*catalog.Expr, error) {
	if n == nil {
		return nil, nil
	}
	if work.HasSubquery(n) {
		return nil, fault.New(fault.FeatureNotSupported, "cannot use subquery in DEFAULT expression")
	}
	if work.RefersTo(n) {
		return nil, fault.New(fault.InvalidColumnReference, "cannot use table references in parameter default value")
	}
	e, err := w.Stored(n)
	if err != nil {
		return nil, err
	}
	_, _, err = w.Compile.Expr(w.Cat(), nil, e, types.Of(oid), work.Default)
	return e, err
}

// unquoted is the error of a type that is not there as CREATE FUNCTION words it.
func unquoted(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.UndefinedObject || !strings.HasPrefix(f.Message, `type "`) {
		return err
	}
	c := *f
	c.Message = strings.ReplaceAll(f.Message, `"`, "")
	return &c
}

// argumentType resolves the type of a parameter, which may be that of a relation's
// rows.
func argumentType(w *work.Work, n *ast.TypeName) (catalog.Argument, error) {
	if path := work.Names(n.Names); len(path) > 0 && len(work.Items(n.ArrayBounds)) == 0 && !n.PctType {
		if oid := relationNamed(w, path); oid != 0 {
			return catalog.Argument{Type: types.Record, Relation: oid}, nil
		}
	}
	oid, err := typeOf(w, n)
	return catalog.Argument{Type: oid}, err
}

// typeOf resolves the type of a parameter or value. Its modifier counts for
// nothing.
func typeOf(w *work.Work, n *ast.TypeName) (types.OID, error) {
	plain := *n
	plain.Setof = false
	if path := work.Names(n.Names); len(path) > 0 && relationNamed(w, path) != 0 {
		return 0, work.Unsupported("a parameter of the row type %s is", path[len(path)-1])
	}
	t, err := w.ColumnType(&plain)
	if err != nil {
		return 0, err
	}
	if t.Serial {
		return 0, fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(work.Names(n.Names), "."))
	}
	return t.Type.OID, nil
}

// relationNamed is the OID of the table or view whose row type a name means.
func relationNamed(w *work.Work, path []string) uint32 {
	if len(path) == 1 && w.Types.TypeNamed(path[0]) != nil || len(path) > 2 || path[0] == "pg_catalog" {
		return 0
	}
	q, err := work.NameFrom(path)
	if err != nil {
		return 0
	}
	oid, err := w.Find(q)
	if err != nil || w.Cat().Tables[oid] == nil && w.Cat().Views[oid] == nil {
		return 0
	}
	return oid
}

// result reads what the function returns.
func result(w *work.Work, f *catalog.Function, n *ast.TypeName) error {
	table := slices.ContainsFunc(f.Columns, func(c catalog.ResultColumn) bool { return !c.InOut })
	switch {
	case n == nil && len(f.Columns) == 0:
		return fault.New(fault.InvalidFunctionDefinition, "function result type must be specified")
	case n == nil:
		return named(f)
	}
	path := work.Names(n.Names)
	f.Set = n.Setof
	if len(f.Columns) > 0 {
		return declared(w, f, n, table)
	}
	name := path[len(path)-1]
	system := len(path) == 1 || path[0] == "pg_catalog"
	switch {
	case system && name == "void":
		f.Result = types.Void
		return nil
	case system && (name == "trigger" || name == "event_trigger"):
		return fault.New(fault.InvalidFunctionDefinition, "SQL functions cannot return type %s", name)
	case system && name == "record":
		return work.Unsupported("a function that returns record is")
	case len(work.Items(n.ArrayBounds)) == 0:
		if f.Relation = relationNamed(w, path); f.Relation != 0 {
			return nil
		}
	}
	oid, err := typeOf(w, n)
	f.Result = oid
	return err
}

// named refuses columns without names.
func named(f *catalog.Function) error {
	if len(f.Columns) > 1 && slices.ContainsFunc(f.Columns, func(c catalog.ResultColumn) bool { return c.Name == "" }) {
		return work.Unsupported("an OUT parameter without a name is")
	}
	return nil
}

// declared checks what stands in RETURNS beside OUT parameters. RETURNS TABLE
// arrives in the same shape.
func declared(w *work.Work, f *catalog.Function, n *ast.TypeName, table bool) error {
	if table && n.Setof {
		return named(f)
	}
	if len(f.Columns) > 1 {
		if path := work.Names(n.Names); path[len(path)-1] != "record" {
			return fault.New(fault.InvalidFunctionDefinition, "function result type must be record because of OUT parameters")
		}
		return named(f)
	}
	oid, err := typeOf(w, n)
	if err == nil && oid != f.Columns[0].Type {
		err = fault.New(fault.InvalidFunctionDefinition, "function result type must be %s because of OUT parameters", w.TypeName(f.Columns[0].Type))
	}
	return err
}

// replaced finds the function that OR REPLACE puts another in the place of, nil
// for none, and lets f have what stays.
func replaced(w *work.Work, f *catalog.Function, replace bool) (*catalog.Function, error) {
	list := w.Cat().FunctionsNamed(f.Schema, f.Name)
	i := slices.IndexFunc(list, func(o *catalog.Function) bool { return slices.Equal(o.ArgTypes(), f.ArgTypes()) })
	if i < 0 {
		return nil, nil
	}
	old := list[i]
	if !replace {
		return nil, fault.New(fault.DuplicateFunction, `function "%s" already exists with same argument types`, f.Name)
	}
	if err := w.MustOwn(old.Owner, "function", old.Name); err != nil {
		return nil, err
	}
	if err := compatible(w, old, f); err != nil {
		return nil, err
	}
	f.OID, f.Owner, f.ACL, f.Comment = old.OID, old.Owner, old.ACL, old.Comment
	return old, nil
}

// compatible refuses what OR REPLACE cannot change (ProcedureCreate in
// pg_proc.c).
func compatible(w *work.Work, old, f *catalog.Function) error {
	hint := "Use DROP FUNCTION " + Signature(w, old) + " first."
	switch {
	case old.Set != f.Set || old.Result != f.Result || old.Relation != f.Relation || (len(old.Columns) == 0) != (len(f.Columns) == 0):
		return fault.New(fault.InvalidFunctionDefinition, "cannot change return type of existing function").WithHint("%s", hint)
	case !slices.Equal(old.Columns, f.Columns):
		return fault.New(fault.InvalidFunctionDefinition, "cannot change return type of existing function").
			WithDetail("Row type defined by OUT parameters is different.").WithHint("%s", hint)
	}
	for i, a := range old.Args {
		if a.Name != "" && a.Name != f.Args[i].Name {
			return fault.New(fault.InvalidFunctionDefinition, `cannot change name of input parameter "%s"`, a.Name).WithHint("%s", hint)
		}
		if a.Default != nil && f.Args[i].Default == nil {
			return fault.New(fault.InvalidFunctionDefinition, "cannot remove parameter defaults from existing function").WithHint("%s", hint)
		}
	}
	return nil
}
