package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/recursion"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// withQuery analyzes a SELECT that WITH comes before.
func (a *analyzer) withQuery(parent *scope, n *ast.SelectStmt) (*tree.Query, error) {
	s, err := a.with(parent, n.WithClause)
	if err != nil {
		return nil, err
	}
	rest := *n
	rest.WithClause = nil
	q, err := a.query(s, &rest)
	if err != nil {
		return nil, err
	}
	q.With = append(slices.Clone(s.ctes), q.With...)
	return q, nil
}

// outerWith analyzes the WITH of a statement that writes, which all of it sees.
func (a *analyzer) outerWith(n *ast.WithClause) (err error) {
	if n != nil {
		a.topWith = n
		a.outer, err = a.with(nil, n)
	}
	return err
}

// with analyzes the queries that a WITH names. Each sees those before it.
func (a *analyzer) with(parent *scope, n *ast.WithClause) (*scope, error) {
	s := &scope{parent: parent}
	for _, item := range syntax.Items(n.Ctes) {
		c, ok := item.(*ast.CommonTableExpr)
		if !ok {
			return nil, unsupported("%T in WITH is", item)
		}
		if slices.ContainsFunc(s.ctes, func(other *tree.CTE) bool { return other.Name == c.Ctename }) {
			return nil, a.at(fault.New(fault.DuplicateAlias, `WITH query name "%s" specified more than once`, c.Ctename), c.Ctename)
		}
		analyze := a.cte
		if n.Recursive && a.refersTo(c.Ctequery, n, c) {
			analyze = a.recursive
		}
		made, err := analyze(s, n, c)
		if err != nil {
			return nil, err
		}
		s.ctes = append(s.ctes, made)
	}
	return s, nil
}

// refersTo tells whether a query of WITH RECURSIVE names itself or a later one,
// which it could not without RECURSIVE.
func (a *analyzer) refersTo(query ast.Node, n *ast.WithClause, c *ast.CommonTableExpr) bool {
	list := syntax.Items(n.Ctes)
	later := map[string]bool{}
	for _, other := range list[slices.Index(list, ast.Node(c)):] {
		later[other.(*ast.CommonTableExpr).Ctename] = true
	}
	found := false
	ast.Rewrite(query, func(at *ast.Cursor) bool {
		v, ok := at.Node().(*ast.RangeVar)
		found = found || ok && v != nil && v.SchemaName == "" && later[v.RelName]
		return !found
	}, nil)
	return found
}

// recursive analyzes a query that reads itself. SQLite evaluates it row by row
// where PostgreSQL takes all new rows at once, which is the same unless the right
// side looks at several of them.
func (a *analyzer) recursive(s *scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	sel, err := a.recursiveForm(n, c)
	if err != nil {
		return nil, err
	}
	left, err := a.query(s, sel.Larg)
	if err != nil {
		return nil, err
	}
	if err := a.settleOutputs(left.Columns); err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: left, Columns: columnsOf(left), Recursive: true,
		Materialized: c.Ctematerialized == ast.CTEMaterializeAlways}
	if err := a.nameCTE(made, c); err != nil {
		return nil, err
	}
	right, err := a.query(&scope{parent: s, ctes: []*tree.CTE{made}}, sel.Rarg)
	if err != nil {
		return nil, err
	}
	made.References = 0
	made.Query, err = a.recursiveUnion(c.Ctename, sel.All, left, right)
	return made, err
}

// recursiveUnion puts the two sides together. The left one alone decides the types.
func (a *analyzer) recursiveUnion(name string, all bool, left, right *tree.Query) (*tree.Query, error) {
	switch {
	case len(left.Columns) != len(right.Columns):
		return nil, fault.New(fault.SyntaxError, "each UNION query must have the same number of columns")
	case slices.ContainsFunc(right.Columns, func(o tree.Output) bool { return aggregates(o.Expr) }):
		return nil, fault.New(invalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
	case right.Set != nil, right.Distinct, right.Aggregated, right.Windowed, right.Limit != nil, right.Offset != nil,
		len(right.OrderBy) > 0, len(right.With) > 0, len(right.Values) > 0:
		return nil, unsupported("a recursive term that is more than FROM and WHERE is")
	}
	q := &tree.Query{Set: &tree.SetOperation{Op: tree.Union, All: all, Left: left}}
	refs := make([]types.Ref, len(left.Columns))
	for i, o := range left.Columns {
		ref, err := a.Common([]tree.Expr{o.Expr, right.Columns[i].Expr}, "UNION")
		if err != nil {
			return nil, err
		}
		refs[i] = o.Expr.Type()
		if refs[i].OID != ref.OID {
			return nil, fault.New(fault.DatatypeMismatch, `recursive query "%s" column %d has type %s in non-recursive term but type %s overall`,
				name, i+1, a.TypeName(refs[i].OID), a.TypeName(ref.OID)).
				WithHint("Cast the output of the non-recursive term to the correct type.")
		}
		if refs[i].Mod != types.Of(ref.OID).Mod && refs[i] != right.Columns[i].Expr.Type() {
			return nil, unsupported("a recursive query whose column has a length or precision is")
		}
		q.Columns = append(q.Columns, tree.Output{Name: o.Name, Expr: resolve.Probe(refs[i])})
	}
	var err error
	if q.Set.Right, err = a.converted(right, refs); err != nil {
		return nil, err
	}
	return q, a.comparable(q)
}

const invalidRecursion = "42P19"

// recursiveForm checks the form of a recursive query (checkWellFormedRecursion in
// parse_cte.c).
func (a *analyzer) recursiveForm(n *ast.WithClause, c *ast.CommonTableExpr) (*ast.SelectStmt, error) {
	sel, ok := c.Ctequery.(*ast.SelectStmt)
	if !ok {
		return nil, fault.New(invalidRecursion, `recursive query "%s" must not contain data-modifying statements`, c.Ctename)
	}
	at := func(e *fault.Error) error { return a.at(e, c.Ctename) }
	list := syntax.Items(n.Ctes)
	for _, other := range list[slices.Index(list, ast.Node(c))+1:] {
		later := other.(*ast.CommonTableExpr)
		switch {
		case recursion.Count(sel, later.Ctename) == 0:
		case recursion.Count(later.Ctequery, c.Ctename) > 0:
			return nil, at(fault.New(fault.FeatureNotSupported, "mutual recursion between WITH items is not implemented"))
		default:
			return nil, unsupported("WITH RECURSIVE over a query that comes later is")
		}
	}
	switch {
	case c.SearchClause != nil || c.CycleClause != nil:
		return nil, unsupported("SEARCH and CYCLE are")
	case sel.Op != ast.SETOP_UNION:
		return nil, at(fault.New(invalidRecursion, `recursive query "%s" does not have the form non-recursive-term UNION [ALL] recursive-term`, c.Ctename))
	case recursion.Count(sel.Larg, c.Ctename) > 0:
		return nil, at(fault.New(invalidRecursion, `recursive reference to query "%s" must not appear within its non-recursive term`, c.Ctename))
	case sel.WithClause != nil:
		return nil, unsupported("a WITH within a recursive query is")
	case len(syntax.Items(sel.SortClause)) > 0:
		return nil, at(fault.New(fault.FeatureNotSupported, "ORDER BY in a recursive query is not implemented"))
	case sel.LimitOffset != nil:
		return nil, at(fault.New(fault.FeatureNotSupported, "OFFSET in a recursive query is not implemented"))
	case sel.LimitCount != nil:
		return nil, at(fault.New(fault.FeatureNotSupported, "LIMIT in a recursive query is not implemented"))
	case len(syntax.Items(sel.LockingClause)) > 0:
		return nil, at(fault.New(fault.FeatureNotSupported, "FOR UPDATE/SHARE in a recursive query is not implemented"))
	}
	return sel, a.recursiveReference(sel.Rarg, c.Ctename)
}

// recursiveReference checks that a recursive term names its query once, in FROM.
func (a *analyzer) recursiveReference(term *ast.SelectStmt, name string) error {
	refuse := func(where string) error {
		return a.at(fault.New(invalidRecursion, `recursive reference to query "%s" must not appear `+where, name), name)
	}
	direct, nullable := 0, 0
	for i, item := range syntax.Items(term.FromClause) {
		d, o := recursion.Direct(item, name, i == 0)
		direct, nullable = direct+d, nullable+o
	}
	total := recursion.Count(term, name)
	switch {
	case recursion.InSubquery(term, name):
		return refuse("within a subquery")
	case nullable > 0:
		return refuse("within an outer join")
	case total > 1:
		return refuse("more than once")
	case direct != total:
		return unsupported("a recursive reference that is not in the FROM of the recursive term itself is")
	}
	return nil
}

func (a *analyzer) cte(s *scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	sel, ok := c.Ctequery.(*ast.SelectStmt)
	if !ok {
		return a.writingCTE(s, n, c)
	}
	if c.SearchClause != nil || c.CycleClause != nil {
		return nil, unsupported("SEARCH and CYCLE are")
	}
	q, err := a.query(s, sel)
	if err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: q, Columns: columnsOf(q),
		Materialized: c.Ctematerialized == ast.CTEMaterializeAlways}
	return made, a.nameCTE(made, c)
}

// nameCTE gives a query of WITH its number and the names of its columns.
func (a *analyzer) nameCTE(made *tree.CTE, c *ast.CommonTableExpr) error {
	given := syntax.Names(c.Aliascolnames)
	if len(given) > len(made.Columns) {
		return a.at(fault.New(fault.InvalidColumnReference, `WITH query "%s" has %d columns available but %d columns specified`,
			c.Ctename, len(made.Columns), len(given)), c.Ctename)
	}
	for i, name := range given {
		made.Columns[i].Name = name
	}
	a.rels++
	made.ID = a.rels
	return nil
}

// writingCTE analyzes a statement of WITH that writes. What it returns stands in
// the statement as a relation.
func (a *analyzer) writingCTE(s *scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	if n != a.topWith {
		return nil, a.at(fault.New(fault.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level"), c.Ctename)
	}
	outer := a.outer
	a.outer = &scope{ctes: slices.Clone(s.ctes)}
	defer func() { a.outer = outer }()
	part := &Result{With: a.outer.ctes, Inside: a.routines.frame != nil}
	returning, err := a.part(part, c.Ctequery)
	if err != nil {
		return nil, err
	}
	q, err := a.readPart(part, returning)
	if err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: q, Columns: columnsOf(q), Materialized: true, Silent: len(returning) == 0}
	return made, a.nameCTE(made, c)
}

// readPart adds a part to the statement, and returns a query of what it returns.
func (a *analyzer) readPart(part *Result, returning []tree.Output) (*tree.Query, error) {
	a.parts = append(a.parts, part)
	r, err := a.newRel(&tree.Rel{Part: len(a.parts)})
	if err != nil {
		return nil, err
	}
	q := &tree.Query{From: []tree.From{r}}
	for i, o := range returning {
		r.Columns = append(r.Columns, tree.RelColumn{Name: o.Name, Type: o.Expr.Type()})
		q.Columns = append(q.Columns, tree.Output{Name: o.Name, Expr: &tree.Column{Ref: o.Expr.Type(), Rel: r, Index: i}})
	}
	return q, nil
}

func (a *analyzer) part(r *Result, node ast.Node) (returning []tree.Output, err error) {
	outer := a.outer
	defer func() { a.outer = outer }()
	switch n := node.(type) {
	case *ast.InsertStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Insert, err = a.insert(n)
		}
	case *ast.UpdateStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Update, err = a.update(n)
		}
	case *ast.DeleteStmt:
		if err = a.innerWith(r, n.WithClause); err == nil {
			r.Delete, err = a.delete(n)
		}
	default:
		return nil, unsupported("%T in WITH is", node)
	}
	switch {
	case err != nil:
		return nil, err
	case r.Insert != nil:
		return r.Insert.Returning, nil
	case r.Update != nil:
		return r.Update.Returning, nil
	}
	return r.Delete.Returning, nil
}

// innerWith analyzes the WITH of a part, which sees that of the whole.
func (a *analyzer) innerWith(r *Result, n *ast.WithClause) error {
	if n == nil {
		return nil
	}
	s, err := a.with(a.outer, n)
	if err != nil {
		return err
	}
	a.outer = s
	r.With = append(slices.Clone(r.With), s.ctes...)
	return nil
}

// statements are the parts of a statement and, last, the statement itself.
func (r *Result) statements() []writing.Statement {
	var out []writing.Statement
	for _, p := range append(slices.Clone(r.Parts), r) {
		out = append(out, writing.Statement{Query: p.Query, Insert: p.Insert, Update: p.Update, Delete: p.Delete, Inside: p.Inside})
	}
	return out
}

// columnsOf are the columns of a query used as a relation.
func columnsOf(q *tree.Query) []tree.RelColumn {
	out := make([]tree.RelColumn, len(q.Columns))
	for i, c := range q.Columns {
		out[i] = tree.RelColumn{Name: c.Name, Type: c.Expr.Type()}
	}
	return out
}

// cteNamed finds a query of WITH by its name, nil when there is none.
func (s *scope) cteNamed(n *ast.RangeVar) *tree.CTE {
	if n.SchemaName != "" || n.CatalogName != "" {
		return nil
	}
	for at := s; at != nil; at = at.parent {
		for _, c := range at.ctes {
			if c.Name == n.RelName {
				return c
			}
		}
	}
	return nil
}

// cteRel makes a relation of a query of WITH.
func (a *analyzer) cteRel(s *scope, c *tree.CTE, n *ast.RangeVar) (tree.From, error) {
	if c.Silent {
		return nil, a.at(fault.New(fault.FeatureNotSupported, `WITH query "%s" does not have a RETURNING clause`, c.Name), c.Name)
	}
	r := &tree.Rel{Alias: c.Name, CTE: c, Query: c.Query, Columns: slices.Clone(c.Columns)}
	c.References++
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	if _, err := a.newRel(r); err != nil {
		return nil, err
	}
	return r, a.addRel(s, r)
}

var setOps = map[ast.SetOperation]tree.SetOp{
	ast.SETOP_UNION: tree.Union, ast.SETOP_INTERSECT: tree.Intersect, ast.SETOP_EXCEPT: tree.Except,
}

// compound analyzes UNION, INTERSECT and EXCEPT. ORDER BY and LIMIT stand over
// the whole, which is made a derived table for them.
func (a *analyzer) compound(parent *scope, n *ast.SelectStmt) (*tree.Query, error) {
	set, err := a.operand(parent, n, true)
	if err != nil {
		return nil, err
	}
	q, r, err := a.over(set)
	if err != nil {
		return nil, err
	}
	s := &scope{parent: parent, rels: []*tree.Rel{r}}
	for _, item := range syntax.Items(n.SortClause) {
		if err := a.compoundKey(q, s.in("ORDER BY", nil), item); err != nil {
			return nil, err
		}
	}
	return q, a.limit(q, s, n)
}

// over makes a query that yields the columns of another.
func (a *analyzer) over(inner *tree.Query) (*tree.Query, *tree.Rel, error) {
	r, err := a.newRel(&tree.Rel{Query: inner, Columns: columnsOf(inner)})
	if err != nil {
		return nil, nil, err
	}
	q := &tree.Query{From: []tree.From{r}}
	for i, c := range r.Columns {
		q.Columns = append(q.Columns, tree.Output{Name: c.Name, Expr: &tree.Column{Ref: c.Type, Rel: r, Index: i}})
	}
	return q, r, nil
}

// compoundKey adds a key of ORDER BY, which must be a column of the result.
func (a *analyzer) compoundKey(q *tree.Query, s *scope, n ast.Node) error {
	sort, ok := n.(*ast.SortBy)
	if !ok || sort.SortbyDir == ast.SORTBY_USING {
		return unsupported("ORDER BY USING is")
	}
	e, err := a.sortKey(q, s, sort.Node)
	if err != nil {
		return err
	}
	if !isOutput(q, e) {
		return fault.New(fault.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
			WithDetail("Only result column names can be used, not expressions or functions.").
			WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
	}
	q.OrderBy = append(q.OrderBy, order(sort, e))
	return a.Ordered(e, "an ordering", "<")
}

// operand analyzes one side of a set operation, or the whole. Only an inner one
// may have ORDER BY, LIMIT or WITH of its own here.
func (a *analyzer) operand(parent *scope, n *ast.SelectStmt, whole bool) (*tree.Query, error) {
	own := n.SortClause != nil || n.LimitCount != nil || n.LimitOffset != nil || n.LockingClause != nil || n.WithClause != nil
	if n.Op == ast.SETOP_NONE || own && !whole {
		return a.query(parent, n)
	}
	left, err := a.operand(parent, n.Larg, false)
	if err != nil {
		return nil, err
	}
	right, err := a.operand(parent, n.Rarg, false)
	if err != nil {
		return nil, err
	}
	op := setOps[n.Op]
	if len(left.Columns) != len(right.Columns) {
		return nil, fault.New(fault.SyntaxError, "each %s query must have the same number of columns", op)
	}
	q := &tree.Query{Set: &tree.SetOperation{Op: op, All: n.All}}
	refs := make([]types.Ref, len(left.Columns))
	for i, c := range left.Columns {
		if refs[i], err = a.Common([]tree.Expr{c.Expr, right.Columns[i].Expr}, string(op)); err != nil {
			return nil, err
		}
		q.Columns = append(q.Columns, tree.Output{Name: c.Name, Expr: resolve.Probe(refs[i])})
	}
	if q.Set.Left, err = a.converted(left, refs); err != nil {
		return nil, err
	}
	if q.Set.Right, err = a.converted(right, refs); err != nil {
		return nil, err
	}
	return q, a.comparable(q)
}

// comparable refuses columns that cannot be compared where rows are.
func (a *analyzer) comparable(q *tree.Query) error {
	if q.Set.Op == tree.Union && q.Set.All {
		return nil
	}
	for _, c := range q.Columns {
		if err := a.Ordered(c.Expr, "equality", "="); err != nil {
			return err
		}
	}
	return nil
}

// converted gives the columns of a query other types. What compares its own
// rows before keeps its columns, and a query around it converts them.
func (a *analyzer) converted(q *tree.Query, refs []types.Ref) (*tree.Query, error) {
	change := false
	for i, c := range q.Columns {
		if len(q.DistinctOn) > 0 && c.Expr.Type().OID == types.Unknown { // a literal is of the type from the start
			e, err := a.Coerce(c.Expr, refs[i], types.Implicit)
			if err != nil {
				return nil, err
			}
			q.Columns[i].Expr, c.Expr = e, e
		}
		change = change || c.Expr.Type().OID != refs[i].OID
	}
	if !change {
		return q, nil
	}
	if q.Distinct || q.Set != nil || len(q.Values) > 0 {
		var err error
		if q, _, err = a.over(q); err != nil {
			return nil, err
		}
	}
	for i := range q.Columns {
		var err error
		if q.Columns[i].Expr, err = a.Coerce(q.Columns[i].Expr, refs[i], types.Implicit); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func outputsOf(q *tree.Query) []tree.Expr {
	out := make([]tree.Expr, len(q.Columns))
	for i, c := range q.Columns {
		out[i] = c.Expr
	}
	return out
}

// only finds the call that a statement runs once.
func (r *routines) only(n *ast.SelectStmt) {
	r.alone, r.ofRow, r.found, r.row = inline.OnlyCall(n), false, nil, nil
	if r.alone == nil {
		r.alone, r.ofRow = inline.CallOfRow(n), true
	}
}

// back is what only knew before.
func (r *routines) back(known routines) {
	r.alone, r.ofRow, r.found, r.row = known.alone, known.ofRow, known.found, known.row
}

// ofTheRow makes queries of the arguments that read the row that the statement
// inserts, for other statements to use.
func (r *routines) ofTheRow(args []tree.Expr) []tree.Expr {
	out := slices.Clone(args)
	reads := func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			return x.Rel == r.row
		case *tree.WholeRow:
			return x.Rel == r.row
		}
		return false
	}
	for i, arg := range args {
		if r.row != nil && tree.Any(arg, reads) {
			q := &tree.Query{With: []*tree.CTE{r.row.CTE}, From: []tree.From{r.row}, Columns: []tree.Output{{Name: "value", Expr: arg}}}
			out[i] = &tree.Subquery{Kind: tree.Scalar, Query: q, One: true}
		}
	}
	return out
}

// insideQuery analyzes a query that is a statement of a function. The statements of
// a function that it calls come before it.
func (a *analyzer) insideQuery(f *catalog.Function, n *ast.SelectStmt) (*tree.Query, error) {
	r, before := &a.routines, len(a.parts)
	defer r.back(*r)
	r.alone, r.found, r.row = nil, nil, nil
	if f.Volatility == 'v' { // others do not see what was written since their caller began
		if r.only(n); inline.WritesFirst(n) {
			a.topWith = n.WithClause
		}
	}
	q, err := a.query(nil, n)
	if err == nil {
		err = a.settleOutputs(q.Columns)
	}
	if err != nil || len(a.parts) == before {
		return q, err
	}
	reads := tree.NewTables()
	if reads.Query(q); len(reads.OIDs) > 0 {
		r.apart = true
		return nil, unsupported("a query of a function that calls a function that writes, and reads tables itself, is")
	}
	return q, nil
}
