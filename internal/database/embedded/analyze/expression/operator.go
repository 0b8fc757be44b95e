package expression

import (
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// operatorExpr analyzes everything the grammar writes as an operator.
func (a *Analyzer) operatorExpr(s *scope.Scope, n *ast.A_Expr) (tree.Expr, error) {
	op := syntax.Names(n.Name)
	name := op[len(op)-1]
	if len(op) > 1 && op[0] != "pg_catalog" {
		return nil, resolve.Unsupported("the operator %s.%s is", op[0], name)
	}
	switch n.Kind {
	case ast.AEXPR_OP:
		if link, ok := syntax.Unparen(n.Rexpr).(*ast.SubLink); ok && isRow(n.Lexpr) && link.SubLinkType == ast.EXPR_SUBLINK {
			return a.rowOfQuery(s, name, n.Lexpr, link)
		}
		if isRow(n.Lexpr) && isRow(n.Rexpr) {
			return a.rowOperator(s, name, n)
		}
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
	case ast.AEXPR_OP_ANY, ast.AEXPR_OP_ALL:
		return a.arrayTest(s, name, n, n.Kind == ast.AEXPR_OP_ALL)
	}
	return nil, resolve.Unsupported("the operator %s in this form is", name)
}

func (a *Analyzer) plainOperator(s *scope.Scope, name string, n *ast.A_Expr) (tree.Expr, error) {
	if n.Lexpr == nil {
		if e, ok, err := a.negative(name, n.Rexpr); ok {
			return e, err
		}
		right, err := a.Expr(s, n.Rexpr)
		if err != nil {
			return nil, err
		}
		return a.Operator(name, nil, right)
	}
	left, err := a.Expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.Expr(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.binary(name, left, right)
}

// binary applies an operator to two values, which may be rows.
func (a *Analyzer) binary(name string, left, right tree.Expr) (tree.Expr, error) {
	l, ok := left.(*tree.WholeRow)
	if r, both := right.(*tree.WholeRow); ok && both {
		lefts, rights, err := a.records(l, r)
		if err != nil {
			return nil, err
		}
		return a.CompareRecords(name, lefts, rights)
	}
	return a.Operator(name, left, right)
}

// negative folds the minus of a numeric literal into it, so that
// -9223372036854775808 is a bigint.
func (a *Analyzer) negative(name string, n ast.Node) (tree.Expr, bool, error) {
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
	switch n := syntax.Unparen(n).(type) {
	case *ast.A_Const:
		switch v := n.Val.(type) {
		case *ast.Integer:
			return strconv.Itoa(v.IVal), !n.Isnull
		case *ast.Float:
			return v.FVal, !n.Isnull
		}
	case *ast.A_Expr:
		if n.Kind == ast.AEXPR_OP && n.Lexpr == nil && len(syntax.Names(n.Name)) == 1 && syntax.Names(n.Name)[0] == "-" {
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

func (a *Analyzer) compare(s *scope.Scope, name string, l, r ast.Node) (tree.Expr, error) {
	if isRow(l) && isRow(r) {
		return a.rowOperator(s, name, &ast.A_Expr{Lexpr: l, Rexpr: r})
	}
	left, err := a.Expr(s, l)
	if err != nil {
		return nil, err
	}
	right, err := a.Expr(s, r)
	if err != nil {
		return nil, err
	}
	return a.binary(name, left, right)
}

// in analyzes IN over a list: all items and the left side get one type where
// they have one, else it is a chain of comparisons.
func (a *Analyzer) in(s *scope.Scope, n *ast.A_Expr, not bool) (tree.Expr, error) {
	nodes, ok := n.Rexpr.(*ast.NodeList)
	if !ok {
		return nil, resolve.Unsupported("%s in IN is", typeOf(n.Rexpr))
	}
	if isRow(n.Lexpr) {
		return a.rowIn(s, n.Lexpr, nodes.Items, not)
	}
	left, err := a.Expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	list := make([]tree.Expr, len(nodes.Items))
	for i, item := range nodes.Items {
		if list[i], err = a.Expr(s, item); err != nil {
			return nil, err
		}
	}
	if row, ok := left.(*tree.WholeRow); ok {
		return a.recordIn(row, list, not)
	}
	return a.InList(left, list, not)
}

// between analyzes the four forms of BETWEEN as the comparisons they stand for.
func (a *Analyzer) between(s *scope.Scope, n *ast.A_Expr) (tree.Expr, error) {
	bounds, ok := n.Rexpr.(*ast.NodeList)
	if !ok || len(bounds.Items) != 2 {
		return nil, resolve.Unsupported("this form of BETWEEN is")
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
		e = resolve.Or(e, other)
	}
	if tree.Any(e, tree.IsVolatile) {
		return nil, resolve.Unsupported("BETWEEN over a volatile operand is")
	}
	if n.Kind == ast.AEXPR_NOT_BETWEEN || n.Kind == ast.AEXPR_NOT_BETWEEN_SYM {
		return &tree.Logic{Op: tree.Not, Args: []tree.Expr{e}}, nil
	}
	return e, nil
}

func (a *Analyzer) range_(s *scope.Scope, x, low, high ast.Node) (tree.Expr, error) {
	above, err := a.compare(s, ">=", x, low)
	if err != nil {
		return nil, err
	}
	below, err := a.compare(s, "<=", x, high)
	return resolve.And(above, below), err
}

// isDistinct analyzes IS [NOT] DISTINCT FROM; rows differ where a field does.
func (a *Analyzer) isDistinct(s *scope.Scope, n *ast.A_Expr) (tree.Expr, error) {
	lefts, rights, err := a.distinctSides(s, n)
	if err != nil {
		return nil, err
	}
	if len(lefts) != len(rights) {
		return nil, fault.New(fault.SyntaxError, "unequal number of entries in row expressions")
	}
	not := n.Kind == ast.AEXPR_NOT_DISTINCT
	if len(lefts) == 0 {
		return resolve.Bool(not), nil
	}
	out := &tree.Logic{Op: map[bool]tree.LogicOp{true: tree.And, false: tree.Or}[not]}
	for i := range lefts {
		e, err := a.NotSame(lefts[i], rights[i], not)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	if len(out.Args) == 1 {
		return out.Args[0], nil
	}
	return out, nil
}

// distinctSides are the values to compare: the fields of rows, or one of each side.
func (a *Analyzer) distinctSides(s *scope.Scope, n *ast.A_Expr) (lefts, rights []tree.Expr, err error) {
	if isRow(n.Lexpr) && isRow(n.Rexpr) {
		if lefts, err = a.rowOf(s, n.Lexpr); err == nil {
			rights, err = a.rowOf(s, n.Rexpr)
		}
		return lefts, rights, err
	}
	left, err := a.Expr(s, n.Lexpr)
	if err != nil {
		return nil, nil, err
	}
	right, err := a.Expr(s, n.Rexpr)
	if err != nil {
		return nil, nil, err
	}
	l, ok := left.(*tree.WholeRow)
	if r, both := right.(*tree.WholeRow); ok && both {
		return a.records(l, r)
	}
	return []tree.Expr{left}, []tree.Expr{right}, nil
}

func (a *Analyzer) nullIf(s *scope.Scope, n *ast.A_Expr) (tree.Expr, error) {
	e, err := a.compare(s, "=", n.Lexpr, n.Rexpr)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*tree.Call)
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !a.SameStorage(c.Args) {
		return nil, resolve.Unsupported("NULLIF over these types is")
	}
	return &tree.NullIf{Left: c.Args[0], Right: c.Args[1]}, nil
}
