package semijoin

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Early returns a condition on rows with the tests of a value against a subquery
// turned into EXISTS, which ends at the first row that decides. SQLite would make the
// whole list of a correlated IN for each row, and goes through all rows of ANY. A
// condition keeps no row for NULL, so that it may stand for false.
func Early(cond tree.Expr) tree.Expr {
	switch x := cond.(type) {
	case *tree.Logic:
		if x.Op == tree.Not {
			return x
		}
		args := make([]tree.Expr, len(x.Args))
		for i, arg := range x.Args {
			args[i] = Early(arg)
		}
		return &tree.Logic{Op: x.Op, Args: args}
	case *tree.Subquery:
		if len(x.More) == 0 && len(x.Query.Columns) == 1 && plain(x.Query) {
			return early(x, x.Query.Columns[0].Expr)
		}
	}
	return cond
}

func early(x *tree.Subquery, value tree.Expr) tree.Expr {
	switch x.Kind {
	case tree.AnyTrue:
		return first(x.Query, value)
	case tree.AllTrue:
		if !raises(x.Query) { // where a value is NULL, PostgreSQL looks on
			return &tree.Logic{Op: tree.Not, Args: []tree.Expr{first(x.Query, &tree.IsBool{Arg: value, Value: tree.True, Not: true})}}
		}
	case tree.InQuery, tree.NotInList:
		if standsAlone(x.Query) || !movable(x.Left) || searched(x) {
			return x
		}
		same := &tree.In{Left: x.Left, List: []tree.Expr{value}}
		if x.Kind == tree.InQuery {
			return first(x.Query, same)
		}
		if !raises(x.Query) && !tree.MayRaise(x.Left) {
			return &tree.Logic{Op: tree.Not, Args: []tree.Expr{first(x.Query, &tree.IsBool{Arg: same, Value: tree.False, Not: true})}}
		}
	}
	return x
}

// first is EXISTS of the rows of a query for which a condition holds besides.
func first(q *tree.Query, cond tree.Expr) tree.Expr {
	some := *q
	some.OrderBy, some.Distinct = nil, false
	some.Columns = []tree.Output{{Expr: &tree.Const{Ref: types.Of(types.Bool), Value: sqlite.Int(1)}}}
	some.Where = together(append(slices.Clone(Conjuncts(q.Where)), cond))
	return &tree.Subquery{Kind: tree.Exists, Query: &some}
}

// movable tells whether an expression may be evaluated in a subquery instead, and
// often.
func movable(x tree.Expr) bool {
	return !tree.Aggregated(x) && !tree.Windowed(x) && !tree.Any(x, func(x tree.Expr) bool {
		call, ok := x.(*tree.Call)
		_, query := x.(*tree.Subquery)
		_, next := x.(*tree.NextValue)
		return query || next || ok && call.Function.Volatility == types.Volatile
	})
}

// searched tells whether the list could find rows by an index of the left side.
func searched(x *tree.Subquery) bool {
	c, ok := x.Left.(*tree.Column)
	return ok && c.Rel.Table != nil && leads(c) && !x.Query.Reads([]*tree.Rel{c.Rel})
}

// plain tells whether a query is no more than FROM, WHERE and columns.
func plain(q *tree.Query) bool {
	return q.Set == nil && len(q.Values) == 0 && len(q.With) == 0 && len(q.GroupBy) == 0 && q.Having == nil && !q.Aggregated && !q.Windowed &&
		q.Limit == nil && q.Offset == nil && len(q.DistinctOn) == 0 && q.Sets == nil
}
