// Package eachrow takes a query apart whose select list calls functions that write,
// or one whose only call has arguments that must be computed first: what the query
// gives is computed whole, and then the functions are called for each of its rows,
// one row after the other. So they change nothing that the query reads, as in
// PostgreSQL, where it sees what was there before the statement.
package eachrow

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// Split is a query taken apart.
type Split struct {
	// Rows is what is computed first: a column for each of the query, with NULL in the
	// place of a call, and then the arguments of the calls.
	Rows *ast.SelectStmt
	// Calls run for each of its rows, in their order. An argument from Rows stands in
	// them as a parameter of a number below 0: -1 for the first.
	Calls []*ast.SelectStmt
	// Places are the columns of Rows that the calls' values stand for, counted from 0,
	// and from the last, -1, where a * comes before. nil tells that the rows of the one
	// call are the result.
	Places []int
	// Args is how many arguments were taken out.
	Args int
}

// Asker tells of names what only the catalogue knows.
type Asker struct {
	// Writes tells whether a call may be that of a function that writes.
	Writes func(*ast.FuncCall) bool
	// Inside tells that the query is a statement of a function, whose parameters are
	// columns by their names.
	Inside bool
	// From is the number of the first argument.
	From int
}

// maxCalls bounds the calls of a select list.
const maxCalls = 100

// Take takes a query apart; nil where there is no need, or no way.
func (k Asker) Take(n *ast.SelectStmt) *Split {
	s := &Split{}
	if call := inline.OnlyCall(n); call != nil && len(syntax.Items(n.FromClause)) > 0 {
		if out := k.whole(s, n, call); out != nil {
			return out
		}
	}
	if n.Op != ast.SETOP_NONE || len(syntax.Items(n.ValuesLists)) > 0 || n.IntoClause != nil ||
		n.DistinctClause != nil || n.LimitOffset != nil {
		return nil
	}
	rows, ok := ast.CloneNode(n).(*ast.SelectStmt)
	if !ok {
		return nil
	}
	star := -1
	for i, item := range syntax.Items(rows.TargetList) {
		target, ok := item.(*ast.ResTarget)
		if !ok || isStar(target.Val) && (star >= 0 || numbered(rows)) {
			return nil
		}
		if isStar(target.Val) {
			star = i
		}
		if call := k.writer(target.Val); call != nil {
			if len(s.Calls) == maxCalls || sortedBy(rows, i+1, title(target, call)) {
				return nil
			}
			s.Calls, s.Places = append(s.Calls, k.alone(rows, s, call)), append(s.Places, i)
			target.Name, target.Val = title(target, call), ast.NewA_ConstNull(-1)
		}
	}
	if s.Rows = rows; len(s.Calls) == 0 || k.writers(rows) > 0 && (k.writers(rows) > 1 || inline.OnlyCall(rows) == nil || !k.Writes(inline.OnlyCall(rows))) {
		return nil
	}
	for i, at := range s.Places {
		if star >= 0 && at > star {
			s.Places[i] = at - len(rows.TargetList.Items)
		}
	}
	return s
}

// isStar tells of an item of a select list that it is several columns.
func isStar(n ast.Node) bool {
	column, ok := n.(*ast.ColumnRef)
	if !ok || len(syntax.Items(column.Fields)) == 0 {
		return false
	}
	_, ok = column.Fields.Items[len(column.Fields.Items)-1].(*ast.A_Star)
	return ok
}

// keys are what a query orders and groups its rows by.
func keys(n *ast.SelectStmt) []ast.Node {
	out := slices.Concat(syntax.Items(n.SortClause), syntax.Items(n.GroupClause))
	for i, k := range out {
		if sort, ok := k.(*ast.SortBy); ok {
			out[i] = sort.Node
		}
	}
	return out
}

// numbered tells whether a key is a column's number.
func numbered(n *ast.SelectStmt) bool {
	return slices.ContainsFunc(keys(n), func(k ast.Node) bool { _, ok := k.(*ast.A_Const); return ok })
}

// whole is Take for a query over the rows of its only call.
func (k Asker) whole(s *Split, n *ast.SelectStmt, call *ast.FuncCall) *Split {
	if !k.Writes(call) {
		return nil
	}
	s.Rows = ast.NewSelectStmt()
	query, ok := ast.CloneNode(n).(*ast.SelectStmt)
	if !ok {
		return nil
	}
	k.move(s, s.Rows, inline.OnlyCall(query))
	if s.Args == 0 || k.writers(s.Rows) > 0 {
		return nil
	}
	s.Calls = []*ast.SelectStmt{query}
	return s
}

// WithWrites tells whether a statement of a query's WITH writes.
func WithWrites(n *ast.SelectStmt) bool {
	return n.WithClause != nil && slices.ContainsFunc(syntax.Items(n.WithClause.Ctes), func(n ast.Node) bool {
		c, ok := n.(*ast.CommonTableExpr)
		if ok {
			_, ok = c.Ctequery.(*ast.SelectStmt)
		}
		return !ok
	})
}

// writer is the call that an item of a select list is, if it may write.
func (k Asker) writer(n ast.Node) *ast.FuncCall {
	call, ok := n.(*ast.FuncCall)
	if !ok || !k.Writes(call) || call.Over != nil || call.AggFilter != nil || call.AggStar || call.AggDistinct ||
		call.AggWithinGroup || len(syntax.Items(call.AggOrder)) > 0 {
		return nil
	}
	return call
}

// alone makes a statement of a call: SELECT * FROM call. Its arguments move to rows.
func (k Asker) alone(rows *ast.SelectStmt, s *Split, call *ast.FuncCall) *ast.SelectStmt {
	k.move(s, rows, call)
	out := ast.NewSelectStmt()
	out.TargetList = ast.NewNodeList(ast.NewResTarget("", ast.NewColumnRef(ast.NewA_Star(-1))))
	out.FromClause = ast.NewNodeList(ast.NewRangeFunction(false, false, false, ast.NewNodeList(ast.NewNodeList(call, nil)), nil, nil))
	return out
}

// move has the arguments of a call computed by rows, unless they are mere values.
func (k Asker) move(s *Split, rows *ast.SelectStmt, call *ast.FuncCall) {
	for i, arg := range syntax.Items(call.Args) {
		named, isNamed := arg.(*ast.NamedArgExpr)
		if isNamed {
			arg = named.Arg
		}
		if k.isValue(arg) {
			continue
		}
		rows.TargetList.Append(ast.NewResTarget("", arg))
		param := ast.NewParamRef(-k.From-s.Args-1, -1)
		if s.Args++; isNamed {
			named.Arg = param
		} else {
			call.Args.Items[i] = param
		}
	}
}

// isValue tells that an expression has nothing that a row, a table or a function
// decides.
func (k Asker) isValue(n ast.Node) bool {
	return !holds(n, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.ColumnRef, *ast.FuncCall, *ast.SubLink:
			return true
		case *ast.ParamRef:
			return k.Inside
		}
		return false
	})
}

// writers counts the calls that may write.
func (k Asker) writers(n ast.Node) (count int) {
	holds(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.FuncCall); ok && k.Writes(call) {
			count++
		}
		return false
	})
	return count
}

func holds(n ast.Node, is func(ast.Node) bool) bool {
	found := false
	ast.Rewrite(n, func(c *ast.Cursor) bool {
		found = found || c.Node() != nil && is(c.Node())
		return !found
	}, nil)
	return found
}

// title is the name of a column.
func title(target *ast.ResTarget, call *ast.FuncCall) string {
	if target.Name != "" {
		return target.Name
	}
	path := syntax.Names(call.Funcname)
	return path[len(path)-1]
}

// sortedBy tells whether a query orders or groups its rows by a column of its own.
func sortedBy(n *ast.SelectStmt, number int, name string) bool {
	return slices.ContainsFunc(keys(n), func(k ast.Node) bool {
		switch k := k.(type) {
		case *ast.ColumnRef:
			return slices.Equal(syntax.Names(k.Fields), []string{name})
		case *ast.A_Const:
			v, ok := k.Val.(*ast.Integer)
			return ok && v.IVal == number
		}
		return false
	})
}
