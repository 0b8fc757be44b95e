package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/touch"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

var null = sqlite.Null

// update analyzes UPDATE.
func (a *analyzer) update(n *ast.UpdateStmt) (*tree.Update, error) {
	w, err := a.target(n.Relation, catalog.Update)
	if err != nil {
		return nil, err
	}
	u := &tree.Update{Target: w.base}
	if err := a.generated(w.base); err != nil {
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

// newRowChecks are the conditions on rows as the statement leaves them: those of the
// policies for an action ('a' INSERT, 'w' UPDATE), those of SELECT policies where the
// statement reads the table, and the check options of views.
func (a *analyzer) newRowChecks(w *written, action byte, reads bool) ([]tree.Check, error) {
	defer a.as(w.role)()
	checks, err := a.withCheck(w.base, action)
	if err != nil {
		return nil, err
	}
	if reads {
		more, err := a.policies(w.base, 'r', func(p *catalog.Policy) *catalog.Expr { return p.Using })
		if err != nil {
			return nil, err
		}
		checks = append(checks, more...)
	}
	return append(checks, w.viewChecks()...), nil
}

// writeConditions are the conditions on the rows a statement changes: what
// policies and barriers hide, and the statement's own with those of views.
func (a *analyzer) writeConditions(w *written, command byte, where tree.Expr) (policy, all tree.Expr, err error) {
	defer a.as(w.role)()
	policy, err = a.writePolicy(w.base, command, a.readsBase(w))
	hiding, plain := w.conditions()
	return and(policy, hiding), and(where, plain), err
}

// as makes another role the present one, and returns the way back.
func (a *analyzer) as(role string) func() {
	old := a.Role
	a.Role = role
	return func() { a.Role = old }
}

func (a *analyzer) where(s *scope, n ast.Node) (tree.Expr, error) {
	if n == nil {
		return nil, nil
	}
	if _, ok := n.(*ast.CurrentOfExpr); ok {
		return nil, unsupported("WHERE CURRENT OF is")
	}
	return a.boolean(s.in("WHERE", nil), n, "WHERE")
}

// writePolicy tells which rows the role may change: the command's own policies,
// and where the statement reads the table those of SELECT as well (PostgreSQL
// documentation, CREATE POLICY, table 281).
func (a *analyzer) writePolicy(target *tree.Rel, command byte, reads bool) (tree.Expr, error) {
	own, err := a.using(target, command)
	if err != nil || !reads {
		return own, err
	}
	visible, err := a.using(target, 'r')
	return and(visible, own), err
}

// assignments are what SET and triggers set.
func (a *analyzer) assignments(s *scope, w *written, list *ast.NodeList) ([]tree.Assignment, error) {
	var out []tree.Assignment
	seen := map[int]bool{}
	for _, n := range syntax.Items(list) {
		t, ok := n.(*ast.ResTarget)
		if !ok {
			return nil, unsupported("%T in SET is", n)
		}
		value, picked, err := a.assignedNode(s, t.Val)
		if err != nil {
			return nil, err
		}
		i, err := a.targetColumn(w.shown, t.Name)
		if err != nil {
			return nil, err
		}
		if seen[i] && len(syntax.Items(t.Indirection)) > 0 {
			return nil, unsupported("setting several elements of a column is")
		}
		if seen[i] {
			return nil, a.at(fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, t.Name), t.Name)
		}
		seen[i] = true
		var e tree.Expr
		if picked != nil {
			e, err = a.assignedValue(w, i, t, picked)
		} else if list := syntax.Items(t.Indirection); len(list) > 0 {
			e, err = a.assignElement(s, w.shown, i, list, value)
		} else {
			e, err = a.assigned(s, w, i, value)
		}
		if err != nil {
			return nil, err
		}
		base, err := w.through(i, catalog.Update)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o tree.Assignment) bool { return o.Index == base }) {
			return nil, fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, w.base.Columns[base].Column.Name)
		}
		out = append(out, tree.Assignment{Index: base, Value: e})
	}
	return touch.Assign(w.base, assignedColumns(w.base, out), func() (tree.Expr, error) { return a.systemFunction("now", nil) })
}

// assignedNode takes SET (a, b) = (x, y) apart. Of SET (a, b) = (SELECT …) it
// gives the value.
func (a *analyzer) assignedNode(s *scope, n ast.Node) (ast.Node, tree.Expr, error) {
	m, ok := n.(*ast.MultiAssignRef)
	if !ok {
		return n, nil, nil
	}
	switch source := unparen(m.Source).(type) {
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
func (a *analyzer) pick(s *scope, n *ast.SubLink, m *ast.MultiAssignRef) (tree.Expr, error) {
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok || n.SubLinkType != ast.EXPR_SUBLINK && n.SubLinkType != ast.ROWCOMPARE_SUBLINK {
		return nil, unsupported("this form of a subquery is")
	}
	q, err := a.query(s, sel)
	if err != nil {
		return nil, err
	}
	if len(q.Columns) != m.Ncolumns {
		return nil, fault.New(fault.SyntaxError, "number of columns does not match number of values")
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	volatile := false
	q.Walk(func(x tree.Expr) bool { volatile = volatile || isVolatile(x); return !volatile })
	if volatile {
		return nil, unsupported("setting several columns from a volatile subquery is")
	}
	one := atMostOne(q)
	over, _, err := a.over(q)
	if err != nil {
		return nil, err
	}
	over.Columns = over.Columns[m.Colno-1 : m.Colno]
	return &tree.Subquery{Kind: tree.Scalar, Query: over, One: one}, nil
}

// assignedValue assigns a value that is analyzed already.
func (a *analyzer) assignedValue(w *written, column int, t *ast.ResTarget, e tree.Expr) (tree.Expr, error) {
	if len(syntax.Items(t.Indirection)) > 0 {
		return nil, unsupported("setting an element from a subquery of several columns is")
	}
	if err := mayUpdate(w.behind(column)); err != nil {
		return nil, err
	}
	return a.assignColumn(w.shown, column, e)
}

func (a *analyzer) assigned(s *scope, w *written, column int, n ast.Node) (tree.Expr, error) {
	c := w.behind(column)
	if _, ok := n.(*ast.SetToDefault); ok {
		// Through a view DEFAULT has become a value before the table is reached.
		if err := mayUpdate(c); err != nil && w.view != nil {
			return nil, err
		}
		return a.viewDefault(w, column)
	}
	if err := mayUpdate(c); err != nil {
		return nil, err
	}
	e, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.assignColumn(w.shown, column, e)
}

// delete analyzes DELETE.
func (a *analyzer) delete(n *ast.DeleteStmt) (*tree.Delete, error) {
	w, err := a.target(n.Relation, catalog.Delete)
	if err != nil {
		return nil, err
	}
	d := &tree.Delete{Target: w.base}
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

// targetAnd makes the scope of the target of an UPDATE or DELETE with what FROM
// or USING adds, which does not see the target.
func (a *analyzer) targetAnd(w *written, list *ast.NodeList, from *[]tree.From) (*scope, error) {
	s := &scope{parent: a.outer, clause: "UPDATE", denied: w.shown}
	var err error
	if *from, err = a.from(s, list); err != nil {
		return nil, err
	}
	s.denied = nil
	if err := a.addRel(s, w.shown); err != nil {
		return nil, err
	}
	last := len(s.rels) - 1
	s.rels = append([]*tree.Rel{w.shown}, s.rels[:last]...)
	s.items = append([]tree.From{w.shown}, *from...)
	return s, nil
}

// mayUpdate refuses a value for a column that has its own.
func mayUpdate(c *catalog.Column) error {
	f := fault.New(generatedAlways, `column "%s" can only be updated to DEFAULT`, c.Name)
	switch {
	case c.Generated != nil:
		return f.WithDetail(`Column "%s" is a generated column.`, c.Name)
	case c.Identity == 'a':
		return f.WithDetail(`Column "%s" is an identity column defined as GENERATED ALWAYS.`, c.Name)
	}
	return nil
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

// written is what a statement writes: a table, or a table through views.
type written struct {
	base  *tree.Rel // the table, with all its columns
	shown *tree.Rel // what the statement's names mean: base, or a view
	need  *need     // the privilege, on columns of shown
	view  *catalog.View
	under *written // what the view stands on

	// columns are the columns of under, or of the base table, behind those of
	// shown; -1 where there is none, nil where they are the same.
	columns []int
	where   tree.Expr // the view's own condition, over base
	role    string    // whose policies apply to base
}

// verbs are what a privilege of writing allows, for messages.
var verbs = map[catalog.Privilege][3]string{
	catalog.Insert: {"insert into", "inserting into", "INSERT"},
	catalog.Update: {"update", "updating", "UPDATE"},
	catalog.Delete: {"delete from", "deleting from", "DELETE"},
}

// target resolves the table or view that a statement writes.
func (a *analyzer) target(n *ast.RangeVar, p catalog.Privilege) (*written, error) {
	r, err := a.tableRef(n)
	if err != nil {
		return nil, err
	}
	w := &written{base: r, shown: r, need: a.need(relObject(r), p), role: a.Role}
	a.watch(r, false)
	if r.View == nil {
		return w, a.wholeBase(w)
	}
	w.view = r.View
	return w, a.writeThrough(w, p)
}

// wholeBase gives what is written all columns of the table where stored text
// knows only some of them.
func (a *analyzer) wholeBase(w *written) error {
	if len(a.expanding) == 0 {
		return nil
	}
	full := a.inSchema(w.shown.Table.Schema, w.shown.Table.Name)
	base, err := a.newRel(full)
	if err != nil {
		return err
	}
	exprs := make([]tree.Expr, len(w.shown.Columns))
	w.columns = make([]int, len(w.shown.Columns))
	for i, c := range w.shown.Columns {
		at := baseIndex(base, c.Column)
		exprs[i], w.columns[i] = &tree.Column{Ref: c.Type, Rel: base, Index: at}, at
	}
	w.base = base
	a.show(w.shown, exprs)
	return nil
}

// show puts expressions behind the columns of a relation.
func (a *analyzer) show(r *tree.Rel, exprs []tree.Expr) {
	if a.shown == nil {
		a.shown = map[*tree.Rel][]tree.Expr{}
	}
	a.shown[r] = exprs
}

// bottom is the table at the end of the views.
func (w *written) bottom() *written {
	for w.under != nil {
		w = w.under
	}
	return w
}

// reads tells whether the statement reads the table.
func (a *analyzer) readsBase(w *written) bool { return a.isRead(w.bottom().shown) }

// writeThrough finds the table behind a view. What the view reads is read where
// the statement reads the view (rewriteTargetView in rewriteHandler.c).
func (a *analyzer) writeThrough(w *written, p catalog.Privilege) error {
	v := w.view
	leave, err := a.enterView(v)
	if err != nil {
		return err
	}
	defer leave()
	sel, err := viewQuery(v)
	if err != nil {
		return err
	}
	if reason := notUpdatable(sel); reason != "" {
		return cannotWrite(v, p, reason)
	}
	from, ok := syntax.Items(sel.FromClause)[0].(*ast.RangeVar)
	if !ok {
		return cannotWrite(v, p, notOneTable)
	}
	if w.under, err = a.target(from, p); err != nil {
		return err
	}
	w.base, w.role = w.under.base, w.under.role
	quiet := a.quiet
	a.quiet = true
	defer func() { a.quiet = quiet }()
	s := &scope{rels: []*tree.Rel{w.under.shown}}
	if windowed(sel) {
		return cannotWrite(v, p, "Views that return window functions are not automatically updatable.")
	}
	if err := a.showColumns(w, s, sel, p); err != nil {
		return err
	}
	if w.where, err = a.where(s, sel.WhereClause); err != nil {
		return err
	}
	a.reads[w.shown].then = a.reads[w.under.shown]
	if p != catalog.Delete && !hasUpdatable(w) {
		return cannotWrite(v, p, "Views that have no updatable columns are not automatically updatable.")
	}
	return nil
}

// showColumns puts the expressions over the base table behind the columns of the
// view.
func (a *analyzer) showColumns(w *written, s *scope, sel *ast.SelectStmt, p catalog.Privilege) error {
	var aggregates []*tree.Aggregate
	list, err := a.targets(s.in("SELECT", &aggregates), sel.TargetList)
	if err != nil {
		return err
	}
	if len(aggregates) > 0 {
		return cannotWrite(w.view, p, "Views that return aggregate functions are not automatically updatable.")
	}
	if err := a.settleOutputs(list); err != nil {
		return err
	}
	exprs := make([]tree.Expr, len(list))
	w.columns = make([]int, len(list))
	for i, o := range list {
		exprs[i] = o.Expr
		w.columns[i] = w.under.find(a, o.Expr)
	}
	a.show(w.shown, exprs)
	return nil
}

// find returns the column of what is written that an expression over the base
// stands for, -1 when it is none.
func (w *written) find(a *analyzer, e tree.Expr) int {
	c, ok := e.(*tree.Column)
	if !ok || c.Rel != w.base {
		return -1
	}
	if w.columns == nil {
		return c.Index
	}
	for i, x := range a.shown[w.shown] {
		if y, ok := x.(*tree.Column); ok && y.Rel == c.Rel && y.Index == c.Index && w.columns[i] >= 0 {
			return i
		}
	}
	return -1
}

func hasUpdatable(w *written) bool {
	for _, i := range w.columns {
		if i >= 0 {
			return true
		}
	}
	return false
}

// through returns the base table's column behind a column of what is written,
// and notes that all on the way is written.
func (w *written) through(column int, p catalog.Privilege) (int, error) {
	w.need.columns[w.shown.Columns[column].Column.Number] = true
	if w.view == nil {
		return w.baseColumn(column), nil
	}
	if w.columns[column] < 0 {
		return 0, fault.New(fault.FeatureNotSupported, `cannot %s column "%s" of view "%s"`,
			verbs[p][0], w.shown.Columns[column].Column.Name, w.view.Name).
			WithDetail("View columns that are not columns of their base relation are not updatable.")
	}
	return w.under.through(w.columns[column], p)
}

// baseColumn is the index in the table of a column at the end of the views.
func (w *written) baseColumn(column int) int {
	if w.columns == nil {
		return column
	}
	return w.columns[column]
}

// behind is the table's column behind a column of what is written, or the
// column itself where there is none.
func (w *written) behind(column int) *catalog.Column {
	at := w
	for ; at.view != nil && at.columns[column] >= 0; at = at.under {
		column = at.columns[column]
	}
	return at.shown.Columns[column].Column
}

// viewDefault is the default that a view on the way gives to a column, with the
// column's default of the base table where none does.
func (a *analyzer) viewDefault(w *written, column int) (tree.Expr, error) {
	at := w
	for ; at.view != nil; at = at.under {
		c := at.shown.Columns[column].Column
		if c.Default != nil {
			return a.storedExpr(nil, c.Default, c.Type, "DEFAULT")
		}
		if column = at.columns[column]; column < 0 {
			return nil, fault.New(fault.FeatureNotSupported, `cannot insert into column "%s" of view "%s"`, c.Name, at.view.Name).
				WithDetail("View columns that are not columns of their base relation are not updatable.")
		}
	}
	return a.defaultOf(w.base, at.baseColumn(column))
}

// viewGiven adds to a new row the defaults of the views' own columns.
func (a *analyzer) viewGiven(w *written, values map[int]given) error {
	for at := w; at.view != nil; at = at.under {
		for i := range at.columns {
			c := at.shown.Columns[i].Column
			if c.Default == nil || at.columns[i] < 0 {
				continue
			}
			base, err := at.through(i, catalog.Insert)
			if err != nil {
				return err
			}
			if g, ok := values[base]; ok && !g.isDefault {
				continue
			}
			e, err := a.storedExpr(nil, c.Default, c.Type, "DEFAULT")
			if err != nil {
				return err
			}
			values[base] = given{expr: e}
		}
	}
	return nil
}

// conditions are those of the views on the way: hiding ones, of views with
// security_barrier, and others.
func (w *written) conditions() (hiding, plain tree.Expr) {
	for at := w; at.view != nil; at = at.under {
		if at.view.SecurityBarrier || hiding != nil {
			hiding = and(at.where, hiding)
		} else {
			plain = and(plain, at.where)
		}
	}
	return hiding, plain
}

// viewChecks are what the check options of the views demand of new rows, those
// of inner views first.
func (w *written) viewChecks() []tree.Check {
	var out []tree.Check
	cascaded := false
	for at := w; at.view != nil; at = at.under {
		cascaded = cascaded || at.view.CheckOption == 'c'
		if (cascaded || at.view.CheckOption != 0) && at.where != nil {
			out = append([]tree.Check{{Expr: at.where, View: at.view.Name}}, out...)
		}
	}
	return out
}

// baseIndex is the index of a column among all of a table's.
func baseIndex(r *tree.Rel, c *catalog.Column) int {
	for i := range r.Columns {
		if r.Columns[i].Column.Number == c.Number {
			return i
		}
	}
	return -1
}
