package inline

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// OneQuery is the one query that the body of a function is, nil when it is more or
// something else.
func OneQuery(body []syntax.Statement) *ast.SelectStmt {
	if len(body) != 1 {
		return nil
	}
	n, _ := body[0].Node.(*ast.SelectStmt)
	return n
}

// OnlyCall finds the call that is all there is to a query, or all that its rows
// come from: it runs once, whatever the query does with them.
func OnlyCall(n *ast.SelectStmt) *ast.FuncCall {
	switch {
	case n == nil || n.Op != ast.SETOP_NONE || len(syntax.Items(n.ValuesLists)) > 0:
		return nil
	case n.WithClause != nil:
		return inWith(n)
	case len(syntax.Items(n.FromClause)) == 0 && n.WhereClause == nil && n.LimitCount == nil && n.LimitOffset == nil && len(syntax.Items(n.TargetList)) == 1:
		if t, ok := n.TargetList.Items[0].(*ast.ResTarget); ok {
			call, _ := t.Val.(*ast.FuncCall)
			return call
		}
	case len(syntax.Items(n.FromClause)) == 1:
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
	list := syntax.Items(n.WithClause.Ctes)
	from := syntax.Items(n.FromClause)
	if len(list) != 1 || len(from) != 1 || n.WithClause.Recursive {
		return nil
	}
	cte, ok := list[0].(*ast.CommonTableExpr)
	if !ok {
		return nil
	}
	if sub, ok := from[0].(*ast.RangeSubselect); ok {
		if sel, ok := sub.Subquery.(*ast.SelectStmt); ok && len(syntax.Items(sel.FromClause)) == 1 {
			from = syntax.Items(sel.FromClause)
		}
	}
	if v, ok := from[0].(*ast.RangeVar); !ok || v.RelName != cte.Ctename || v.SchemaName != "" {
		return nil
	}
	sel, _ := cte.Ctequery.(*ast.SelectStmt)
	return OnlyCall(sel)
}

// WritesFirst tells whether the one statement of a query's WITH writes.
func WritesFirst(n *ast.SelectStmt) bool {
	if n == nil || n.WithClause == nil || n.WithClause.Recursive || len(syntax.Items(n.WithClause.Ctes)) != 1 {
		return false
	}
	cte, ok := n.WithClause.Ctes.Items[0].(*ast.CommonTableExpr)
	if !ok {
		return false
	}
	_, reads := cte.Ctequery.(*ast.SelectStmt)
	return !reads
}

// callOfRow finds the call that is all there is to a query over the one row that its
// WITH inserts, so that it runs once, too.
func callOfRow(n *ast.SelectStmt) *ast.FuncCall {
	if !WritesFirst(n) || len(syntax.Items(n.FromClause)) != 1 || len(syntax.Items(n.TargetList)) != 1 || !isBare(n) || n.WhereClause != nil {
		return nil
	}
	cte, _ := n.WithClause.Ctes.Items[0].(*ast.CommonTableExpr)
	from, ok := n.FromClause.Items[0].(*ast.RangeVar)
	if !ok || from.RelName != cte.Ctename || from.SchemaName != "" || !insertsOne(cte.Ctequery) {
		return nil
	}
	t, ok := n.TargetList.Items[0].(*ast.ResTarget)
	if !ok {
		return nil
	}
	call, _ := t.Val.(*ast.FuncCall)
	return call
}

// isBare tells that a query neither groups nor orders nor leaves out rows.
func isBare(n *ast.SelectStmt) bool {
	return n.Op == ast.SETOP_NONE && len(syntax.Items(n.GroupClause))+len(syntax.Items(n.DistinctClause))+len(syntax.Items(n.WindowClause))+
		len(syntax.Items(n.SortClause))+len(syntax.Items(n.LockingClause)) == 0 && n.HavingClause == nil && n.LimitCount == nil && n.LimitOffset == nil
}

// insertsOne tells that a statement inserts one row and returns it, or fails.
func insertsOne(n ast.Node) bool {
	insert, ok := n.(*ast.InsertStmt)
	if !ok || insert.OnConflictClause != nil || len(syntax.Items(insert.ReturningList)) == 0 {
		return false
	}
	values, ok := insert.SelectStmt.(*ast.SelectStmt)
	return ok && values != nil && values.WithClause == nil && isBare(values) && len(syntax.Items(values.ValuesLists)) == 1
}

// inFunction is the call of an item of FROM that has no other.
func inFunction(n *ast.RangeFunction) *ast.FuncCall {
	list := syntax.Items(n.Functions)
	if len(list) != 1 {
		return nil
	}
	node := list[0]
	if pair, ok := node.(*ast.NodeList); ok && len(syntax.Items(pair)) > 0 {
		node = pair.Items[0]
	}
	call, _ := node.(*ast.FuncCall)
	return call
}
