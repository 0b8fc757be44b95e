package analyze

import (
	"cmp"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxArgs is PostgreSQL's FUNC_MAX_ARGS.
const maxArgs = 100

// funcCall analyzes a function or aggregate call.
func (a *analyzer) funcCall(s *scope, n *ast.FuncCall) (tree.Expr, error) {
	path := names(n.Funcname)
	name := path[len(path)-1]
	schemaName := ""
	if len(path) > 1 {
		schemaName = path[len(path)-2]
	}
	if n.Over != nil || n.AggWithinGroup || n.FuncVariadic {
		return nil, unsupported("OVER, WITHIN GROUP and VARIADIC are")
	}
	if schemaName == "" || schemaName == "pg_catalog" {
		if list := a.Types.Aggregates(name); len(list) > 0 {
			return a.aggregate(s, n, name, list)
		}
		schemaName = ""
	}
	if n.AggStar || n.AggDistinct || n.AggFilter != nil || n.AggOrder != nil {
		return a.notAggregate(s, n, name)
	}
	args, err := a.arguments(s, n, name)
	if err != nil {
		return nil, err
	}
	if err := a.mayUse(schemaName); err != nil {
		return nil, err
	}
	if named, err := argumentNames(n); named != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return a.Named(schemaName, name, args, named)
	}
	return a.Function(schemaName, name, args)
}

func (a *analyzer) notAggregate(s *scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	if !resolve.IsKnownAggregate(name) {
		what := map[bool]string{true: "FILTER", false: "DISTINCT"}[n.AggFilter != nil]
		if n.AggStar {
			return nil, a.at(fault.New(fault.UndefinedFunction, "function %s() does not exist", name), name)
		}
		return nil, a.at(fault.New(fault.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name), name)
	}
	return nil, unsupported("the aggregate %s is", name)
}

func (a *analyzer) arguments(s *scope, n *ast.FuncCall, name string) ([]tree.Expr, error) {
	list := items(n.Args)
	if len(list) > maxArgs {
		return nil, fault.New(fault.TooManyArguments, "cannot pass more than %d arguments to a function", maxArgs)
	}
	args := make([]tree.Expr, len(list))
	for i, arg := range list {
		if named, ok := arg.(*ast.NamedArgExpr); ok {
			arg = named.Arg
		}
		e, err := a.expr(s, arg)
		if err != nil {
			return nil, err
		}
		args[i] = e
	}
	return args, nil
}

func (a *analyzer) mayUse(schemaName string) error {
	if schemaName == "" || isSystemSchema(schemaName) {
		return nil
	}
	s := a.Catalog.Schemas[schemaName]
	if s == nil {
		return a.at(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName), schemaName)
	}
	if !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
		return a.at(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	return nil
}

// aggregate analyzes the call of an aggregate function.
func (a *analyzer) aggregate(s *scope, n *ast.FuncCall, name string, list []*types.Aggregate) (tree.Expr, error) {
	if err := a.mayAggregate(s, name); err != nil {
		return nil, err
	}
	inner := *s
	inner.inAggregate = true
	if named, err := argumentNames(n); named != nil || err != nil {
		return nil, cmp.Or(err, error(unsupported("a named argument of the aggregate %s is", name)))
	}
	args, err := a.arguments(&inner, n, name)
	if err != nil {
		return nil, err
	}
	agg, err := a.FindAggregate(name, n.AggStar, args, list)
	if err != nil {
		return nil, err
	}
	out := &tree.Aggregate{Aggregate: agg, Args: args, Distinct: n.AggDistinct, Ref: types.Of(agg.Result)}
	if agg.Result == types.AnyElement {
		out.Ref = args[0].Type()
	}
	if n.AggFilter != nil {
		if out.Filter, err = a.boolean(&inner, n.AggFilter, "FILTER"); err != nil {
			return nil, err
		}
	}
	if len(items(n.AggOrder)) > 0 {
		return nil, unsupported("ORDER BY in an aggregate is")
	}
	if out.Distinct {
		if len(args) > 1 {
			return nil, unsupported("DISTINCT in an aggregate of several arguments is")
		}
		for _, e := range args {
			if err := a.Ordered(e, "equality", "="); err != nil {
				return nil, err
			}
		}
	}
	*s.aggregates = append(*s.aggregates, out)
	return out, nil
}

func (a *analyzer) mayAggregate(s *scope, name string) error {
	if s.inAggregate {
		return a.at(fault.New(fault.GroupingError, "aggregate function calls cannot be nested"), name)
	}
	if s.aggregates != nil {
		return nil
	}
	switch s.clause {
	case "JOIN/ON":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in JOIN conditions"), name)
	case "CHECK":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in check constraints"), name)
	case "POLICY":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in policy expressions"), name)
	case "DEFAULT":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in DEFAULT expressions"), name)
	}
	return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in %s", s.clause), name)
}
