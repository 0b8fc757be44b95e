package analyze

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

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
	return a.function(schemaName, name, args)
}

func (a *analyzer) notAggregate(s *scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	if !isKnownAggregate(name) {
		what := map[bool]string{true: "FILTER", false: "DISTINCT"}[n.AggFilter != nil]
		if n.AggStar {
			return nil, a.at(fault.New(fault.UndefinedFunction, "function %s() does not exist", name), name)
		}
		return nil, a.at(fault.New(fault.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name), name)
	}
	return nil, unsupported("the aggregate %s is", name)
}

// isKnownAggregate tells whether PostgreSQL has an aggregate of the name.
func isKnownAggregate(name string) bool {
	switch name {
	case "count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg",
		"jsonb_object_agg", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor", "stddev", "stddev_pop",
		"stddev_samp", "variance", "var_pop", "var_samp", "corr", "covar_pop", "covar_samp", "mode",
		"percentile_cont", "percentile_disc", "rank", "dense_rank", "range_agg", "xmlagg":
		return true
	}
	return strings.HasPrefix(name, "regr_")
}

func (a *analyzer) arguments(s *scope, n *ast.FuncCall, name string) ([]tree.Expr, error) {
	list := items(n.Args)
	if len(list) > maxArgs {
		return nil, fault.New(fault.TooManyArguments, "cannot pass more than %d arguments to a function", maxArgs)
	}
	args := make([]tree.Expr, len(list))
	for i, arg := range list {
		if _, ok := arg.(*ast.NamedArgExpr); ok {
			return nil, unsupported("a named argument of function %s is", name)
		}
		e, err := a.expr(s, arg)
		if err != nil {
			return nil, err
		}
		args[i] = e
	}
	return args, nil
}

// function resolves a function by its arguments (PostgreSQL documentation,
// section 10.3).
func (a *analyzer) function(schemaName, name string, args []tree.Expr) (tree.Expr, error) {
	if err := a.mayUse(schemaName); err != nil {
		return nil, err
	}
	inputs := make([]types.OID, len(args))
	for i, e := range args {
		inputs[i] = e.Type().OID
	}
	var list []candidate
	for _, fn := range a.Types.Functions(schemaName, name) {
		declared, ok := expand(fn, len(args))
		if !ok {
			continue
		}
		if equal(declared, inputs) {
			return a.bind(fn, declared, args)
		}
		list = append(list, candidate{args: declared, entry: fn})
	}
	if schemaName == "" && len(args) == 1 {
		if e, ok, err := a.castCall(name, args[0]); ok {
			return e, err
		}
	}
	best, ambiguous := a.choose(inputs, list)
	if best == nil {
		return nil, a.noFunction(schemaName, name, inputs, ambiguous)
	}
	fn := best.(*types.Function)
	declared, _ := expand(fn, len(args))
	return a.bind(fn, declared, args)
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

// expand returns the declared argument types for a call with n arguments.
func expand(fn *types.Function, n int) ([]types.OID, bool) {
	if fn.Variadic && n >= len(fn.Args) {
		out := append([]types.OID(nil), fn.Args...)
		for len(out) < n {
			out = append(out, fn.Args[len(fn.Args)-1])
		}
		return out, true
	}
	if n > len(fn.Args) || n < len(fn.Args)-fn.Defaults {
		return nil, false
	}
	return fn.Args[:n], true
}

func equal(x, y []types.OID) bool {
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// castCall reads text(x) and its kind as a cast, as PostgreSQL does when no
// function of the name fits exactly.
func (a *analyzer) castCall(name string, arg tree.Expr) (tree.Expr, bool, error) {
	t := a.Types.TypeNamed(name)
	if t == nil || arg.Type().OID == types.Record {
		return nil, false, nil
	}
	source := arg.Type().OID
	cast := a.Types.Cast(source, t.OID)
	if source != types.Unknown && source != t.OID && (cast == nil || cast.Function != nil) && !a.textual(source) {
		return nil, false, nil
	}
	e, err := a.coerce(arg, types.Of(t.OID), explicit)
	return e, err == nil, err
}

func (a *analyzer) noFunction(schemaName, name string, inputs []types.OID, ambiguous bool) error {
	list := make([]string, len(inputs))
	for i, oid := range inputs {
		list[i] = a.typeName(oid)
	}
	full := name
	if schemaName != "" {
		full = schemaName + "." + name
	}
	call := full + "(" + strings.Join(list, ", ") + ")"
	if ambiguous {
		return a.at(fault.New(fault.AmbiguousFunction, "function %s is not unique", call).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts."), name)
	}
	if schemaName == "" && a.Known != nil && a.Known(name) {
		return unsupported("the function %s is", call)
	}
	return a.at(fault.New(fault.UndefinedFunction, "function %s does not exist", call).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts."), name)
}

// bind converts the arguments to the declared types and makes the call.
func (a *analyzer) bind(fn *types.Function, declared []types.OID, args []tree.Expr) (tree.Expr, error) {
	if fn.ReturnsSet {
		return nil, unsupported("the set-returning function %s in an expression is", fn.Name)
	}
	for i, want := range declared {
		var err error
		switch want {
		case types.Any:
			args[i], err = a.settle(args[i])
		case types.AnyElement, types.AnyNonArray:
			if args[i].Type().OID == types.Unknown {
				err = fault.New(fault.DatatypeMismatch, "could not determine polymorphic type because input has type unknown")
			}
		default:
			args[i], err = a.coerce(args[i], types.Of(want), implicit)
		}
		if err != nil {
			return nil, err
		}
	}
	return a.call(fn, args)
}

// call makes the node of a call. A function of the session over constants is
// computed once before the statement.
func (a *analyzer) call(fn *types.Function, args []tree.Expr) (tree.Expr, error) {
	if fn.Session == nil {
		ref := types.Of(fn.Result)
		if fn.Result == types.AnyElement {
			ref = args[0].Type()
		}
		return &tree.Call{Function: fn, Args: args, Ref: ref}, nil
	}
	v := &tree.SessionValue{Function: fn}
	for _, arg := range args {
		c, ok := arg.(*tree.Const)
		if !ok {
			return nil, unsupported("the function %s over anything but constants is", fn.Name)
		}
		v.Args = append(v.Args, c.Value)
	}
	return v, nil
}

// aggregate analyzes the call of an aggregate function.
func (a *analyzer) aggregate(s *scope, n *ast.FuncCall, name string, list []*types.Aggregate) (tree.Expr, error) {
	if err := a.mayAggregate(s, name); err != nil {
		return nil, err
	}
	inner := *s
	inner.inAggregate = true
	args, err := a.arguments(&inner, n, name)
	if err != nil {
		return nil, err
	}
	agg, err := a.findAggregate(name, n.AggStar, args, list)
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
			if err := a.ordered(e, "equality", "="); err != nil {
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

func (a *analyzer) findAggregate(name string, star bool, args []tree.Expr, list []*types.Aggregate) (*types.Aggregate, error) {
	inputs := make([]types.OID, len(args))
	for i, e := range args {
		inputs[i] = e.Type().OID
	}
	var candidates []candidate
	for _, agg := range list {
		if agg.Star == star && len(agg.Args) == len(args) {
			candidates = append(candidates, candidate{args: agg.Args, entry: agg})
		}
	}
	best, ambiguous := a.choose(inputs, candidates)
	for _, c := range candidates {
		if equal(c.args, inputs) {
			best = c.entry
		}
	}
	if best == nil {
		if isKnownAggregate(name) && !ambiguous {
			return nil, unsupported("the aggregate %s over these types is", name)
		}
		return nil, a.noFunction("", name, inputs, ambiguous)
	}
	agg := best.(*types.Aggregate)
	for i, want := range agg.Args {
		var err error
		if want == types.Any || want == types.AnyElement {
			args[i], err = a.settle(args[i])
		} else {
			args[i], err = a.coerce(args[i], types.Of(want), implicit)
		}
		if err != nil {
			return nil, err
		}
	}
	return agg, nil
}
