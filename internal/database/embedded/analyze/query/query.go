// Package query gives queries their meaning: FROM and its joins, grouping, WITH, set
// operations, and what stands behind the names in them: the policies of tables, the
// queries of views and the bodies of functions in SQL (analyze.c and parse_clause.c,
// rewriteHandler.c and rowsecurity.c in PostgreSQL). Of statements that write inside of
// a query it knows what [Writes] says.
package query

import (
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/grouping"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Analyzer gives the queries of one statement their meaning, and what they are made
// of: policies, views and functions in SQL.
type Analyzer struct {
	*expression.Analyzer
	writes Writes
	// Defining tells that a definition is being made: what is behind its relations
	// does not matter yet.
	Defining bool
	// invoker is the caller's role; Role is the view's owner inside a view.
	invoker   string
	sources   []catalog.Source // what the present stored text calls by OID
	expanding []uint32         // the views around the present place
	locks     string           // the clause by which a SELECT locks rows, "" for none
	routines  routines
	// Once is the call that the statement runs once.
	Once inline.Once
	// Reads are the tables that volatile functions read: as they run they would see
	// what the statement itself has written so far.
	Reads *tree.Tables
	// guarded are the tables whose policies are being analyzed, to find
	// policies that lead back to themselves.
	guarded []uint32
}

// LockClause is the clause by which the SELECT locks rows, "" for none.
func (a *Analyzer) LockClause() string { return a.locks }

// Writes analyzes what writes inside of a query.
type Writes interface {
	// WritingCTE analyzes a statement of WITH that writes.
	WritingCTE(s *scope.Scope, n *ast.WithClause, c *ast.CommonTableExpr) (*tree.CTE, error)
	// Phases runs the statements of a function before the query that calls it; ok is
	// false where a function is one query, which needs no phases.
	Phases(f *catalog.Function, call *tree.Call) (q *tree.Query, ok bool, err error)
}

// New returns what analyzes the queries of a statement.
func New(c lookup.Context, w Writes) *Analyzer {
	a := &Analyzer{invoker: c.Role, writes: w}
	a.Analyzer = expression.New(c, a)
	a.DefaultOf = a.parameterDefault
	a.routines.path = c.SearchPath
	return a
}

// columnNumber is the name of a column that has none, as those of VALUES.
func columnNumber(n int) string { return "column" + strconv.Itoa(n) }

// Query analyzes a SELECT or VALUES. parent is the scope of the query around
// it, nil for none.
func (a *Analyzer) Query(parent *scope.Scope, n *ast.SelectStmt) (*tree.Query, error) {
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
	s := &scope.Scope{Parent: parent}
	var err error
	if q.From, err = a.From(s, n.FromClause); err != nil {
		return nil, err
	}
	if n.WhereClause != nil {
		if q.Where, err = a.Boolean(s.In("WHERE", nil), n.WhereClause, "WHERE"); err != nil {
			return nil, err
		}
	}
	var aggregates []*tree.Aggregate
	s.Sets, s.Groupings = &[]*tree.Rel{}, &[]*tree.Grouping{}
	s.Windows = scope.NewWindows(n.WindowClause, &aggregates)
	if q.Columns, err = a.Targets(s.In("SELECT", &aggregates), n.TargetList); err != nil {
		return nil, err
	}
	if err := a.grouping(q, s, n, &aggregates); err != nil {
		return nil, err
	}
	if q.OrderBy, err = a.orderBy(s.In("ORDER BY", &aggregates), n.SortClause, q); err != nil {
		return nil, err
	}
	if err := a.distinct(q, s.In("DISTINCT ON", &aggregates), n); err != nil {
		return nil, err
	}
	if err := a.limit(q, s, n); err != nil {
		return nil, err
	}
	if err := a.DefineWindows(q, s); err != nil {
		return nil, err
	}
	q.Aggregates = aggregates
	return q, a.complete(q, s, n)
}

// complete settles what all clauses of a query together make of it, and checks it.
func (a *Analyzer) complete(q *tree.Query, s *scope.Scope, n *ast.SelectStmt) error {
	q.Aggregated = len(q.Aggregates)+len(*s.Groupings)+len(q.GroupBy)+len(q.Sets) > 0 || q.Having != nil
	if err := grouping.CheckCalls(q, *s.Groupings); err != nil {
		return err
	}
	if err := a.addSets(q, *s.Sets); err != nil {
		return err
	}
	if err := a.lock(q, s, n); err != nil {
		return err
	}
	return grouping.Check(q, s, a.Freeze, a.At)
}

// refuseSelect names the parts of SELECT that are not built yet.
func refuseSelect(n *ast.SelectStmt) error {
	switch {
	case n.IntoClause != nil:
		return resolve.Unsupported("SELECT INTO is")
	case len(syntax.Items(n.LockingClause)) > 0 && n.WithClause == nil && (n.Op != ast.SETOP_NONE || len(syntax.Items(n.ValuesLists)) > 0):
		what := "UNION/INTERSECT/EXCEPT"
		if n.Op == ast.SETOP_NONE {
			what = "VALUES"
		}
		return lockError(n.LockingClause.Items[0].(*ast.LockingClause), "is not allowed with "+what)
	}
	return nil
}

// values analyzes VALUES: the rows' columns are brought to common types.
func (a *Analyzer) values(parent *scope.Scope, n *ast.SelectStmt) (*tree.Query, error) {
	q := &tree.Query{}
	s := &scope.Scope{Parent: parent, Clause: "VALUES"}
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
	sorted, r, err := a.Over(q)
	if err != nil {
		return nil, err
	}
	r.Alias = "*VALUES*"
	s = &scope.Scope{Parent: parent, Rels: []*tree.Rel{r}}
	if sorted.OrderBy, err = a.orderBy(s.In("ORDER BY", nil), n.SortClause, sorted); err != nil {
		return nil, err
	}
	return sorted, a.limit(sorted, s, n)
}

func (a *Analyzer) row(s *scope.Scope, list ast.Node) ([]tree.Expr, error) {
	nodes, ok := list.(*ast.NodeList)
	if !ok {
		return nil, resolve.Unsupported("%T in VALUES is", list)
	}
	var row []tree.Expr
	for _, n := range nodes.Items {
		e, err := a.Expr(s, n)
		if err != nil {
			return nil, err
		}
		row = append(row, e)
	}
	return row, nil
}

func (a *Analyzer) unifyColumn(q *tree.Query, col int) error {
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
