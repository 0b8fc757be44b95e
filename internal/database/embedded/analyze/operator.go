package analyze

import (
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
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
		if link, ok := unparen(n.Rexpr).(*ast.SubLink); ok && isRow(n.Lexpr) && link.SubLinkType == ast.EXPR_SUBLINK {
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
	return a.binary(name, left, right)
}

// binary applies an operator to two values, which may be rows.
func (a *analyzer) binary(name string, left, right tree.Expr) (tree.Expr, error) {
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
	if isRow(l) && isRow(r) {
		return a.rowOperator(s, name, &ast.A_Expr{Lexpr: l, Rexpr: r})
	}
	left, err := a.expr(s, l)
	if err != nil {
		return nil, err
	}
	right, err := a.expr(s, r)
	if err != nil {
		return nil, err
	}
	return a.binary(name, left, right)
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
	if row, ok := left.(*tree.WholeRow); ok {
		return a.recordIn(row, list, not)
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

// isDistinct analyzes IS [NOT] DISTINCT FROM; rows differ where a field does.
func (a *analyzer) isDistinct(s *scope, n *ast.A_Expr) (tree.Expr, error) {
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
func (a *analyzer) distinctSides(s *scope, n *ast.A_Expr) (lefts, rights []tree.Expr, err error) {
	if isRow(n.Lexpr) && isRow(n.Rexpr) {
		if lefts, err = a.rowOf(s, n.Lexpr); err == nil {
			rights, err = a.rowOf(s, n.Rexpr)
		}
		return lefts, rights, err
	}
	left, err := a.expr(s, n.Lexpr)
	if err != nil {
		return nil, nil, err
	}
	right, err := a.expr(s, n.Rexpr)
	if err != nil {
		return nil, nil, err
	}
	l, ok := left.(*tree.WholeRow)
	if r, both := right.(*tree.WholeRow); ok && both {
		return a.records(l, r)
	}
	return []tree.Expr{left}, []tree.Expr{right}, nil
}

// records are the fields of two values of a row type. Unlike those of rows that
// are written out, their NULLs are equal to each other and come after all else.
func (a *analyzer) records(left, right *tree.WholeRow) (lefts, rights []tree.Expr, err error) {
	for _, f := range a.fields(left) {
		lefts = append(lefts, f.Expr)
	}
	for _, f := range a.fields(right) {
		rights = append(rights, f.Expr)
	}
	if left.Rel.Nullable || right.Rel.Nullable {
		return nil, nil, unsupported("comparing a row that a join can make NULL is")
	}
	if len(lefts) != len(rights) || len(lefts) == 0 {
		return nil, nil, unsupported("comparing rows of different types is")
	}
	for i := range lefts {
		if lefts[i].Type().OID != rights[i].Type().OID {
			return nil, nil, unsupported("comparing rows of different types is")
		}
	}
	return lefts, rights, nil
}

// recordIn is a value of a row type IN a list of others.
func (a *analyzer) recordIn(row *tree.WholeRow, list []tree.Expr, not bool) (tree.Expr, error) {
	var out []tree.Expr
	for _, item := range list {
		e, err := a.binary(map[bool]string{true: "<>", false: "="}[not], row, item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if not {
		return and(out...), nil
	}
	return or(out...), nil
}

// rowOfQuery compares a row with the one row of a subquery.
func (a *analyzer) rowOfQuery(s *scope, op string, left ast.Node, n *ast.SubLink) (tree.Expr, error) {
	lefts, err := a.rowOf(s, left)
	if err != nil {
		return nil, err
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok || s.noSubqueries != "" {
		return a.subLink(s, n)
	}
	q, err := a.query(s, sel)
	if err != nil {
		return nil, err
	}
	if err := a.sameWidth(lefts, q); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(lefts, tree.Aggregated) {
		return nil, unsupported("comparing an aggregate with the row of a subquery is")
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	one := atMostOne(q)
	over, _, err := a.over(q)
	if err != nil {
		return nil, err
	}
	cond, err := a.CompareRows(op, lefts, outputsOf(over))
	over.Columns = []tree.Output{{Name: "?column?", Expr: cond}}
	return &tree.Subquery{Kind: tree.Scalar, Query: over, One: one}, err
}

// sameWidth refuses a subquery that has not as many columns as a row has fields.
func (a *analyzer) sameWidth(row []tree.Expr, q *tree.Query) error {
	switch {
	case len(q.Columns) > len(row):
		return fault.New(fault.SyntaxError, "subquery has too many columns")
	case len(q.Columns) < len(row):
		return fault.New(fault.SyntaxError, "subquery has too few columns")
	}
	return nil
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
	list, err := a.rowOf(s, n)
	if err != nil {
		return nil, err
	}
	for i, e := range list {
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

// rowOf analyzes the fields of a row, or of one value as of a row. Within a row
// t.* are all columns of t.
func (a *analyzer) rowOf(s *scope, n ast.Node) ([]tree.Expr, error) {
	row, ok := unparen(n).(*ast.RowExpr)
	if !ok {
		e, err := a.expr(s, n)
		return []tree.Expr{e}, err
	}
	var out []tree.Expr
	for _, item := range syntax.Items(row.Args) {
		if ref, ok := item.(*ast.ColumnRef); ok && isStar(ref) {
			columns, err := a.star(s, ref)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				out = append(out, c.Expr)
			}
			continue
		}
		e, err := a.expr(s, item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
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
	return a.CompareRows(op, left, right)
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
