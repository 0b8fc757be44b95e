package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/target"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/touch"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// update analyzes UPDATE.
func (a *analyzer) update(n *ast.UpdateStmt) (*tree.Update, error) {
	w, err := a.target(n.Relation, catalog.Update)
	if err != nil {
		return nil, err
	}
	u := &tree.Update{Target: w.Base}
	if err := a.generated(w.Base); err != nil {
		return nil, err
	}
	s, err := a.targetAnd(w, n.FromClause, &u.From)
	if err != nil {
		return nil, err
	}
	if u.Set, err = a.assignments(s, w, n.TargetList); err != nil {
		return nil, err
	}
	if u.Where, err = a.where(s, n.WhereClause); err != nil {
		return nil, err
	}
	if u.Returning, err = a.returningFrom(s, n.ReturningList); err != nil {
		return nil, err
	}
	if u.Policy, u.Where, err = a.writeConditions(w, 'w', u.Where); err != nil {
		return nil, err
	}
	if len(u.From) > 0 {
		u.Target.Policy = u.Policy
	}
	u.Checks, err = a.newRowChecks(w, 'w', a.readsBase(w))
	return u, err
}

func (a *analyzer) where(s *scope.Scope, n ast.Node) (tree.Expr, error) {
	if n == nil {
		return nil, nil
	}
	if _, ok := n.(*ast.CurrentOfExpr); ok {
		return nil, resolve.Unsupported("WHERE CURRENT OF is")
	}
	return a.Boolean(s.In("WHERE", nil), n, "WHERE")
}

// assignments are what SET and triggers set.
func (a *analyzer) assignments(s *scope.Scope, w *target.Target, list *ast.NodeList) ([]tree.Assignment, error) {
	var out []tree.Assignment
	seen := map[int]bool{}
	for _, n := range syntax.Items(list) {
		t, ok := n.(*ast.ResTarget)
		if !ok {
			return nil, resolve.Unsupported("%T in SET is", n)
		}
		i, e, err := a.assignment(s, w, t, seen)
		if err != nil {
			return nil, err
		}
		base, err := w.Through(i, catalog.Update)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o tree.Assignment) bool { return o.Index == base }) {
			return nil, fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, w.Base.Columns[base].Column.Name)
		}
		out = append(out, tree.Assignment{Index: base, Value: e})
	}
	return touch.Assign(w.Base, assignedColumns(w.Base, out), func() (tree.Expr, error) { return a.SystemFunction("now", nil) })
}

// assignment is a column that SET names, none of those seen before, and its new value.
func (a *analyzer) assignment(s *scope.Scope, w *target.Target, t *ast.ResTarget, seen map[int]bool) (column int, e tree.Expr, err error) {
	value, picked, err := a.assignedNode(s, t.Val)
	if err != nil {
		return 0, nil, err
	}
	if column, err = a.targetColumn(w.Shown, t.Name); err != nil {
		return 0, nil, err
	}
	if seen[column] && len(syntax.Items(t.Indirection)) > 0 {
		return 0, nil, resolve.Unsupported("setting several elements of a column is")
	}
	if seen[column] {
		return 0, nil, a.At(fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, t.Name), t.Name)
	}
	seen[column] = true
	if picked != nil {
		e, err = a.assignedValue(w, column, t, picked)
	} else if list := syntax.Items(t.Indirection); len(list) > 0 {
		e, err = a.AssignElement(s, w.Shown, column, list, value)
	} else {
		e, err = a.assigned(s, w, column, value)
	}
	return column, e, err
}

// assignedNode takes SET (a, b) = (x, y) apart. Of SET (a, b) = (SELECT …) it
// gives the value.
func (a *analyzer) assignedNode(s *scope.Scope, n ast.Node) (ast.Node, tree.Expr, error) {
	m, ok := n.(*ast.MultiAssignRef)
	if !ok {
		return n, nil, nil
	}
	switch source := syntax.Unparen(m.Source).(type) {
	case *ast.RowExpr:
		if list := syntax.Items(source.Args); len(list) == m.Ncolumns {
			return list[m.Colno-1], nil, nil
		}
	case *ast.SubLink:
		e, err := a.pick(s, source, m)
		return n, e, err
	default:
		return nil, nil, fault.New(fault.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
	}
	return nil, nil, fault.New(fault.SyntaxError, "number of columns does not match number of values")
}

// pick is one column of the subquery that gives several.
func (a *analyzer) pick(s *scope.Scope, n *ast.SubLink, m *ast.MultiAssignRef) (tree.Expr, error) {
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok || n.SubLinkType != ast.EXPR_SUBLINK && n.SubLinkType != ast.ROWCOMPARE_SUBLINK {
		return nil, resolve.Unsupported("this form of a subquery is")
	}
	q, err := a.Query(s, sel)
	if err != nil {
		return nil, err
	}
	if len(q.Columns) != m.Ncolumns {
		return nil, fault.New(fault.SyntaxError, "number of columns does not match number of values")
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	volatile := false
	q.Walk(func(x tree.Expr) bool { volatile = volatile || tree.IsVolatile(x); return !volatile })
	if volatile {
		return nil, resolve.Unsupported("setting several columns from a volatile subquery is")
	}
	one := expression.AtMostOne(q)
	over, _, err := a.Over(q)
	if err != nil {
		return nil, err
	}
	over.Columns = over.Columns[m.Colno-1 : m.Colno]
	return &tree.Subquery{Kind: tree.Scalar, Query: over, One: one}, nil
}

// assignedValue assigns a value that is analyzed already.
func (a *analyzer) assignedValue(w *target.Target, column int, t *ast.ResTarget, e tree.Expr) (tree.Expr, error) {
	if len(syntax.Items(t.Indirection)) > 0 {
		return nil, resolve.Unsupported("setting an element from a subquery of several columns is")
	}
	if err := mayUpdate(w.Behind(column)); err != nil {
		return nil, err
	}
	return a.assignColumn(w.Shown, column, e)
}

func (a *analyzer) assigned(s *scope.Scope, w *target.Target, column int, n ast.Node) (tree.Expr, error) {
	c := w.Behind(column)
	if _, ok := n.(*ast.SetToDefault); ok {
		// Through a view DEFAULT has become a value before the table is reached.
		if err := mayUpdate(c); err != nil && w.View != nil {
			return nil, err
		}
		return a.viewDefault(w, column)
	}
	if err := mayUpdate(c); err != nil {
		return nil, err
	}
	e, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.assignColumn(w.Shown, column, e)
}

// delete analyzes DELETE.
func (a *analyzer) delete(n *ast.DeleteStmt) (*tree.Delete, error) {
	w, err := a.target(n.Relation, catalog.Delete)
	if err != nil {
		return nil, err
	}
	d := &tree.Delete{Target: w.Base}
	s, err := a.targetAnd(w, n.UsingClause, &d.From)
	if err != nil {
		return nil, err
	}
	if d.Where, err = a.where(s, n.WhereClause); err != nil {
		return nil, err
	}
	if d.Returning, err = a.returningFrom(s, n.ReturningList); err != nil {
		return nil, err
	}
	d.Policy, d.Where, err = a.writeConditions(w, 'd', d.Where)
	if len(d.From) > 0 {
		d.Target.Policy = d.Policy
	}
	return d, err
}

// assignedColumns leaves out the generated columns, which were set to DEFAULT. A
// statement that sets nothing else sets a column to itself, so that it changes
// its rows all the same.
func assignedColumns(r *tree.Rel, list []tree.Assignment) []tree.Assignment {
	var out []tree.Assignment
	for _, s := range list {
		if _, ok := r.Generated[s.Index]; !ok {
			out = append(out, s)
		}
	}
	if len(out) > 0 || len(list) == 0 {
		return out
	}
	for i, c := range r.Columns {
		if _, ok := r.Generated[i]; !ok {
			return []tree.Assignment{{Index: i, Value: &tree.Column{Ref: c.Type, Rel: r, Index: i}}}
		}
	}
	return out
}
