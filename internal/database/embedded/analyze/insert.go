package analyze

import (
	"cmp"
	"maps"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/arbiter"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
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
	ins := &tree.Insert{Target: w.base}
	if err := a.generated(w.base); err != nil {
		return nil, err
	}
	columns, explicitList, err := a.insertColumns(w.shown, n.Cols)
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
	if ins.Values, err = a.newRow(w.base, given, n.Override); err != nil {
		return nil, err
	}
	var spec *arbiter.Spec
	if ins.Conflict, spec, err = a.onConflict(w, n.OnConflictClause); err != nil {
		return nil, err
	}
	a.fresh = w.shown
	defer func() { a.fresh = nil }()
	if ins.Returning, err = a.returning(w.shown, n.ReturningList); err != nil {
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
func (a *analyzer) behind(w *written, shown map[int]given) (map[int]given, error) {
	out := map[int]given{}
	for _, i := range slices.Sorted(maps.Keys(shown)) {
		base, err := w.through(i, catalog.Insert)
		if err != nil {
			return nil, err
		}
		if _, twice := out[base]; twice {
			return nil, fault.New(fault.SyntaxError, `multiple assignments to same column "%s"`, w.base.Columns[base].Column.Name)
		}
		out[base] = shown[i]
	}
	return out, a.viewGiven(w, out)
}

// insertColumns resolves the list of columns, all of them when there is none.
func (a *analyzer) insertColumns(target *tree.Rel, list *ast.NodeList) (columns []int, isExplicit bool, err error) {
	if list == nil || len(list.Items) == 0 {
		for i := range target.Columns {
			columns = append(columns, i)
		}
		return columns, false, nil
	}
	seen := map[int]bool{}
	for _, n := range list.Items {
		t, ok := n.(*ast.ResTarget)
		if !ok || len(syntax.Items(t.Indirection)) > 0 {
			return nil, true, unsupported("a column with a subscript or field in INSERT is")
		}
		i, err := a.targetColumn(target, t.Name)
		if err != nil {
			return nil, true, err
		}
		if seen[i] {
			return nil, true, a.at(fault.New(fault.DuplicateColumn, `column "%s" specified more than once`, t.Name), t.Name)
		}
		seen[i] = true
		columns = append(columns, i)
	}
	return columns, true, nil
}

func (a *analyzer) targetColumn(target *tree.Rel, name string) (int, error) {
	for i, c := range target.Columns {
		if c.Column.Name == name {
			return i, nil
		}
	}
	return 0, a.at(fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, relObject(target).name), name)
}

// given is what an INSERT gives for a column: an expression, or DEFAULT.
type given struct {
	expr      tree.Expr
	isDefault bool
}

// insertSource analyzes what is inserted, and returns it by the index of the
// column.
func (a *analyzer) insertSource(ins *tree.Insert, w *written, n *ast.InsertStmt, columns []int, isExplicit bool) (map[int]given, error) {
	if n.SelectStmt == nil {
		return nil, nil // DEFAULT VALUES
	}
	sel, ok := n.SelectStmt.(*ast.SelectStmt)
	if !ok {
		return nil, unsupported("INSERT from %T is", n.SelectStmt)
	}
	if lists := syntax.Items(sel.ValuesLists); len(lists) == 1 && sel.SortClause == nil && sel.LimitCount == nil &&
		sel.LimitOffset == nil && sel.WithClause == nil {
		return a.insertRow(w.shown, lists[0], columns, isExplicit)
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
		return nil, unsupported("%T in VALUES is", list)
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
	e, err := a.expr(&scope{parent: a.outer, clause: "VALUES"}, n)
	if err != nil {
		return given{}, err
	}
	e, err = a.assignColumn(target, column, e)
	return given{expr: e}, err
}

// insertRows analyzes VALUES with several rows. Each value is converted to its
// column's type at once, as PostgreSQL does; DEFAULT is written out.
func (a *analyzer) insertRows(ins *tree.Insert, w *written, n *ast.InsertStmt, sel *ast.SelectStmt, columns []int, isExplicit bool) (map[int]given, error) {
	if sel.SortClause != nil || sel.LimitCount != nil || sel.LimitOffset != nil || sel.WithClause != nil {
		return nil, unsupported("ORDER BY, LIMIT or WITH around VALUES in INSERT is")
	}
	var rows []map[int]given
	for _, list := range syntax.Items(sel.ValuesLists) {
		row, err := a.insertRow(w.shown, list, columns, isExplicit)
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
		return allDefault(rows, c) || n.Override == ast.OVERRIDING_USER_VALUE && w.behind(c).Identity != 0
	})
	if len(given) > 0 {
		columns = given
	}
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
		q.Columns = append(q.Columns, tree.Output{Name: w.shown.Columns[column].Name, Expr: q.Values[0][i]})
	}
	return a.fromSource(ins, w.shown, q, columns)
}

// insertQuery analyzes INSERT … SELECT.
func (a *analyzer) insertQuery(ins *tree.Insert, w *written, sel *ast.SelectStmt, columns []int, isExplicit bool) (map[int]given, error) {
	q, err := a.query(a.outer, sel)
	if err != nil {
		return nil, err
	}
	if columns, err = a.checkCount(len(q.Columns), columns, isExplicit); err != nil {
		return nil, err
	}
	convertible := !q.Distinct && len(q.Values) == 0
	for i, column := range columns {
		if q.Columns[i].Expr.Type().OID == types.Unknown && convertible {
			if q.Columns[i].Expr, err = a.assignColumn(w.shown, column, q.Columns[i].Expr); err != nil {
				return nil, err
			}
		}
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	return a.fromSource(ins, w.shown, q, columns)
}

// fromSource makes a query the source of the insert.
func (a *analyzer) fromSource(ins *tree.Insert, target *tree.Rel, q *tree.Query, columns []int) (map[int]given, error) {
	r := &tree.Rel{Query: q}
	for _, c := range q.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Expr.Type()})
	}
	r, err := a.newRel(r)
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

// assignColumn converts a value to a column's type by the rules of assignment.
func (a *analyzer) assignColumn(target *tree.Rel, column int, e tree.Expr) (tree.Expr, error) {
	c := target.Columns[column].Column
	return a.Assign(e, c.Type, func() error {
		return a.at(fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but expression is of type %s`,
			c.Name, a.TypeName(c.Type.OID), a.TypeName(e.Type().OID)).
			WithHint("You will need to rewrite or cast the expression."), c.Name)
	})
}

// newRow makes the full new row: what is given, and defaults for the rest.
func (a *analyzer) newRow(target *tree.Rel, values map[int]given, override ast.OverridingKind) ([]tree.Expr, error) {
	out := make([]tree.Expr, len(target.Columns))
	for i, c := range target.Columns {
		g, ok := values[i]
		if ok && !g.isDefault && c.Column.Identity != 0 && override == ast.OVERRIDING_USER_VALUE {
			ok = false
		}
		if ok && !g.isDefault {
			if err := mayInsert(c.Column, override); err != nil {
				return nil, err
			}
			out[i] = g.expr
			continue
		}
		e, err := a.defaultOf(target, i)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// defaultOf is the value of a column that is not given.
func (a *analyzer) defaultOf(target *tree.Rel, column int) (tree.Expr, error) {
	c := target.Columns[column].Column
	switch {
	case c.Identity != 0:
		return &tree.NextValue{Sequence: c.Sequence, Ref: c.Type}, nil
	case c.Default != nil:
		return a.storedExpr(nil, c.Default, c.Type, "DEFAULT")
	case c.Sequence != 0:
		return &tree.NextValue{Sequence: c.Sequence, Ref: c.Type}, nil
	}
	return &tree.Const{Ref: c.Type, Value: null}, nil
}

// returning analyzes RETURNING, which sees the new or, for DELETE, the old row.
func (a *analyzer) returning(target *tree.Rel, list *ast.NodeList) ([]tree.Output, error) {
	return a.returningFrom(&scope{parent: a.outer, rels: []*tree.Rel{target}}, list)
}

// returningFrom analyzes RETURNING of a statement that sees more than its target.
func (a *analyzer) returningFrom(s *scope, list *ast.NodeList) ([]tree.Output, error) {
	if len(syntax.Items(list)) == 0 {
		return nil, nil
	}
	out, err := a.targets(s.in("RETURNING", nil), list)
	if err != nil {
		return nil, err
	}
	return out, a.settleOutputs(out)
}

// generatedAlways is the error of a value given to a column that computes its
// own.
const generatedAlways = "428C9"

// generationClause is how messages call the expression of a generated column.
const generationClause = "column generation expressions"

// generated analyzes what the generated columns of a table to be written are
// computed from, for the conditions on its new rows.
func (a *analyzer) generated(r *tree.Rel) error {
	for i, c := range r.Columns {
		if c.Column.Generated == nil {
			continue
		}
		x, err := a.storedExpr(r, c.Column.Generated, c.Type, generationClause)
		if err != nil {
			return err
		}
		if r.Generated == nil {
			r.Generated = map[int]tree.Expr{}
		}
		r.Generated[i] = x
	}
	return nil
}

// mayInsert refuses a value for a column that has its own.
func mayInsert(c *catalog.Column, override ast.OverridingKind) error {
	f := fault.New(generatedAlways, `cannot insert a non-DEFAULT value into column "%s"`, c.Name)
	switch {
	case c.Generated != nil:
		return f.WithDetail(`Column "%s" is a generated column.`, c.Name)
	case c.Identity == 'a' && override != ast.OVERRIDING_SYSTEM_VALUE:
		return f.WithDetail(`Column "%s" is an identity column defined as GENERATED ALWAYS.`, c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// allDefault tells whether every row of VALUES has DEFAULT in a column.
func allDefault(rows []map[int]given, column int) bool {
	for _, row := range rows {
		if g, ok := row[column]; !ok || !g.isDefault {
			return false
		}
	}
	return true
}

// onConflict analyzes ON CONFLICT: what it does, and by which keys it is to
// find the indexes.
func (a *analyzer) onConflict(w *written, n *ast.OnConflictClause) (*tree.Conflict, *arbiter.Spec, error) {
	if n == nil {
		return nil, nil, nil
	}
	if w.view != nil {
		return nil, nil, unsupported("ON CONFLICT with a view is")
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
	for _, col := range w.base.Columns {
		c.Excluded.Columns = append(c.Excluded.Columns, tree.RelColumn{Name: col.Column.Name, Type: col.Type, Column: col.Column})
	}
	if _, err := a.newRel(c.Excluded); err != nil {
		return nil, nil, err
	}
	// PostgreSQL asks for SELECT on the columns of EXCLUDED, too.
	a.reads[c.Excluded] = &need{on: w.need.on, role: a.Role, privilege: catalog.Select, columns: map[int]bool{}}
	a.needed = append(a.needed, a.reads[c.Excluded])
	insert := w.need
	w.need = a.need(insert.on, catalog.Update) // of the columns that are set
	defer func() { w.need = insert }()
	s := &scope{parent: a.outer, rels: []*tree.Rel{w.shown, c.Excluded}, clause: "UPDATE"}
	if c.Set, err = a.assignments(s, w, n.TargetList); err != nil {
		return nil, nil, err
	}
	c.Where, err = a.where(s, n.WhereClause)
	return c, spec, err
}

// inference analyzes the keys that ON CONFLICT names.
func (a *analyzer) inference(w *written, n *ast.InferClause) (*arbiter.Spec, error) {
	if n == nil || n.Conname != "" {
		return nil, nil
	}
	s := &scope{parent: a.outer, rels: []*tree.Rel{w.shown}, clause: "index expressions", noSubqueries: noSubqueries["index expressions"]}
	spec := &arbiter.Spec{}
	for _, item := range syntax.Items(n.IndexElems) {
		k, ok := item.(*ast.IndexElem)
		switch {
		case !ok || len(syntax.Items(k.Collation)) > 0 || len(syntax.Items(k.Opclass)) > 0:
			return nil, unsupported("a collation or operator class in ON CONFLICT is")
		case k.Ordering != ast.SORTBY_DEFAULT:
			return nil, fault.New("42P10", "ASC/DESC is not allowed in ON CONFLICT clause")
		case k.NullsOrdering != ast.SORTBY_NULLS_DEFAULT:
			return nil, fault.New("42P10", "NULLS FIRST/LAST is not allowed in ON CONFLICT clause")
		}
		node := k.Expr
		if node == nil {
			node = ast.NewColumnRef(ast.NewString(k.Name))
		}
		e, err := a.expr(s, node)
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
func (a *analyzer) arbiters(w *written, c *tree.Conflict, spec *arbiter.Spec, n *ast.OnConflictClause) error {
	if c == nil {
		return nil
	}
	t := w.base.Table
	if slices.ContainsFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Deferrable && k.Kind != catalog.ForeignKey }) {
		return unsupported("ON CONFLICT with a deferrable constraint is")
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
		made, err := a.arbiter(w.base, i)
		if err != nil {
			return err
		}
		all = append(all, made)
	}
	var err error
	c.Arbiters, err = arbiter.Infer(all, *spec)
	return err
}

func (a *analyzer) namedArbiter(w *written, c *tree.Conflict, name string) error {
	t := w.base.Table
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if i < 0 {
		return fault.New(fault.UndefinedObject, `constraint "%s" for table "%s" does not exist`, name, t.Name)
	}
	k := t.Constraints[i]
	at := slices.IndexFunc(t.Indexes, func(x *catalog.Index) bool { return x.OID == k.Index })
	if at < 0 || k.Kind == catalog.ForeignKey {
		return fault.New(fault.WrongObjectType, "constraint in ON CONFLICT clause has no associated index")
	}
	for i, col := range w.shown.Columns { // its columns are read, as those that are named would be
		if slices.Contains(k.Columns, col.Column.Number) {
			a.mark(w.shown, i)
		}
	}
	made, err := a.arbiter(w.base, t.Indexes[at])
	c.Arbiters = []tree.Arbiter{made}
	return err
}

// arbiter is an index by its keys.
func (a *analyzer) arbiter(r *tree.Rel, i *catalog.Index) (out tree.Arbiter, err error) {
	out.NullsAlike = i.NullsNotDistinct
	for _, k := range i.Columns {
		e := tree.Expr(nil)
		if k.Column == 0 {
			e, err = a.storedExpr(r, k.Expr, types.Ref{}, "index expressions")
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
		out.Where, err = a.storedExpr(r, i.Where, types.Of(types.Bool), "index predicates")
	}
	return out, err
}

// conflictChecks are the conditions of policies on the row that exists and on
// what becomes of it (get_row_security_policies in rowsecurity.c).
func (a *analyzer) conflictChecks(w *written, c *tree.Conflict, reads bool) error {
	if c == nil || !c.Update {
		return nil
	}
	using := func(p *catalog.Policy) *catalog.Expr { return p.Using }
	checks, err := a.policies(w.base, 'w', using)
	if err != nil {
		return err
	}
	if reads {
		more, err := a.policies(w.base, 'r', using)
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

// isNew reads t.xmax = 0 in RETURNING of an INSERT, by which a row that was
// inserted is told from one that existed; nil for anything else.
func (a *analyzer) isNew(s *scope, n *ast.A_Expr) tree.Expr {
	ref, ok := n.Lexpr.(*ast.ColumnRef)
	if a.fresh == nil || s.clause != "RETURNING" || a.fresh.View != nil || !ok || n.Kind != ast.AEXPR_OP || !slices.Equal(syntax.Names(n.Name), []string{"="}) {
		return nil
	}
	path := syntax.Names(ref.Fields)
	k, ok := n.Rexpr.(*ast.A_Const)
	if !ok || path[len(path)-1] != "xmax" || len(path) > 2 || len(path) == 2 && path[0] != a.fresh.Alias {
		return nil
	}
	if zero, ok := k.Val.(*ast.Integer); !ok || zero.IVal != 0 {
		return nil
	}
	a.readSystem(a.fresh)
	return &tree.IsNew{}
}
