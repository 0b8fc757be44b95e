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
// condition keeps no row for NULL, so that it may stand for false. twice tells that a
// subquery may be written twice where it takes that.
func Early(cond tree.Expr, twice bool) tree.Expr {
	switch x := cond.(type) {
	case *tree.Logic:
		if x.Op == tree.Not {
			return refuted(x, twice)
		}
		args := make([]tree.Expr, len(x.Args))
		for i, arg := range x.Args {
			args[i] = Early(arg, twice)
		}
		return &tree.Logic{Op: x.Op, Args: args}
	case *tree.Subquery:
		if y := early(x, twice); y != nil {
			return y
		}
	}
	return cond
}

// refuted is Early of NOT: the opposite of a test against a subquery is one, too.
func refuted(x *tree.Logic, twice bool) tree.Expr {
	s, ok := x.Args[0].(*tree.Subquery)
	if !ok || len(s.More) > 0 {
		return x
	}
	opposite := *s
	switch s.Kind {
	case tree.InQuery:
		opposite.Kind = tree.NotInList
	case tree.NotInList:
		opposite.Kind = tree.InQuery
	case tree.AnyTrue, tree.AllTrue:
		opposite.Kind = map[tree.SubqueryKind]tree.SubqueryKind{tree.AnyTrue: tree.AllTrue, tree.AllTrue: tree.AnyTrue}[s.Kind]
		opposite.Query = asking(s.Query, not(s.Query.Columns[0].Expr))
	default:
		return x
	}
	if y := early(&opposite, twice); y != nil {
		return y
	}
	return x
}

// early is a condition that is true where a test against a subquery is; nil where it
// is better left as it is.
func early(x *tree.Subquery, twice bool) tree.Expr {
	t := testOf(x)
	switch {
	case t == nil:
		return nil
	case !t.all:
		return first(t.query, t.value)
	case !raises(t.query): // where a value is NULL, PostgreSQL looks on
		return not(first(t.query, &tree.IsBool{Arg: t.value, Value: tree.True, Not: true}))
	}
	return t.decided(boolean(false), twice)
}

// Decided returns a test against a subquery as a value, NULL included, made of EXISTS
// as Early does it; nil where it is better left as it is. twice tells that the subquery
// may be written twice, which it takes unless the value is never NULL.
func Decided(x *tree.Subquery, twice bool) tree.Expr {
	if t := testOf(x); t != nil {
		return t.decided(&tree.Const{Ref: types.Of(types.Bool), Value: sqlite.Null}, twice)
	}
	return nil
}

// test is whether a value is true of any row of a query, or of all. One against a list
// is of equality, which is seldom true: it mostly takes all rows to decide it.
type test struct {
	query *tree.Query
	value tree.Expr
	all   bool
	list  bool
}

// testOf takes a test apart that may end before the last row; nil for what is none.
func testOf(x *tree.Subquery) *test {
	if len(x.More) > 0 || len(x.Query.Columns) != 1 || !plain(x.Query) {
		return nil
	}
	switch value := x.Query.Columns[0].Expr; x.Kind {
	case tree.AnyTrue, tree.AllTrue:
		if tree.Aggregated(value) { // one of a query around, which may not stand in WHERE
			return nil
		}
		settle(x.Query, value)
		return &test{query: x.Query, value: value, all: x.Kind == tree.AllTrue}
	case tree.InQuery, tree.NotInList:
		if standsAlone(x.Query) || !movable(x.Left) || searched(x) {
			return nil
		}
		q, value := shielded(x.Query, x.Left, value)
		same := &tree.In{Left: x.Left, List: []tree.Expr{value}}
		if x.Kind == tree.InQuery {
			return &test{query: q, value: same, list: true}
		}
		return &test{query: q, value: not(same), all: true, list: true}
	}
	return nil
}

// decided writes the test as a value, with what stands for NULL; nil where that would
// take the query twice and it may or should not be.
func (t *test) decided(null tree.Expr, twice bool) tree.Expr {
	decisive := t.value
	if t.all {
		decisive = not(decisive)
	}
	found := first(t.query, decisive)
	switch {
	case !neverNull(t.value) && (!twice || t.list || volatile(t.query)):
		return nil
	case !neverNull(t.value):
		unknown := first(t.query, &tree.IsNull{Arg: t.value})
		return &tree.Case{Ref: types.Of(types.Bool), Else: boolean(t.all),
			Whens: []tree.When{{Cond: found, Result: boolean(!t.all)}, {Cond: unknown, Result: null}}}
	case t.all:
		return not(found)
	}
	return found
}

// first is EXISTS of the rows of a query for which a condition holds besides.
func first(q *tree.Query, cond tree.Expr) tree.Expr {
	some := *q
	some.OrderBy, some.Distinct = nil, false
	some.Columns = []tree.Output{{Expr: boolean(true)}}
	some.Where = together(append(slices.Clone(Conjuncts(q.Where)), cond))
	return &tree.Subquery{Kind: tree.Exists, Query: &some}
}

// settle says of the rows that a value is compared with, which are a derived table,
// that their own conditions come before the value if it may fail, and that they are
// kept where each row around the query would have them made again.
func settle(q *tree.Query, value tree.Expr) {
	r, ok := q.From[0].(*tree.Rel)
	if !ok || len(q.From) > 1 || r.Query == nil {
		return
	}
	r.Query.Barrier = r.Query.Barrier || tree.MayRaise(value)
	r.Kept = costly(r.Query) && standsAlone(r.Query) && !standsAlone(q) && !raises(r.Query)
}

// costly tells whether the rows of a query are more than those of a table.
func costly(q *tree.Query) bool {
	if !plain(q) || q.Distinct || q.Where != nil || len(q.From) > 1 {
		return true
	}
	return slices.ContainsFunc(tree.RelsOf(q.From), func(r *tree.Rel) bool { return r.Table == nil })
}

// shielded returns a query and its value so that its own conditions come before the
// comparison of the value with another, where that may fail.
func shielded(q *tree.Query, left, value tree.Expr) (*tree.Query, tree.Expr) {
	if q.Where == nil || !tree.MayRaise(left) && !tree.MayRaise(value) {
		return q, value
	}
	rows := *q
	rows.Barrier = true
	// Nothing in the query names its rows but the value: any number will do for them.
	r := &tree.Rel{Query: &rows, Columns: []tree.RelColumn{{Name: q.Columns[0].Name, Type: value.Type()}}}
	column := &tree.Column{Rel: r, Ref: value.Type()}
	return &tree.Query{From: []tree.From{r}, Columns: []tree.Output{{Expr: column}}}, column
}

// not is the opposite of a condition.
func not(x tree.Expr) tree.Expr {
	if l, ok := x.(*tree.Logic); ok && l.Op == tree.Not {
		return l.Args[0]
	}
	return &tree.Logic{Op: tree.Not, Args: []tree.Expr{x}}
}

func boolean(b bool) tree.Expr {
	return &tree.Const{Ref: types.Of(types.Bool), Value: sqlite.Bool(b)}
}

// asking is a query with another value.
func asking(q *tree.Query, value tree.Expr) *tree.Query {
	other := *q
	other.Columns = []tree.Output{{Name: q.Columns[0].Name, Expr: value}}
	return &other
}

// movable tells whether an expression may be evaluated in a subquery instead, and
// often.
func movable(x tree.Expr) bool {
	return !tree.Aggregated(x) && !tree.Windowed(x) && !tree.Any(x, func(x tree.Expr) bool {
		_, query := x.(*tree.Subquery)
		return query || changes(x)
	})
}

// volatile tells whether a query gives other rows each time it is run.
func volatile(q *tree.Query) bool {
	found := false
	q.Walk(func(x tree.Expr) bool {
		found = found || changes(x)
		return !found
	})
	return found
}

func changes(x tree.Expr) bool {
	call, ok := x.(*tree.Call)
	_, next := x.(*tree.NextValue)
	return next || ok && call.Function.Volatility == types.Volatile
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
