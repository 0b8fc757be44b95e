package enums

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// expressions calls visit for every expression in the catalogue. column is set
// for the default of a column.
func expressions(w *work.Work, visit func(t *catalog.Table, column *catalog.Column, e *catalog.Expr) error) error {
	for _, t := range w.Cat().SortedTables() {
		for _, c := range t.Columns {
			if c.Default != nil {
				if err := visit(t, c, c.Default); err != nil {
					return err
				}
			}
		}
		copied := *t
		_, err := depend.RewriteTable(&copied, true, func(e *catalog.Expr) (*catalog.Expr, error) {
			if e == nil {
				return nil, nil
			}
			return e, visit(t, nil, e)
		})
		if err != nil {
			return err
		}
	}
	for _, v := range w.Cat().SortedViews() {
		if err := visit(nil, nil, v.Query); err != nil {
			return err
		}
	}
	return nil
}

// refuseMention refuses what would leave an expression in the catalogue with the
// name of a type that is gone.
func refuseMention(w *work.Work, e *catalog.Enum, what string) error {
	return expressions(w, func(_ *catalog.Table, _ *catalog.Column, x *catalog.Expr) error {
		n, err := syntax.ParseExpr(x.SQL)
		if err != nil {
			return err
		}
		found := false
		work.Walk(n, func(n ast.Node) {
			if t, ok := n.(*ast.TypeName); ok {
				path := work.Names(t.Names)
				found = found || len(path) > 0 && path[len(path)-1] == e.Name
			}
		})
		if found {
			return work.Unsupported("%s a type that an expression in the catalogue names is", what)
		}
		return nil
	})
}

// relabel renames a label in the defaults of columns of its type. Another
// expression with the label is refused: whose label it is cannot be told.
func relabel(w *work.Work, e *catalog.Enum, old, label string) error {
	return expressions(w, func(t *catalog.Table, c *catalog.Column, x *catalog.Expr) error {
		n, err := syntax.ParseExpr(x.SQL)
		if err != nil {
			return err
		}
		found := literals(n, old)
		switch {
		case len(found) == 0:
			return nil
		case c == nil || uint32(c.Type.OID) != e.OID || !plainDefault(n):
			return work.Unsupported("renaming a label that an expression in the catalogue names is")
		}
		for _, s := range found {
			s.SVal = label
		}
		sql, err := syntax.Deparse(n)
		if err != nil {
			return err
		}
		changed := *x
		changed.SQL = sql
		draft := w.Draft().Table(t.OID)
		w.ReplaceColumn(draft, draft.ColumnNumber(c.Number), func(c *catalog.Column) { c.Default = &changed })
		return nil
	})
}

// literals lists the string constants of a text.
func literals(n ast.Node, text string) []*ast.String {
	var out []*ast.String
	work.Walk(n, func(n ast.Node) {
		if c, ok := n.(*ast.A_Const); ok {
			if s, ok := c.Val.(*ast.String); ok && s.SVal == text {
				out = append(out, s)
			}
		}
	})
	return out
}

// plainDefault tells whether a default is a constant, cast or not.
func plainDefault(n ast.Node) bool {
	for {
		switch x := n.(type) {
		case *ast.TypeCast:
			n = x.Arg
		case *ast.ParenExpr:
			n = x.Expr
		case *ast.A_Const:
			return true
		default:
			return false
		}
	}
}
