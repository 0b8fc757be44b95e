// Package inline tells how an expression may be put in the place of a parameter,
// and a query in the place of a call.
package inline

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// OfQuery tells that an expression has a part that belongs to the query it stands
// in, those of its subqueries left out.
func OfQuery(e tree.Expr) bool {
	switch e.(type) {
	case *tree.Aggregate, *tree.WindowCall:
		return true
	}
	return slices.ContainsFunc(tree.Children(e), OfQuery)
}

// IsPlain tells that an expression may be evaluated any number of times.
func IsPlain(e tree.Expr) bool {
	switch e := e.(type) {
	case *tree.Const, *tree.Param, *tree.Column, *tree.SessionValue:
		return true
	case *tree.Relabel:
		return IsPlain(e.Arg)
	case *tree.WholeRow:
		return !slices.ContainsFunc(tree.Children(e), func(x tree.Expr) bool { return !IsPlain(x) })
	}
	return false
}

// IsValue tells that a query is a mere expression.
func IsValue(q *tree.Query) bool {
	return len(q.From) == 0 && q.Where == nil && !q.Aggregated && !q.Distinct && q.Set == nil && len(q.Values) == 0 &&
		len(q.With) == 0 && len(q.Columns) == 1 && (q.Limit == nil || isOne(q.Limit)) && q.Offset == nil
}

func isOne(e tree.Expr) bool {
	c, ok := e.(*tree.Const)
	return ok && !c.Value.IsNull() && c.Value.Int() == 1
}

// UsedOnce tells that an expression uses each column of a row at most once, and
// those of volatile arguments exactly once.
func UsedOnce(e tree.Expr, row *tree.Rel, args []tree.Expr, volatile func(tree.Expr) bool) bool {
	uses := make([]int, len(args))
	inside := false
	tree.Walk(e, func(x tree.Expr) bool {
		if c, ok := x.(*tree.Column); ok && c.Rel == row {
			uses[c.Index]++
		}
		_, sub := x.(*tree.Subquery)
		inside = inside || sub
		return true
	})
	for i, n := range uses {
		if n > 1 && !IsPlain(args[i]) || n != 1 && tree.Any(args[i], volatile) || inside && !IsPlain(args[i]) {
			return false
		}
	}
	return true
}
