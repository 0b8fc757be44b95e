package inline

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Once is the call that a statement runs once, if it has one.
type Once struct {
	// node is the call that is all there is to the statement, or all that its rows
	// come from; found is what it was resolved to.
	node  *ast.FuncCall
	found *tree.Call
	// ofRow tells that it is called for the one row that the statement inserts, row.
	ofRow bool
	row   *tree.Rel
}

// Seek finds the call of a query.
func (o *Once) Seek(n *ast.SelectStmt) {
	*o = Once{node: OnlyCall(n)}
	if o.node == nil {
		o.node, o.ofRow = callOfRow(n), true
	}
}

// Resolved notes what a call was resolved to. rels are the relations of the query that
// it stands in.
func (o *Once) Resolved(n *ast.FuncCall, call *tree.Call, rels []*tree.Rel) {
	if n != o.node {
		return
	}
	o.found = call
	if o.ofRow {
		o.row = rels[0]
	}
}

// Call is what it was resolved to, nil for none.
func (o *Once) Call() *tree.Call { return o.found }

// Is tells that a call is the one.
func (o *Once) Is(call *tree.Call) bool { return call == o.found }

// OfRow tells that it is called for the row that the statement inserts.
func (o *Once) OfRow() bool { return o.row != nil }

// Args makes queries of the arguments that read the row that the statement inserts,
// for other statements to use.
func (o *Once) Args(args []tree.Expr) []tree.Expr {
	out := slices.Clone(args)
	for i, arg := range args {
		if o.row != nil && tree.Any(arg, func(x tree.Expr) bool { return tree.IsOf(x, []*tree.Rel{o.row}) }) {
			q := &tree.Query{With: []*tree.CTE{o.row.CTE}, From: []tree.From{o.row}, Columns: []tree.Output{{Name: "value", Expr: arg}}}
			out[i] = &tree.Subquery{Kind: tree.Scalar, Query: q, One: true}
		}
	}
	return out
}
