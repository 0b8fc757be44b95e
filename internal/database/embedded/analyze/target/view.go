package target

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// NotOneTable is the reason why a query of several tables, or of none, cannot be
// written through.
const NotOneTable = "Views that do not select from a single table or view are not automatically updatable."

// NotUpdatable tells why rows cannot be changed through a query, "" when they
// can (view_query_is_auto_updatable in rewriteHandler.c).
func NotUpdatable(n *ast.SelectStmt) string {
	const are = " are not automatically updatable."
	list := syntax.Items(n.FromClause)
	switch {
	case n.DistinctClause != nil:
		return "Views containing DISTINCT" + are
	case len(syntax.Items(n.GroupClause)) > 0:
		return "Views containing GROUP BY" + are
	case n.HavingClause != nil:
		return "Views containing HAVING" + are
	case n.Op != ast.SETOP_NONE:
		return "Views containing UNION, INTERSECT, or EXCEPT" + are
	case n.WithClause != nil:
		return "Views containing WITH" + are
	case n.LimitCount != nil || n.LimitOffset != nil:
		return "Views containing LIMIT or OFFSET" + are
	case len(list) != 1 || len(syntax.Items(n.ValuesLists)) > 0:
		return NotOneTable
	}
	if _, ok := list[0].(*ast.RangeVar); !ok {
		return NotOneTable
	}
	return ""
}

// CannotWrite is the error of a statement that writes through a view that cannot be
// written through.
func CannotWrite(v *catalog.View, p catalog.Privilege, reason string) error {
	verb := verbs[p]
	rule := "an unconditional ON " + verb[2] + " DO INSTEAD rule"
	return fault.New(fault.ObjectNotInPrerequisite, `cannot %s view "%s"`, verb[0], v.Name).WithDetail("%s", reason).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or %s.", verb[1], verb[2], rule)
}

// Updatable tells why rows cannot be changed through a view's query, nil if they
// can.
func Updatable(n *ast.SelectStmt, columns []tree.Output) error {
	reason := NotUpdatable(n)
	plain := false
	for _, c := range columns {
		if tree.Any(c.Expr, func(x tree.Expr) bool { _, ok := x.(*tree.Aggregate); return ok }) && reason == "" {
			reason = "Views that return aggregate functions are not automatically updatable."
		}
		if tree.Any(c.Expr, func(x tree.Expr) bool { _, ok := x.(*tree.WindowCall); return ok }) && reason == "" {
			reason = "Views that return window functions are not automatically updatable."
		}
		_, ok := c.Expr.(*tree.Column)
		plain = plain || ok
	}
	if reason == "" && !plain {
		reason = "Views that have no updatable columns are not automatically updatable."
	}
	if reason == "" {
		return nil
	}
	return fault.New(fault.ObjectNotInPrerequisite, "the view is not automatically updatable").WithDetail("%s", reason)
}

// Windowed tells whether a select list has a window function.
func Windowed(n *ast.SelectStmt) bool {
	found := false
	for _, t := range syntax.Items(n.TargetList) {
		ast.Rewrite(t, func(c *ast.Cursor) bool {
			switch x := c.Node().(type) {
			case *ast.FuncCall:
				found = found || x != nil && x.Over != nil
			case *ast.SubLink: // has windows of its own
				return false
			}
			return !found
		}, nil)
	}
	return found
}
