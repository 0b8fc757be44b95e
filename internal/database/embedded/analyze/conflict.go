package analyze

import (
	"cmp"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/arbiter"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/target"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// onConflict analyzes ON CONFLICT: what it does, and by which keys it is to
// find the indexes.
func (a *analyzer) onConflict(w *target.Target, n *ast.OnConflictClause) (*tree.Conflict, *arbiter.Spec, error) {
	if n == nil {
		return nil, nil, nil
	}
	if w.View != nil {
		return nil, nil, resolve.Unsupported("ON CONFLICT with a view is")
	}
	c := &tree.Conflict{Update: n.Action == ast.ONCONFLICT_UPDATE}
	if c.Update && n.Infer == nil {
		return nil, nil, fault.New(fault.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name).")
	}
	spec, err := a.inference(w, n.Infer)
	if err != nil || !c.Update {
		return c, spec, err
	}
	c.Excluded = &tree.Rel{Alias: "excluded"}
	for _, col := range w.Base.Columns {
		c.Excluded.Columns = append(c.Excluded.Columns, tree.RelColumn{Name: col.Column.Name, Type: col.Type, Column: col.Column})
	}
	if _, err := a.NewRel(c.Excluded); err != nil {
		return nil, nil, err
	}
	// PostgreSQL asks for SELECT on the columns of EXCLUDED, too.
	a.Needs.WatchAs(a.Role, c.Excluded, w.Need)
	insert := w.Need
	w.Need = a.Needs.Also(a.Role, insert, catalog.Update) // of the columns that are set
	defer func() { w.Need = insert }()
	s := &scope.Scope{Parent: a.outer, Rels: []*tree.Rel{w.Shown, c.Excluded}, Clause: "UPDATE"}
	if c.Set, err = a.assignments(s, w, n.TargetList); err != nil {
		return nil, nil, err
	}
	c.Where, err = a.where(s, n.WhereClause)
	return c, spec, err
}

// inference analyzes the keys that ON CONFLICT names.
func (a *analyzer) inference(w *target.Target, n *ast.InferClause) (*arbiter.Spec, error) {
	if n == nil || n.Conname != "" {
		return nil, nil
	}
	s := &scope.Scope{Parent: a.outer, Rels: []*tree.Rel{w.Shown}, Clause: "index expressions", NoSubqueries: scope.WhyNoSubqueries("index expressions")}
	spec := &arbiter.Spec{}
	for _, item := range syntax.Items(n.IndexElems) {
		k, ok := item.(*ast.IndexElem)
		switch {
		case !ok || len(syntax.Items(k.Collation)) > 0 || len(syntax.Items(k.Opclass)) > 0:
			return nil, resolve.Unsupported("a collation or operator class in ON CONFLICT is")
		case k.Ordering != ast.SORTBY_DEFAULT:
			return nil, fault.New("42P10", "ASC/DESC is not allowed in ON CONFLICT clause")
		case k.NullsOrdering != ast.SORTBY_NULLS_DEFAULT:
			return nil, fault.New("42P10", "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
		}
		node := k.Expr
		if node == nil {
			node = ast.NewColumnRef(ast.NewString(k.Name))
		}
		e, err := a.Expr(s, node)
		if err == nil {
			e, err = a.Settle(e)
		}
		if err != nil {
			return nil, err
		}
		spec.Keys = append(spec.Keys, e)
	}
	var err error
	spec.Where, err = a.where(s, n.WhereClause)
	return spec, err
}

// arbiters finds the indexes that decide.
func (a *analyzer) arbiters(w *target.Target, c *tree.Conflict, spec *arbiter.Spec, n *ast.OnConflictClause) error {
	if c == nil {
		return nil
	}
	t := w.Base.Table
	if slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Deferrable && k.Kind != catalog.ForeignKey }) {
		return resolve.Unsupported("ON CONFLICT with a deferrable constraint is")
	}
	if n.Infer != nil && n.Infer.Conname != "" {
		return a.namedArbiter(w, c, n.Infer.Conname)
	}
	if spec == nil {
		return nil
	}
	var all []tree.Arbiter
	for _, i := range slices.SortedFunc(slices.Values(t.Indexes), func(x, y *catalog.Index) int { return cmp.Compare(x.OID, y.OID) }) {
		if !i.Unique {
			continue
		}
		made, err := a.arbiter(w.Base, i)
		if err != nil {
			return err
		}
		all = append(all, made)
	}
	var err error
	c.Arbiters, err = arbiter.Infer(all, *spec)
	return err
}

func (a *analyzer) namedArbiter(w *target.Target, c *tree.Conflict, name string) error {
	t := w.Base.Table
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if i < 0 {
		return fault.New(fault.UndefinedObject, `constraint "%s" for table "%s" does not exist`, name, t.Name)
	}
	k := t.Constraints[i]
	at := slices.IndexFunc(t.Indexes, func(x *catalog.Index) bool { return x.OID == k.Index })
	if at < 0 || k.Kind == catalog.ForeignKey {
		return fault.New(fault.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
	}
	for i, col := range w.Shown.Columns { // its columns are read, as those that are named would be
		if slices.Contains(k.Columns, col.Column.Number) {
			a.Needs.Read(w.Shown, i)
		}
	}
	made, err := a.arbiter(w.Base, t.Indexes[at])
	c.Arbiters = []tree.Arbiter{made}
	return err
}

// arbiter is an index by its keys.
func (a *analyzer) arbiter(r *tree.Rel, i *catalog.Index) (out tree.Arbiter, err error) {
	out.NullsAlike = i.NullsNotDistinct
	for _, k := range i.Columns {
		e := tree.Expr(nil)
		if k.Column == 0 {
			e, err = a.StoredExpr(r, k.Expr, types.Ref{}, "index expressions")
		} else {
			at := slices.IndexFunc(r.Columns, func(c tree.RelColumn) bool { return c.Column.Number == k.Column })
			e = &tree.Column{Ref: r.Columns[at].Type, Rel: r, Index: at}
		}
		if err != nil {
			return out, err
		}
		out.Keys = append(out.Keys, e)
	}
	if i.Where != nil {
		out.Where, err = a.StoredExpr(r, i.Where, types.Of(types.Bool), "index predicates")
	}
	return out, err
}

// conflictChecks are the conditions of policies on the row that exists and on
// what becomes of it (get_row_security_policies in rowsecurity.c).
func (a *analyzer) conflictChecks(w *target.Target, c *tree.Conflict, reads bool) error {
	if c == nil || !c.Update {
		return nil
	}
	using := func(p *catalog.Policy) *catalog.Expr { return p.Using }
	checks, err := a.Policies(w.Base, 'w', using)
	if err != nil {
		return err
	}
	if reads {
		more, err := a.Policies(w.Base, 'r', using)
		if err != nil {
			return err
		}
		checks = append(checks, more...)
	}
	for _, k := range checks {
		k.Using = true
		c.Using = append(c.Using, k)
	}
	c.Checks, err = a.newRowChecks(w, 'w', reads)
	return err
}
