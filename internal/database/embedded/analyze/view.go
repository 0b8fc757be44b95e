package analyze

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxViews bounds how deep views may be built upon views.
const maxViews = 32

// place is what the meaning of stored text depends on: under whose rights it
// runs, and what its names mean.
type place struct {
	role    string
	path    []string
	locate  func(string) int
	sources []catalog.Source
	freeze  *freezer
	unread  *tree.Rel
	stored  bool
	frame   *frame
}

// enter goes to where a stored expression is at home, and returns the way back.
func (a *analyzer) enter(role string, e *catalog.Expr, unread *tree.Rel) func() {
	old := place{a.Role, a.SearchPath, a.Locate, a.sources, a.freeze, a.unread, a.Stored, a.routines.frame}
	a.routines.frame = nil
	a.Role, a.SearchPath, a.Locate = role, e.SearchPath, nil
	a.sources, a.freeze, a.unread, a.Stored = e.Sources, nil, unread, true
	return func() {
		a.Role, a.SearchPath, a.Locate = old.role, old.path, old.locate
		a.sources, a.freeze, a.unread, a.Stored = old.sources, old.freeze, old.unread, old.stored
		a.routines.frame = old.frame
	}
}

// viewRel makes a relation of a view, without its query.
func viewRel(v *catalog.View) *tree.Rel {
	r := &tree.Rel{Alias: v.Name, View: v}
	for _, c := range v.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type, Column: c})
	}
	return r
}

// rights is the role whose rights count inside a view. A view with
// security_invoker is used with the caller's own, even within another view.
func (a *analyzer) rights(v *catalog.View) string {
	if v.SecurityInvoker {
		return a.invoker
	}
	return v.Owner
}

// expand gives a view in FROM its query, under the view's rights.
func (a *analyzer) expand(r *tree.Rel) error {
	v := r.View
	leave, err := a.enterView(v)
	if err != nil {
		return err
	}
	defer leave()
	sel, err := viewQuery(v)
	if err != nil {
		return err
	}
	if r.Query, err = a.query(nil, sel); err != nil {
		return err
	}
	if err := a.settleOutputs(r.Query.Columns); err != nil {
		return err
	}
	if len(r.Query.Columns) != len(r.Columns) {
		return fault.Internal(fmt.Errorf("view %s has %d columns, its query %d", v.Name, len(v.Columns), len(r.Query.Columns)))
	}
	r.Query.Barrier = v.SecurityBarrier
	return nil
}

// enterView goes inside a view, unless that leads around.
func (a *analyzer) enterView(v *catalog.View) (leave func(), err error) {
	if slices.Contains(a.expanding, v.OID) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in rules for relation "%s"`, v.Name)
	}
	if len(a.expanding) >= maxViews {
		return nil, fault.New(fault.StatementTooComplex, "views are nested more than %d deep", maxViews)
	}
	a.expanding = append(a.expanding, v.OID)
	back := a.enter(a.rights(v), v.Query, nil)
	return func() {
		back()
		a.expanding = a.expanding[:len(a.expanding)-1]
	}, nil
}

// viewQuery parses the query of a view.
func viewQuery(v *catalog.View) (*ast.SelectStmt, error) {
	node, err := syntax.ParseExpr(v.Query.SQL)
	if err != nil {
		return nil, err
	}
	if link, ok := node.(*ast.SubLink); ok {
		if sel, ok := link.Subselect.(*ast.SelectStmt); ok {
			return sel, nil
		}
	}
	return nil, fault.Internal(fmt.Errorf("the text of view %s is no query", v.Name))
}

// sourceRef makes a relation of what stored text calls by its OID. Its columns
// go by the names that the text knows; later ones do not show.
func (a *analyzer) sourceRef(n *ast.RangeVar) (*tree.Rel, error) {
	oid, err := strconv.ParseUint(n.RelName, 10, 32)
	if err != nil {
		return nil, fault.Internal(err)
	}
	i := slices.IndexFunc(a.sources, func(s catalog.Source) bool { return s.OID == uint32(oid) })
	if i < 0 {
		return nil, fault.Internal(fmt.Errorf("relation %d is no source of the expression", oid))
	}
	source := a.sources[i]
	r := &tree.Rel{Alias: source.Name}
	columns, ok := a.columnsOf(r, source.OID)
	if !ok {
		return nil, fault.Internal(fmt.Errorf("relation %d of a stored query does not exist", oid))
	}
	for _, c := range columns {
		if name, known := source.Names[c.Number]; known {
			r.Columns = append(r.Columns, tree.RelColumn{Name: name, Type: c.Type, Column: c})
		}
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	return a.newRel(r)
}

func (a *analyzer) columnsOf(r *tree.Rel, oid uint32) ([]*catalog.Column, bool) {
	if v := a.Catalog.Views[oid]; v != nil {
		r.View = v
		return v.Columns, true
	}
	if t := a.Catalog.Tables[oid]; t != nil {
		r.Table = t
		return t.Columns, true
	}
	return nil, false
}

// freezer collects, while the query of a view is analyzed for the first time,
// what its names mean.
type freezer struct {
	nodes map[*ast.RangeVar]*tree.Rel
	rels  []*tree.Rel
	whole map[*tree.Rel]bool   // used as whole rows
	keys  map[*tree.Rel]uint32 // primary keys that GROUP BY relies on
}

func (f *freezer) note(n *ast.RangeVar, r *tree.Rel) {
	f.nodes[n] = r
	f.rels = append(f.rels, r)
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
func View(c Context, n *ast.SelectStmt) (*ViewQuery, error) {
	a := newAnalyzer(c)
	a.Stored = true
	a.freeze, a.defining = newFreezer(), true
	q, err := a.query(nil, n)
	if err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	if len(a.params) > 0 {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $1")
	}
	out := &ViewQuery{Columns: q.Columns, Updatable: a.updatable(n, q.Columns)}
	for _, c := range q.Columns {
		out.Origins = append(out.Origins, originOf(c.Expr))
	}
	if out.Sources, err = a.sourcesOf(a.freeze); err != nil {
		return nil, err
	}
	return out, resolveNames(n, a.freeze, out.Sources)
}

// originOf is the column of a table or view that an expression shows unchanged.
func originOf(e tree.Expr) catalog.Origin {
	c, ok := e.(*tree.Column)
	if !ok {
		return catalog.Origin{}
	}
	switch r := c.Rel; {
	case r.Table != nil || r.View != nil:
		oid, _, _ := identity(r)
		return catalog.Origin{Relation: oid, Column: r.Columns[c.Index].Column.Number}
	case r.Query != nil && r.Query.Set == nil && len(r.Query.Values) == 0:
		return originOf(r.Query.Columns[c.Index].Expr)
	}
	return catalog.Origin{}
}

// sourcesOf lists the relations of a query with the columns it reads.
func (a *analyzer) sourcesOf(f *freezer) ([]catalog.Source, error) {
	found := map[uint32]*catalog.Source{}
	for _, r := range f.rels {
		oid, name, columns := identity(r)
		s := found[oid]
		if s == nil {
			s = &catalog.Source{OID: oid, Name: name, Names: map[int]string{}}
			found[oid] = s
		}
		for _, c := range columns {
			s.Names[c.Number] = c.Name
		}
		s.Whole = s.Whole || f.whole[r]
		s.Key = max(s.Key, f.keys[r])
		for number := range a.reads[r].columns {
			if !slices.Contains(s.Uses, number) {
				s.Uses = append(s.Uses, number)
			}
		}
		slices.Sort(s.Uses)
	}
	var out []catalog.Source
	for _, oid := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[oid])
	}
	return out, nil
}

func identity(r *tree.Rel) (oid uint32, name string, columns []*catalog.Column) {
	if r.View != nil {
		return r.View.OID, r.View.Name, r.View.Columns
	}
	return r.Table.OID, r.Table.Name, r.Table.Columns
}

// Sources lists what an expression with subqueries reads, over the columns of a
// table, and changes the node so that it names its sources by OID.
func Sources(c Context, t *catalog.Table, node ast.Node) ([]catalog.Source, error) {
	a := newAnalyzer(c)
	a.Stored = true
	a.freeze, a.defining = newFreezer(), true
	r, err := a.newRel(a.inSchema(t.Schema, t.Name))
	if err != nil {
		return nil, err
	}
	a.watch(r, false)
	a.freeze.rels = append(a.freeze.rels, r)
	if _, err := a.expr(&scope{clause: "POLICY", rels: []*tree.Rel{r}}, node); err != nil {
		return nil, err
	}
	sources, err := a.sourcesOf(a.freeze)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(sources, func(s catalog.Source) bool { return s.Whole }) {
		return nil, unsupported("a whole row in a subquery of a policy is")
	}
	return sources, resolveNames(node, a.freeze, sources)
}

// hidden is the name of a column that stored text does not know. No name is
// empty.
const hidden = ""

// knows tells whether a relation goes by the names that stored text calls it and
// its columns by.
func (a *analyzer) knows(r *tree.Rel, s *catalog.Source) bool {
	if r.Alias != s.Name {
		return false
	}
	for _, c := range r.Columns {
		if name, ok := s.Names[c.Column.Number]; !ok && c.Name != hidden || ok && name != c.Name {
			return false
		}
	}
	return true
}

// storedUnder analyzes an expression with sources over a relation, under the
// names that it knows.
func (a *analyzer) storedUnder(s *scope, r *tree.Rel, e *catalog.Expr, want types.Ref, source *catalog.Source) (tree.Expr, error) {
	alias, columns := r.Alias, r.Columns
	r.Alias = source.Name
	r.Columns = make([]tree.RelColumn, len(columns))
	for i, c := range columns {
		r.Columns[i] = tree.RelColumn{Name: source.Names[c.Column.Number], Type: c.Type, Column: c.Column}
	}
	defer func() { r.Alias, r.Columns = alias, columns }()
	return a.storedExpr(r, e, want, s.clause)
}

func newFreezer() *freezer {
	return &freezer{nodes: map[*ast.RangeVar]*tree.Rel{}, whole: map[*tree.Rel]bool{}, keys: map[*tree.Rel]uint32{}}
}

// resolveNames puts OIDs in the place of the names of relations, which keep
// their names as aliases.
func resolveNames(root ast.Node, f *freezer, sources []catalog.Source) error {
	names := map[string]bool{}
	for _, s := range sources {
		if names[s.Name] {
			return unsupported("a view of two relations of one name is")
		}
		names[s.Name] = true
	}
	if err := refuseAmbiguous(root); err != nil {
		return err
	}
	for n, r := range f.nodes {
		oid, name, _ := identity(r)
		n.SchemaName, n.RelName = catalog.ByOID, strconv.FormatUint(uint64(oid), 10)
		if n.Alias == nil {
			n.Alias = ast.NewAlias(name, nil)
		}
	}
	ast.Rewrite(root, func(c *ast.Cursor) bool {
		ref, ok := c.Node().(*ast.ColumnRef)
		if ok && ref != nil && len(syntax.Items(ref.Fields)) == 3 {
			ref.Fields = ast.NewNodeList(ref.Fields.Items[1:]...)
		}
		return true
	}, nil)
	return nil
}

// refuseAmbiguous refuses s.t.c where several relations of the query go by the
// name t: without the schema it could mean another.
func refuseAmbiguous(root ast.Node) error {
	count, used := map[string]int{}, map[string]bool{}
	add := func(alias *ast.Alias, name string) {
		if alias != nil {
			name = alias.AliasName
		}
		count[name]++
	}
	ast.Rewrite(root, func(c *ast.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.RangeVar:
			if n != nil {
				add(n.Alias, n.RelName)
			}
		case *ast.RangeSubselect:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.RangeFunction:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.JoinExpr:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.ColumnRef:
			if n != nil && len(syntax.Items(n.Fields)) == 3 {
				used[syntax.Str(n.Fields.Items[1])] = true
			}
		}
		return true
	}, nil)
	for name := range used {
		if count[name] > 1 {
			return unsupported("a column with its schema, where several relations are called %s, is", name)
		}
	}
	return nil
}

const notOneTable = "Views that do not select from a single table or view are not automatically updatable."

// notUpdatable tells why rows cannot be changed through a query, "" when they
// can (view_query_is_auto_updatable in rewriteHandler.c).
func notUpdatable(n *ast.SelectStmt) string {
	const are = " are not automatically updatable."
	list := syntax.Items(n.FromClause)
	switch {
	case n.DistinctClause != nil:
		return "Views containing DISTINCT" + are
	case len(syntax.Items(n.GroupClause)) > 0:
		return "Views containing GROUP BY" + are
	case n.HavingClause != nil:
		return "Views containing HAVING" + are
	case n.Op != ast.SETOP_NONE:
		return "Views containing UNION, INTERSECT, or EXCEPT" + are
	case n.WithClause != nil:
		return "Views containing WITH" + are
	case n.LimitCount != nil || n.LimitOffset != nil:
		return "Views containing LIMIT or OFFSET" + are
	case len(list) != 1 || len(syntax.Items(n.ValuesLists)) > 0:
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
		if tree.Any(c.Expr, func(x tree.Expr) bool { _, ok := x.(*tree.WindowCall); return ok }) && reason == "" {
			reason = "Views that return window functions are not automatically updatable."
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

// CheckFunction checks the body of a function that is being made.
func CheckFunction(c Context, f *catalog.Function) error {
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
func checkFunction(c Context, f *catalog.Function, each bool) (apart bool, err error) {
	a := newAnalyzer(c)
	a.defining, a.each = true, each
	a.routines.path = c.SearchPath
	params, err := a.newRel(&tree.Rel{})
	if err != nil {
		return false, err
	}
	var args []tree.Expr
	for i, p := range f.Args {
		params.Columns = append(params.Columns, tree.RelColumn{Name: p.Name, Type: types.Of(p.Type)})
		if row := a.relation(p.Relation); row != nil {
			args = append(args, &tree.WholeRow{Rel: row, Of: p.Relation})
			continue
		}
		args = append(args, &tree.Column{Ref: types.Of(p.Type), Rel: params, Index: i})
	}
	list, err := syntax.Split(f.Body)
	if err == nil && (oneQuery(list) == nil || f.Result == types.Void || inline.WritesFirst(oneQuery(list)) || each && a.callsPhases(f, list, 0)) {
		_, err = a.run(f, args, list)
	} else if err == nil {
		_, err = a.body(f, args)
	}
	return err != nil && a.routines.apart, err
}

// returned brings the columns of a function's last query to the types that it
// returns (check_sql_fn_retval in functions.c).
func (a *analyzer) returned(f *catalog.Function, q *tree.Query) (*tree.Query, error) {
	wants, title := a.results(f)
	mismatch := func(detail string, args ...any) error {
		return fault.New(fault.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", title).
			WithDetail(detail, args...)
	}
	composite := f.Relation != 0 || len(f.Columns) > 1
	if composite && len(q.Columns) == 1 && isRowValue(q.Columns[0].Expr) && q.Set == nil && len(q.Values) == 0 && !q.Distinct {
		q.Columns = a.fields(q.Columns[0].Expr.(*tree.WholeRow))
	}
	switch {
	case !composite && len(q.Columns) != 1:
		return nil, mismatch("Final statement must return exactly one column.")
	case composite && len(q.Columns) == 1 && q.Columns[0].Expr.Type().OID == types.Record:
		return nil, unsupported("a function that returns a row as one value is")
	case len(q.Columns) > len(wants):
		return nil, mismatch("Final statement returns too many columns.")
	case len(q.Columns) < len(wants):
		return nil, mismatch("Final statement returns too few columns.")
	}
	same := true
	for i, c := range q.Columns {
		got := c.Expr.Type().OID
		same = same && got == wants[i]
		if !a.CanCoerce(got, wants[i], types.Assignment) {
			if !composite {
				return nil, mismatch("Actual return type is %s.", a.TypeName(got))
			}
			return nil, mismatch("Final statement returns %s instead of %s at column %d.", a.TypeName(got), a.TypeName(wants[i]), i+1)
		}
	}
	if same {
		return q, nil
	}
	if !inline.IsValue(q) {
		var err error
		if q, _, err = a.over(q); err != nil {
			return nil, err
		}
	}
	for i, c := range q.Columns {
		e, err := a.Coerce(c.Expr, types.Of(wants[i]), types.Assignment)
		if err != nil {
			return nil, err
		}
		q.Columns[i].Expr = e
	}
	return q, nil
}

// results are the types of the columns that a function returns, and how messages
// call them together.
func (a *analyzer) results(f *catalog.Function) (list []types.OID, title string) {
	switch {
	case f.Relation != 0:
		r := a.relation(f.Relation)
		if r == nil {
			return nil, "record"
		}
		for _, c := range r.Columns {
			list = append(list, c.Type.OID)
		}
		return list, r.Alias
	case len(f.Columns) > 0:
		for _, c := range f.Columns {
			list = append(list, c.Type)
		}
		if len(list) > 1 {
			return list, "record"
		}
		return list, a.TypeName(list[0])
	}
	return []types.OID{f.Result}, a.TypeName(f.Result)
}

// relation is a table or view by its OID, nil when there is none.
func (a *analyzer) relation(oid uint32) *tree.Rel {
	if t := a.Catalog.Tables[oid]; t != nil {
		return a.inSchema(t.Schema, t.Name)
	}
	if v := a.Catalog.Views[oid]; v != nil {
		return viewRel(v)
	}
	return nil
}
