package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/query"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/target"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// targetAnd makes the scope of the target of an UPDATE or DELETE with what FROM
// or USING adds, which does not see the target.
func (a *analyzer) targetAnd(w *target.Target, list *ast.NodeList, from *[]tree.From) (*scope.Scope, error) {
	s := &scope.Scope{Parent: a.outer, Clause: "UPDATE", Denied: w.Shown}
	var err error
	if *from, err = a.From(s, list); err != nil {
		return nil, err
	}
	s.Denied = nil
	if err := a.AddRel(s, w.Shown); err != nil {
		return nil, err
	}
	last := len(s.Rels) - 1
	s.Rels = append([]*tree.Rel{w.Shown}, s.Rels[:last]...)
	s.Items = append([]tree.From{w.Shown}, *from...)
	return s, nil
}

// target resolves the table or view that a statement writes.
func (a *analyzer) target(n *ast.RangeVar, p catalog.Privilege) (*target.Target, error) {
	r, err := a.TableRef(n)
	if err != nil {
		return nil, err
	}
	w := &target.Target{Base: r, Shown: r, Need: a.Needs.Add(a.Role, access.Of(r), p), Role: a.Role}
	a.Needs.Watch(a.Role, r, false)
	if r.View == nil {
		return w, a.wholeBase(w)
	}
	w.View = r.View
	return w, a.writeThrough(w, p)
}

// wholeBase gives what is written all columns of the table where stored text
// knows only some of them.
func (a *analyzer) wholeBase(w *target.Target) error {
	if !a.InView() {
		return nil
	}
	full := a.InSchema(w.Shown.Table.Schema, w.Shown.Table.Name)
	base, err := a.NewRel(full)
	if err != nil {
		return err
	}
	exprs := make([]tree.Expr, len(w.Shown.Columns))
	w.Columns = make([]int, len(w.Shown.Columns))
	for i, c := range w.Shown.Columns {
		at := target.Index(base, c.Column)
		exprs[i], w.Columns[i] = &tree.Column{Ref: c.Type, Rel: base, Index: at}, at
	}
	w.Base = base
	a.Show(w.Shown, exprs)
	return nil
}

// reads tells whether the statement reads the table.
func (a *analyzer) readsBase(w *target.Target) bool { return a.Needs.IsRead(w.Bottom().Shown) }

// writeThrough finds the table behind a view. What the view reads is read where
// the statement reads the view (rewriteTargetView in rewriteHandler.c).
func (a *analyzer) writeThrough(w *target.Target, p catalog.Privilege) error {
	v := w.View
	leave, err := a.EnterView(v)
	if err != nil {
		return err
	}
	defer leave()
	sel, err := query.ViewQuery(v)
	if err != nil {
		return err
	}
	if reason := target.NotUpdatable(sel); reason != "" {
		return target.CannotWrite(v, p, reason)
	}
	from, ok := syntax.Items(sel.FromClause)[0].(*ast.RangeVar)
	if !ok {
		return target.CannotWrite(v, p, target.NotOneTable)
	}
	if w.Under, err = a.target(from, p); err != nil {
		return err
	}
	w.Base, w.Role = w.Under.Base, w.Under.Role
	quiet := a.Needs.Quiet
	a.Needs.Quiet = true
	defer func() { a.Needs.Quiet = quiet }()
	s := &scope.Scope{Rels: []*tree.Rel{w.Under.Shown}}
	if target.Windowed(sel) {
		return target.CannotWrite(v, p, "Views that return window functions are not automatically updatable.")
	}
	if err := a.showColumns(w, s, sel, p); err != nil {
		return err
	}
	if w.Where, err = a.where(s, sel.WhereClause); err != nil {
		return err
	}
	a.Needs.Behind(w.Shown, w.Under.Shown)
	if p != catalog.Delete && !w.HasUpdatable() {
		return target.CannotWrite(v, p, "Views that have no updatable columns are not automatically updatable.")
	}
	return nil
}

// showColumns puts the expressions over the base table behind the columns of the
// view.
func (a *analyzer) showColumns(w *target.Target, s *scope.Scope, sel *ast.SelectStmt, p catalog.Privilege) error {
	var aggregates []*tree.Aggregate
	list, err := a.Targets(s.In("SELECT", &aggregates), sel.TargetList)
	if err != nil {
		return err
	}
	if len(aggregates) > 0 {
		return target.CannotWrite(w.View, p, "Views that return aggregate functions are not automatically updatable.")
	}
	if err := a.SettleOutputs(list); err != nil {
		return err
	}
	exprs := make([]tree.Expr, len(list))
	w.Columns = make([]int, len(list))
	for i, o := range list {
		exprs[i] = o.Expr
		w.Columns[i] = w.Under.Find(a.Shown, o.Expr)
	}
	a.Show(w.Shown, exprs)
	return nil
}

// viewDefault is the default that a view on the way gives to a column, with the
// column's default of the base table where none does.
func (a *analyzer) viewDefault(w *target.Target, column int) (tree.Expr, error) {
	at := w
	for ; at.View != nil; at = at.Under {
		c := at.Shown.Columns[column].Column
		if c.Default != nil {
			return a.StoredExpr(nil, c.Default, c.Type, "DEFAULT")
		}
		if column = at.Columns[column]; column < 0 {
			return nil, fault.New(fault.FeatureNotSupported, `cannot insert into column "%s" of view "%s"`, c.Name, at.View.Name).
				WithDetail("View columns that are not columns of their base relation are not updatable.")
		}
	}
	return a.defaultOf(w.Base, at.BaseColumn(column))
}

// viewGiven adds to a new row the defaults of the views' own columns.
func (a *analyzer) viewGiven(w *target.Target, values map[int]given) error {
	for at := w; at.View != nil; at = at.Under {
		for i := range at.Columns {
			c := at.Shown.Columns[i].Column
			if c.Default == nil || at.Columns[i] < 0 {
				continue
			}
			base, err := at.Through(i, catalog.Insert)
			if err != nil {
				return err
			}
			if g, ok := values[base]; ok && !g.isDefault {
				continue
			}
			e, err := a.StoredExpr(nil, c.Default, c.Type, "DEFAULT")
			if err != nil {
				return err
			}
			values[base] = given{expr: e}
		}
	}
	return nil
}
