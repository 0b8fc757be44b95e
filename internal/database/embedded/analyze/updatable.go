package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

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
	checks  []tree.Check
	role    string // whose policies apply to base
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
	from, ok := items(sel.FromClause)[0].(*ast.RangeVar)
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

const notOneTable = "Views that do not select from a single table or view are not automatically updatable."

// notUpdatable tells why rows cannot be changed through a query, "" when they
// can (view_query_is_auto_updatable in rewriteHandler.c).
func notUpdatable(n *ast.SelectStmt) string {
	const are = " are not automatically updatable."
	list := items(n.FromClause)
	switch {
	case n.DistinctClause != nil:
		return "Views containing DISTINCT" + are
	case len(items(n.GroupClause)) > 0:
		return "Views containing GROUP BY" + are
	case n.HavingClause != nil:
		return "Views containing HAVING" + are
	case n.Op != ast.SETOP_NONE:
		return "Views containing UNION, INTERSECT, or EXCEPT" + are
	case n.WithClause != nil:
		return "Views containing WITH" + are
	case n.LimitCount != nil || n.LimitOffset != nil:
		return "Views containing LIMIT or OFFSET" + are
	case len(list) != 1 || len(items(n.ValuesLists)) > 0:
		return notOneTable
	}
	if _, ok := list[0].(*ast.RangeVar); !ok {
		return notOneTable
	}
	return ""
}

func cannotWrite(v *catalog.View, p catalog.Privilege, reason string) error {
	verb := verbs[p]
	rule := "an unconditional ON " + verb[2] + " DO INSTEAD rule"
	return fault.New(fault.ObjectNotInPrerequisite, `cannot %s view "%s"`, verb[0], v.Name).WithDetail("%s", reason).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or %s.", verb[1], verb[2], rule)
}

// updatable tells why rows cannot be changed through a view's query, nil if they
// can.
func (a *analyzer) updatable(n *ast.SelectStmt, columns []tree.Output) error {
	reason := notUpdatable(n)
	plain := false
	for _, c := range columns {
		if tree.Any(c.Expr, func(x tree.Expr) bool { _, ok := x.(*tree.Aggregate); return ok }) && reason == "" {
			reason = "Views that return aggregate functions are not automatically updatable."
		}
		_, ok := c.Expr.(*tree.Column)
		plain = plain || ok
	}
	if reason == "" && !plain {
		reason = "Views that have no updatable columns are not automatically updatable."
	}
	if reason == "" {
		return nil
	}
	return fault.New(fault.ObjectNotInPrerequisite, "the view is not automatically updatable").WithDetail("%s", reason)
}

// Updatable tells why rows cannot be changed through a view, nil if they can.
func Updatable(c Context, v *catalog.View) (reason, err error) {
	a := newAnalyzer(c)
	a.defining = true
	r := viewRel(v)
	if err := a.expand(r); err != nil {
		return nil, err
	}
	sel, err := viewQuery(v)
	if err != nil {
		return nil, err
	}
	return a.updatable(sel, r.Query.Columns), nil
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
