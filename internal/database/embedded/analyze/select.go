package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/label"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// query analyzes a SELECT or VALUES. parent is the scope of the query around
// it, nil for none.
func (a *analyzer) query(parent *scope, n *ast.SelectStmt) (*tree.Query, error) {
	if err := refuseSelect(n); err != nil {
		return nil, err
	}
	switch {
	case n.WithClause != nil:
		return a.withQuery(parent, n)
	case n.Op != ast.SETOP_NONE:
		return a.compound(parent, n)
	case len(syntax.Items(n.ValuesLists)) > 0:
		return a.values(parent, n)
	}
	q := &tree.Query{}
	s := &scope{parent: parent}
	var err error
	if q.From, err = a.from(s, n.FromClause); err != nil {
		return nil, err
	}
	if n.WhereClause != nil {
		if q.Where, err = a.boolean(s.in("WHERE", nil), n.WhereClause, "WHERE"); err != nil {
			return nil, err
		}
	}
	var aggregates []*tree.Aggregate
	s.sets, s.groupings = &[]*tree.Rel{}, &[]*tree.Grouping{}
	s.windows = newWindows(n.WindowClause, &aggregates)
	if q.Columns, err = a.targets(s.in("SELECT", &aggregates), n.TargetList); err != nil {
		return nil, err
	}
	if err := a.grouping(q, s, n, &aggregates); err != nil {
		return nil, err
	}
	if q.OrderBy, err = a.orderBy(s.in("ORDER BY", &aggregates), n.SortClause, q); err != nil {
		return nil, err
	}
	if err := a.distinct(q, s.in("DISTINCT ON", &aggregates), n); err != nil {
		return nil, err
	}
	if err := a.limit(q, s, n); err != nil {
		return nil, err
	}
	if err := a.defineWindows(q, s); err != nil {
		return nil, err
	}
	q.Aggregates = aggregates
	q.Aggregated = len(aggregates)+len(*s.groupings)+len(q.GroupBy)+len(q.Sets) > 0 || q.Having != nil
	if err := checkGroupings(q, *s.groupings); err != nil {
		return nil, err
	}
	if err := a.addSets(q, *s.sets); err != nil {
		return nil, err
	}
	if err := a.lock(q, s, n); err != nil {
		return nil, err
	}
	return q, a.checkGrouped(q, s)
}

// lockNames are the clauses that lock rows.
var lockNames = map[ast.LockClauseStrength]string{
	ast.LCS_FORKEYSHARE: "FOR KEY SHARE", ast.LCS_FORSHARE: "FOR SHARE",
	ast.LCS_FORNOKEYUPDATE: "FOR NO KEY UPDATE", ast.LCS_FORUPDATE: "FOR UPDATE",
}

func lockError(l *ast.LockingClause, message string) error {
	return fault.New(fault.FeatureNotSupported, "%s %s", lockNames[l.Strength], message)
}

// lock applies FOR UPDATE and its kind. The single writer locks all there is, so
// what is left are the rights to change the rows and the policies for it.
func (a *analyzer) lock(q *tree.Query, s *scope, n *ast.SelectStmt) error {
	for _, item := range syntax.Items(n.LockingClause) {
		l, ok := item.(*ast.LockingClause)
		if !ok || a.freeze != nil || len(a.expanding) > 0 {
			return unsupported("FOR UPDATE here is")
		}
		for _, w := range []struct {
			has  bool
			what string
		}{
			{q.Distinct, "DISTINCT clause"}, {len(q.GroupBy)+len(q.Sets) > 0, "GROUP BY clause"}, {q.Having != nil, "HAVING clause"},
			{q.Aggregated, "aggregate functions"}, {q.Windowed, "window functions"},
			{s.sets != nil && len(*s.sets) > 0, "set-returning functions in the target list"},
		} {
			if w.has {
				return lockError(l, "is not allowed with "+w.what)
			}
		}
		list, err := a.lockedRels(s, l)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := a.lockRel(r, l); err != nil {
				return err
			}
		}
		a.locks = "SELECT " + lockNames[l.Strength]
	}
	return nil
}

// lockedRels are the relations that a clause locks.
func (a *analyzer) lockedRels(s *scope, l *ast.LockingClause) ([]*tree.Rel, error) {
	var out []*tree.Rel
	if len(syntax.Items(l.LockedRels)) == 0 {
		for _, r := range s.rels {
			if r.Table != nil || r.View != nil || r.Query != nil && r.CTE == nil {
				out = append(out, r)
			}
		}
		return out, nil
	}
	for _, item := range l.LockedRels.Items {
		v, ok := item.(*ast.RangeVar)
		if !ok {
			return nil, unsupported("%T in FOR UPDATE OF is", item)
		}
		if v.SchemaName != "" {
			return nil, fault.New(fault.SyntaxError, "%s must specify unqualified relation names", lockNames[l.Strength])
		}
		i := slices.IndexFunc(s.rels, func(r *tree.Rel) bool { return r.Alias == v.RelName })
		if i < 0 {
			return nil, a.at(fault.New(fault.UndefinedTable, `relation "%s" in %s clause not found in FROM clause`, v.RelName, lockNames[l.Strength]), v.RelName)
		}
		out = append(out, s.rels[i])
	}
	return out, nil
}

func (a *analyzer) lockRel(r *tree.Rel, l *ast.LockingClause) error {
	switch {
	case r.Table == nil:
		return unsupported("FOR UPDATE of anything but a table is")
	case r.Nullable:
		return lockError(l, "cannot be applied to the nullable side of an outer join")
	}
	a.need(relObject(r), catalog.Update) // of any column, since none is named
	own, err := a.using(r, 'w')
	r.Policy = and(r.Policy, own)
	return err
}

// refuseSelect names the parts of SELECT that are not built yet.
func refuseSelect(n *ast.SelectStmt) error {
	switch {
	case n.IntoClause != nil:
		return unsupported("SELECT INTO is")
	case len(syntax.Items(n.LockingClause)) > 0 && n.WithClause == nil && (n.Op != ast.SETOP_NONE || len(syntax.Items(n.ValuesLists)) > 0):
		what := "UNION/INTERSECT/EXCEPT"
		if n.Op == ast.SETOP_NONE {
			what = "VALUES"
		}
		return lockError(n.LockingClause.Items[0].(*ast.LockingClause), "is not allowed with "+what)
	}
	return nil
}

// targets analyzes the list of a SELECT or RETURNING.
func (a *analyzer) targets(s *scope, list *ast.NodeList) ([]tree.Output, error) {
	var out []tree.Output
	for _, n := range syntax.Items(list) {
		t, ok := n.(*ast.ResTarget)
		if !ok {
			return nil, unsupported("%T in a select list is", n)
		}
		if ref, ok := t.Val.(*ast.ColumnRef); ok && isStar(ref) {
			cols, err := a.star(s, ref)
			if err != nil {
				return nil, err
			}
			out = append(out, cols...)
			continue
		}
		e, err := a.expr(s, t.Val)
		if err != nil {
			return nil, err
		}
		name := t.Name
		if name == "" {
			name, _ = label.Of(t.Val, a.scalarNames)
		}
		out = append(out, tree.Output{Name: name, Expr: e})
	}
	return out, nil
}

func isStar(n *ast.ColumnRef) bool {
	f := syntax.Items(n.Fields)
	_, ok := f[len(f)-1].(*ast.A_Star)
	return ok
}

// star expands * and t.*.
func (a *analyzer) star(s *scope, n *ast.ColumnRef) ([]tree.Output, error) {
	fields := syntax.Items(n.Fields)
	columns := s.all()
	if len(fields) > 1 {
		var qualifier []string
		for _, f := range fields[:len(fields)-1] {
			qualifier = append(qualifier, syntax.Str(f))
		}
		if columns = s.joinNamed(qualifier); columns == nil {
			r, err := a.rel(s, qualifier)
			if err != nil {
				return nil, err
			}
			columns = s.shows(r)
		}
	} else if len(s.rels) == 0 {
		return nil, fault.New(fault.SyntaxError, "SELECT * with no tables specified is not valid")
	}
	out := make([]tree.Output, len(columns))
	for i, c := range columns {
		out[i] = tree.Output{Name: c.name, Expr: a.showColumn(c)}
	}
	return out, nil
}

// settleOutputs gives outputs of unknown type the type text.
func (a *analyzer) settleOutputs(list []tree.Output) error {
	for i, o := range list {
		e, err := a.Settle(o.Expr)
		if err != nil {
			return err
		}
		list[i].Expr = e
	}
	return nil
}

func (a *analyzer) distinct(q *tree.Query, s *scope, n *ast.SelectStmt) error {
	list := syntax.Items(n.DistinctClause)
	if n.DistinctClause == nil {
		return nil
	}
	q.Distinct = true
	if len(list) > 0 && list[0] != nil {
		return a.distinctOn(q, s, list)
	}
	for i, c := range q.Columns {
		e, err := a.Settle(c.Expr)
		if err != nil {
			return err
		}
		q.Columns[i].Expr = e
		if err := a.Ordered(e, "equality", "="); err != nil {
			return err
		}
	}
	for _, o := range q.OrderBy {
		if !isOutput(q, o.Expr) {
			return fault.New(fault.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
	}
	return nil
}

// distinctOn analyzes the keys of DISTINCT ON. ORDER BY begins with them, in
// whatever order.
func (a *analyzer) distinctOn(q *tree.Query, s *scope, list []ast.Node) error {
	for _, n := range list {
		e, err := a.sortKey(q, s, n)
		if err != nil {
			return err
		}
		if err := a.Ordered(e, "equality", "="); err != nil {
			return err
		}
		q.DistinctOn = append(q.DistinctOn, e)
	}
	isKey := func(e tree.Expr) bool {
		return slices.ContainsFunc(q.DistinctOn, func(on tree.Expr) bool { return same(on, e) })
	}
	matched := func(on tree.Expr) bool {
		return slices.ContainsFunc(q.OrderBy, func(o tree.Order) bool { return same(on, o.Expr) })
	}
	ended := false
	for i, o := range q.OrderBy {
		// What is in the order already adds nothing to it.
		if slices.ContainsFunc(q.OrderBy[:i], func(before tree.Order) bool { return same(before.Expr, o.Expr) }) {
			continue
		}
		if !isKey(o.Expr) {
			ended = true
		} else if ended {
			return unmatchedDistinctOn(q.DistinctOn)
		}
	}
	if ended && !allOf(q.DistinctOn, matched) {
		return unmatchedDistinctOn(q.DistinctOn)
	}
	return nil
}

// unmatchedDistinctOn is the error of keys that are not where ORDER BY begins.
// Whether two subqueries are the same is not known here.
func unmatchedDistinctOn(keys []tree.Expr) error {
	isSubquery := func(e tree.Expr) bool { _, ok := e.(*tree.Subquery); return ok }
	if slices.ContainsFunc(keys, func(e tree.Expr) bool { return tree.Any(e, isSubquery) }) {
		return unsupported("DISTINCT ON with a subquery in this order is")
	}
	return fault.New(fault.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
}

func allOf[T any](list []T, test func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !test(v) })
}

func isOutput(q *tree.Query, e tree.Expr) bool {
	for _, c := range q.Columns {
		if same(c.Expr, e) {
			return true
		}
	}
	return false
}

func (a *analyzer) limit(q *tree.Query, s *scope, n *ast.SelectStmt) error {
	if n.LimitOption == ast.LIMIT_OPTION_WITH_TIES {
		return unsupported("FETCH FIRST … WITH TIES is")
	}
	var err error
	if n.LimitCount != nil {
		if q.Limit, err = a.limitExpr(s, n.LimitCount, "LIMIT"); err != nil {
			return err
		}
	}
	if n.LimitOffset != nil {
		q.Offset, err = a.limitExpr(s, n.LimitOffset, "OFFSET")
	}
	return err
}

func (a *analyzer) limitExpr(s *scope, n ast.Node, clause string) (tree.Expr, error) {
	e, err := a.expr(s.in(clause, nil), n)
	if err != nil {
		return nil, err
	}
	if tree.Any(e, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && owns(s, c.Rel) }) {
		return nil, fault.New(fault.InvalidColumnReference, "argument of %s must not contain variables", clause)
	}
	return a.Assign(e, types.Of(types.Int8), func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type bigint, not type %s", clause, a.TypeName(e.Type().OID))
	})
}

// values analyzes VALUES: the rows' columns are brought to common types.
func (a *analyzer) values(parent *scope, n *ast.SelectStmt) (*tree.Query, error) {
	q := &tree.Query{}
	s := &scope{parent: parent, clause: "VALUES"}
	for _, list := range syntax.Items(n.ValuesLists) {
		row, err := a.row(s, list)
		if err != nil {
			return nil, err
		}
		if len(q.Values) > 0 && len(row) != len(q.Values[0]) {
			return nil, fault.New(fault.SyntaxError, "VALUES lists must all be the same length")
		}
		q.Values = append(q.Values, row)
	}
	for col := range q.Values[0] {
		if err := a.unifyColumn(q, col); err != nil {
			return nil, err
		}
	}
	if len(syntax.Items(n.SortClause)) == 0 {
		return q, a.limit(q, s, n)
	}
	sorted, r, err := a.over(q)
	if err != nil {
		return nil, err
	}
	r.Alias = "*VALUES*"
	s = &scope{parent: parent, rels: []*tree.Rel{r}}
	if sorted.OrderBy, err = a.orderBy(s.in("ORDER BY", nil), n.SortClause, sorted); err != nil {
		return nil, err
	}
	return sorted, a.limit(sorted, s, n)
}

func (a *analyzer) row(s *scope, list ast.Node) ([]tree.Expr, error) {
	nodes, ok := list.(*ast.NodeList)
	if !ok {
		return nil, unsupported("%T in VALUES is", list)
	}
	var row []tree.Expr
	for _, n := range nodes.Items {
		e, err := a.expr(s, n)
		if err != nil {
			return nil, err
		}
		row = append(row, e)
	}
	return row, nil
}

func (a *analyzer) unifyColumn(q *tree.Query, col int) error {
	column := make([]tree.Expr, len(q.Values))
	for i, row := range q.Values {
		column[i] = row[col]
	}
	ref, err := a.Common(column, "VALUES")
	if err != nil {
		return err
	}
	for _, row := range q.Values {
		if row[col], err = a.Coerce(row[col], ref, types.Implicit); err != nil {
			return err
		}
	}
	q.Columns = append(q.Columns, tree.Output{Name: columnNumber(col + 1), Expr: q.Values[0][col]})
	return nil
}

// subLink analyzes a subquery inside an expression.
func (a *analyzer) subLink(s *scope, n *ast.SubLink) (tree.Expr, error) {
	if s.noSubqueries != "" {
		return nil, fault.New(fault.FeatureNotSupported, "%s", s.noSubqueries)
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok {
		return nil, unsupported("%T as a subquery is", n.Subselect)
	}
	q, err := a.query(s, sel)
	if err != nil {
		return nil, err
	}
	switch n.SubLinkType {
	case ast.EXISTS_SUBLINK:
		return &tree.Subquery{Kind: tree.Exists, Query: q}, nil
	case ast.EXPR_SUBLINK:
		return a.scalar(n, q)
	case ast.ARRAY_SUBLINK:
		return a.arrayQuery(q)
	case ast.ANY_SUBLINK, ast.ALL_SUBLINK:
		return a.membership(s, n, q)
	}
	return nil, unsupported("this form of a subquery is")
}

func (a *analyzer) scalar(n *ast.SubLink, q *tree.Query) (tree.Expr, error) {
	if err := a.oneColumn(q, "subquery must return only one column"); err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	if a.scalarNames == nil {
		a.scalarNames = map[*ast.SubLink]string{}
	}
	a.scalarNames[n] = q.Columns[0].Name
	return &tree.Subquery{Kind: tree.Scalar, Query: q, One: atMostOne(q)}, nil
}

func (a *analyzer) oneColumn(q *tree.Query, message string) error {
	if len(q.Columns) != 1 {
		return fault.New(fault.SyntaxError, "%s", message)
	}
	return nil
}

// atMostOne tells whether a query provably yields one row at most.
func atMostOne(q *tree.Query) bool {
	if q.Aggregated && len(q.GroupBy) == 0 && len(q.Sets) <= 1 {
		return true
	}
	if c, ok := q.Limit.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() <= 1 {
		return true
	}
	return len(q.From) == 0 && len(q.Values) <= 1
}

// membership analyzes x IN (SELECT …), and x with an operator and ANY or ALL of a
// subquery; x may be a row.
func (a *analyzer) membership(s *scope, n *ast.SubLink, q *tree.Query) (tree.Expr, error) {
	op := "="
	if path := syntax.Names(n.OperName); len(path) > 0 {
		op = path[len(path)-1]
	}
	lefts, err := a.rowOf(s, n.Testexpr)
	if err != nil {
		return nil, err
	}
	if err := a.sameWidth(lefts, q); err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	x := &tree.Subquery{Kind: tree.InQuery, Query: q}
	if n.SubLinkType == ast.ALL_SUBLINK {
		x.Kind = tree.NotInList
	}
	if op == "=" && x.Kind == tree.InQuery || op == "<>" && x.Kind == tree.NotInList && len(lefts) == 1 {
		if ok, err := a.nativeMembership(x, lefts); ok || err != nil {
			return x, err
		}
	}
	return a.quantified(n.SubLinkType == ast.ALL_SUBLINK, op, lefts, q)
}

// nativeMembership makes a subquery that SQLite's own IN can compute, where both
// sides are stored alike, and tells whether it could.
func (a *analyzer) nativeMembership(x *tree.Subquery, lefts []tree.Expr) (bool, error) {
	q := x.Query
	fixed := q.Distinct || q.Aggregated || q.Set != nil || len(q.Values) > 0
	out := make([]tree.Expr, len(lefts))
	for i, left := range lefts {
		right := q.Columns[i].Expr
		found, err := a.FindOperator("=", left, right)
		if err != nil {
			return false, err
		}
		if fixed && found.Right != right.Type().OID {
			return false, nil
		}
		if left, err = a.Coerce(left, types.Of(found.Left), types.Implicit); err != nil {
			return false, err
		}
		if right, err = a.Coerce(right, types.Of(found.Right), types.Implicit); err != nil {
			return false, err
		}
		if found.Left != found.Right && !a.SameStorage([]tree.Expr{left, right}) {
			return false, nil
		}
		q.Columns[i].Expr, out[i] = right, left
	}
	x.Left, x.More = out[0], out[1:]
	return true, nil
}

// quantified compares a row with each row of a subquery.
func (a *analyzer) quantified(all bool, op string, lefts []tree.Expr, q *tree.Query) (tree.Expr, error) {
	for _, e := range lefts {
		if tree.Any(e, isVolatile) {
			return nil, unsupported("comparing a volatile value with a subquery is")
		}
		if tree.Windowed(e) {
			return nil, unsupported("comparing a window function with all rows of a subquery is")
		}
	}
	over, _, err := a.over(q)
	if err != nil {
		return nil, err
	}
	cond, err := a.CompareRows(op, lefts, outputsOf(over))
	if err != nil {
		return nil, err
	}
	if cond.Type().OID != types.Bool {
		return nil, a.at(fault.New(fault.DatatypeMismatch, "row comparison operator must yield type boolean, not type %s", a.TypeName(cond.Type().OID)), op)
	}
	over.Columns = []tree.Output{{Name: "?column?", Expr: cond}}
	kind := tree.AnyTrue
	if all {
		kind = tree.AllTrue
	}
	return &tree.Subquery{Kind: kind, Query: over}, nil
}
