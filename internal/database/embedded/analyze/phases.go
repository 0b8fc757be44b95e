package analyze

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/eachrow"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/query"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// insideQuery analyzes a query that is a statement of a function. The statements of
// a function that it calls come before it.
func (a *analyzer) insideQuery(f *catalog.Function, n *ast.SelectStmt) (*tree.Query, error) {
	before, once := len(a.parts), a.Once
	defer func() { a.Once = once }()
	a.Once = inline.Once{}
	if f.Volatility == 'v' { // others do not see what was written since their caller began
		if a.Once.Seek(n); inline.WritesFirst(n) {
			a.topWith = n.WithClause
		}
	}
	q, err := a.Query(nil, n)
	if err == nil {
		err = a.SettleOutputs(q.Columns)
	}
	if err != nil || len(a.parts) == before {
		return q, err
	}
	reads := tree.NewTables()
	if reads.Query(q); len(reads.OIDs) > 0 {
		a.Apart = true
		return nil, resolve.Unsupported("a query of a function that calls a function that writes, and reads tables itself, is")
	}
	return q, nil
}

// Phases runs the statements of a function before the query that calls it, one
// after the other; ok is false for a function that is one query, for which
// there is no need.
func (a *analyzer) Phases(f *catalog.Function, call *tree.Call) (q *tree.Query, ok bool, err error) {
	list, err := syntax.Split(f.Body)
	one := inline.OneQuery(list) != nil && f.Result != types.Void
	if err != nil || one && !inline.WritesFirst(inline.OneQuery(list)) && !a.callsPhases(f, list, 0) {
		return nil, false, err
	}
	reads := tree.NewTables()
	reads.Exprs(call.Args...)
	volatile := slices.ContainsFunc(call.Args, func(x tree.Expr) bool {
		return tree.Any(x, tree.IsVolatile) || a.Once.OfRow() && expression.IsRow(x)
	})
	// A statement of another function's comes after those before it.
	within := a.Inside != nil || a.Once.OfRow() && len(a.parts) == 1
	if !a.Defining && (!a.Once.Is(call) || len(a.parts) > 0 && !within || len(reads.OIDs) > 0 || volatile || f.Strict) {
		if one { // what it calls tells whether it can be put in place
			return nil, false, nil
		}
		a.Apart = true
		return nil, true, resolve.Unsupported("a call of the function %s, which is not one query, inside of a statement is", f.Name).
			WithHint("Call it by a statement of its own, with values as arguments: SELECT %s(…). PostgreSQL takes it here, too: set DATABASE_URL to use it as the engine.", f.Name)
	}
	q, err = a.run(f, a.Once.Args(call.Args), list)
	return q, true, err
}

// callsPhases tells whether a function of one query does nothing but call one that
// may have to run in phases.
func (a *analyzer) callsPhases(f *catalog.Function, list []syntax.Statement, depth int) bool {
	call := inline.OnlyCall(inline.OneQuery(list))
	switch {
	case f.Volatility != 'v' || depth >= query.MaxDepth:
		return false
	case a.each && a.asker(depth+1, true).Take(inline.OneQuery(list)) != nil:
		return true
	}
	return call != nil && a.namesPhases(call, depth)
}

// namesPhases tells whether a function of the name that is called may have to run in
// phases.
func (a *analyzer) namesPhases(call *ast.FuncCall, depth int) bool {
	path := syntax.Names(call.Funcname)
	return slices.ContainsFunc(a.Catalog.SortedFunctions(), func(g *catalog.Function) bool {
		if g.Name != path[len(path)-1] || len(path) > 1 && g.Schema != path[len(path)-2] {
			return false
		}
		body, err := syntax.Split(g.Body)
		return err == nil && (inline.OneQuery(body) == nil || g.Result == types.Void || inline.WritesFirst(inline.OneQuery(body)) || a.callsPhases(g, body, depth+1))
	})
}

// run analyzes the statements of a function as parts of the statement, and
// returns the query of its result.
func (a *analyzer) run(f *catalog.Function, args []tree.Expr, list []syntax.Statement) (*tree.Query, error) {
	leave, err := a.EnterRoutine(f, args)
	if err != nil {
		return nil, err
	}
	defer leave()
	outer := a.outer
	a.outer = nil
	defer func() { a.outer = outer }()
	var last *tree.Query
	for _, st := range list {
		if last, err = a.runOne(f, st); err != nil {
			return nil, err
		}
	}
	if f.Result == types.Void {
		nothing := &tree.Const{Ref: types.Of(types.Void), Value: sqlite.Null}
		return &tree.Query{Columns: []tree.Output{{Name: f.Name, Expr: nothing}}}, nil
	}
	if last == nil || len(last.Columns) == 0 {
		_, title := a.Results(f)
		return nil, fault.New(fault.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", title).
			WithDetail("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.")
	}
	a.onlyFirst(f, list[len(list)-1].Node)
	if last, err = a.Returned(f, last); err != nil || f.Set {
		return last, err
	}
	last.Limit = &tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(1)}
	if len(f.Columns) > 1 || f.Relation != 0 {
		return a.Always(last)
	}
	return last, nil
}

// runOne analyzes a statement of a function as a part, and returns a query of
// what it returns.
func (a *analyzer) runOne(f *catalog.Function, st syntax.Statement) (*tree.Query, error) {
	part := &Result{Inside: true}
	var returning []tree.Output
	var err error
	n, ok := st.Node.(*ast.SelectStmt)
	var split *eachrow.Split
	if ok && f.Volatility == 'v' { // others do not see what was written since their caller began
		split = a.split(n)
	}
	if split != nil {
		if err = a.eachRow(part, split); err == nil {
			returning = part.Calls.Columns
		}
	} else if ok {
		if part.Query, err = a.insideQuery(f, n); err == nil {
			returning = part.Query.Columns
		}
	} else if f.Volatility != 'v' && !a.Defining {
		verb := strings.ToUpper(strings.Fields(st.Text)[0])
		return nil, fault.New(fault.FeatureNotSupported, "%s is not allowed in a non-volatile function", verb)
	} else {
		returning, err = a.part(part, st.Node)
	}
	if err != nil {
		return nil, err
	}
	return a.readPart(part, returning)
}
