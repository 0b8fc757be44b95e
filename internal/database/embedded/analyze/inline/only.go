package inline

import "github.com/multigres/multigres/go/common/parser/ast"

// OnlyCall finds the call that is all there is to a query, or all that its rows
// come from: it runs once, whatever the query does with them.
func OnlyCall(n *ast.SelectStmt) *ast.FuncCall {
	switch {
	case n == nil || n.Op != ast.SETOP_NONE || len(items(n.ValuesLists)) > 0:
		return nil
	case n.WithClause != nil:
		return inWith(n)
	case len(items(n.FromClause)) == 0 && n.WhereClause == nil && n.LimitCount == nil && n.LimitOffset == nil && len(items(n.TargetList)) == 1:
		if t, ok := n.TargetList.Items[0].(*ast.ResTarget); ok {
			call, _ := t.Val.(*ast.FuncCall)
			return call
		}
	case len(items(n.FromClause)) == 1:
		switch from := n.FromClause.Items[0].(type) {
		case *ast.RangeSubselect:
			sel, _ := from.Subquery.(*ast.SelectStmt)
			return OnlyCall(sel)
		case *ast.RangeFunction:
			return inFunction(from)
		}
	}
	return nil
}

// inWith is OnlyCall for a query over the one query of its WITH.
func inWith(n *ast.SelectStmt) *ast.FuncCall {
	list := items(n.WithClause.Ctes)
	from := items(n.FromClause)
	if len(list) != 1 || len(from) != 1 || n.WithClause.Recursive {
		return nil
	}
	cte, ok := list[0].(*ast.CommonTableExpr)
	if !ok {
		return nil
	}
	if sub, ok := from[0].(*ast.RangeSubselect); ok {
		if sel, ok := sub.Subquery.(*ast.SelectStmt); ok && len(items(sel.FromClause)) == 1 {
			from = items(sel.FromClause)
		}
	}
	if v, ok := from[0].(*ast.RangeVar); !ok || v.RelName != cte.Ctename || v.SchemaName != "" {
		return nil
	}
	sel, _ := cte.Ctequery.(*ast.SelectStmt)
	return OnlyCall(sel)
}

// inFunction is the call of an item of FROM that has no other.
func inFunction(n *ast.RangeFunction) *ast.FuncCall {
	list := items(n.Functions)
	if len(list) != 1 {
		return nil
	}
	node := list[0]
	if pair, ok := node.(*ast.NodeList); ok && len(items(pair)) > 0 {
		node = pair.Items[0]
	}
	call, _ := node.(*ast.FuncCall)
	return call
}

func items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}
