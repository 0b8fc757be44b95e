// Package recursion finds where a recursive query names itself.
package recursion

import (
	"github.com/multigres/multigres/go/common/parser/ast"
)

// Direct counts the places of an item of FROM that name a query, and
// those of them that an outer join can make NULL. A join after another item stands
// in parentheses, where SQLite would not find it.
func Direct(n ast.Node, name string, first bool) (direct, nullable int) {
	switch n := n.(type) {
	case *ast.RangeVar:
		if n.SchemaName == "" && n.RelName == name {
			return 1, 0
		}
	case *ast.JoinExpr:
		ld, ln := Direct(n.Larg, name, first)
		rd, rn := 0, 0
		if _, ok := n.Rarg.(*ast.RangeVar); ok {
			rd, rn = Direct(n.Rarg, name, first)
		}
		if n.Jointype == ast.JOIN_RIGHT || n.Jointype == ast.JOIN_FULL {
			ln += Count(n.Larg, name)
		}
		if n.Jointype == ast.JOIN_LEFT || n.Jointype == ast.JOIN_FULL {
			rn += Count(n.Rarg, name)
		}
		if !first {
			ld, rd = 0, 0
		}
		return ld + rd, ln + rn
	}
	return 0, 0
}

// Count counts the places of a query that name another.
func Count(n ast.Node, name string) int {
	count := 0
	ast.Rewrite(n, func(at *ast.Cursor) bool {
		if v, ok := at.Node().(*ast.RangeVar); ok && v != nil && v.SchemaName == "" && v.RelName == name {
			count++
		}
		return true
	}, nil)
	return count
}

// InSubquery tells whether a query is named inside a subquery of an expression.
func InSubquery(n ast.Node, name string) bool {
	found := false
	ast.Rewrite(n, func(at *ast.Cursor) bool {
		if l, ok := at.Node().(*ast.SubLink); ok && l != nil {
			found = found || Count(l.Subselect, name) > 0
			return false
		}
		return !found
	}, nil)
	return found
}
