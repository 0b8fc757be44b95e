package analyze

import (
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

func columnNumber(n int) string { return "column" + strconv.Itoa(n) }

// grouping analyzes GROUP BY and HAVING.
func (a *analyzer) grouping(q *tree.Query, s *scope, n *ast.SelectStmt, aggregates *[]*tree.Aggregate) error {
	if err := a.groupingSets(q, s, n); err != nil {
		return err
	}
	if n.HavingClause == nil {
		return nil
	}
	having, err := a.boolean(s.in("HAVING", aggregates), n.HavingClause, "HAVING")
	q.Having = having
	return err
}

// The most elements of a CUBE, and the most grouping sets, that PostgreSQL takes.
const (
	maxCube = 12
	maxSets = 4096
)

// groupingSets analyzes GROUP BY: the keys, and which of them make up each set.
// Those of several items are combined (expand_grouping_sets in parse_agg.c).
func (a *analyzer) groupingSets(q *tree.Query, s *scope, n *ast.SelectStmt) error {
	sets, several := [][]int{nil}, false
	for _, item := range syntax.Items(n.GroupClause) {
		_, ok := unparen(item).(*ast.GroupingSet)
		several = several || ok
		more, err := a.groupItem(q, s, item)
		if err != nil {
			return err
		}
		if len(sets)*len(more) > maxSets {
			return fault.New(fault.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
		}
		sets = combined(sets, more)
	}
	if n.GroupDistinct {
		sets = distinctSets(sets)
	}
	if !several || len(sets) == 1 && len(sets[0]) > 0 {
		return nil
	}
	q.Sets = sets
	for _, key := range q.GroupBy {
		ofRow := func(x tree.Expr) bool {
			c, ok := x.(*tree.Column)
			return ok && (owns(s, c.Rel) || slices.Contains(*s.sets, c.Rel))
		}
		if !tree.Any(key, ofRow) {
			return unsupported("a constant among grouping sets is") // in PostgreSQL 15 it is not always NULL
		}
	}
	return nil
}

// groupItem returns the sets that an item of GROUP BY stands for.
func (a *analyzer) groupItem(q *tree.Query, s *scope, n ast.Node) ([][]int, error) {
	set, ok := unparen(n).(*ast.GroupingSet)
	if !ok {
		keys, err := a.groupKeys(q, s, n)
		return [][]int{keys}, err
	}
	var sets, elements [][]int
	for _, item := range syntax.Items(set.Content) {
		if set.Kind == ast.GROUPING_SET_SETS {
			more, err := a.groupItem(q, s, item)
			if err != nil {
				return nil, err
			}
			if sets = append(sets, more...); len(sets) > maxSets {
				return nil, fault.New(fault.StatementTooComplex, "too many grouping sets present (maximum %d)", maxSets)
			}
			continue
		}
		keys, err := a.groupKeys(q, s, item)
		if err != nil {
			return nil, err
		}
		elements = append(elements, keys)
	}
	switch set.Kind {
	case ast.GROUPING_SET_ROLLUP:
		return rollup(elements), nil
	case ast.GROUPING_SET_CUBE:
		if len(elements) > maxCube {
			return nil, fault.New("54011", "CUBE is limited to %d elements", maxCube)
		}
		return cube(elements), nil
	case ast.GROUPING_SET_EMPTY:
		return [][]int{nil}, nil
	}
	return sets, nil
}

// groupKeys adds the keys of an expression, of (a, b) several, to the query, and
// returns their places.
func (a *analyzer) groupKeys(q *tree.Query, s *scope, n ast.Node) ([]int, error) {
	if row, ok := unparen(n).(*ast.RowExpr); ok && row.RowFormat == ast.COERCE_IMPLICIT_CAST {
		var out []int
		for _, item := range syntax.Items(row.Args) {
			keys, err := a.groupKeys(q, s, item)
			if err != nil {
				return nil, err
			}
			out = united(out, keys)
		}
		return out, nil
	}
	e, err := a.groupKey(q, s, n)
	if err == nil {
		e, err = a.Settle(e)
	}
	switch {
	case err != nil:
		return nil, err
	case aggregates(e):
		return nil, fault.New(fault.GroupingError, "aggregate functions are not allowed in GROUP BY")
	case tree.Any(e, isWindowCall):
		return nil, fault.New(fault.WindowingError, "window functions are not allowed in GROUP BY")
	}
	if err := a.Ordered(e, "equality", "="); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(q.GroupBy, func(other tree.Expr) bool { return same(other, e) })
	if at < 0 {
		at, q.GroupBy = len(q.GroupBy), append(q.GroupBy, e)
	}
	return []int{at}, nil
}

// united are the keys of two sets.
func united(x, y []int) []int {
	out := slices.Concat(x, y)
	slices.Sort(out)
	return slices.Compact(out)
}

// combined unites each set of one list with each of another.
func combined(x, y [][]int) [][]int {
	var out [][]int
	for _, left := range x {
		for _, right := range y {
			out = append(out, united(left, right))
		}
	}
	return out
}

// rollup are all elements, all but the last, and so on to none.
func rollup(elements [][]int) [][]int {
	out := [][]int{nil}
	for _, e := range elements {
		out = append(out, united(out[len(out)-1], e))
	}
	slices.Reverse(out)
	return out
}

// cube are all subsets of the elements.
func cube(elements [][]int) [][]int {
	out := [][]int{nil}
	for _, e := range elements {
		out = append(out, combined(out, [][]int{e})...)
	}
	slices.Reverse(out)
	return out
}

// distinctSets leaves one of each set.
func distinctSets(sets [][]int) [][]int {
	var out [][]int
	for _, set := range sets {
		if !slices.ContainsFunc(out, func(other []int) bool { return slices.Equal(other, set) }) {
			out = append(out, set)
		}
	}
	return out
}

// maxGroupingArgs is how many bits GROUPING has.
const maxGroupingArgs = 31

// groupingCall analyzes GROUPING(…), whose arguments are looked for among the keys
// when these are known.
func (a *analyzer) groupingCall(s *scope, n *ast.GroupingFunc) (tree.Expr, error) {
	list := syntax.Items(n.Args)
	if len(list) > maxGroupingArgs {
		return nil, fault.New(fault.TooManyArguments, "GROUPING must have fewer than %d arguments", maxGroupingArgs+1)
	}
	out := &tree.Grouping{}
	for _, item := range list {
		e, err := a.expr(s, item)
		if err == nil {
			e, err = a.Settle(e)
		}
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	switch {
	case slices.ContainsFunc(out.Args, func(e tree.Expr) bool { return outerOnly(s, e) != nil }):
		return nil, unsupported("GROUPING of an outer query is")
	case s.inAggregate:
		return nil, fault.New(fault.GroupingError, "aggregate function calls cannot be nested")
	case s.aggregates == nil || s.groupings == nil:
		return nil, fault.New(fault.GroupingError, "grouping operations are not allowed in %s", clauseName(s.clause))
	}
	*s.groupings = append(*s.groupings, out)
	return out, nil
}

// checkGroupings refuses a GROUPING of what is no key of GROUP BY.
func checkGroupings(q *tree.Query, list []*tree.Grouping) error {
	for _, g := range list {
		if !allOf(g.Args, func(e tree.Expr) bool { return isGroupKey(q, e) }) {
			return fault.New(fault.GroupingError, "arguments to GROUPING must be grouping expressions of the associated query level")
		}
	}
	return nil
}

// groupKey resolves a key of GROUP BY: a position, a column of FROM, or else
// the name of an output.
func (a *analyzer) groupKey(q *tree.Query, s *scope, n ast.Node) (tree.Expr, error) {
	in := s.in("GROUP BY", nil)
	if e, ok, err := a.position(q, n, "GROUP BY"); ok || err != nil {
		return e, err
	}
	if name, ok := bareName(n); ok {
		if found, err := a.unqualified(in, name); found != nil || err != nil {
			return found, err
		}
		if e, err := a.output(q, name, "GROUP BY"); e != nil || err != nil {
			return e, err
		}
	}
	return a.expr(in, n)
}

// orderBy analyzes ORDER BY: a position, the name of an output, or an
// expression over FROM.
func (a *analyzer) orderBy(s *scope, list *ast.NodeList, q *tree.Query) ([]tree.Order, error) {
	var out []tree.Order
	for _, n := range syntax.Items(list) {
		sort, ok := n.(*ast.SortBy)
		if !ok || sort.SortbyDir == ast.SORTBY_USING {
			return nil, unsupported("ORDER BY USING is")
		}
		e, err := a.sortKey(q, s, sort.Node)
		if err != nil {
			return nil, err
		}
		if err := a.Ordered(e, "an ordering", "<"); err != nil {
			return nil, err
		}
		out = append(out, order(sort, e))
	}
	return out, nil
}

func order(n *ast.SortBy, e tree.Expr) tree.Order {
	o := tree.Order{Expr: e, Desc: n.SortbyDir == ast.SORTBY_DESC}
	switch n.SortbyNulls {
	case ast.SORTBY_NULLS_FIRST:
		o.NullsFirst = true
	case ast.SORTBY_NULLS_LAST:
	default:
		o.NullsFirst = o.Desc
	}
	return o
}

func (a *analyzer) sortKey(q *tree.Query, s *scope, n ast.Node) (tree.Expr, error) {
	if e, ok, err := a.position(q, n, "ORDER BY"); ok || err != nil {
		return e, err
	}
	if name, ok := bareName(n); ok {
		if e, err := a.output(q, name, "ORDER BY"); e != nil || err != nil {
			return e, err
		}
	}
	e, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.Settle(e)
}

// position resolves an integer constant as the number of an output.
func (a *analyzer) position(q *tree.Query, n ast.Node, clause string) (tree.Expr, bool, error) {
	c, ok := unparen(n).(*ast.A_Const)
	if !ok {
		return nil, false, nil
	}
	i, ok := c.Val.(*ast.Integer)
	if !ok || c.Isnull {
		return nil, false, fault.New(fault.SyntaxError, "non-integer constant in %s", clause)
	}
	if i.IVal < 1 || i.IVal > len(q.Columns) {
		return nil, false, fault.New(fault.InvalidColumnReference, "%s position %d is not in select list", clause, i.IVal)
	}
	out := &q.Columns[i.IVal-1].Expr
	e, err := a.Settle(*out)
	if err == nil {
		*out = e
	}
	return e, true, err
}

// output finds an output by name; two of a name must be the same expression.
func (a *analyzer) output(q *tree.Query, name, clause string) (tree.Expr, error) {
	var found tree.Expr
	for i, c := range q.Columns {
		if c.Name != name {
			continue
		}
		if found != nil && !same(found, c.Expr) {
			return nil, a.at(fault.New(fault.AmbiguousColumn, `%s "%s" is ambiguous`, clause, name), name)
		}
		e, err := a.Settle(c.Expr)
		if err != nil {
			return nil, err
		}
		q.Columns[i].Expr, found = e, e
	}
	return found, nil
}

func bareName(n ast.Node) (string, bool) {
	ref, ok := unparen(n).(*ast.ColumnRef)
	if !ok || len(syntax.Items(ref.Fields)) != 1 || isStar(ref) {
		return "", false
	}
	return syntax.Str(ref.Fields.Items[0]), true
}

// checkGrouped refuses a column that is neither grouped nor aggregated, which
// SQLite would answer with an arbitrary row's value.
func (a *analyzer) checkGrouped(q *tree.Query, s *scope) error {
	if !q.Aggregated {
		return nil
	}
	for _, c := range q.Columns {
		if err := a.grouped(q, s, c.Expr); err != nil {
			return err
		}
	}
	if err := a.grouped(q, s, q.Having); err != nil {
		return err
	}
	for _, o := range q.OrderBy {
		if err := a.grouped(q, s, o.Expr); err != nil {
			return err
		}
	}
	for _, on := range q.DistinctOn {
		if err := a.grouped(q, s, on); err != nil {
			return err
		}
	}
	return nil
}

func (a *analyzer) grouped(q *tree.Query, s *scope, e tree.Expr) error {
	g := grouped{a: a, q: q, s: s}
	tree.Walk(e, g.visit)
	return g.bad
}

// grouped looks for columns of a query that are neither grouped nor aggregated.
type grouped struct {
	a      *analyzer
	q      *tree.Query
	s      *scope
	within bool // a subquery
	bad    error
}

func (g *grouped) visit(x tree.Expr) bool {
	if g.bad != nil || isGroupKey(g.q, x) && (!g.within || isColumn(x)) {
		return false
	}
	switch x := x.(type) {
	case *tree.Aggregate:
		return !slices.Contains(g.q.Aggregates, x)
	case *tree.Column:
		g.column(x.Rel, x.Rel.Columns[x.Index].Name)
	case *tree.WholeRow:
		g.column(x.Rel, "*")
	case *tree.Subquery:
		for _, child := range tree.Children(x) {
			tree.Walk(child, g.visit)
		}
		outside := g.within
		g.within = true
		x.Query.Walk(g.visit)
		g.within = outside
		return false
	}
	return true
}

func isColumn(x tree.Expr) bool { _, ok := x.(*tree.Column); return ok }

func (g *grouped) column(r *tree.Rel, name string) {
	if g.bad != nil || !owns(g.s, r) || g.a.dependsOnKey(g.q, r) {
		return
	}
	message := `column "%s.%s" must appear in the GROUP BY clause or be used in an aggregate function`
	if g.within {
		message = `subquery uses ungrouped column "%s.%s" from outer query`
	}
	g.bad = g.a.at(fault.New(fault.GroupingError, message, r.Alias, name), name)
}

func isGroupKey(q *tree.Query, e tree.Expr) bool {
	for _, g := range q.GroupBy {
		if same(g, e) {
			return true
		}
	}
	return false
}

// outerOnly finds the scope of which an aggregate is when it is over columns of outer
// queries alone: the nearest of those; nil when it is one of the scope it stands in.
func outerOnly(s *scope, e tree.Expr) *scope {
	var of *scope
	distance := -1
	tree.Walk(e, func(x tree.Expr) bool {
		var r *tree.Rel
		switch x := x.(type) {
		case *tree.Column:
			r = x.Rel
		case *tree.WholeRow:
			r = x.Rel
		default:
			return true
		}
		for at, n := s, 0; at != nil; at, n = at.parent, n+1 {
			if owns(at, r) && (distance < 0 || n < distance) {
				of, distance = at, n
			}
		}
		return true
	})
	if distance == 0 {
		return nil
	}
	return of
}

func owns(s *scope, r *tree.Rel) bool {
	for _, x := range s.rels {
		if x == r {
			return true
		}
	}
	return false
}

// dependsOnKey tells whether the primary key of a table is among the keys of
// GROUP BY, so that its other columns are determined by them.
func (a *analyzer) dependsOnKey(q *tree.Query, r *tree.Rel) bool {
	var pk *catalog.Constraint
	if r.Table != nil {
		pk = r.Table.PrimaryKey()
	}
	if pk == nil {
		return false
	}
	for _, number := range pk.Columns {
		if !groupsBy(q, r, number) {
			return false
		}
	}
	if a.freeze != nil {
		a.freeze.keys[r] = pk.OID
	}
	return true
}

func groupsBy(q *tree.Query, r *tree.Rel, number int) bool {
	for i, g := range q.GroupBy {
		c, ok := g.(*tree.Column)
		if ok && c.Rel == r && r.Columns[c.Index].Column.Number == number {
			return allOf(q.Sets, func(set []int) bool { return slices.Contains(set, i) })
		}
	}
	return false
}

// same tells whether two expressions are the same one.
func same(x, y tree.Expr) bool { return tree.Equal(x, y) }
