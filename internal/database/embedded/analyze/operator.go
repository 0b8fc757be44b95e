package analyze

import (
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// operatorExpr analyzes everything the grammar writes as an operator.
func (a *analyzer) operatorExpr(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	op := names(n.Name)
	name := op[len(op)-1]
	if len(op) > 1 && op[0] != "pg_catalog" {
		return nil, unsupported("the operator %s.%s is", op[0], name)
	}
	switch n.Kind {
	case ast.AEXPR_OP:
		return a.plainOperator(s, name, n)
	case ast.AEXPR_LIKE, ast.AEXPR_ILIKE, ast.AEXPR_SIMILAR:
		return a.plainOperator(s, name, n)
	case ast.AEXPR_IN:
		return a.in(s, n, name == "<>")
	case ast.AEXPR_BETWEEN, ast.AEXPR_NOT_BETWEEN, ast.AEXPR_BETWEEN_SYM, ast.AEXPR_NOT_BETWEEN_SYM:
		return a.between(s, n)
	case ast.AEXPR_DISTINCT, ast.AEXPR_NOT_DISTINCT:
		return a.isDistinct(s, n)
	case ast.AEXPR_NULLIF:
		return a.nullIf(s, n)
	}
	return nil, unsupported("the operator %s in this form is", name)
}

func (a *analyzer) plainOperator(s *scope, name string, n *ast.A_Expr) (tree.Expr, error) {
	if n.Lexpr == nil {
		if e, ok, err := a.negative(name, n.Rexpr); ok {
			return e, err
		}
		right, err := a.expr(s, n.Rexpr)
		if err != nil {
			return nil, err
		}
		return a.Operator(name, nil, right)
	}
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.expr(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.Operator(name, left, right)
}

// negative folds the minus of a numeric literal into it, so that
// -9223372036854775808 is a bigint.
func (a *analyzer) negative(name string, n ast.Node) (tree.Expr, bool, error) {
	text, ok := numeral(n)
	if name != "-" || !ok {
		return nil, false, nil
	}
	e, err := a.Number(negated(text))
	return e, true, err
}

// numeral returns the text of a numeric literal, signs and parentheses
// included.
func numeral(n ast.Node) (string, bool) {
	switch n := unparen(n).(type) {
	case *ast.A_Const:
		switch v := n.Val.(type) {
		case *ast.Integer:
			return strconv.Itoa(v.IVal), !n.Isnull
		case *ast.Float:
			return v.FVal, !n.Isnull
		}
	case *ast.A_Expr:
		if n.Kind == ast.AEXPR_OP && n.Lexpr == nil && len(names(n.Name)) == 1 && names(n.Name)[0] == "-" {
			text, ok := numeral(n.Rexpr)
			return negated(text), ok
		}
	}
	return "", false
}

func negated(text string) string {
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		return rest
	}
	return "-" + text
}

func (a *analyzer) compare(s *scope, name string, l, r ast.Node) (tree.Expr, error) {
	left, err := a.expr(s, l)
	if err != nil {
		return nil, err
	}
	right, err := a.expr(s, r)
	if err != nil {
		return nil, err
	}
	return a.Operator(name, left, right)
}

// in analyzes IN over a list: all items and the left side get one type where
// they have one, else it is a chain of comparisons.
func (a *analyzer) in(s *scope, n *ast.A_Expr, not bool) (tree.Expr, error) {
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	nodes, ok := n.Rexpr.(*ast.NodeList)
	if !ok {
		return nil, unsupported("%s in IN is", typeOf(n.Rexpr))
	}
	list := make([]tree.Expr, len(nodes.Items))
	for i, item := range nodes.Items {
		if list[i], err = a.expr(s, item); err != nil {
			return nil, err
		}
	}
	return a.InList(left, list, not)
}

// between analyzes the four forms of BETWEEN as the comparisons they stand for.
func (a *analyzer) between(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	bounds, ok := n.Rexpr.(*ast.NodeList)
	if !ok || len(bounds.Items) != 2 {
		return nil, unsupported("this form of BETWEEN is")
	}
	low, high := bounds.Items[0], bounds.Items[1]
	e, err := a.range_(s, n.Lexpr, low, high)
	if err != nil {
		return nil, err
	}
	if n.Kind == ast.AEXPR_BETWEEN_SYM || n.Kind == ast.AEXPR_NOT_BETWEEN_SYM {
		other, err := a.range_(s, n.Lexpr, high, low)
		if err != nil {
			return nil, err
		}
		e = or(e, other)
	}
	if tree.Any(e, isVolatile) {
		return nil, unsupported("BETWEEN over a volatile operand is")
	}
	if n.Kind == ast.AEXPR_NOT_BETWEEN || n.Kind == ast.AEXPR_NOT_BETWEEN_SYM {
		return &tree.Logic{Op: tree.Not, Args: []tree.Expr{e}}, nil
	}
	return e, nil
}

func (a *analyzer) range_(s *scope, x, low, high ast.Node) (tree.Expr, error) {
	above, err := a.compare(s, ">=", x, low)
	if err != nil {
		return nil, err
	}
	below, err := a.compare(s, "<=", x, high)
	return and(above, below), err
}

func (a *analyzer) isDistinct(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	e, err := a.compare(s, "=", n.Lexpr, n.Rexpr)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*tree.Call)
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !a.SameStorage(c.Args) {
		return nil, unsupported("IS DISTINCT FROM over these types is")
	}
	return &tree.Distinct{Left: c.Args[0], Right: c.Args[1], Not: n.Kind == ast.AEXPR_NOT_DISTINCT}, nil
}

func (a *analyzer) nullIf(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	e, err := a.compare(s, "=", n.Lexpr, n.Rexpr)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*tree.Call)
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !a.SameStorage(c.Args) {
		return nil, unsupported("NULLIF over these types is")
	}
	return &tree.NullIf{Left: c.Args[0], Right: c.Args[1]}, nil
}
