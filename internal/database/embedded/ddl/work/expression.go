package work

import (
	"regexp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// MismatchOver words a condition that is not boolean.
func (w *Work) MismatchOver(t *catalog.Table, err error, clause string, e *catalog.Expr) error {
	if fault.Code(err) != fault.DatatypeMismatch {
		return w.Located(err)
	}
	_, got, plain := w.Compile.Expr(w.Cat(), t, e, types.Ref{}, Check)
	if plain != nil {
		return err
	}
	return fault.New(fault.DatatypeMismatch, "argument of %s must be type boolean, not type %s", clause, w.TypeName(got.OID))
}

// Mismatch gives a failed coercion the message of its purpose.
func (w *Work) Mismatch(err error, message func(got string) error, e *catalog.Expr) error {
	if fault.Code(err) != fault.DatatypeMismatch {
		return err
	}
	_, got, plain := w.Compile.Expr(w.Cat(), nil, e, types.Ref{}, Default)
	if plain != nil {
		return err
	}
	return message(w.TypeName(got.OID))
}

// FirstReference is where in the statement the first column reference stands.
func (w *Work) FirstReference(n ast.Node) int {
	for _, name := range Referenced(n) {
		return syntax.Locate(w.Source, name, 0)
	}
	return 0
}

// missingColumn matches the error about a column that an expression names.
var missingColumn = regexp.MustCompile(`^column "?([^".]+)"? does not exist$`)

// Located adds to an error of a stored expression where in the statement the
// column stands that it is about.
func (w *Work) Located(err error) error {
	if fault.Code(err) != fault.UndefinedColumn {
		return err
	}
	f := fault.From(err)
	if m := missingColumn.FindStringSubmatch(f.Message); m != nil {
		return w.At(f, m[1])
	}
	return err
}

// Stored turns an expression of the statement into one for the catalogue.
func (w *Work) Stored(node ast.Node) (*catalog.Expr, error) {
	sql, err := syntax.Deparse(node)
	if err != nil {
		return nil, err
	}
	return &catalog.Expr{SQL: sql, SearchPath: slices.Clone(w.SearchPath)}, nil
}

// Referenced lists the column references of an expression by their last name,
// each once, in order; those of its subqueries too.
func Referenced(n ast.Node) []string {
	var out []string
	Walk(n, func(n ast.Node) {
		if ref, ok := n.(*ast.ColumnRef); ok && ref != nil {
			if parts := Names(ref.Fields); len(parts) > 0 && !slices.Contains(out, parts[len(parts)-1]) {
				out = append(out, parts[len(parts)-1])
			}
		}
	})
	return out
}

// RefersTo tells whether an expression refers to a column.
func RefersTo(n ast.Node) bool { return len(Referenced(n)) > 0 }

// HasSubquery tells whether an expression holds a query of its own.
func HasSubquery(n ast.Node) bool {
	found := false
	Walk(n, func(n ast.Node) {
		if s, ok := n.(*ast.SubLink); ok && s != nil {
			found = true
		}
	})
	return found
}

// Walk visits the nodes of an expression.
func Walk(n ast.Node, visit func(ast.Node)) {
	if n == nil {
		return
	}
	ast.Rewrite(n, func(c *ast.Cursor) bool {
		visit(c.Node())
		return true
	}, nil)
}

// ColumnsOf lists the columns of a table that an expression without subqueries
// uses.
func ColumnsOf(t *catalog.Table, n ast.Node) []*catalog.Column {
	var out []*catalog.Column
	for _, name := range Referenced(n) {
		if c := t.Column(name); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// Uses tells whether a stored expression uses a column of its own table.
func Uses(e *catalog.Expr, column string) (bool, error) {
	if e == nil {
		return false, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return false, err
	}
	return slices.Contains(Referenced(node), column), nil
}

// Reads lists the tables that the subqueries of a stored expression read.
func (w *Work) Reads(e *catalog.Expr) ([]uint32, error) {
	if e == nil {
		return nil, nil
	}
	if e.Sources != nil {
		var out []uint32
		for _, s := range e.Sources {
			out = append(out, s.OID)
		}
		return out, nil
	}
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	cat := w.Cat()
	var out []uint32
	Walk(node, func(n ast.Node) {
		r, ok := n.(*ast.RangeVar)
		if !ok || r == nil {
			return
		}
		path := e.SearchPath
		if r.SchemaName != "" {
			path = []string{r.SchemaName}
		}
		for _, s := range path {
			if oid := cat.RelationOID(s, r.RelName); oid != 0 {
				out = append(out, oid)
				return
			}
		}
	})
	return out, nil
}

// ColumnExpr is the expression that reads a column.
func ColumnExpr(c *catalog.Column) *catalog.Expr { return &catalog.Expr{SQL: QuoteIdent(c.Name)} }

func (w *Work) Resolve(e *catalog.Expr, r *ast.RangeVar) uint32 {
	path := e.SearchPath
	if r.SchemaName != "" {
		path = []string{r.SchemaName}
	}
	for _, s := range path {
		if oid := w.Cat().RelationOID(s, r.RelName); oid != 0 {
			return oid
		}
	}
	return 0
}
