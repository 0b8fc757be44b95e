package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/grouping"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// grouping analyzes GROUP BY and HAVING.
func (a *Analyzer) grouping(q *tree.Query, s *scope.Scope, n *ast.SelectStmt, aggregates *[]*tree.Aggregate) error {
	if err := a.groupingSets(q, s, n); err != nil {
		return err
	}
	if n.HavingClause == nil {
		return nil
	}
	having, err := a.Boolean(s.In("HAVING", aggregates), n.HavingClause, "HAVING")
	q.Having = having
	return err
}

// The most elements of a CUBE, and the most grouping sets, that PostgreSQL takes.
const (
	maxCube = 12
	maxSets = 4096
)

// groupingSets analyzes GROUP BY: the keys, and which of them make up each set.
// Those of several items are combined (expand_grouping_sets in parse_agg.c).
func (a *Analyzer) groupingSets(q *tree.Query, s *scope.Scope, n *ast.SelectStmt) error {
	sets, several := [][]int{nil}, false
	for _, item := range syntax.Items(n.GroupClause) {
		_, ok := syntax.Unparen(item).(*ast.GroupingSet)
		several = several || ok
		more, err := a.groupItem(q, s, item)
		if err != nil {
			return err
		}
		if len(sets)*len(more) > maxSets {
			return fault.New(fault.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
		}
		sets = grouping.Combined(sets, more)
	}
	if n.GroupDistinct {
		sets = grouping.Distinct(sets)
	}
	if !several || len(sets) == 1 && len(sets[0]) > 0 {
		return nil
	}
	q.Sets = sets
	for _, key := range q.GroupBy {
		ofRow := func(x tree.Expr) bool {
			c, ok := x.(*tree.Column)
			return ok && (s.Owns(c.Rel) || slices.Contains(*s.Sets, c.Rel))
		}
		if !tree.Any(key, ofRow) {
			return resolve.Unsupported("a constant among grouping sets is") // in PostgreSQL 15 it is not always NULL
		}
	}
	return nil
}

// groupItem returns the sets that an item of GROUP BY stands for.
func (a *Analyzer) groupItem(q *tree.Query, s *scope.Scope, n ast.Node) ([][]int, error) {
	set, ok := syntax.Unparen(n).(*ast.GroupingSet)
	if !ok {
		keys, err := a.groupKeys(q, s, n)
		return [][]int{keys}, err
	}
	var sets, elements [][]int
	for _, item := range syntax.Items(set.Content) {
		if set.Kind == ast.GROUPING_SET_SETS {
			more, err := a.groupItem(q, s, item)
			if err != nil {
				return nil, err
			}
			if sets = append(sets, more...); len(sets) > maxSets {
				return nil, fault.New(fault.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
			}
			continue
		}
		keys, err := a.groupKeys(q, s, item)
		if err != nil {
			return nil, err
		}
		elements = append(elements, keys)
	}
	switch set.Kind {
	case ast.GROUPING_SET_ROLLUP:
		return grouping.Rollup(elements), nil
	case ast.GROUPING_SET_CUBE:
		if len(elements) > maxCube {
			return nil, fault.New("54011", "CUBE is limited to %d elements", maxCube)
		}
		return grouping.Cube(elements), nil
	case ast.GROUPING_SET_EMPTY:
		return [][]int{nil}, nil
	}
	return sets, nil
}

// groupKeys adds the keys of an expression, of (a, b) several, to the query, and
// returns their places.
func (a *Analyzer) groupKeys(q *tree.Query, s *scope.Scope, n ast.Node) ([]int, error) {
	if row, ok := syntax.Unparen(n).(*ast.RowExpr); ok && row.RowFormat == ast.COERCE_IMPLICIT_CAST {
		var out []int
		for _, item := range syntax.Items(row.Args) {
			keys, err := a.groupKeys(q, s, item)
			if err != nil {
				return nil, err
			}
			out = grouping.United(out, keys)
		}
		return out, nil
	}
	e, err := a.groupKey(q, s, n)
	if err == nil {
		e, err = a.Settle(e)
	}
	switch {
	case err != nil:
		return nil, err
	case tree.Aggregated(e):
		return nil, fault.New(fault.GroupingError, "aggregate functions are not allowed in GROUP BY")
	case tree.Any(e, expression.IsWindowCall):
		return nil, fault.New(fault.WindowingError, "window functions are not allowed in GROUP BY")
	}
	if err := a.Ordered(e, "equality", "="); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(q.GroupBy, func(other tree.Expr) bool { return tree.Equal(other, e) })
	if at < 0 {
		at, q.GroupBy = len(q.GroupBy), append(q.GroupBy, e)
	}
	return []int{at}, nil
}

// groupKey resolves a key of GROUP BY: a position, a column of FROM, or else
// the name of an output.
func (a *Analyzer) groupKey(q *tree.Query, s *scope.Scope, n ast.Node) (tree.Expr, error) {
	in := s.In("GROUP BY", nil)
	if e, ok, err := a.position(q, n, "GROUP BY"); ok || err != nil {
		return e, err
	}
	if name, ok := bareName(n); ok {
		if found, err := a.Unqualified(in, name); found != nil || err != nil {
			return found, err
		}
		if e, err := a.output(q, name, "GROUP BY"); e != nil || err != nil {
			return e, err
		}
	}
	return a.Expr(in, n)
}
