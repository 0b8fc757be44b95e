package syntax

import (
	"strings"

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
	for _, form := range []ast.Node{node, plainCalls(node)} {
		sql := lowerCalls(form.SqlString())
		if len(sql) > maxStored {
			return "", tooDeep()
		}
		if again, err := ParseExpr(sql); err == nil && same(node, again) {
			return sql, nil
		}
	}
	return "", unsupported("storing this expression is")
}

// lowerCalls writes functions in lower case that the grammar prints in capitals.
func lowerCalls(sql string) string {
	tokens, _ := scan(sql)
	out := []byte(sql)
	for i, t := range tokens {
		if name := sql[t.start:t.end]; t.kind == word && i+1 < len(tokens) && sql[tokens[i+1].start:tokens[i+1].end] == "(" &&
			(name == "NOW" || name == "COUNT" || name == "SUM" || name == "AVG" || name == "MIN" || name == "MAX") {
			copy(out[t.start:t.end], strings.ToLower(name))
		}
	}
	return string(out)
}

// plainCalls returns a copy in which functions are called by their quoted,
// qualified name instead of SQL's own syntax (a AT TIME ZONE b), of which the
// grammar prints some calls without their schema.
func plainCalls(node ast.Node) ast.Node {
	return ast.Rewrite(ast.CloneNode(node), func(c *ast.Cursor) bool {
		if f, ok := c.Node().(*ast.FuncCall); ok && f.Funcname != nil {
			f.Funcformat = ast.COERCE_EXPLICIT_CALL
			for i, item := range f.Funcname.Items {
				if part, ok := item.(*ast.String); ok {
					f.Funcname.Items[i] = ast.NewString(`"` + strings.ReplaceAll(part.SVal, `"`, `""`) + `"`)
				}
			}
		}
		return true
	}, nil)
}
