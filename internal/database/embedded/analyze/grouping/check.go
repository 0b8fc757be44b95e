// Package grouping is what GROUP BY makes of a query: the sets of keys that ROLLUP,
// CUBE and GROUPING SETS stand for, and which columns may stand beside aggregates
// (parse_agg.c in PostgreSQL).
package grouping

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/freeze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// CheckCalls refuses a GROUPING of what is no key of GROUP BY.
func CheckCalls(q *tree.Query, list []*tree.Grouping) error {
	for _, g := range list {
		if slices.ContainsFunc(g.Args, func(e tree.Expr) bool { return !IsKey(q, e) }) {
			return fault.New(fault.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
		}
	}
	return nil
}

// Check refuses a column that is neither grouped nor aggregated, which
// SQLite would answer with an arbitrary row's value. names, if not nil, learn of the
// primary keys that this relies on; at adds the position of an identifier to an error.
func Check(q *tree.Query, s *scope.Scope, names *freeze.Names, at func(*fault.Error, string) *fault.Error) error {
	if !q.Aggregated {
		return nil
	}
	list := append(q.Exprs(), q.Having)
	for _, o := range q.OrderBy {
		list = append(list, o.Expr)
	}
	g := checker{q: q, s: s, names: names, at: at}
	for _, e := range append(list, q.DistinctOn...) {
		if tree.Walk(e, g.visit); g.bad != nil {
			return g.bad
		}
	}
	return nil
}

// checker looks for columns of a query that are neither grouped nor aggregated.
type checker struct {
	q      *tree.Query
	s      *scope.Scope
	names  *freeze.Names
	at     func(*fault.Error, string) *fault.Error
	within bool // a subquery
	bad    error
}

func (g *checker) visit(x tree.Expr) bool {
	if g.bad != nil || IsKey(g.q, x) && (!g.within || isColumn(x)) {
		return false
	}
	switch x := x.(type) {
	case *tree.Aggregate:
		return !slices.Contains(g.q.Aggregates, x)
	case *tree.Column:
		g.column(x.Rel, x.Rel.Columns[x.Index].Name)
	case *tree.WholeRow:
		g.column(x.Rel, "*")
	case *tree.Subquery:
		for _, child := range tree.Children(x) {
			tree.Walk(child, g.visit)
		}
		outside := g.within
		g.within = true
		x.Query.Walk(g.visit)
		g.within = outside
		return false
	}
	return true
}

func isColumn(x tree.Expr) bool { _, ok := x.(*tree.Column); return ok }

func (g *checker) column(r *tree.Rel, name string) {
	if g.bad != nil || !g.s.Owns(r) || g.dependsOnKey(r) {
		return
	}
	message := `column "%s.%s" must appear in the GROUP BY clause or be used in an aggregate function`
	if g.within {
		message = `subquery uses ungrouped column "%s.%s" from outer query`
	}
	g.bad = g.at(fault.New(fault.GroupingError, message, r.Alias, name), name)
}

// IsKey tells whether an expression is a key of GROUP BY.
func IsKey(q *tree.Query, e tree.Expr) bool {
	for _, g := range q.GroupBy {
		if tree.Equal(g, e) {
			return true
		}
	}
	return false
}

// dependsOnKey tells whether the primary key of a table is among the keys of
// GROUP BY, so that its other columns are determined by them.
func (g *checker) dependsOnKey(r *tree.Rel) bool {
	var pk *catalog.Constraint
	if r.Table != nil {
		pk = r.Table.PrimaryKey()
	}
	if pk == nil {
		return false
	}
	for _, number := range pk.Columns {
		if !groupsBy(g.q, r, number) {
			return false
		}
	}
	if g.names != nil {
		g.names.UseKey(r, pk.OID)
	}
	return true
}

// groupsBy tells whether a column, by its number, is a key of every grouping set.
func groupsBy(q *tree.Query, r *tree.Rel, number int) bool {
	for i, g := range q.GroupBy {
		c, ok := g.(*tree.Column)
		if ok && c.Rel == r && r.Columns[c.Index].Column.Number == number {
			return !slices.ContainsFunc(q.Sets, func(set []int) bool { return !slices.Contains(set, i) })
		}
	}
	return false
}
