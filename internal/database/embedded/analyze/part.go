package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// outerWith analyzes the WITH of a statement that writes, which all of it sees.
func (a *analyzer) outerWith(n *ast.WithClause) (err error) {
	if n != nil {
		a.topWith = n
		a.outer, err = a.With(nil, n)
	}
	return err
}

// WritingCTE analyzes a statement of WITH that writes. What it returns stands in
// the statement as a relation.
func (a *analyzer) WritingCTE(s *scope.Scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	if n != a.topWith {
		return nil, a.At(fault.New(fault.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level"), c.Ctename)
	}
	outer := a.outer
	a.outer = &scope.Scope{CTEs: slices.Clone(s.CTEs)}
	defer func() { a.outer = outer }()
	part := &Result{With: a.outer.CTEs, Inside: a.Inside != nil}
	returning, err := a.part(part, c.Ctequery)
	if err != nil {
		return nil, err
	}
	q, err := a.readPart(part, returning)
	if err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: q, Columns: q.RelColumns(), Materialized: true, Silent: len(returning) == 0}
	return made, a.NameCTE(made, c)
}

// readPart adds a part to the statement, and returns a query of what it returns.
func (a *analyzer) readPart(part *Result, returning []tree.Output) (*tree.Query, error) {
	a.parts = append(a.parts, part)
	r, err := a.NewRel(&tree.Rel{Part: len(a.parts)})
	if err != nil {
		return nil, err
	}
	q := &tree.Query{From: []tree.From{r}}
	for i, o := range returning {
		r.Columns = append(r.Columns, tree.RelColumn{Name: o.Name, Type: o.Expr.Type()})
		q.Columns = append(q.Columns, tree.Output{Name: o.Name, Expr: &tree.Column{Ref: o.Expr.Type(), Rel: r, Index: i}})
	}
	return q, nil
}

func (a *analyzer) part(r *Result, node ast.Node) (returning []tree.Output, err error) {
	outer := a.outer
	defer func() { a.outer = outer }()
	switch n := node.(type) {
	case *ast.InsertStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Insert, err = a.insert(n)
		}
	case *ast.UpdateStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Update, err = a.update(n)
		}
	case *ast.DeleteStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Delete, err = a.delete(n)
		}
	default:
		return nil, resolve.Unsupported("%T in WITH is", node)
	}
	switch {
	case err != nil:
		return nil, err
	case r.Insert != nil:
		return r.Insert.Returning, nil
	case r.Update != nil:
		return r.Update.Returning, nil
	}
	return r.Delete.Returning, nil
}

// innerWith analyzes the WITH of a part, which sees that of the whole.
func (a *analyzer) innerWith(r *Result, n *ast.WithClause) error {
	if n == nil {
		return nil
	}
	s, err := a.With(a.outer, n)
	if err != nil {
		return err
	}
	a.outer = s
	r.With = append(slices.Clone(r.With), s.CTEs...)
	return nil
}

// statements are the parts of a statement and, last, the statement itself.
func (r *Result) statements() []writing.Statement {
	var out []writing.Statement
	for _, p := range append(slices.Clone(r.Parts), r) {
		out = append(out, writing.Statement{Query: p.Query, Insert: p.Insert, Update: p.Update, Delete: p.Delete, Inside: p.Inside})
	}
	return out
}
