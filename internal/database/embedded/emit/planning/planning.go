// Package planning is what PostgreSQL computes while it plans a statement, and so fails
// with even where no row needs it: the checks that a statement runs before its own
// first step.
package planning

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Writer writes SQLite expressions for the checks.
type Writer struct {
	// Expr writes an expression whose AND and OR evaluate no more operands than they
	// need.
	Expr func(tree.Expr) string
	// Frame writes what fails where the bounds of a window's frame are none.
	Frame func(*tree.Frame) []string
}

// Checks returns the checks of a statement, as SQLite expressions in the order in which
// PostgreSQL computes them.
func Checks(known *types.Catalogue, r *analyze.Result, w Writer) []string {
	return planned{types: known, write: w, used: UsedColumns(r)}.statement(r)
}

// MayFail tells whether a statement has anything to check.
func MayFail(r *analyze.Result) bool {
	found := false
	each(r, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			found = found || x.Function.MayRaise
		case *tree.FromText:
			found = true
		case *tree.WindowCall:
			found = found || x.Window.Frame != nil
		}
		return !found
	})
	return found
}

// statement returns the checks of a whole statement.
func (p planned) statement(r *analyze.Result) []string {
	var out []string
	add := func(list ...tree.Expr) {
		for _, x := range list {
			checks, _ := p.fold(x)
			out = append(out, checks...)
		}
	}
	where := func(target *tree.Rel, conditions ...tree.Expr) {
		p.own = []*tree.Rel{target}
		add(conditions...)
		for _, c := range conditions {
			out = append(out, p.estimate(c)...)
		}
	}
	switch {
	case r.Query != nil:
		return p.query(r.Query)
	case r.Insert != nil:
		add(r.Insert.Values...)
		add(assigned(r.Insert.Conflict)...)
		add(expressions(r.Insert.Returning)...)
		if r.Insert.Source != nil {
			out = append(out, p.query(r.Insert.Source.Query)...)
		}
	case r.Update != nil:
		for _, s := range r.Update.Set {
			add(s.Value)
		}
		add(expressions(r.Update.Returning)...)
		out = append(out, p.query(&tree.Query{From: r.Update.From})...)
		where(r.Update.Target, r.Update.Policy, r.Update.Where)
	case r.Delete != nil:
		add(expressions(r.Delete.Returning)...)
		out = append(out, p.query(&tree.Query{From: r.Delete.From})...)
		where(r.Delete.Target, r.Delete.Policy, r.Delete.Where)
	}
	return out
}

// planned gathers, as SQLite expressions, what PostgreSQL computes while it
// plans a statement: calls of immutable functions over constants and parameters,
// and constants that it compares to estimate how many rows a condition keeps.
// When such a computation fails the statement fails, whether a row needs it or
// not. The order, and what is left out because a condition before it is settled,
// are those of eval_const_expressions (src/backend/optimizer/util/clauses.c).
type planned struct {
	types *types.Catalogue
	write Writer
	// own are the relations of the query at hand; a column of another is a
	// parameter of it.
	own []*tree.Rel
	// used are the columns of derived tables that something reads.
	used map[*tree.Rel]map[int]bool
}

// query returns the checks of a query.
func (p planned) query(q *tree.Query) []string {
	p.own = tree.RelsOf(q.From)
	var out, estimates []string
	add := func(list []string, _ bool) { out = append(out, list...) }
	out = append(out, p.with(q.With)...)
	if q.Set != nil {
		out = append(append(out, p.query(q.Set.Left)...), p.query(q.Set.Right)...)
	}
	for _, c := range q.Columns {
		add(p.fold(c.Expr))
	}
	for _, f := range q.From {
		folded, estimated := p.from(f)
		out, estimates = append(out, folded...), append(estimates, estimated...)
	}
	for _, cond := range []tree.Expr{q.Where, q.Having} {
		add(p.fold(cond))
		estimates = append(estimates, p.estimate(cond)...)
	}
	for _, o := range q.OrderBy {
		add(p.fold(o.Expr))
	}
	for _, x := range slices.Concat(q.GroupBy, []tree.Expr{q.Limit, q.Offset}, slices.Concat(q.Values...)) {
		add(p.fold(x))
	}
	return append(out, estimates...)
}

// with returns the checks of the queries that a WITH names, of each once. One that
// is used in one place is planned there.
func (p planned) with(list []*tree.CTE) []string {
	var out []string
	for _, c := range list {
		if c.References > 0 && !inlined(c) {
			out = append(out, p.query(c.Query)...)
		}
	}
	return out
}

func inlined(c *tree.CTE) bool { return c.References == 1 && !c.Materialized && !c.Recursive }

// from returns the checks of an item of FROM, those of its estimates apart.
func (p planned) from(f tree.From) (folded, estimated []string) {
	switch f := f.(type) {
	case *tree.Join:
		for _, side := range []tree.From{f.Left, f.Right} {
			x, y := p.from(side)
			folded, estimated = append(folded, x...), append(estimated, y...)
		}
		x, _ := p.fold(f.On)
		if folded = append(folded, x...); f.Kind != tree.Inner { // an outer join may be left out as useless
			return folded, estimated
		}
		return folded, append(estimated, p.estimate(f.On)...)
	case *tree.Rel:
		folded, _ = p.fold(f.Policy)
		if f.Functions != nil {
			for _, input := range f.Functions.Inputs() {
				x, _ := p.fold(input)
				folded = append(folded, x...)
			}
		}
		if f.Query != nil && (f.CTE == nil || inlined(f.CTE)) {
			folded = append(folded, p.query(p.pruned(f))...)
		}
		return folded, p.estimate(f.Policy)
	}
	return nil, nil
}

// pruned is the query of a derived table without the columns that nothing reads,
// which PostgreSQL drops before it looks at them.
func (p planned) pruned(r *tree.Rel) *tree.Query {
	if r.Query.Distinct && len(r.Query.DistinctOn) == 0 || r.Query.Set != nil || len(r.Query.Values) > 0 {
		return r.Query
	}
	q := *r.Query
	q.Columns = nil
	for i, c := range r.Query.Columns {
		if p.used[r][i] || p.used[r][-1] {
			q.Columns = append(q.Columns, c)
		}
	}
	return &q
}

// shown is the query of a subquery without what PostgreSQL drops unseen: an
// EXISTS needs no outputs (simplify_EXISTS_query in subselect.c).
func shown(x *tree.Subquery) *tree.Query {
	if x.Kind != tree.Exists || x.Query.Aggregated && len(x.Query.GroupBy) == 0 || x.Query.Having != nil || x.Query.Limit != nil || x.Query.Offset != nil {
		return x.Query
	}
	q := *x.Query
	q.Columns, q.GroupBy, q.OrderBy = nil, nil, nil
	return &q
}
