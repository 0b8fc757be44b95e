package scope

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Windows are the windows of one query. All its scopes share them.
type Windows struct {
	// Named are those that WINDOW names, Made what became of each definition.
	Named []*ast.WindowDef
	Made  map[*ast.WindowDef]*tree.Window
	// Aggregates is where those in the definitions go, whose place is behind
	// grouping whatever clause they are used in.
	Aggregates *[]*tree.Aggregate
	// Used tells that a window function was found.
	Used bool
}

// NewWindows returns the windows of a query, of which list are the named ones.
func NewWindows(list *ast.NodeList, aggregates *[]*tree.Aggregate) *Windows {
	w := &Windows{Made: map[*ast.WindowDef]*tree.Window{}, Aggregates: aggregates}
	for _, n := range syntax.Items(list) {
		if def, ok := n.(*ast.WindowDef); ok {
			w.Named = append(w.Named, def)
		}
	}
	return w
}
