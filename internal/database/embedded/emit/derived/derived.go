// Package derived says which derived tables of a FROM SQLite is made to keep as
// tables of their own, and why:
//
//   - SQLite makes a co-routine of the first that it cannot merge with the query
//     around it, and runs it again for each row of the relations that its planner
//     then puts before it.
//   - It makes no index of a computed column, since that has no affinity; without
//     one an equality with it is looked for by going through all rows.
package derived

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit/semijoin"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Tables are the derived tables of a statement. The zero value knows none.
type Tables struct {
	once, typed, empty map[*tree.Rel]bool
	joined             map[*tree.Query]bool // which SQLite merges with a query of several relations
}

// Once tells whether the rows of a derived table are to be kept.
func (t *Tables) Once(r *tree.Rel) bool { return r.Kept || t.once[r] || t.typed[r] }

// Typed tells whether the kept columns need a type, to make an index of.
func (t *Tables) Typed(r *tree.Rel) bool { return t.typed[r] }

// Empty tells whether no row of a derived table is joined to anything.
func (t *Tables) Empty(r *tree.Rel) bool { return t.empty[r] }

// Look takes notes of the FROM of a query. The queries around it come first.
func (t *Tables) Look(q *tree.Query) {
	all := tree.RelsOf(q.From)
	if len(all) < 2 && !t.joined[q] {
		return
	}
	if t.once == nil {
		t.once, t.typed, t.joined = map[*tree.Rel]bool{}, map[*tree.Rel]bool{}, map[*tree.Query]bool{}
		t.empty = map[*tree.Rel]bool{}
	}
	for _, r := range unjoined(q.From) {
		t.empty[r] = true
	}
	terms := equalities(q)
	movable := q.Where != nil || !outerOnly(q.From) || t.joined[q]
	merges := !q.Windowed && len(q.DistinctOn) == 0
	for i, r := range all {
		if r.Query == nil || r.Lateral || r.Part > 0 || r.CTE != nil && r.CTE.Recursive || filtered(q.Where, r) {
			continue
		}
		t.typed[r] = wantsIndex(r, terms)
		switch {
		case r.Nullable || !movable || len(r.Query.From) == 0 && r.Query.Set == nil:
		case !merges || standsForItself(r.Query) || i > 0 && keepsRight(r.Query.From):
			t.once[r] = true
		case r.CTE == nil:
			t.joined[r.Query] = true
		}
	}
}

// outerOnly tells whether FROM is one relation to which others are joined by LEFT
// JOIN: that fixes their order, unless a condition makes the joins inner ones.
func outerOnly(from []tree.From) bool {
	if len(from) != 1 {
		return false
	}
	for j, ok := from[0].(*tree.Join); ok; j, ok = j.Left.(*tree.Join) {
		if j.Kind != tree.Left {
			return false
		}
	}
	return true
}

// unjoined are the relations on the right of LEFT JOIN ON false.
func unjoined(from []tree.From) []*tree.Rel {
	var out []*tree.Rel
	for _, f := range from {
		j, ok := f.(*tree.Join)
		if !ok {
			continue
		}
		out = append(out, unjoined([]tree.From{j.Left, j.Right})...)
		r, ok := j.Right.(*tree.Rel)
		if c, constant := j.On.(*tree.Const); ok && constant && j.Kind == tree.Left && !c.Value.IsNull() && c.Value.Int() == 0 {
			out = append(out, r)
		}
	}
	return out
}

// standsForItself tells that SQLite does not merge a query with the one around it.
func standsForItself(q *tree.Query) bool {
	return q.Set != nil || q.Distinct || q.Aggregated || q.Windowed || q.Sets != nil || q.Limit != nil || q.Offset != nil || len(q.OrderBy) > 0
}

// keepsRight tells whether a join of FROM keeps the rows of its right side.
func keepsRight(from []tree.From) bool {
	return slices.ContainsFunc(from, func(f tree.From) bool {
		j, ok := f.(*tree.Join)
		return ok && (j.Kind == tree.Right || j.Kind == tree.Full || keepsRight([]tree.From{j.Left, j.Right}))
	})
}

// filtered tells whether a term of a condition reads one relation and nothing else.
// SQLite moves it into the derived table, which is worth more than keeping the rows.
func filtered(cond tree.Expr, r *tree.Rel) bool {
	return slices.ContainsFunc(semijoin.Conjuncts(cond), func(x tree.Expr) bool {
		return reads(x, r) && !tree.Any(x, func(x tree.Expr) bool {
			c, ok := x.(*tree.Column)
			_, query := x.(*tree.Subquery)
			return query || ok && c.Rel != r
		})
	})
}

func reads(x tree.Expr, r *tree.Rel) bool {
	return tree.Any(x, func(x tree.Expr) bool { return tree.IsOf(x, []*tree.Rel{r}) })
}

// equality is a column that is to equal something of other relations.
type equality struct {
	column *tree.Column
	other  tree.Expr
}

// equalities are those of WHERE and of the joins of a query.
func equalities(q *tree.Query) []equality {
	terms := semijoin.Conjuncts(q.Where)
	for _, f := range q.From {
		terms = append(terms, on(f)...)
	}
	var out []equality
	for _, t := range terms {
		l, r, ok := semijoin.Equality(t)
		if !ok {
			continue
		}
		if c, ok := bare(l).(*tree.Column); ok {
			out = append(out, equality{c, r})
		}
		if c, ok := bare(r).(*tree.Column); ok {
			out = append(out, equality{c, l})
		}
	}
	return out
}

// bare is an expression without casts that change nothing.
func bare(x tree.Expr) tree.Expr {
	for r, ok := x.(*tree.Relabel); ok; r, ok = x.(*tree.Relabel) {
		x = r.Arg
	}
	return x
}

func on(f tree.From) []tree.Expr {
	j, ok := f.(*tree.Join)
	if !ok {
		return nil
	}
	return slices.Concat(on(j.Left), on(j.Right), semijoin.Conjuncts(j.On))
}

// wantsIndex tells whether all that finds the rows of a derived table is a computed
// column, and no index on the same expression could.
func wantsIndex(r *tree.Rel, terms []equality) bool {
	found := false
	for _, t := range terms {
		if t.column.Rel != r || reads(t.other, r) {
			continue
		}
		if !Computed(r.Query, t.column.Index) {
			return false
		}
		found = true
	}
	return found && !slices.ContainsFunc(tree.RelsOf(r.Query.From), indexesExpressions)
}

func indexesExpressions(r *tree.Rel) bool {
	if r.Query != nil && r.CTE == nil {
		return slices.ContainsFunc(tree.RelsOf(r.Query.From), indexesExpressions)
	}
	return r.Table != nil && slices.ContainsFunc(r.Table.Indexes, func(i *catalog.Index) bool {
		return slices.ContainsFunc(i.Columns, func(c catalog.IndexColumn) bool { return c.Column == 0 })
	})
}

// Computed tells whether a column of a query is anything else than one of a table.
func Computed(q *tree.Query, i int) bool {
	switch {
	case q.Set != nil:
		return Computed(q.Set.Left, i) || Computed(q.Set.Right, i)
	case len(q.Values) > 0:
		return true
	}
	c, ok := bare(q.Columns[i].Expr).(*tree.Column)
	if !ok || c.Rel.Functions != nil || c.Rel.Lateral || c.Rel.Part > 0 {
		return true
	}
	return c.Rel.Query != nil && (c.Rel.CTE != nil && c.Rel.CTE.Recursive || Computed(c.Rel.Query, c.Index))
}
