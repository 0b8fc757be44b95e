package analyze

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
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
	case ast.AEXPR_LIKE, ast.AEXPR_ILIKE:
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
		return a.operator(name, nil, right)
	}
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.expr(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.operator(name, left, right)
}

// negative folds the minus of a numeric literal into it, so that
// -9223372036854775808 is a bigint.
func (a *analyzer) negative(name string, n ast.Node) (tree.Expr, bool, error) {
	text, ok := numeral(n)
	if name != "-" || !ok {
		return nil, false, nil
	}
	e, err := a.number(negated(text))
	return e, true, err
}

// numeral returns the text of a numeric literal, signs and parentheses
// included.
func numeral(n ast.Node) (string, bool) {
	switch n := unparen(n).(type) {
	case *ast.A_Const:
		switch v := n.Val.(type) {
		case *ast.Integer:
			return itoa(v.IVal), !n.Isnull
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
	return a.operator(name, left, right)
}

// operator resolves an operator by its operands (PostgreSQL documentation,
// section 10.2). left is nil for a prefix operator.
func (a *analyzer) operator(name string, left, right tree.Expr) (tree.Expr, error) {
	op, err := a.findOperator(name, left, right)
	if err != nil {
		return nil, err
	}
	var args []tree.Expr
	if left != nil {
		if left, err = a.coerce(left, types.Of(op.Left), implicit); err != nil {
			return nil, err
		}
		args = append(args, left)
	}
	if right, err = a.coerce(right, types.Of(op.Right), implicit); err != nil {
		return nil, err
	}
	args = append(args, right)
	return a.call(op.Function, args)
}

func (a *analyzer) findOperator(name string, left, right tree.Expr) (*types.Operator, error) {
	l, r := types.OID(0), right.Type().OID
	if left != nil {
		l = left.Type().OID
	}
	if name == "!=" {
		name = "<>"
	}
	var candidates []*types.Operator
	for _, op := range a.Types.Operators(name) {
		if (op.Left == 0) == (left == nil) {
			candidates = append(candidates, op)
		}
	}
	if op := exactOperator(candidates, l, r, left != nil); op != nil {
		return op, nil
	}
	var lists []candidate
	for _, op := range candidates {
		args := []types.OID{op.Right}
		if left != nil {
			args = []types.OID{op.Left, op.Right}
		}
		lists = append(lists, candidate{args: args, entry: op})
	}
	inputs := []types.OID{r}
	if left != nil {
		inputs = []types.OID{l, r}
	}
	best, ambiguous := a.choose(inputs, lists)
	if best == nil {
		return nil, a.noOperator(name, l, r, left != nil, ambiguous)
	}
	return best.(*types.Operator), nil
}

// exactOperator finds the operator of just these types; an unknown side is
// taken to have the other side's type.
func exactOperator(list []*types.Operator, l, r types.OID, binary bool) *types.Operator {
	if binary && l == types.Unknown && r != types.Unknown {
		l = r
	} else if binary && r == types.Unknown && l != types.Unknown {
		r = l
	}
	for _, op := range list {
		if op.Left == l && op.Right == r {
			return op
		}
	}
	return nil
}

func (a *analyzer) noOperator(name string, l, r types.OID, binary, ambiguous bool) error {
	text := name + " " + a.typeName(r)
	if binary {
		text = a.typeName(l) + " " + text
	}
	if ambiguous {
		return fault.New(fault.AmbiguousFunction, "operator is not unique: %s", text).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	if isPostgresOperator(name) && !a.sameFamily(l, r) {
		return unsupported("the operator %s is", text)
	}
	hint := "No operator matches the given name and argument types. You might need to add explicit type casts."
	if !binary {
		hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	return a.at(fault.New(fault.UndefinedFunction, "operator does not exist: %s", text).WithHint("%s", hint), name)
}

// isPostgresOperator tells whether PostgreSQL has operators of the name that
// this catalogue does not know at all.
func isPostgresOperator(name string) bool {
	switch name {
	case "~", "~*", "!~", "!~*", "@@", "&&", "?|", "?&", "#>", "#>>", "@?", "#-", "^", "|/", "||/", "!!", "->", "->>", "<->", "@>", "<@":
		return true
	}
	return false
}

// sameFamily tells whether the catalogue knows both types fully enough for a
// missing operator to be missing in PostgreSQL too.
func (a *analyzer) sameFamily(l, r types.OID) bool {
	return l != 0 && l == r && (l == types.Int4 || l == types.Int8 || l == types.Bool)
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
	return a.inList(left, list, not)
}

func (a *analyzer) inList(left tree.Expr, list []tree.Expr, not bool) (tree.Expr, error) {
	if ref, err := a.common(append([]tree.Expr{left}, list...), "IN"); err == nil && ref.OID != types.Unknown {
		if _, err := a.findOperator("=", probe(ref), probe(ref)); err == nil {
			return a.nativeIn(left, list, types.Of(ref.OID), not)
		}
	}
	name, op := "=", tree.Or
	if not {
		name, op = "<>", tree.And
	}
	chain := &tree.Logic{Op: op}
	for _, item := range list {
		c, err := a.operator(name, left, item)
		if err != nil {
			return nil, err
		}
		chain.Args = append(chain.Args, c)
	}
	if len(chain.Args) == 1 {
		return chain.Args[0], nil
	}
	return chain, nil
}

// probe is an expression that only has a type.
func probe(ref types.Ref) tree.Expr { return &tree.Const{Ref: ref, Value: sqlite.Null} }

func (a *analyzer) nativeIn(left tree.Expr, list []tree.Expr, ref types.Ref, not bool) (tree.Expr, error) {
	var err error
	if left, err = a.coerce(left, ref, implicit); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i], err = a.coerce(list[i], ref, implicit); err != nil {
			return nil, err
		}
	}
	return &tree.In{Left: left, List: list, Not: not}, nil
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
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !a.integers(c.Args) {
		return nil, unsupported("IS DISTINCT FROM over these types is")
	}
	return &tree.Distinct{Left: c.Args[0], Right: c.Args[1], Not: n.Kind == ast.AEXPR_NOT_DISTINCT}, nil
}

// integers tells whether all expressions are stored as integers, so that they
// compare alike whatever their types.
func (a *analyzer) integers(list []tree.Expr) bool {
	for _, e := range list {
		t := a.Types.Type(e.Type().OID)
		if t == nil || t.Category != 'N' || t.Column != "INTEGER" {
			return false
		}
	}
	return true
}

func (a *analyzer) nullIf(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	e, err := a.compare(s, "=", n.Lexpr, n.Rexpr)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*tree.Call)
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !a.integers(c.Args) {
		return nil, unsupported("NULLIF over these types is")
	}
	return &tree.NullIf{Left: c.Args[0], Right: c.Args[1]}, nil
}
