package expression

import (
	"errors"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/session"
	"github.com/galleyhq/galley/internal/fault"
)

// maxArgs is PostgreSQL's FUNC_MAX_ARGS.
const maxArgs = 100

// Call analyzes a function or aggregate call, that of a set-returning function
// too.
func (a *Analyzer) Call(s *scope.Scope, n *ast.FuncCall) (tree.Expr, error) {
	path := syntax.Names(n.Funcname)
	name := path[len(path)-1]
	schemaName := ""
	if len(path) > 1 {
		schemaName = path[len(path)-2]
	}
	if n.FuncVariadic {
		return a.variadicCall(s, n, schemaName, name)
	}
	if schemaName == "" || schemaName == "pg_catalog" {
		if n.Over != nil || resolve.IsWindow(name) && !n.AggWithinGroup {
			return a.windowCall(s, n, name)
		}
		if list := a.Types.Aggregates(name); len(list) > 0 {
			return a.aggregate(s, n, name, list)
		}
		schemaName = ""
	}
	if n.Over != nil {
		return nil, resolve.Unsupported("OVER in the call of %s.%s is", schemaName, name)
	}
	if n.AggStar || n.AggDistinct || n.AggFilter != nil || n.AggOrder != nil || n.AggWithinGroup {
		return a.notAggregate(s, n, name)
	}
	if e, ok, err := a.sequenceCall(s, n, schemaName, name); ok {
		return e, err
	}
	return a.functionCall(s, n, schemaName, name)
}

// functionCall analyzes the call of a function. No schema stands for pg_catalog where
// one is written.
func (a *Analyzer) functionCall(s *scope.Scope, n *ast.FuncCall, schemaName, name string) (tree.Expr, error) {
	args, err := a.arguments(s, n, name)
	if err != nil {
		return nil, err
	}
	if err := a.MayUse(schemaName); err != nil {
		return nil, err
	}
	if named, err := argumentNames(n); named != nil || err != nil {
		if err != nil {
			return nil, err
		}
		e, err := a.Named(schemaName, name, args, named)
		return a.routine(s, n, e, err)
	}
	if len(syntax.Items(n.Funcname)) > 1 && schemaName == "" {
		return a.SystemFunction(name, args)
	}
	e, err := a.Function(schemaName, name, args)
	return a.routine(s, n, e, err)
}

// SystemFunction resolves a function that is written with pg_catalog, as the
// grammar writes those of SQL's own syntax: no other schema counts, and messages
// show it.
func (a *Analyzer) SystemFunction(name string, args []tree.Expr) (tree.Expr, error) {
	path := a.Path
	a.Path = nil
	defer func() { a.Path = path }()
	e, err := a.Function("", name, args)
	if f, ok := errors.AsType[*fault.Error](err); ok && (f.Code == fault.UndefinedFunction || f.Code == fault.AmbiguousFunction) {
		c := *f
		c.Message = strings.Replace(f.Message, "function "+name+"(", "function pg_catalog."+name+"(", 1)
		return nil, &c
	}
	return e, err
}

func (a *Analyzer) notAggregate(s *scope.Scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	if !resolve.IsKnownAggregate(name) {
		what := "DISTINCT"
		switch {
		case n.AggStar:
			return nil, a.At(fault.New(fault.UndefinedFunction, "function %s() does not exist", name), name)
		case n.AggWithinGroup:
			return nil, resolve.Unsupported("WITHIN GROUP in the call of %s is", name)
		case n.AggDistinct:
		case n.AggOrder != nil:
			what = "ORDER BY"
		case n.AggFilter != nil:
			what = "FILTER"
		}
		return nil, a.At(fault.New(fault.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name), name)
	}
	return nil, resolve.Unsupported("the aggregate %s is", name)
}

func (a *Analyzer) arguments(s *scope.Scope, n *ast.FuncCall, name string) ([]tree.Expr, error) {
	list := syntax.Items(n.Args)
	if len(list) > maxArgs {
		return nil, fault.New(fault.TooManyArguments, "cannot pass more than %d arguments to a function", maxArgs)
	}
	args := make([]tree.Expr, len(list))
	for i, arg := range list {
		if named, ok := arg.(*ast.NamedArgExpr); ok {
			arg = named.Arg
		}
		e, err := a.Expr(s, arg)
		if err != nil {
			return nil, err
		}
		args[i] = e
	}
	return args, nil
}

// sqlValues names the functions that CURRENT_TIMESTAMP and its kind call, and
// the type their result is converted to, "" for its own.
var sqlValues = map[ast.SQLValueFunctionOp]struct{ function, as string }{
	ast.SVFOP_CURRENT_DATE:        {"now", "date"},
	ast.SVFOP_CURRENT_TIME:        {"now", "timetz"},
	ast.SVFOP_CURRENT_TIME_N:      {"now", "timetz"},
	ast.SVFOP_CURRENT_TIMESTAMP:   {"now", ""},
	ast.SVFOP_CURRENT_TIMESTAMP_N: {"now", "timestamptz"},
	ast.SVFOP_LOCALTIME:           {"now", "time"},
	ast.SVFOP_LOCALTIME_N:         {"now", "time"},
	ast.SVFOP_LOCALTIMESTAMP:      {"now", "timestamp"},
	ast.SVFOP_LOCALTIMESTAMP_N:    {"now", "timestamp"},
	ast.SVFOP_CURRENT_ROLE:        {"current_user", ""},
	ast.SVFOP_CURRENT_USER:        {"current_user", ""},
	ast.SVFOP_USER:                {"current_user", ""},
	ast.SVFOP_SESSION_USER:        {"session_user", ""},
	ast.SVFOP_CURRENT_SCHEMA:      {"current_schema", ""},
}

// sqlValue resolves CURRENT_TIMESTAMP and its kind.
func (a *Analyzer) sqlValue(n *ast.SQLValueFunction) (tree.Expr, error) {
	value := sqlValues[n.Op]
	if definer := a.Definer; definer != "" && value.function == "current_user" {
		return &tree.Const{Ref: types.Of(types.Name), Value: sqlite.Text(definer)}, nil
	}
	if a.Inside != nil && value.function == "current_schema" {
		return nil, resolve.Unsupported("CURRENT_SCHEMA in the body of a function is")
	}
	for _, fn := range a.Types.Functions("", value.function) {
		if len(fn.Args) > 0 || fn.Session == nil {
			continue
		}
		e := &tree.SessionValue{Function: fn}
		t := a.Types.TypeNamed(value.as)
		if t == nil {
			return e, nil
		}
		return a.sqlValueAs(e, t, n.TypeMod)
	}
	return nil, resolve.Unsupported("%s is", strings.ToUpper(n.SqlString()))
}

// sqlValueAs converts a value to a type with a precision, -1 for none.
func (a *Analyzer) sqlValueAs(e tree.Expr, t *types.Type, precision int) (tree.Expr, error) {
	ref := types.Of(t.OID)
	if precision >= 0 && t.ModIn != nil {
		mod, err := t.ModIn([]int{precision})
		if err != nil {
			return nil, err
		}
		ref.Mod = mod
	}
	return a.Coerce(e, ref, types.Explicit)
}

// argumentNames returns the names of a call's arguments, "" for those given by
// their place; nil when none is named.
func argumentNames(n *ast.FuncCall) ([]string, error) {
	list := syntax.Items(n.Args)
	var out []string
	seen := map[string]bool{}
	for i, arg := range list {
		named, ok := arg.(*ast.NamedArgExpr)
		switch {
		case ok && seen[named.Name]:
			return nil, fault.New(fault.SyntaxError, `argument name "%s" used more than once`, named.Name)
		case ok && out == nil:
			out = make([]string, len(list))
		case !ok && out != nil:
			return nil, fault.New(fault.SyntaxError, "positional argument cannot follow named argument")
		}
		if ok {
			out[i], seen[named.Name] = named.Name, true
		}
	}
	return out, nil
}

// sequenceCall analyzes nextval, setval, currval, lastval and
// pg_get_serial_sequence; ok tells that the call is one of them. The sequence
// must be named by a constant, since it is looked up here.
func (a *Analyzer) sequenceCall(s *scope.Scope, n *ast.FuncCall, schemaName, name string) (e tree.Expr, ok bool, err error) {
	list := syntax.Items(n.Args)
	switch {
	case schemaName != "" && schemaName != "pg_catalog":
		return nil, false, nil
	case name == "pg_get_serial_sequence" && len(list) == 2:
		e, err = a.SerialSequence(list)
		return e, true, err
	case name == "lastval" && len(list) == 0:
		e, err = a.Function(session.SequenceSchema, name, nil)
		return e, true, err
	case !lookup.OfSequence(name) || len(list) == 0:
		return nil, false, nil
	}
	q, err := a.SequenceFor(name, list[0])
	if err != nil {
		return nil, true, err
	}
	if q == nil {
		return &tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Null}, true, nil
	}
	args := []tree.Expr{&tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(int64(q.OID))}}
	for _, arg := range list[1:] {
		x, err := a.Expr(s, arg)
		if err != nil {
			return nil, true, err
		}
		args = append(args, x)
	}
	e, err = a.Function(session.SequenceSchema, name, args)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return nil, true, named(f, name)
	}
	return e, true, err
}

// named takes out of an error how the functions of sequences are called here.
func named(f *fault.Error, name string) error {
	c := *f
	c.Message = strings.Replace(c.Message, session.SequenceSchema+"."+name+"(bigint", name+"(unknown", 1)
	return &c
}
