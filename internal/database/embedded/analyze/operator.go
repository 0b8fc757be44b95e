package analyze

import (
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// operatorExpr analyzes everything the grammar writes as an operator.
func (a *analyzer) operatorExpr(s *scope, n *ast.A_Expr) (tree.Expr, error) {
	op := syntax.Names(n.Name)
	name := op[len(op)-1]
	if len(op) > 1 && op[0] != "pg_catalog" {
		return nil, unsupported("the operator %s.%s is", op[0], name)
	}
	switch n.Kind {
	case ast.AEXPR_OP:
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
	nodes, ok := n.Rexpr.(*ast.NodeList)
	if !ok {
		return nil, unsupported("%s in IN is", typeOf(n.Rexpr))
	}
	if isRow(n.Lexpr) {
		return a.rowIn(s, n.Lexpr, nodes.Items, not)
	}
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, err
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

// rowValue analyzes ROW(…) as a value, which functions of rows take.
func (a *analyzer) rowValue(s *scope, n *ast.RowExpr) (tree.Expr, error) {
	row := &tree.WholeRow{Rel: new(tree.Rel)}
	for i, arg := range syntax.Items(n.Args) {
		e, err := a.expr(s, arg)
		if err != nil {
			return nil, err
		}
		if e, err = a.Settle(e); err != nil {
			return nil, err
		}
		if e.Type().OID == types.Record {
			return nil, unsupported("a row within a row is")
		}
		row.Fields = append(row.Fields, tree.Output{Name: "f" + strconv.Itoa(i+1), Expr: e})
	}
	return row, nil
}

func isRow(n ast.Node) bool {
	_, ok := unparen(n).(*ast.RowExpr)
	return ok
}

// rowOf analyzes the fields of a row, or of one value as of a row.
func (a *analyzer) rowOf(s *scope, n ast.Node) ([]tree.Expr, error) {
	list := []ast.Node{n}
	if row, ok := unparen(n).(*ast.RowExpr); ok {
		list = syntax.Items(row.Args)
	}
	out := make([]tree.Expr, len(list))
	for i, item := range list {
		e, err := a.expr(s, item)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

func (a *analyzer) rowOperator(s *scope, op string, n *ast.A_Expr) (tree.Expr, error) {
	left, err := a.rowOf(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.rowOf(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.compareRows(op, left, right)
}

// rowIn is a row IN a list of rows: a chain of comparisons.
func (a *analyzer) rowIn(s *scope, left ast.Node, list []ast.Node, not bool) (tree.Expr, error) {
	op, chain := "=", &tree.Logic{Op: tree.Or}
	if not {
		op, chain.Op = "<>", tree.And
	}
	for _, item := range list {
		if !isRow(item) {
			return nil, unsupported("a row IN a list of other values is")
		}
		e, err := a.rowOperator(s, op, &ast.A_Expr{Lexpr: left, Rexpr: item})
		if err != nil {
			return nil, err
		}
		chain.Args = append(chain.Args, e)
	}
	if len(chain.Args) == 1 {
		return chain.Args[0], nil
	}
	return chain, nil
}

// strict are the operators that decide where the first fields differ.
var strict = map[string]string{"<": "<", "<=": "<", ">": ">", ">=": ">"}

// compareRows compares two rows field by field (PostgreSQL documentation,
// section 9.24.5).
func (a *analyzer) compareRows(op string, left, right []tree.Expr) (tree.Expr, error) {
	if len(left) != len(right) {
		return nil, fault.New(fault.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(left) == 0 {
		return nil, fault.New(fault.FeatureNotSupported, "cannot compare rows of zero length")
	}
	if len(left) == 1 {
		return a.Operator(op, left[0], right[0])
	}
	if op == "!=" {
		op = "<>"
	}
	if op != "=" && op != "<>" && strict[op] == "" {
		return nil, unsupported("the operator %s between rows is", op)
	}
	for _, e := range append(left[:len(left):len(left)], right...) {
		if tree.Any(e, isVolatile) {
			return nil, unsupported("comparing rows with volatile fields is")
		}
	}
	return a.compareFields(op, left, right)
}

func (a *analyzer) compareFields(op string, left, right []tree.Expr) (tree.Expr, error) {
	if len(left) == 1 {
		return a.Operator(op, left[0], right[0])
	}
	first, err := a.Operator(op, left[0], right[0])
	if decides := strict[op]; decides != "" && err == nil {
		first, err = a.Operator(decides, left[0], right[0])
	}
	if err != nil {
		return nil, err
	}
	rest, err := a.compareFields(op, left[1:], right[1:])
	if err != nil {
		return nil, err
	}
	switch op {
	case "=":
		return and(first, rest), nil
	case "<>":
		return or(first, rest), nil
	}
	same, err := a.Operator("=", left[0], right[0])
	return or(first, and(same, rest)), err
}

// rowNull is IS [NOT] NULL of a row: of every field.
func (a *analyzer) rowNull(s *scope, n *ast.NullTest) (tree.Expr, error) {
	fields, err := a.rowOf(s, n.Arg)
	if err != nil {
		return nil, err
	}
	tests := make([]tree.Output, len(fields))
	for i, e := range fields {
		if tests[i].Expr, err = a.Settle(e); err != nil {
			return nil, err
		}
	}
	return nullFields(tests, n.Nulltesttype == ast.IS_NOT_NULL), nil
}

// arrayType is the type of arrays of a type, whose modifier it keeps.
func (a *analyzer) arrayType(elem types.Ref, n *ast.TypeName) (types.Ref, error) {
	bounds := syntax.Items(n.ArrayBounds)
	if len(bounds) == 0 {
		return elem, nil
	}
	t := a.Types.Type(elem.OID)
	if t.Elem != nil || t.Array == 0 {
		return elem, fault.New(fault.UndefinedObject, `type "%s[]" does not exist`, t.SQLName)
	}
	return types.Ref{OID: t.Array, Mod: elem.Mod}, nil
}

// arrayExpr analyzes ARRAY[…]; want is the type that a cast around it asks for.
func (a *analyzer) arrayExpr(s *scope, n *ast.ArrayExpr, want types.Ref) (tree.Expr, error) {
	var list []tree.Expr
	for _, item := range syntax.Items(n.Elements) {
		if _, ok := unparen(item).(*ast.ArrayExpr); ok {
			return nil, unsupported("an array of several dimensions is")
		}
		e, err := a.expr(s, item)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return a.Array(list, want)
}

// arrayQuery makes ARRAY(SELECT …).
func (a *analyzer) arrayQuery(q *tree.Query) (tree.Expr, error) {
	if err := a.oneColumn(q, "subquery must return only one column"); err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	elem := q.Columns[0].Expr.Type()
	t := a.Types.Type(elem.OID)
	switch {
	case t != nil && t.Elem != nil:
		return nil, unsupported("an array of several dimensions is")
	case t == nil || t.Array == 0:
		return nil, fault.New(fault.UndefinedObject, "could not find array type for data type %s", a.TypeName(elem.OID))
	}
	return &tree.Subquery{Kind: tree.ArrayOf, Query: q, Array: types.Of(t.Array)}, nil
}

// arrayTest analyzes op ANY (array) and op ALL (array).
func (a *analyzer) arrayTest(s *scope, name string, n *ast.A_Expr, all bool) (tree.Expr, error) {
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.expr(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.Test(name, left, right, all)
}

// indirection analyzes a[i], a[i:j] and (row).field.
func (a *analyzer) indirection(s *scope, n *ast.A_Indirection) (tree.Expr, error) {
	e, err := a.expr(s, n.Arg)
	if err != nil {
		return nil, err
	}
	return a.subscripts(s, e, syntax.Items(n.Indirection))
}

// splitSubscripts takes a.b[1] apart, which the grammar makes one reference to a
// column of.
func splitSubscripts(n *ast.ColumnRef) (*ast.ColumnRef, []ast.Node) {
	fields := syntax.Items(n.Fields)
	for i, f := range fields {
		if _, ok := f.(*ast.A_Indices); ok {
			return &ast.ColumnRef{Fields: &ast.NodeList{Items: fields[:i]}}, fields[i:]
		}
	}
	return n, nil
}

// subscripts applies what stands behind a value: [i], [i:j] or .field.
func (a *analyzer) subscripts(s *scope, e tree.Expr, list []ast.Node) (tree.Expr, error) {
	var indexes []tree.Expr
	for i, item := range list {
		index, ok := item.(*ast.A_Indices)
		if field := syntax.Str(item); !ok && i == 0 && field != "" && isRowValue(e) {
			e, err := a.field(e, field)
			if err != nil || len(list) == 1 {
				return e, err
			}
			return a.subscripts(s, e, list[1:])
		}
		if !ok {
			return nil, unsupported("the field of a value is")
		}
		if index.IsSlice && len(list) > 1 {
			return nil, unsupported("a slice of several dimensions is")
		}
		if index.IsSlice {
			return a.slice(s, e, index)
		}
		x, err := a.expr(s, index.Uidx)
		if err != nil {
			return nil, err
		}
		indexes = append(indexes, x)
	}
	return a.Subscript(e, indexes)
}

func (a *analyzer) slice(s *scope, array tree.Expr, n *ast.A_Indices) (tree.Expr, error) {
	bounds := [2]tree.Expr{}
	for i, b := range []ast.Node{n.Lidx, n.Uidx} {
		if b == nil {
			continue
		}
		e, err := a.expr(s, b)
		if err != nil {
			return nil, err
		}
		bounds[i] = e
	}
	return a.Slice(array, bounds[0], bounds[1])
}

// assignElement is the new value of a column in SET a[i] = value.
func (a *analyzer) assignElement(s *scope, target *tree.Rel, column int, indirection []ast.Node, n ast.Node) (tree.Expr, error) {
	index, ok := indirection[0].(*ast.A_Indices)
	if !ok || index.IsSlice || len(indirection) > 1 {
		return nil, unsupported("a column with such a subscript or field in UPDATE is")
	}
	c := target.Columns[column]
	at, err := a.subscripts(s, &tree.Column{Ref: c.Type, Rel: target, Index: column}, indirection)
	if err != nil {
		return nil, err
	}
	element, ok := at.(*tree.Subscript)
	if !ok {
		return nil, unsupported("a column with such a subscript in UPDATE is")
	}
	value, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	value, err = a.Assign(value, element.Ref, func() error {
		return fault.New(fault.DatatypeMismatch, `subscripted assignment to "%s" requires type %s but expression is of type %s`,
			c.Name, a.TypeName(element.Ref.OID), a.TypeName(value.Type().OID)).WithHint("You will need to rewrite or cast the expression.")
	})
	return &tree.SubscriptSet{Array: element.Array, Index: element.Index, Value: value}, err
}
