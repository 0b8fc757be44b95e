package analyze

import (
	"maps"
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

// insert analyzes INSERT.
func (a *analyzer) insert(n *ast.InsertStmt) (*tree.Insert, error) {
	w, err := a.target(n.Relation, catalog.Insert)
	if err != nil {
		return nil, err
	}
	ins := &tree.Insert{Target: w.Base}
	if err := a.generated(w.Base); err != nil {
		return nil, err
	}
	columns, explicitList, err := a.insertColumns(w.Shown, n.Cols)
	if err != nil {
		return nil, err
	}
	shown, err := a.insertSource(ins, w, n, columns, explicitList)
	if err != nil {
		return nil, err
	}
	given, err := a.behind(w, shown)
	if err != nil {
		return nil, err
	}
	if ins.Values, err = a.newRow(w.Base, given, n.Override); err != nil {
		return nil, err
	}
	var spec *arbiter.Spec
	if ins.Conflict, spec, err = a.onConflict(w, n.OnConflictClause); err != nil {
		return nil, err
	}
	a.Fresh = w.Shown
	defer func() { a.Fresh = nil }()
	if ins.Returning, err = a.returning(w.Shown, n.ReturningList); err != nil {
		return nil, err
	}
	if err := a.arbiters(w, ins.Conflict, spec, n.OnConflictClause); err != nil {
		return nil, err
	}
	reads := a.readsBase(w)
	if err := a.conflictChecks(w, ins.Conflict, reads); err != nil {
		return nil, err
	}
	ins.Checks, err = a.newRowChecks(w, 'a', reads)
	return ins, err
}

// behind is what is given for the table's own columns.
func (a *analyzer) behind(w *target.Target, shown map[int]given) (map[int]given, error) {
	out := map[int]given{}
	for _, i := range slices.Sorted(maps.Keys(shown)) {
		base, err := w.Through(i, catalog.Insert)
		if err != nil {
			return nil, err
		}
		if _, twice := out[base]; twice {
			return nil, fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, w.Base.Columns[base].Column.Name)
		}
		out[base] = shown[i]
	}
	return out, a.viewGiven(w, out)
}

// insertSource analyzes what is inserted, and returns it by the index of the
// column.
func (a *analyzer) insertSource(ins *tree.Insert, w *target.Target, n *ast.InsertStmt, columns []int, isExplicit bool) (map[int]given, error) {
	if n.SelectStmt == nil {
		return nil, nil // DEFAULT VALUES
	}
	sel, ok := n.SelectStmt.(*ast.SelectStmt)
	if !ok {
		return nil, resolve.Unsupported("INSERT from %T is", n.SelectStmt)
	}
	if lists := syntax.Items(sel.ValuesLists); len(lists) == 1 && sel.SortClause == nil && sel.LimitCount == nil &&
		sel.LimitOffset == nil && sel.WithClause == nil {
		return a.insertRow(w.Shown, lists[0], columns, isExplicit)
	}
	if len(syntax.Items(sel.ValuesLists)) > 1 {
		return a.insertRows(ins, w, n, sel, columns, isExplicit)
	}
	return a.insertQuery(ins, w, sel, columns, isExplicit)
}

func (a *analyzer) checkCount(n int, columns []int, isExplicit bool) ([]int, error) {
	if n > len(columns) {
		return nil, fault.New(fault.SyntaxError, "INSERT has more expressions than target columns")
	}
	if n < len(columns) && isExplicit {
		return nil, fault.New(fault.SyntaxError, "INSERT has more target columns than expressions")
	}
	return columns[:n], nil
}

// insertRow analyzes VALUES with one row, which needs no source.
func (a *analyzer) insertRow(target *tree.Rel, list ast.Node, columns []int, isExplicit bool) (map[int]given, error) {
	nodes, ok := list.(*ast.NodeList)
	if !ok {
		return nil, resolve.Unsupported("%T in VALUES is", list)
	}
	columns, err := a.checkCount(len(nodes.Items), columns, isExplicit)
	if err != nil {
		return nil, err
	}
	out := map[int]given{}
	for i, n := range nodes.Items {
		if out[columns[i]], err = a.insertValue(target, columns[i], n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *analyzer) insertValue(target *tree.Rel, column int, n ast.Node) (given, error) {
	if _, ok := n.(*ast.SetToDefault); ok {
		return given{isDefault: true}, nil
	}
	e, err := a.Expr(&scope.Scope{Parent: a.outer, Clause: "VALUES"}, n)
	if err != nil {
		return given{}, err
	}
	e, err = a.assignColumn(target, column, e)
	return given{expr: e}, err
}

// insertRows analyzes VALUES with several rows. Each value is converted to its
// column's type at once, as PostgreSQL does; DEFAULT is written out.
func (a *analyzer) insertRows(ins *tree.Insert, w *target.Target, n *ast.InsertStmt, sel *ast.SelectStmt, columns []int, isExplicit bool) (map[int]given, error) {
	if sel.SortClause != nil || sel.LimitCount != nil || sel.LimitOffset != nil || sel.WithClause != nil {
		return nil, resolve.Unsupported("ORDER BY, LIMIT or WITH around VALUES in INSERT is")
	}
	var rows []map[int]given
	for _, list := range syntax.Items(sel.ValuesLists) {
		row, err := a.insertRow(w.Shown, list, columns, isExplicit)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 && len(row) != len(rows[0]) {
			return nil, fault.New(fault.SyntaxError, "VALUES lists must all be the same length")
		}
		rows = append(rows, row)
	}
	// A column that is DEFAULT in all rows is as good as left out, unless nothing
	// would be left.
	columns = columns[:len(rows[0])]
	given := slices.DeleteFunc(slices.Clone(columns), func(c int) bool {
		return allDefault(rows, c) || n.Override == ast.OVERRIDING_USER_VALUE && w.Behind(c).Identity != 0
	})
	if len(given) > 0 {
		columns = given
	}
	q, err := a.queryOf(w, rows, columns)
	if err != nil {
		return nil, err
	}
	return a.fromSource(ins, w.Shown, q, columns)
}

// queryOf makes VALUES of rows.
func (a *analyzer) queryOf(w *target.Target, rows []map[int]given, columns []int) (*tree.Query, error) {
	q := &tree.Query{}
	for _, row := range rows {
		values := make([]tree.Expr, len(columns))
		for i, c := range columns {
			g := row[c]
			if g.isDefault {
				var err error
				if g.expr, err = a.viewDefault(w, c); err != nil {
					return nil, err
				}
			}
			values[i] = g.expr
		}
		q.Values = append(q.Values, values)
	}
	for i, column := range columns {
		q.Columns = append(q.Columns, tree.Output{Name: w.Shown.Columns[column].Name, Expr: q.Values[0][i]})
	}
	return q, nil
}

// insertQuery analyzes INSERT … SELECT.
func (a *analyzer) insertQuery(ins *tree.Insert, w *target.Target, sel *ast.SelectStmt, columns []int, isExplicit bool) (map[int]given, error) {
	q, err := a.Query(a.outer, sel)
	if err != nil {
		return nil, err
	}
	if columns, err = a.checkCount(len(q.Columns), columns, isExplicit); err != nil {
		return nil, err
	}
	convertible := !q.Distinct && len(q.Values) == 0
	for i, column := range columns {
		if q.Columns[i].Expr.Type().OID == types.Unknown && convertible {
			if q.Columns[i].Expr, err = a.assignColumn(w.Shown, column, q.Columns[i].Expr); err != nil {
				return nil, err
			}
		}
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	return a.fromSource(ins, w.Shown, q, columns)
}

// fromSource makes a query the source of the insert.
func (a *analyzer) fromSource(ins *tree.Insert, target *tree.Rel, q *tree.Query, columns []int) (map[int]given, error) {
	r := &tree.Rel{Query: q}
	for _, c := range q.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Expr.Type()})
	}
	r, err := a.NewRel(r)
	if err != nil {
		return nil, err
	}
	ins.Source = r
	out := map[int]given{}
	for i, column := range columns {
		e, err := a.assignColumn(target, column, &tree.Column{Ref: r.Columns[i].Type, Rel: r, Index: i})
		if err != nil {
			return nil, err
		}
		out[column] = given{expr: e}
	}
	return out, nil
}

// returning analyzes RETURNING, which sees the new or, for DELETE, the old row.
func (a *analyzer) returning(target *tree.Rel, list *ast.NodeList) ([]tree.Output, error) {
	return a.returningFrom(&scope.Scope{Parent: a.outer, Rels: []*tree.Rel{target}}, list)
}

// returningFrom analyzes RETURNING of a statement that sees more than its target.
func (a *analyzer) returningFrom(s *scope.Scope, list *ast.NodeList) ([]tree.Output, error) {
	if len(syntax.Items(list)) == 0 {
		return nil, nil
	}
	out, err := a.Targets(s.In("RETURNING", nil), list)
	if err != nil {
		return nil, err
	}
	return out, a.SettleOutputs(out)
}
