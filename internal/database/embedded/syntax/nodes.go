package syntax

import "github.com/multigres/multigres/go/common/parser/ast"

// Items returns the nodes of a list, which may be nil.
func Items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}

// Str returns the text of a String node, "" for any other.
func Str(n ast.Node) string {
	if s, ok := n.(*ast.String); ok {
		return s.SVal
	}
	return ""
}

// Names returns the texts of a list of String nodes.
func Names(l *ast.NodeList) []string {
	var out []string
	for _, n := range Items(l) {
		out = append(out, Str(n))
	}
	return out
}

// Unparen takes the parentheses off an expression.
func Unparen(n ast.Node) ast.Node {
	for {
		p, ok := n.(*ast.ParenExpr)
		if !ok {
			return n
		}
		n = p.Expr
	}
}
