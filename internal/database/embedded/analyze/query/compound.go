package query

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

var setOps = map[ast.SetOperation]tree.SetOp{
	ast.SETOP_UNION: tree.Union, ast.SETOP_INTERSECT: tree.Intersect, ast.SETOP_EXCEPT: tree.Except,
}

// compound analyzes UNION, INTERSECT and EXCEPT. ORDER BY and LIMIT stand over
// the whole, which is made a derived table for them.
func (a *Analyzer) compound(parent *scope.Scope, n *ast.SelectStmt) (*tree.Query, error) {
	set, err := a.operand(parent, n, true)
	if err != nil {
		return nil, err
	}
	q, r, err := a.Over(set)
	if err != nil {
		return nil, err
	}
	s := &scope.Scope{Parent: parent, Rels: []*tree.Rel{r}}
	for _, item := range syntax.Items(n.SortClause) {
		if err := a.compoundKey(q, s.In("ORDER BY", nil), item); err != nil {
			return nil, err
		}
	}
	return q, a.limit(q, s, n)
}

// compoundKey adds a key of ORDER BY, which must be a column of the result.
func (a *Analyzer) compoundKey(q *tree.Query, s *scope.Scope, n ast.Node) error {
	sort, ok := n.(*ast.SortBy)
	if !ok || sort.SortbyDir == ast.SORTBY_USING {
		return resolve.Unsupported("ORDER BY USING is")
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
	q.OrderBy = append(q.OrderBy, expression.Order(sort, e))
	return a.Ordered(e, "an ordering", "<")
}

// operand analyzes one side of a set operation, or the whole. Only an inner one
// may have ORDER BY, LIMIT or WITH of its own here.
func (a *Analyzer) operand(parent *scope.Scope, n *ast.SelectStmt, whole bool) (*tree.Query, error) {
	own := n.SortClause != nil || n.LimitCount != nil || n.LimitOffset != nil || n.LockingClause != nil || n.WithClause != nil
	if n.Op == ast.SETOP_NONE || own && !whole {
		return a.Query(parent, n)
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
func (a *Analyzer) comparable(q *tree.Query) error {
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
func (a *Analyzer) converted(q *tree.Query, refs []types.Ref) (*tree.Query, error) {
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
		if q, _, err = a.Over(q); err != nil {
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
