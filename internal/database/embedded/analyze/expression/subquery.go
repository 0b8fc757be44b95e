package expression

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// rowOfQuery compares a row with the one row of a subquery.
func (a *Analyzer) rowOfQuery(s *scope.Scope, op string, left ast.Node, n *ast.SubLink) (tree.Expr, error) {
	lefts, err := a.rowOf(s, left)
	if err != nil {
		return nil, err
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok || s.NoSubqueries != "" {
		return a.subLink(s, n)
	}
	q, err := a.queries.Query(s, sel)
	if err != nil {
		return nil, err
	}
	if err := a.sameWidth(lefts, q); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(lefts, tree.Aggregated) {
		return nil, resolve.Unsupported("comparing an aggregate with the row of a subquery is")
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	one := AtMostOne(q)
	over, _, err := a.Over(q)
	if err != nil {
		return nil, err
	}
	cond, err := a.CompareRows(op, lefts, over.Exprs())
	over.Columns = []tree.Output{{Name: "?column?", Expr: cond}}
	return &tree.Subquery{Kind: tree.Scalar, Query: over, One: one}, err
}

// sameWidth refuses a subquery that has not as many columns as a row has fields.
func (a *Analyzer) sameWidth(row []tree.Expr, q *tree.Query) error {
	switch {
	case len(q.Columns) > len(row):
		return fault.New(fault.SyntaxError, "subquery has too many columns")
	case len(q.Columns) < len(row):
		return fault.New(fault.SyntaxError, "subquery has too few columns")
	}
	return nil
}

// subLink analyzes a subquery inside an expression.
func (a *Analyzer) subLink(s *scope.Scope, n *ast.SubLink) (tree.Expr, error) {
	if s.NoSubqueries != "" {
		return nil, fault.New(fault.FeatureNotSupported, "%s", s.NoSubqueries)
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok {
		return nil, resolve.Unsupported("%T as a subquery is", n.Subselect)
	}
	q, err := a.queries.Query(s, sel)
	if err != nil {
		return nil, err
	}
	switch n.SubLinkType {
	case ast.EXISTS_SUBLINK:
		return &tree.Subquery{Kind: tree.Exists, Query: q}, nil
	case ast.EXPR_SUBLINK:
		return a.scalar(n, q)
	case ast.ARRAY_SUBLINK:
		return a.arrayQuery(q)
	case ast.ANY_SUBLINK, ast.ALL_SUBLINK:
		return a.membership(s, n, q)
	}
	return nil, resolve.Unsupported("this form of a subquery is")
}

func (a *Analyzer) scalar(n *ast.SubLink, q *tree.Query) (tree.Expr, error) {
	if err := a.oneColumn(q, "subquery must return only one column"); err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	if a.scalarNames == nil {
		a.scalarNames = map[*ast.SubLink]string{}
	}
	a.scalarNames[n] = q.Columns[0].Name
	return &tree.Subquery{Kind: tree.Scalar, Query: q, One: AtMostOne(q)}, nil
}

func (a *Analyzer) oneColumn(q *tree.Query, message string) error {
	if len(q.Columns) != 1 {
		return fault.New(fault.SyntaxError, "%s", message)
	}
	return nil
}

// AtMostOne tells whether a query provably yields one row at most.
func AtMostOne(q *tree.Query) bool {
	if q.Aggregated && len(q.GroupBy) == 0 && len(q.Sets) <= 1 {
		return true
	}
	if c, ok := q.Limit.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() <= 1 {
		return true
	}
	return len(q.From) == 0 && len(q.Values) <= 1
}

// membership analyzes x IN (SELECT …), and x with an operator and ANY or ALL of a
// subquery; x may be a row.
func (a *Analyzer) membership(s *scope.Scope, n *ast.SubLink, q *tree.Query) (tree.Expr, error) {
	op := "="
	if path := syntax.Names(n.OperName); len(path) > 0 {
		op = path[len(path)-1]
	}
	lefts, err := a.rowOf(s, n.Testexpr)
	if err != nil {
		return nil, err
	}
	if err := a.sameWidth(lefts, q); err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	x := &tree.Subquery{Kind: tree.InQuery, Query: q}
	if n.SubLinkType == ast.ALL_SUBLINK {
		x.Kind = tree.NotInList
	}
	if op == "=" && x.Kind == tree.InQuery || op == "<>" && x.Kind == tree.NotInList && len(lefts) == 1 {
		if ok, err := a.nativeMembership(x, lefts); ok || err != nil {
			return x, err
		}
	}
	return a.quantified(n.SubLinkType == ast.ALL_SUBLINK, op, lefts, q)
}

// nativeMembership makes a subquery that SQLite's own IN can compute, where both
// sides are stored alike, and tells whether it could.
func (a *Analyzer) nativeMembership(x *tree.Subquery, lefts []tree.Expr) (bool, error) {
	q := x.Query
	fixed := q.Distinct || q.Aggregated || q.Set != nil || len(q.Values) > 0
	out := make([]tree.Expr, len(lefts))
	for i, left := range lefts {
		right := q.Columns[i].Expr
		found, err := a.FindOperator("=", left, right)
		if err != nil {
			return false, err
		}
		if fixed && found.Right != right.Type().OID {
			return false, nil
		}
		if left, err = a.Coerce(left, types.Of(found.Left), types.Implicit); err != nil {
			return false, err
		}
		if right, err = a.Coerce(right, types.Of(found.Right), types.Implicit); err != nil {
			return false, err
		}
		if found.Left != found.Right && !a.SameStorage([]tree.Expr{left, right}) {
			return false, nil
		}
		q.Columns[i].Expr, out[i] = right, left
	}
	x.Left, x.More = out[0], out[1:]
	return true, nil
}

// quantified compares a row with each row of a subquery.
func (a *Analyzer) quantified(all bool, op string, lefts []tree.Expr, q *tree.Query) (tree.Expr, error) {
	for _, e := range lefts {
		if tree.Any(e, tree.IsVolatile) {
			return nil, resolve.Unsupported("comparing a volatile value with a subquery is")
		}
		if tree.Windowed(e) {
			return nil, resolve.Unsupported("comparing a window function with all rows of a subquery is")
		}
	}
	over, _, err := a.Over(q)
	if err != nil {
		return nil, err
	}
	cond, err := a.CompareRows(op, lefts, over.Exprs())
	if err != nil {
		return nil, err
	}
	if cond.Type().OID != types.Bool {
		return nil, a.At(fault.New(fault.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", a.TypeName(cond.Type().OID)), op)
	}
	over.Columns = []tree.Output{{Name: "?column?", Expr: cond}}
	kind := tree.AnyTrue
	if all {
		kind = tree.AllTrue
	}
	return &tree.Subquery{Kind: kind, Query: over}, nil
}
