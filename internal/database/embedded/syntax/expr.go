package syntax

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/fault"
)

// maxStored is the size in bytes of the longest expression kept in the
// catalogue; printing a tree takes more than linear time.
const maxStored = 64 << 10

// ParseExpr reads one expression, such as a stored policy.
func ParseExpr(sql string) (ast.Node, error) {
	const prefix = "SELECT "
	st, err := Parse(prefix + sql)
	if err != nil {
		f := fault.From(err)
		moved := *f
		moved.Position = max(f.Position-len(prefix), 0)
		return nil, &moved
	}
	s, ok := st.Node.(*ast.SelectStmt)
	if !ok || s.TargetList == nil || len(s.TargetList.Items) != 1 || !isBare(s) {
		return nil, fault.New(fault.SyntaxError, "syntax error: the text is not one expression")
	}
	target, ok := s.TargetList.Items[0].(*ast.ResTarget)
	if !ok || target.Name != "" || target.Val == nil {
		return nil, fault.New(fault.SyntaxError, "syntax error: the text is not one expression")
	}
	return target.Val, nil
}

// isBare tells that a SELECT has nothing but a target list.
func isBare(s *ast.SelectStmt) bool {
	return s.DistinctClause == nil && s.IntoClause == nil && s.FromClause == nil && s.WhereClause == nil &&
		s.GroupClause == nil && s.HavingClause == nil && s.WindowClause == nil && s.ValuesLists == nil &&
		s.SortClause == nil && s.LimitOffset == nil && s.LimitCount == nil && s.LockingClause == nil &&
		s.WithClause == nil && s.Larg == nil && s.Rarg == nil
}

// Deparse prints an expression for the catalogue. The text is read back and
// compared, so that what is stored means what was written; an expression that
// does not survive is refused.
func Deparse(node ast.Node) (sql string, err error) {
	defer func() {
		if r := recover(); r != nil {
			sql, err = "", unsupported("this expression is")
		}
	}()
	sql = node.SqlString()
	if len(sql) > maxStored {
		return "", tooDeep()
	}
	again, err := ParseExpr(sql)
	if err != nil || !same(node, again) {
		return "", unsupported("storing this expression is")
	}
	return sql, nil
}
