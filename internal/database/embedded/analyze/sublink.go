package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// subLink analyzes a subquery inside an expression.
func (a *analyzer) subLink(s *scope, n *ast.SubLink) (tree.Expr, error) {
	if s.noSubqueries != "" {
		return nil, fault.New(fault.FeatureNotSupported, "%s", s.noSubqueries)
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok {
		return nil, unsupported("%T as a subquery is", n.Subselect)
	}
	q, err := a.query(s, sel)
	if err != nil {
		return nil, err
	}
	switch n.SubLinkType {
	case ast.EXISTS_SUBLINK:
		return &tree.Subquery{Kind: tree.Exists, Query: q}, nil
	case ast.EXPR_SUBLINK:
		return a.scalar(q)
	case ast.ANY_SUBLINK, ast.ALL_SUBLINK:
		return a.membership(s, n, q)
	}
	return nil, unsupported("this form of a subquery is")
}

func (a *analyzer) scalar(q *tree.Query) (tree.Expr, error) {
	if err := a.oneColumn(q, "subquery must return only one column"); err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	return &tree.Subquery{Kind: tree.Scalar, Query: q, One: atMostOne(q)}, nil
}

func (a *analyzer) oneColumn(q *tree.Query, message string) error {
	if len(q.Columns) != 1 {
		return fault.New(fault.SyntaxError, "%s", message)
	}
	return nil
}

// atMostOne tells whether a query provably yields one row at most.
func atMostOne(q *tree.Query) bool {
	if q.Aggregated && len(q.GroupBy) == 0 {
		return true
	}
	if c, ok := q.Limit.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() <= 1 {
		return true
	}
	return len(q.From) == 0 && len(q.Values) <= 1
}

// membership analyzes x IN (SELECT …), x = ANY (…) and x <> ALL (…).
func (a *analyzer) membership(s *scope, n *ast.SubLink, q *tree.Query) (tree.Expr, error) {
	op := "="
	if path := names(n.OperName); len(path) > 0 {
		op = path[len(path)-1]
	}
	kind := tree.InQuery
	if n.SubLinkType == ast.ALL_SUBLINK {
		kind = tree.NotInList
	}
	if kind == tree.InQuery && op != "=" || kind == tree.NotInList && op != "<>" {
		return nil, unsupported("the operator %s with ANY or ALL of a subquery is", op)
	}
	left, err := a.expr(s, n.Testexpr)
	if err != nil {
		return nil, err
	}
	if len(q.Columns) > 1 {
		return nil, fault.New(fault.SyntaxError, "subquery has too many columns")
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	out := &q.Columns[0]
	found, err := a.findOperator("=", left, out.Expr)
	if err != nil {
		return nil, err
	}
	if left, err = a.coerce(left, types.Of(found.Left), implicit); err != nil {
		return nil, err
	}
	if found.Right != out.Expr.Type().OID && (q.Distinct || q.Aggregated || len(q.Values) > 0) {
		return nil, unsupported("IN over a grouped subquery of another type is")
	}
	if out.Expr, err = a.coerce(out.Expr, types.Of(found.Right), implicit); err != nil {
		return nil, err
	}
	if found.Left != found.Right && !a.integers([]tree.Expr{left, out.Expr}) {
		return nil, unsupported("IN over a subquery of another type is")
	}
	return &tree.Subquery{Kind: kind, Left: left, Query: q}, nil
}
