package expression

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// arrayExpr analyzes ARRAY[…]; want is the type that a cast around it asks for.
func (a *Analyzer) arrayExpr(s *scope.Scope, n *ast.ArrayExpr, want types.Ref) (tree.Expr, error) {
	var list []tree.Expr
	for _, item := range syntax.Items(n.Elements) {
		if _, ok := syntax.Unparen(item).(*ast.ArrayExpr); ok {
			return nil, resolve.Unsupported("an array of several dimensions is")
		}
		e, err := a.Expr(s, item)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return a.Array(list, want)
}

// arrayQuery makes ARRAY(SELECT …).
func (a *Analyzer) arrayQuery(q *tree.Query) (tree.Expr, error) {
	if err := a.oneColumn(q, "subquery must return only one column"); err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	elem := q.Columns[0].Expr.Type()
	t := a.Types.Type(elem.OID)
	switch {
	case t != nil && t.Elem != nil:
		return nil, resolve.Unsupported("an array of several dimensions is")
	case t == nil || t.Array == 0:
		return nil, fault.New(fault.UndefinedObject, "could not find array type for data type %s", a.TypeName(elem.OID))
	}
	return &tree.Subquery{Kind: tree.ArrayOf, Query: q, Array: types.Of(t.Array)}, nil
}

// arrayTest analyzes op ANY (array) and op ALL (array).
func (a *Analyzer) arrayTest(s *scope.Scope, name string, n *ast.A_Expr, all bool) (tree.Expr, error) {
	left, err := a.Expr(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.Expr(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.Test(name, left, right, all)
}

// indirection analyzes a[i], a[i:j] and (row).field.
func (a *Analyzer) indirection(s *scope.Scope, n *ast.A_Indirection) (tree.Expr, error) {
	e, err := a.Expr(s, n.Arg)
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
func (a *Analyzer) subscripts(s *scope.Scope, e tree.Expr, list []ast.Node) (tree.Expr, error) {
	var indexes []tree.Expr
	for i, item := range list {
		index, ok := item.(*ast.A_Indices)
		if field := syntax.Str(item); !ok && i == 0 && field != "" && IsRow(e) {
			e, err := a.field(e, field)
			if err != nil || len(list) == 1 {
				return e, err
			}
			return a.subscripts(s, e, list[1:])
		}
		if !ok {
			return nil, resolve.Unsupported("the field of a value is")
		}
		if index.IsSlice && len(list) > 1 {
			return nil, resolve.Unsupported("a slice of several dimensions is")
		}
		if index.IsSlice {
			return a.slice(s, e, index)
		}
		x, err := a.Expr(s, index.Uidx)
		if err != nil {
			return nil, err
		}
		indexes = append(indexes, x)
	}
	return a.Subscript(e, indexes)
}

func (a *Analyzer) slice(s *scope.Scope, array tree.Expr, n *ast.A_Indices) (tree.Expr, error) {
	bounds := [2]tree.Expr{}
	for i, b := range []ast.Node{n.Lidx, n.Uidx} {
		if b == nil {
			continue
		}
		e, err := a.Expr(s, b)
		if err != nil {
			return nil, err
		}
		bounds[i] = e
	}
	return a.Slice(array, bounds[0], bounds[1])
}

// AssignElement is the new value of a column in SET a[i] = value.
func (a *Analyzer) AssignElement(s *scope.Scope, target *tree.Rel, column int, indirection []ast.Node, n ast.Node) (tree.Expr, error) {
	index, ok := indirection[0].(*ast.A_Indices)
	if !ok || index.IsSlice || len(indirection) > 1 {
		return nil, resolve.Unsupported("a column with such a subscript or field in UPDATE is")
	}
	c := target.Columns[column]
	at, err := a.subscripts(s, &tree.Column{Ref: c.Type, Rel: target, Index: column}, indirection)
	if err != nil {
		return nil, err
	}
	element, ok := at.(*tree.Subscript)
	if !ok {
		return nil, resolve.Unsupported("a column with such a subscript in UPDATE is")
	}
	value, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	value, err = a.Assign(value, element.Ref, func() error {
		return fault.New(fault.DatatypeMismatch, `subscripted assignment to "%s" requires type %s but expression is of type %s`,
			c.Name, a.TypeName(element.Ref.OID), a.TypeName(value.Type().OID)).WithHint("You will need to rewrite or cast the expression.")
	})
	return &tree.SubscriptSet{Array: element.Array, Index: element.Index, Value: value}, err
}
