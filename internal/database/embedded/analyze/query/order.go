package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// orderBy analyzes ORDER BY: a position, the name of an output, or an
// expression over FROM.
func (a *Analyzer) orderBy(s *scope.Scope, list *ast.NodeList, q *tree.Query) ([]tree.Order, error) {
	var out []tree.Order
	for _, n := range syntax.Items(list) {
		sort, ok := n.(*ast.SortBy)
		if !ok || sort.SortbyDir == ast.SORTBY_USING {
			return nil, resolve.Unsupported("ORDER BY USING is")
		}
		e, err := a.sortKey(q, s, sort.Node)
		if err != nil {
			return nil, err
		}
		if err := a.Ordered(e, "an ordering", "<"); err != nil {
			return nil, err
		}
		out = append(out, expression.Order(sort, e))
	}
	return out, nil
}

func (a *Analyzer) sortKey(q *tree.Query, s *scope.Scope, n ast.Node) (tree.Expr, error) {
	if e, ok, err := a.position(q, n, "ORDER BY"); ok || err != nil {
		return e, err
	}
	if name, ok := bareName(n); ok {
		if e, err := a.output(q, name, "ORDER BY"); e != nil || err != nil {
			return e, err
		}
	}
	e, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.Settle(e)
}

// position resolves an integer constant as the number of an output.
func (a *Analyzer) position(q *tree.Query, n ast.Node, clause string) (tree.Expr, bool, error) {
	c, ok := syntax.Unparen(n).(*ast.A_Const)
	if !ok {
		return nil, false, nil
	}
	i, ok := c.Val.(*ast.Integer)
	if !ok || c.Isnull {
		return nil, false, fault.New(fault.SyntaxError, "non-integer constant in %s", clause)
	}
	if i.IVal < 1 || i.IVal > len(q.Columns) {
		return nil, false, fault.New(fault.InvalidColumnReference, "%s position %d is not in select list", clause, i.IVal)
	}
	out := &q.Columns[i.IVal-1].Expr
	e, err := a.Settle(*out)
	if err == nil {
		*out = e
	}
	return e, true, err
}

// output finds an output by name; two of a name must be the same expression.
func (a *Analyzer) output(q *tree.Query, name, clause string) (tree.Expr, error) {
	var found tree.Expr
	for i, c := range q.Columns {
		if c.Name != name {
			continue
		}
		if found != nil && !tree.Equal(found, c.Expr) {
			return nil, a.At(fault.New(fault.AmbiguousColumn, `%s "%s" is ambiguous`, clause, name), name)
		}
		e, err := a.Settle(c.Expr)
		if err != nil {
			return nil, err
		}
		q.Columns[i].Expr, found = e, e
	}
	return found, nil
}

func bareName(n ast.Node) (string, bool) {
	ref, ok := syntax.Unparen(n).(*ast.ColumnRef)
	if !ok || len(syntax.Items(ref.Fields)) != 1 || expression.IsStar(ref) {
		return "", false
	}
	return syntax.Str(ref.Fields.Items[0]), true
}

func (a *Analyzer) distinct(q *tree.Query, s *scope.Scope, n *ast.SelectStmt) error {
	list := syntax.Items(n.DistinctClause)
	if n.DistinctClause == nil {
		return nil
	}
	q.Distinct = true
	if len(list) > 0 && list[0] != nil {
		return a.distinctOn(q, s, list)
	}
	for i, c := range q.Columns {
		e, err := a.Settle(c.Expr)
		if err != nil {
			return err
		}
		q.Columns[i].Expr = e
		if err := a.Ordered(e, "equality", "="); err != nil {
			return err
		}
	}
	for _, o := range q.OrderBy {
		if !isOutput(q, o.Expr) {
			return fault.New(fault.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
	}
	return nil
}

// distinctOn analyzes the keys of DISTINCT ON. ORDER BY begins with them, in
// whatever order.
func (a *Analyzer) distinctOn(q *tree.Query, s *scope.Scope, list []ast.Node) error {
	for _, n := range list {
		e, err := a.sortKey(q, s, n)
		if err != nil {
			return err
		}
		if err := a.Ordered(e, "equality", "="); err != nil {
			return err
		}
		q.DistinctOn = append(q.DistinctOn, e)
	}
	isKey := func(e tree.Expr) bool {
		return slices.ContainsFunc(q.DistinctOn, func(on tree.Expr) bool { return tree.Equal(on, e) })
	}
	matched := func(on tree.Expr) bool {
		return slices.ContainsFunc(q.OrderBy, func(o tree.Order) bool { return tree.Equal(on, o.Expr) })
	}
	ended := false
	for i, o := range q.OrderBy {
		// What is in the order already adds nothing to it.
		if slices.ContainsFunc(q.OrderBy[:i], func(before tree.Order) bool { return tree.Equal(before.Expr, o.Expr) }) {
			continue
		}
		if !isKey(o.Expr) {
			ended = true
		} else if ended {
			return unmatchedDistinctOn(q.DistinctOn)
		}
	}
	if ended && !allOf(q.DistinctOn, matched) {
		return unmatchedDistinctOn(q.DistinctOn)
	}
	return nil
}

// unmatchedDistinctOn is the error of keys that are not where ORDER BY begins.
// Whether two subqueries are the same is not known here.
func unmatchedDistinctOn(keys []tree.Expr) error {
	isSubquery := func(e tree.Expr) bool { _, ok := e.(*tree.Subquery); return ok }
	if slices.ContainsFunc(keys, func(e tree.Expr) bool { return tree.Any(e, isSubquery) }) {
		return resolve.Unsupported("DISTINCT ON with a subquery in this order is")
	}
	return fault.New(fault.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
}

func allOf[T any](list []T, test func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !test(v) })
}

func isOutput(q *tree.Query, e tree.Expr) bool {
	for _, c := range q.Columns {
		if tree.Equal(c.Expr, e) {
			return true
		}
	}
	return false
}

func (a *Analyzer) limit(q *tree.Query, s *scope.Scope, n *ast.SelectStmt) error {
	if n.LimitOption == ast.LIMIT_OPTION_WITH_TIES {
		return resolve.Unsupported("FETCH FIRST … WITH TIES is")
	}
	var err error
	if n.LimitCount != nil {
		if q.Limit, err = a.limitExpr(s, n.LimitCount, "LIMIT"); err != nil {
			return err
		}
	}
	if n.LimitOffset != nil {
		q.Offset, err = a.limitExpr(s, n.LimitOffset, "OFFSET")
	}
	return err
}

func (a *Analyzer) limitExpr(s *scope.Scope, n ast.Node, clause string) (tree.Expr, error) {
	e, err := a.Expr(s.In(clause, nil), n)
	if err != nil {
		return nil, err
	}
	if tree.Any(e, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && s.Owns(c.Rel) }) {
		return nil, fault.New(fault.InvalidColumnReference, "argument of %s must not contain variables", clause)
	}
	return a.Assign(e, types.Of(types.Int8), func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type bigint, not type %s", clause, a.TypeName(e.Type().OID))
	})
}
