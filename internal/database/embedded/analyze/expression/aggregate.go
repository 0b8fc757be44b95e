package expression

import (
	"cmp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// aggregate analyzes the call of an aggregate function.
func (a *Analyzer) aggregate(s *scope.Scope, n *ast.FuncCall, name string, list []*types.Aggregate) (tree.Expr, error) {
	inner := *s
	inner.InAggregate = true
	if named, err := argumentNames(n); named != nil || err != nil {
		return nil, cmp.Or(err, error(resolve.Unsupported("a named argument of the aggregate %s is", name)))
	}
	args, err := a.arguments(&inner, n, name)
	if err != nil {
		return nil, err
	}
	orderBy, err := a.aggregateOrder(&inner, n)
	if err != nil {
		return nil, err
	}
	if n.AggWithinGroup {
		for _, o := range orderBy {
			args = append(args, o.Expr)
		}
	}
	written := slices.Clone(args) // before they are coerced
	agg, result, err := a.FindAggregate(name, n.AggStar, args, list)
	if err != nil {
		return nil, err
	}
	out := &tree.Aggregate{Aggregate: agg, Args: args, Distinct: n.AggDistinct, Ref: result, OrderBy: orderBy}
	if err := a.orderedSet(out, n, name); err != nil {
		return nil, err
	}
	if n.AggFilter != nil {
		if out.Filter, err = a.Boolean(&inner, n.AggFilter, "FILTER"); err != nil {
			return nil, err
		}
	}
	if out.Distinct {
		if err := a.distinct(out, written); err != nil {
			return nil, err
		}
	}
	return out, a.collect(s, out, name)
}

// distinct checks the DISTINCT arguments of an aggregate. written are the arguments
// before they were coerced.
func (a *Analyzer) distinct(x *tree.Aggregate, written []tree.Expr) error {
	if err := a.distinctOrder(x, written); err != nil {
		return err
	}
	for _, e := range countedFields(x.Aggregate, x.Args) {
		if err := a.Ordered(e, "equality", "="); err != nil {
			if fault.Code(err) == fault.UndefinedFunction && !slices.Contains(x.Args, e) { // found while it runs
				err = fault.New(fault.UndefinedFunction, "could not identify a comparison function for type %s", a.TypeName(e.Type().OID))
			}
			return err
		}
	}
	return nil
}

// collect adds an aggregate to the query that it is one of.
func (a *Analyzer) collect(s *scope.Scope, out *tree.Aggregate, name string) error {
	at := cmp.Or(s.OuterOnly(out), s)
	if at.Lateral {
		return a.At(fault.New(fault.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level"), name)
	}
	if err := a.mayAggregate(at, name); err != nil {
		return err
	}
	if at != s && at.InWindow != "" {
		return resolve.Unsupported("the aggregate %s of an outer query in a window function is", name)
	}
	*at.Aggregates = append(*at.Aggregates, out)
	return nil
}

// countedFields are the arguments, or the fields of the row that is counted.
func countedFields(agg *types.Aggregate, args []tree.Expr) []tree.Expr {
	if len(args) != 1 || agg.Name != "count" {
		return args
	}
	row, ok := args[0].(*tree.WholeRow)
	if !ok || len(row.Fields) == 0 {
		return args
	}
	var fields []tree.Expr
	for _, f := range row.Fields {
		fields = append(fields, f.Expr)
	}
	return fields
}

// aggregateOrder analyzes ORDER BY within the call of an aggregate, where a number
// is no position.
func (a *Analyzer) aggregateOrder(s *scope.Scope, n *ast.FuncCall) ([]tree.Order, error) {
	var out []tree.Order
	for _, item := range syntax.Items(n.AggOrder) {
		sort, ok := item.(*ast.SortBy)
		if !ok || sort.SortbyDir == ast.SORTBY_USING {
			return nil, resolve.Unsupported("ORDER BY USING is")
		}
		e, err := a.Expr(s, sort.Node)
		if err != nil {
			return nil, err
		}
		if e, err = a.Settle(e); err != nil {
			return nil, err
		}
		if err := a.Ordered(e, "an ordering", "<"); err != nil {
			return nil, err
		}
		out = append(out, Order(sort, e))
	}
	return out, nil
}

// orderedSet checks that WITHIN GROUP is there for the aggregates that need it,
// and only for them, and orders by what the arguments were coerced to.
func (a *Analyzer) orderedSet(x *tree.Aggregate, n *ast.FuncCall, name string) error {
	switch agg := x.Aggregate; {
	case !agg.Within && n.AggWithinGroup:
		return a.At(fault.New(fault.WrongObjectType,
			"%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name), name)
	case !agg.Within:
		return nil
	case !n.AggWithinGroup:
		return a.At(fault.New(fault.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name), name)
	}
	for i := range x.OrderBy {
		x.OrderBy[i].Expr = x.Args[x.Aggregate.Direct+i]
	}
	for _, direct := range x.Args[:x.Aggregate.Direct] {
		ofRow := func(e tree.Expr) bool {
			switch e.(type) {
			case *tree.Column, *tree.WholeRow, *tree.Subquery, *tree.Aggregate:
				return true
			}
			return false
		}
		if tree.Any(direct, ofRow) {
			return resolve.Unsupported("a direct argument of %s that is not constant is", name)
		}
	}
	return nil
}

// distinctOrder orders an aggregate of DISTINCT arguments: only by some of them.
func (a *Analyzer) distinctOrder(x *tree.Aggregate, written []tree.Expr) error {
	for i, o := range x.OrderBy {
		at := slices.IndexFunc(written, func(e tree.Expr) bool { return tree.Equal(e, o.Expr) })
		if at < 0 {
			return fault.New(fault.InvalidColumnReference,
				"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		x.OrderBy[i].Expr = x.Args[at]
	}
	return nil
}

func (a *Analyzer) mayAggregate(s *scope.Scope, name string) error {
	if s.InAggregate {
		return a.At(fault.New(fault.GroupingError, "aggregate function calls cannot be nested"), name)
	}
	if s.Aggregates != nil {
		return nil
	}
	return a.At(fault.New(fault.GroupingError, "aggregate functions are not allowed in %s", scope.ClauseName(s.Clause)), name)
}

// maxGroupingArgs is how many bits GROUPING has.
const maxGroupingArgs = 31

// groupingCall analyzes GROUPING(…), whose arguments are looked for among the keys
// when these are known.
func (a *Analyzer) groupingCall(s *scope.Scope, n *ast.GroupingFunc) (tree.Expr, error) {
	list := syntax.Items(n.Args)
	if len(list) > maxGroupingArgs {
		return nil, fault.New(fault.TooManyArguments, "GROUPING must have fewer than %d arguments", maxGroupingArgs+1)
	}
	out := &tree.Grouping{}
	for _, item := range list {
		e, err := a.Expr(s, item)
		if err == nil {
			e, err = a.Settle(e)
		}
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	switch {
	case slices.ContainsFunc(out.Args, func(e tree.Expr) bool { return s.OuterOnly(e) != nil }):
		return nil, resolve.Unsupported("GROUPING of an outer query is")
	case s.InAggregate:
		return nil, fault.New(fault.GroupingError, "aggregate function calls cannot be nested")
	case s.Aggregates == nil || s.Groupings == nil:
		return nil, fault.New(fault.GroupingError, "grouping operations are not allowed in %s", scope.ClauseName(s.Clause))
	}
	*s.Groupings = append(*s.Groupings, out)
	return out, nil
}

// Order is a key of ORDER BY, whose expression is analyzed.
func Order(n *ast.SortBy, e tree.Expr) tree.Order {
	o := tree.Order{Expr: e, Desc: n.SortbyDir == ast.SORTBY_DESC}
	switch n.SortbyNulls {
	case ast.SORTBY_NULLS_FIRST:
		o.NullsFirst = true
	case ast.SORTBY_NULLS_LAST:
	default:
		o.NullsFirst = o.Desc
	}
	return o
}
