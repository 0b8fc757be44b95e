package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/recursion"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// withQuery analyzes a SELECT that WITH comes before.
func (a *Analyzer) withQuery(parent *scope.Scope, n *ast.SelectStmt) (*tree.Query, error) {
	s, err := a.With(parent, n.WithClause)
	if err != nil {
		return nil, err
	}
	rest := *n
	rest.WithClause = nil
	q, err := a.Query(s, &rest)
	if err != nil {
		return nil, err
	}
	q.With = append(slices.Clone(s.CTEs), q.With...)
	return q, nil
}

// With analyzes the queries that a WITH names. Each sees those before it.
func (a *Analyzer) With(parent *scope.Scope, n *ast.WithClause) (*scope.Scope, error) {
	s := &scope.Scope{Parent: parent}
	for _, item := range syntax.Items(n.Ctes) {
		c, ok := item.(*ast.CommonTableExpr)
		if !ok {
			return nil, resolve.Unsupported("%T in WITH is", item)
		}
		if slices.ContainsFunc(s.CTEs, func(other *tree.CTE) bool { return other.Name == c.Ctename }) {
			return nil, a.At(fault.New(fault.DuplicateAlias, `WITH query name "%s" specified more than once`, c.Ctename), c.Ctename)
		}
		analyze := a.cte
		if n.Recursive && a.refersTo(c.Ctequery, n, c) {
			analyze = a.recursive
		}
		made, err := analyze(s, n, c)
		if err != nil {
			return nil, err
		}
		s.CTEs = append(s.CTEs, made)
	}
	return s, nil
}

// refersTo tells whether a query of WITH RECURSIVE names itself or a later one,
// which it could not without RECURSIVE.
func (a *Analyzer) refersTo(query ast.Node, n *ast.WithClause, c *ast.CommonTableExpr) bool {
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
func (a *Analyzer) recursive(s *scope.Scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	sel, err := a.recursiveForm(n, c)
	if err != nil {
		return nil, err
	}
	left, err := a.Query(s, sel.Larg)
	if err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(left.Columns); err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: left, Columns: left.RelColumns(), Recursive: true,
		Materialized: c.Ctematerialized == ast.CTEMaterializeAlways}
	if err := a.NameCTE(made, c); err != nil {
		return nil, err
	}
	right, err := a.Query(&scope.Scope{Parent: s, CTEs: []*tree.CTE{made}}, sel.Rarg)
	if err != nil {
		return nil, err
	}
	made.References = 0
	made.Query, err = a.recursiveUnion(c.Ctename, sel.All, left, right)
	return made, err
}

// recursiveUnion puts the two sides together. The left one alone decides the types.
func (a *Analyzer) recursiveUnion(name string, all bool, left, right *tree.Query) (*tree.Query, error) {
	switch {
	case len(left.Columns) != len(right.Columns):
		return nil, fault.New(fault.SyntaxError, "each UNION query must have the same number of columns")
	case slices.ContainsFunc(right.Columns, func(o tree.Output) bool { return tree.Aggregated(o.Expr) }):
		return nil, fault.New(invalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
	case right.Set != nil, right.Distinct, right.Aggregated, right.Windowed, right.Limit != nil, right.Offset != nil,
		len(right.OrderBy) > 0, len(right.With) > 0, len(right.Values) > 0:
		return nil, resolve.Unsupported("a recursive term that is more than FROM and WHERE is")
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
			return nil, resolve.Unsupported("a recursive query whose column has a length or precision is")
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
func (a *Analyzer) recursiveForm(n *ast.WithClause, c *ast.CommonTableExpr) (*ast.SelectStmt, error) {
	sel, ok := c.Ctequery.(*ast.SelectStmt)
	if !ok {
		return nil, fault.New(invalidRecursion, `recursive query "%s" must not contain data-modifying statements`, c.Ctename)
	}
	at := func(e *fault.Error) error { return a.At(e, c.Ctename) }
	list := syntax.Items(n.Ctes)
	for _, other := range list[slices.Index(list, ast.Node(c))+1:] {
		later := other.(*ast.CommonTableExpr)
		switch {
		case recursion.Count(sel, later.Ctename) == 0:
		case recursion.Count(later.Ctequery, c.Ctename) > 0:
			return nil, at(fault.New(fault.FeatureNotSupported, "mutual recursion between WITH items is not implemented"))
		default:
			return nil, resolve.Unsupported("WITH RECURSIVE over a query that comes later is")
		}
	}
	switch {
	case c.SearchClause != nil || c.CycleClause != nil:
		return nil, resolve.Unsupported("SEARCH and CYCLE are")
	case sel.Op != ast.SETOP_UNION:
		return nil, at(fault.New(invalidRecursion, `recursive query "%s" does not have the form non-recursive-term UNION [ALL] recursive-term`, c.Ctename))
	case recursion.Count(sel.Larg, c.Ctename) > 0:
		return nil, at(fault.New(invalidRecursion, `recursive reference to query "%s" must not appear within its non-recursive term`, c.Ctename))
	case sel.WithClause != nil:
		return nil, resolve.Unsupported("a WITH within a recursive query is")
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
func (a *Analyzer) recursiveReference(term *ast.SelectStmt, name string) error {
	refuse := func(where string) error {
		return a.At(fault.New(invalidRecursion, `recursive reference to query "%s" must not appear `+where, name), name)
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
		return resolve.Unsupported("a recursive reference that is not in the FROM of the recursive term itself is")
	}
	return nil
}

func (a *Analyzer) cte(s *scope.Scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error) {
	sel, ok := c.Ctequery.(*ast.SelectStmt)
	if !ok {
		return a.writes.WritingCTE(s, n, c)
	}
	if c.SearchClause != nil || c.CycleClause != nil {
		return nil, resolve.Unsupported("SEARCH and CYCLE are")
	}
	q, err := a.Query(s, sel)
	if err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	made := &tree.CTE{Name: c.Ctename, Query: q, Columns: q.RelColumns(),
		Materialized: c.Ctematerialized == ast.CTEMaterializeAlways}
	return made, a.NameCTE(made, c)
}

// NameCTE gives a query of WITH its number and the names of its columns.
func (a *Analyzer) NameCTE(made *tree.CTE, c *ast.CommonTableExpr) error {
	given := syntax.Names(c.Aliascolnames)
	if len(given) > len(made.Columns) {
		return a.At(fault.New(fault.InvalidColumnReference, `WITH query "%s" has %d columns available but %d columns specified`,
			c.Ctename, len(made.Columns), len(given)), c.Ctename)
	}
	for i, name := range given {
		made.Columns[i].Name = name
	}
	made.ID = a.NextID()
	return nil
}
