package analyze

import (
	"maps"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/eachrow"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/label"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// shown is a column that an item of FROM shows by its plain name: one of a
// relation, or one that USING made of two.
type shown struct {
	name   string
	rel    *tree.Rel
	index  int
	merged tree.Expr
}

func (a *analyzer) showColumn(c shown) tree.Expr {
	if c.merged != nil {
		return c.merged
	}
	return a.ref(c.rel, c.index)
}

// joined is what a query knows of its joins with USING, NATURAL or an alias. All
// scopes of one query share it.
type joined struct {
	columns map[*tree.Join][]shown
	names   map[string][]shown // the joins that have an alias
}

// shows lists the columns of an item of FROM in the order of *.
func (s *scope) shows(f tree.From) []shown {
	switch f := f.(type) {
	case *tree.Join:
		if s.joined != nil {
			if list, ok := s.joined.columns[f]; ok {
				return list
			}
		}
		return append(s.shows(f.Left), s.shows(f.Right)...)
	case *tree.Rel:
		out := make([]shown, len(f.Columns))
		for i, c := range f.Columns {
			out[i] = shown{name: c.Name, rel: f, index: i}
		}
		return out
	}
	return nil
}

// all lists the columns that the whole FROM shows.
func (s *scope) all() []shown {
	var out []shown
	if s.items == nil {
		for _, r := range s.rels {
			out = append(out, s.shows(r)...)
		}
	}
	for _, f := range s.items {
		out = append(out, s.shows(f)...)
	}
	return out
}

// join analyzes a join; its condition sees both sides.
func (a *analyzer) join(s *scope, n *ast.JoinExpr) (tree.From, error) {
	first := len(s.rels)
	left, err := a.fromItem(s, n.Larg)
	if err != nil {
		return nil, err
	}
	middle := len(s.rels)
	before := s.items
	s.items = append(slices.Clip(before), left) // what a function on the right sees
	right, err := a.fromItem(s, n.Rarg)
	s.items = before
	if err != nil {
		return nil, err
	}
	j := &tree.Join{Left: left, Right: right}
	if j.Kind, err = joinKind(n.Jointype); err != nil {
		return nil, err
	}
	if err := a.lateral(j.Kind, s.rels[first:middle], s.rels[middle:]); err != nil {
		return nil, err
	}
	markNullable(j.Kind, s.rels[first:middle], s.rels[middle:])
	on := &scope{parent: s.parent, rels: s.rels[first:], beside: s.rels[:first], items: []tree.From{left, right}, joined: s.joined, ctes: s.ctes, clause: "JOIN/ON"}
	switch {
	case n.IsNatural || len(syntax.Items(n.UsingClause)) > 0:
		err = a.joinUsing(s, on, j, n)
	case n.Quals != nil:
		j.On, err = a.boolean(on, n.Quals, "JOIN/ON")
	}
	if err == nil && j.Kind == tree.Full {
		err = a.fullJoin(j.On, s.rels[first:middle], s.rels[middle:])
	}
	if err != nil || n.Alias == nil {
		return j, err
	}
	return j, a.aliasJoin(s, j, n.Alias, s.rels[first:])
}

// fullJoin refuses the conditions of FULL JOIN that PostgreSQL has no plan for:
// it wants an equality between the sides, unless the condition is constant.
func (a *analyzer) fullJoin(on tree.Expr, left, right []*tree.Rel) error {
	list := []tree.Expr{on}
	if l, ok := on.(*tree.Logic); ok && l.Op == tree.And {
		list = l.Args
	}
	constant := true
	for _, e := range list {
		c, ok := e.(*tree.Call)
		constant = constant && !reads(e, left) && !reads(e, right)
		if !ok || !slices.ContainsFunc(a.Types.Operators("="), func(op *types.Operator) bool { return op.Function == c.Function }) {
			continue
		}
		x, y := c.Args[0], c.Args[1]
		if reads(x, left) && !reads(x, right) && reads(y, right) && !reads(y, left) ||
			reads(x, right) && !reads(x, left) && reads(y, left) && !reads(y, right) {
			return nil
		}
	}
	if constant {
		return nil
	}
	return fault.New(fault.FeatureNotSupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
}

// reads tells whether an expression uses one of some relations.
func reads(e tree.Expr, rels []*tree.Rel) bool {
	return e != nil && tree.Any(e, func(x tree.Expr) bool { return tree.IsOf(x, rels) })
}

// joinUsing joins by columns that both sides have. Each pair becomes one column,
// which comes first (PostgreSQL documentation, section 7.2.1.1).
func (a *analyzer) joinUsing(s, on *scope, j *tree.Join, n *ast.JoinExpr) error {
	left, right := s.shows(j.Left), s.shows(j.Right)
	names := syntax.Names(n.UsingClause)
	if n.IsNatural {
		names = sharedNames(left, right)
	}
	var merged []shown
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return a.at(fault.New(fault.DuplicateColumn, `column name "%s" appears more than once in USING clause`, name), name)
		}
		l, err := a.sideColumn(left, name, "left")
		if err != nil {
			return err
		}
		r, err := a.sideColumn(right, name, "right")
		if err != nil {
			return err
		}
		equal, err := a.Operator("=", a.showColumn(l), a.showColumn(r))
		if err != nil {
			return err
		}
		j.On = and(j.On, equal)
		m, err := a.merge(j.Kind, l, r)
		if err != nil {
			return err
		}
		merged = append(merged, m)
	}
	isMerged := func(c shown) bool { return slices.Contains(names, c.name) }
	columns := slices.Concat(merged, slices.DeleteFunc(left, isMerged), slices.DeleteFunc(right, isMerged))
	s.note(j, columns)
	on.joined = s.joined
	if n.JoinUsingAlias != nil {
		return a.nameJoin(s, n.JoinUsingAlias.AliasName, merged)
	}
	return nil
}

func (s *scope) note(j *tree.Join, columns []shown) {
	if s.joined == nil {
		s.joined = &joined{columns: map[*tree.Join][]shown{}, names: map[string][]shown{}}
	}
	s.joined.columns[j] = columns
}

func sharedNames(left, right []shown) []string {
	var out []string
	for _, l := range left {
		if slices.ContainsFunc(right, func(r shown) bool { return r.name == l.name }) {
			out = append(out, l.name)
		}
	}
	return out
}

func (a *analyzer) sideColumn(list []shown, name, side string) (shown, error) {
	i := slices.IndexFunc(list, func(c shown) bool { return c.name == name })
	if i < 0 {
		return shown{}, a.at(fault.New(fault.UndefinedColumn, `column "%s" specified in USING clause does not exist in %s table`, name, side), name)
	}
	if slices.ContainsFunc(list[i+1:], func(c shown) bool { return c.name == name }) {
		return shown{}, a.at(fault.New(fault.AmbiguousColumn, `common column name "%s" appears more than once in %s table`, name, side), name)
	}
	return list[i], nil
}

// merge makes one column of two: the side that an outer join keeps, for FULL
// whichever is not NULL, of the type that both have in common.
func (a *analyzer) merge(kind tree.JoinKind, l, r shown) (shown, error) {
	sides := []tree.Expr{a.showColumn(l), a.showColumn(r)}
	ref, err := a.Common(sides, "JOIN/USING")
	if err != nil {
		return shown{}, err
	}
	out := make([]tree.Expr, len(sides))
	for i, e := range sides {
		if out[i], err = a.Coerce(e, ref, types.Implicit); err != nil {
			return shown{}, err
		}
	}
	m := shown{name: l.name}
	switch {
	case kind == tree.Full:
		m.merged = &tree.Coalesce{Ref: ref, Args: out}
	case kind == tree.Right, kind == tree.Inner && out[0] != sides[0] && out[1] == sides[1]:
		m.merged = out[1]
	default:
		m.merged = out[0]
	}
	return m, nil
}

// aliasJoin gives a join a name, which hides those of its relations.
func (a *analyzer) aliasJoin(s *scope, j *tree.Join, n *ast.Alias, rels []*tree.Rel) error {
	columns := slices.Clone(s.shows(j))
	given := syntax.Names(n.ColNames)
	if len(given) > len(columns) {
		return a.at(fault.New(fault.InvalidColumnReference, `join expression "%s" has %d columns available but %d columns specified`,
			n.AliasName, len(columns), len(given)), n.AliasName)
	}
	for i, name := range given {
		columns[i].name = name
	}
	for _, r := range rels {
		r.Alias = "" // no name is empty
	}
	s.note(j, columns)
	return a.nameJoin(s, n.AliasName, columns)
}

func (a *analyzer) nameJoin(s *scope, name string, columns []shown) error {
	if s.joined.names[name] != nil || slices.ContainsFunc(s.rels, func(r *tree.Rel) bool { return r.Alias == name }) {
		return a.at(fault.New(fault.DuplicateAlias, `table name "%s" specified more than once`, name), name)
	}
	s.joined.names[name] = columns
	return nil
}

// joinRow is a join with an alias as a value, which an outer join around it does not
// make NULL as a whole.
func (a *analyzer) joinRow(columns []shown) (tree.Expr, error) {
	if a.freeze != nil {
		return nil, unsupported("a join as a value in a view is")
	}
	row := &tree.WholeRow{Rel: new(tree.Rel)}
	for _, c := range columns {
		row.Fields = append(row.Fields, tree.Output{Name: c.name, Expr: a.showColumn(c)})
	}
	return row, nil
}

// joinNamed returns the columns of a join by its alias, nil when a name means no
// join.
func (s *scope) joinNamed(qualifier []string) []shown {
	if len(qualifier) != 1 {
		return nil
	}
	for at := s; at != nil; at = at.parent {
		if at.joined != nil && at.joined.names[qualifier[0]] != nil {
			return at.joined.names[qualifier[0]]
		}
		if slices.ContainsFunc(at.rels, func(r *tree.Rel) bool { return r.Alias == qualifier[0] }) {
			return nil
		}
	}
	return nil
}

func joinKind(t ast.JoinType) (tree.JoinKind, error) {
	switch t {
	case ast.JOIN_INNER:
		return tree.Inner, nil
	case ast.JOIN_LEFT:
		return tree.Left, nil
	case ast.JOIN_RIGHT:
		return tree.Right, nil
	case ast.JOIN_FULL:
		return tree.Full, nil
	}
	return "", unsupported("the join type %v is", t)
}

func markNullable(kind tree.JoinKind, left, right []*tree.Rel) {
	if kind == tree.Left || kind == tree.Full {
		for _, r := range right {
			r.Nullable = true
		}
	}
	if kind == tree.Right || kind == tree.Full {
		for _, r := range left {
			r.Nullable = true
		}
	}
}

// rowsOfRoutine makes a relation of a function in SQL in FROM; ok tells that the
// item is one.
func (a *analyzer) rowsOfRoutine(s *scope, inner *scope, n *ast.RangeFunction, calls []rangeCall) (r *tree.Rel, ok bool, err error) {
	i := slices.IndexFunc(calls, func(c rangeCall) bool { return a.namesRoutine(c.node) })
	if i < 0 {
		return nil, false, nil
	}
	if len(calls) > 1 || n.Ordinality || len(syntax.Items(calls[0].columns)) > 0 {
		return nil, true, unsupported("a function in SQL in ROWS FROM, WITH ORDINALITY or with a column definition list is")
	}
	a.routines.placed = nil
	e, err := a.call(inner, calls[0].node.(*ast.FuncCall))
	if err != nil {
		return nil, true, err
	}
	call, f := a.called(e)
	if f == nil {
		name, _ := label.Of(calls[0].node, a.scalarNames)
		return a.oneRow(n, name, a.routines.placed, e)
	}
	q, err := a.rowsOf(f, call)
	if err != nil {
		return nil, true, err
	}
	r = &tree.Rel{Alias: f.Name, Query: q, Columns: columnsOf(q), Lateral: q.Reads(s.rels)}
	switch {
	case f.Relation != 0:
		r.RowType = f.Relation
		for i, c := range a.relation(f.Relation).Columns {
			r.Columns[i].Name = c.Name
		}
	case len(f.Columns) > 0:
		for i, c := range f.Columns {
			r.Columns[i].Name = c.Name
		}
	default:
		r.Columns[0].Name = f.Name
		if n.Alias != nil {
			r.Columns[0].Name = n.Alias.AliasName
		}
	}
	if f.Relation == 0 && len(f.Columns) < 2 {
		if a.routines.scalars == nil {
			a.routines.scalars = map[*tree.Rel]bool{}
		}
		a.routines.scalars[r] = true
	}
	return r, true, nil
}

// oneRow makes a relation of one value. Its column has the name of the function's
// OUT parameter, else the alias, else the function's own.
func (a *analyzer) oneRow(n *ast.RangeFunction, name string, f *catalog.Function, e tree.Expr) (*tree.Rel, bool, error) {
	r := &tree.Rel{Alias: name}
	switch {
	case f != nil && len(f.Columns) == 1:
		name = f.Columns[0].Name
	case n.Alias != nil:
		name = n.Alias.AliasName
	}
	e, err := a.Settle(e)
	if err != nil {
		return nil, true, err
	}
	ref := e.Type()
	r.Functions = &tree.Functions{Calls: []tree.SetCall{{Expr: e, Columns: []types.ResultColumn{{Name: name, Type: ref.OID, Mod: ref.Mod}}}}}
	r.Columns = []tree.RelColumn{{Name: name, Type: ref}}
	return r, true, nil
}

// namesRoutine tells whether a call may be of a function in SQL.
func (a *analyzer) namesRoutine(n ast.Node) bool {
	call, ok := n.(*ast.FuncCall)
	if !ok || len(a.Catalog.Functions) == 0 {
		return false
	}
	path := syntax.Names(call.Funcname)
	schemas := a.SearchPath
	if len(path) > 1 {
		schemas = path[len(path)-2 : len(path)-1]
	}
	return slices.ContainsFunc(schemas, func(s string) bool { return len(a.Catalog.FunctionsNamed(s, path[len(path)-1])) > 0 })
}

// always makes one row of NULLs where a query has none.
func (a *analyzer) always(q *tree.Query) (*tree.Query, error) {
	one := &tree.Query{Columns: []tree.Output{{Name: "one", Expr: resolve.Bool(true)}}}
	left, err := a.newRel(&tree.Rel{Query: one, Columns: columnsOf(one)})
	if err != nil {
		return nil, err
	}
	out, right, err := a.over(q)
	if err != nil {
		return nil, err
	}
	right.Nullable = true
	out.From = []tree.From{&tree.Join{Kind: tree.Left, Left: left, Right: right, On: resolve.Bool(true)}}
	return out, nil
}

// split takes a query apart whose functions write for each row, nil where it need not.
func (a *analyzer) split(n *ast.SelectStmt) *eachrow.Split {
	if !a.each {
		return nil
	}
	return a.asker(0, a.routines.frame != nil).Take(n)
}

// asker tells of functions what the catalogue knows, for queries inside of so many
// others, or of a statement itself.
func (a *analyzer) asker(depth int, inside bool) eachrow.Asker {
	writes := func(call *ast.FuncCall) bool { return a.namesPhases(call, depth) }
	return eachrow.Asker{Writes: writes, Inside: inside, From: len(a.args)}
}

// eachRow analyzes a query that was taken apart.
func (a *analyzer) eachRow(r *Result, split *eachrow.Split) (err error) {
	known := a.routines
	a.routines.only(split.Rows)
	a.topWith = split.Rows.WithClause
	if r.Query, err = a.query(nil, split.Rows); err == nil {
		err = a.settleOutputs(r.Query.Columns)
	}
	a.routines.back(known)
	if err != nil {
		return err
	}
	calls := &Calls{Places: split.Places}
	given := r.Query.Columns[len(r.Query.Columns)-split.Args:]
	for _, o := range given {
		if _, row := o.Expr.(*tree.WholeRow); row || o.Expr.Type().OID == types.Record {
			return unsupported("a row as an argument of a function that writes, for each row, is")
		}
		calls.Args = append(calls.Args, &tree.Param{Ref: o.Expr.Type()})
	}
	a.args = append(a.args, calls.Args...)
	calls.Columns = slices.Clone(r.Query.Columns[:len(r.Query.Columns)-split.Args])
	for i, n := range split.Calls {
		if err := a.callForRow(calls, i, n); err != nil {
			return err
		}
	}
	if calls.Set && r.Query.Limit != nil { // which counts what the function returns
		return unsupported("LIMIT of the rows of a function that writes, in the list of a SELECT, is")
	}
	r.Calls = calls
	return a.apartFrom(r)
}

// callForRow analyzes a statement that runs for each row, and says which column it is.
func (a *analyzer) callForRow(calls *Calls, i int, n *ast.SelectStmt) error {
	parts, outer, known := a.parts, a.outer, a.routines
	a.parts, a.outer = nil, nil
	a.routines.only(n)
	part := &Result{}
	var err error
	if part.Query, err = a.query(nil, n); err == nil {
		err = a.settleOutputs(part.Query.Columns)
	}
	found := a.routines.found
	part.Parts, a.parts, a.outer = a.parts, parts, outer
	a.routines.back(known)
	if err == nil && len(part.Parts) > 0 {
		part.Order, err = writing.Arrange(a.Catalog, part.statements())
	}
	if err != nil {
		return err
	}
	calls.List = append(calls.List, part)
	if calls.Places == nil {
		calls.Columns = part.Query.Columns
		return nil
	}
	if len(part.Query.Columns) != 1 || found == nil || found.Function.Result == types.Record || found.Function.ReturnsSet && len(calls.Places) > 1 {
		return unsupported("rows of a function that writes, in the list of a SELECT, are")
	}
	if calls.Places[i] < 0 {
		calls.Places[i] += len(calls.Columns) + len(calls.Args)
	}
	calls.Set = found.Function.ReturnsSet
	calls.Columns[calls.Places[i]].Expr = part.Query.Columns[0].Expr
	return nil
}

// apartFrom refuses calls that use what the statement's WITH writes: in PostgreSQL its
// plan decides whether they see it.
func (a *analyzer) apartFrom(r *Result) error {
	written, used := map[uint32]bool{}, map[uint32]bool{}
	for _, p := range a.parts {
		if !p.Inside {
			a.addChanged(written, p)
		}
	}
	for _, call := range r.Calls.List {
		a.addChanged(used, call)
		for _, s := range call.statements() {
			maps.Copy(used, s.Reads().OIDs)
		}
	}
	for oid := range used {
		if written[oid] {
			return unsupported("a function that uses the table which WITH writes, for each row, is")
		}
	}
	return nil
}

// addChanged adds the tables that a statement changes.
func (a *analyzer) addChanged(changed map[uint32]bool, r *Result) {
	for _, s := range r.statements() {
		writing.AddChanged(a.Catalog, changed, s)
	}
	for _, part := range append(slices.Clone(r.Parts), r) {
		if part.Calls != nil {
			for _, call := range part.Calls.List {
				a.addChanged(changed, call)
			}
		}
	}
}

// onlyFirst has the last statement of a function that returns one value run until there
// is a row, as in PostgreSQL (init_execution_state in functions.c), where it calls
// functions that write for each row.
func (a *analyzer) onlyFirst(f *catalog.Function, last ast.Node) {
	n, ok := last.(*ast.SelectStmt)
	if !ok || f.Set || len(a.parts) == 0 || a.parts[len(a.parts)-1].Calls == nil {
		return
	}
	a.parts[len(a.parts)-1].Calls.First = !eachrow.WithWrites(n)
}
