package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/freeze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/query"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/target"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Expr analyzes a stored expression over the columns of a table, nil for none.
// want is the type it is assigned to, or the zero Ref. It returns the relation
// whose columns the expression uses.
func Expr(c lookup.Context, t *catalog.Table, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, *tree.Rel, error) {
	a := newAnalyzer(c)
	a.Defining = true
	var r *tree.Rel
	if t != nil {
		r = &tree.Rel{Alias: t.Name, Table: t}
		for _, col := range t.Columns {
			r.Columns = append(r.Columns, tree.RelColumn{Name: col.Name, Type: col.Type, Column: col})
		}
		if _, err := a.NewRel(r); err != nil {
			return nil, nil, err
		}
	}
	x, err := a.StoredExpr(r, e, want, clause)
	if err != nil {
		return nil, nil, err
	}
	if a.HasParams() {
		return nil, nil, fault.New(fault.UndefinedParameter, "there is no parameter $1")
	}
	return x, r, nil
}

// ViewQuery is the query of a view, understood.
type ViewQuery struct {
	Columns []tree.Output
	Origins []catalog.Origin // of the columns
	Sources []catalog.Source
	// Updatable is why rows cannot be changed through the view, nil if they can.
	Updatable error
}

// View analyzes the query of a view that is being made, and changes the node so
// that it names its sources by OID.
func View(c lookup.Context, n *ast.SelectStmt) (*ViewQuery, error) {
	a := newAnalyzer(c)
	a.Stored = true
	a.Freeze, a.Defining = freeze.New(), true
	q, err := a.Query(nil, n)
	if err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	if a.HasParams() {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $1")
	}
	out := &ViewQuery{Columns: q.Columns, Updatable: target.Updatable(n, q.Columns)}
	for _, c := range q.Columns {
		out.Origins = append(out.Origins, freeze.Origin(c.Expr))
	}
	out.Sources = a.Freeze.Sources(&a.Needs)
	return out, a.Freeze.Resolve(n, out.Sources)
}

// Sources lists what an expression with subqueries reads, over the columns of a
// table, and changes the node so that it names its sources by OID.
func Sources(c lookup.Context, t *catalog.Table, node ast.Node) ([]catalog.Source, error) {
	a := newAnalyzer(c)
	a.Stored = true
	a.Freeze, a.Defining = freeze.New(), true
	r, err := a.NewRel(a.InSchema(t.Schema, t.Name))
	if err != nil {
		return nil, err
	}
	a.Needs.Watch(a.Role, r, false)
	a.Freeze.Add(r)
	if _, err := a.Expr(&scope.Scope{Clause: "POLICY", Rels: []*tree.Rel{r}}, node); err != nil {
		return nil, err
	}
	sources := a.Freeze.Sources(&a.Needs)
	if slices.ContainsFunc(sources, func(s catalog.Source) bool { return s.Whole }) {
		return nil, resolve.Unsupported("a whole row in a subquery of a policy is")
	}
	return sources, a.Freeze.Resolve(node, sources)
}

// Updatable tells why rows cannot be changed through a view, nil if they can.
func Updatable(c lookup.Context, v *catalog.View) (reason, err error) {
	a := newAnalyzer(c)
	a.Defining = true
	r := lookup.View(v)
	if err := a.Expand(r); err != nil {
		return nil, err
	}
	sel, err := query.ViewQuery(v)
	if err != nil {
		return nil, err
	}
	return target.Updatable(sel, r.Query.Columns), nil
}

// CheckFunction checks the body of a function that is being made.
func CheckFunction(c lookup.Context, f *catalog.Function) error {
	apart, err := checkFunction(c, f, false)
	if !apart {
		return err
	}
	if _, failed := checkFunction(c, f, true); fault.Code(failed) != fault.FeatureNotSupported {
		return failed
	}
	return err
}

// checkFunction is CheckFunction. apart tells that it may succeed with each.
func checkFunction(c lookup.Context, f *catalog.Function, each bool) (apart bool, err error) {
	a := newAnalyzer(c)
	a.Defining, a.each = true, each
	params, err := a.NewRel(&tree.Rel{})
	if err != nil {
		return false, err
	}
	var args []tree.Expr
	for i, p := range f.Args {
		params.Columns = append(params.Columns, tree.RelColumn{Name: p.Name, Type: types.Of(p.Type)})
		if row := a.ByOID(p.Relation); row != nil {
			args = append(args, &tree.WholeRow{Rel: row, Of: p.Relation})
			continue
		}
		args = append(args, &tree.Column{Ref: types.Of(p.Type), Rel: params, Index: i})
	}
	list, err := syntax.Split(f.Body)
	one := inline.OneQuery(list)
	if err == nil && (one == nil || f.Result == types.Void || inline.WritesFirst(one) || each && a.callsPhases(f, list, 0)) {
		_, err = a.run(f, args, list)
	} else if err == nil {
		_, err = a.Body(f, args)
	}
	return err != nil && a.Apart, err
}
