package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// arrayType is the type of arrays of a type, whose modifier it keeps.
func (a *analyzer) arrayType(elem types.Ref, n *ast.TypeName) (types.Ref, error) {
	bounds := items(n.ArrayBounds)
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
	for _, item := range items(n.Elements) {
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
	if list, ok := right.(*tree.Array); ok && (name == "=" && !all || name == "<>" && all) {
		return a.listTest(name, left, list, all)
	}
	return a.Test(name, left, right, all)
}

// listTest is a test over ARRAY[…] whose elements are stored as the left side is:
// IN of a list, which SQLite plans best.
func (a *analyzer) listTest(name string, left tree.Expr, list *tree.Array, all bool) (tree.Expr, error) {
	e, err := a.Test(name, left, list, all)
	if err != nil {
		return nil, err
	}
	test, ok := e.(*tree.ArrayTest)
	if !ok {
		return e, nil
	}
	call, ok := test.Cond.(*tree.Call)
	if !ok || call.Args[1] != tree.Expr(test.Element) || call.Args[0].Type().OID != test.Element.Ref.OID {
		return e, nil
	}
	return &tree.In{Left: call.Args[0], List: list.Elements, Not: all}, nil
}

// indirection analyzes a[i], a[i:j] and (row).field.
func (a *analyzer) indirection(s *scope, n *ast.A_Indirection) (tree.Expr, error) {
	e, err := a.expr(s, n.Arg)
	if err != nil {
		return nil, err
	}
	return a.subscripts(s, e, items(n.Indirection))
}

// splitSubscripts takes a.b[1] apart, which the grammar makes one reference to a
// column of.
func splitSubscripts(n *ast.ColumnRef) (*ast.ColumnRef, []ast.Node) {
	fields := items(n.Fields)
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
	for _, item := range list {
		index, ok := item.(*ast.A_Indices)
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
