package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

var null = sqlite.Null

// update analyzes UPDATE.
func (a *analyzer) update(n *ast.UpdateStmt) (*tree.Update, error) {
	if len(items(n.FromClause)) > 0 {
		return nil, unsupported("UPDATE with FROM is")
	}
	w, err := a.target(n.Relation, catalog.Update)
	if err != nil {
		return nil, err
	}
	u := &tree.Update{Target: w.base}
	if err := a.generated(w.base); err != nil {
		return nil, err
	}
	s := &scope{parent: a.outer, rels: []*tree.Rel{w.shown}, clause: "UPDATE"}
	if u.Set, err = a.assignments(s, w, n.TargetList); err != nil {
		return nil, err
	}
	if u.Where, err = a.where(s, n.WhereClause); err != nil {
		return nil, err
	}
	if u.Returning, err = a.returning(w.shown, n.ReturningList); err != nil {
		return nil, err
	}
	if u.Policy, u.Where, err = a.writeConditions(w, 'w', u.Where); err != nil {
		return nil, err
	}
	u.Set = assignedColumns(u.Target, u.Set)
	u.Checks, err = a.updateChecks(w, a.readsBase(w))
	return u, err
}

// updateChecks are the conditions on changed rows: those of UPDATE policies,
// those of SELECT policies where the statement reads the table, and the check
// options of views.
func (a *analyzer) updateChecks(w *written, reads bool) ([]tree.Check, error) {
	defer a.as(w.role)()
	checks, err := a.withCheck(w.base, 'w')
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

func (a *analyzer) assignments(s *scope, w *written, list *ast.NodeList) ([]tree.Assignment, error) {
	var out []tree.Assignment
	seen := map[int]bool{}
	for _, n := range items(list) {
		t, ok := n.(*ast.ResTarget)
		if !ok {
			return nil, unsupported("%T in SET is", n)
		}
		value, err := assignedNode(t.Val)
		if err != nil {
			return nil, err
		}
		i, err := a.targetColumn(w.shown, t.Name)
		if err != nil {
			return nil, err
		}
		if seen[i] && len(items(t.Indirection)) > 0 {
			return nil, unsupported("setting several elements of a column is")
		}
		if seen[i] {
			return nil, a.at(fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, t.Name), t.Name)
		}
		seen[i] = true
		var e tree.Expr
		if list := items(t.Indirection); len(list) > 0 {
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
	return out, nil
}

// assignedNode takes SET (a, b) = (x, y) apart.
func assignedNode(n ast.Node) (ast.Node, error) {
	m, ok := n.(*ast.MultiAssignRef)
	if !ok {
		return n, nil
	}
	row, ok := unparen(m.Source).(*ast.RowExpr)
	if !ok {
		return nil, unsupported("UPDATE … SET (…) = (SELECT …) is")
	}
	if list := items(row.Args); len(list) == m.Ncolumns {
		return list[m.Colno-1], nil
	}
	return nil, fault.New(fault.SyntaxError, "number of columns does not match number of values")
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
	if len(items(n.UsingClause)) > 0 {
		return nil, unsupported("DELETE with USING is")
	}
	w, err := a.target(n.Relation, catalog.Delete)
	if err != nil {
		return nil, err
	}
	d := &tree.Delete{Target: w.base}
	if d.Where, err = a.where(&scope{parent: a.outer, rels: []*tree.Rel{w.shown}}, n.WhereClause); err != nil {
		return nil, err
	}
	if d.Returning, err = a.returning(w.shown, n.ReturningList); err != nil {
		return nil, err
	}
	d.Policy, d.Where, err = a.writeConditions(w, 'd', d.Where)
	return d, err
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
