package syntax

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// markCopies gives OVER (w) its default frame in words. The grammar does not tell it
// from OVER w, which unlike it may name a window that has a frame. A statement that has
// both of one name is left alone.
func markCopies(node ast.Stmt, sql string, tokens []token) {
	copies, uses := map[string]bool{}, map[string]bool{}
	text := func(i int) string {
		if i >= len(tokens) {
			return ""
		}
		return sql[tokens[i].start:tokens[i].end]
	}
	for i, t := range tokens {
		if t.kind != word || !strings.EqualFold(text(i), "over") {
			continue
		}
		switch {
		case text(i+1) != "(":
			uses[Truncate(identifier(text(i+1)))] = true
		case text(i+3) == ")":
			copies[Truncate(identifier(text(i+2)))] = true
		}
	}
	if len(copies) == 0 {
		return
	}
	ast.Rewrite(node, func(c *ast.Cursor) bool {
		if call, ok := c.Node().(*ast.FuncCall); ok && call != nil && call.Over != nil {
			w := call.Over
			if copies[w.Refname] && !uses[w.Refname] && w.PartitionClause == nil && w.OrderClause == nil {
				w.FrameOptions |= ast.FRAMEOPTION_NONDEFAULT
			}
		}
		return true
	}, nil)
}
