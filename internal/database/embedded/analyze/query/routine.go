package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Always makes one row of NULLs where a query has none.
func (a *Analyzer) Always(q *tree.Query) (*tree.Query, error) {
	one := &tree.Query{Columns: []tree.Output{{Name: "one", Expr: resolve.Bool(true)}}}
	left, err := a.NewRel(&tree.Rel{Query: one, Columns: one.RelColumns()})
	if err != nil {
		return nil, err
	}
	out, right, err := a.Over(q)
	if err != nil {
		return nil, err
	}
	right.Nullable = true
	out.From = []tree.From{&tree.Join{Kind: tree.Left, Left: left, Right: right, On: resolve.Bool(true)}}
	return out, nil
}

// MaxDepth is how deep the functions in SQL of one statement may call one another.
const MaxDepth = 32

// maxCalls is how many calls of a statement may be put in place of their bodies.
const maxCalls = 500

// routines is what the analyzer knows of the functions in SQL.
type routines struct {
	calls int
	// path is what names of bodies are looked up along: the caller's search path.
	path []string
	// placed is the function whose body was put in the place of a call last.
	placed *catalog.Function
}

// parameterDefault is the default of a parameter, nil when the function is none in SQL.
func (a *Analyzer) parameterDefault(fn *types.Function, i int) (tree.Expr, error) {
	f := a.Routine(fn)
	if f == nil {
		return nil, nil
	}
	return a.StoredExpr(nil, f.Args[i].Default, types.Of(f.Args[i].Type), "DEFAULT")
}

// Replace puts the body of a function in SQL in the place of its call. One that
// returns rows stays a call, for FROM to deal with.
func (a *Analyzer) Replace(s *scope.Scope, n *ast.FuncCall, call *tree.Call, f *catalog.Function) (tree.Expr, error) {
	a.mayExecute(f)
	a.Once.Resolved(n, call, s.Rels)
	if call.Function.ReturnsSet || call.Function.Result == types.Record {
		return call, nil
	}
	if q, ok, err := a.writes.Phases(f, call); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return valueOf(q), nil
	}
	return a.inline(s, f, call.Args)
}

// mayExecute notes that the caller needs EXECUTE on a function.
func (a *Analyzer) mayExecute(f *catalog.Function) {
	a.Needs.Add(a.invoker, access.Function(f), catalog.Execute)
}

// inline is the value of a function's one query, as an expression. Its arguments
// are evaluated once: where one is no mere value and is used more than once they
// become the columns of a row.
func (a *Analyzer) inline(s *scope.Scope, f *catalog.Function, args []tree.Expr) (tree.Expr, error) {
	defer func() { a.routines.placed = f }()
	if allOf(args, inline.IsPlain) {
		q, err := a.Body(f, args)
		if err != nil {
			return nil, err
		}
		return a.strict(f, args, valueOf(q))
	}
	row, params, err := a.rowOf(args)
	if err != nil {
		return nil, err
	}
	q, err := a.Body(f, params)
	if err != nil {
		return nil, err
	}
	if inline.IsValue(q) && !f.Strict && inline.UsedOnce(q.Columns[0].Expr, row, row.Query.Exprs(), tree.IsVolatile) {
		if q, err = a.Body(f, args); err != nil {
			return nil, err
		}
		return q.Columns[0].Expr, nil
	}
	if slices.ContainsFunc(args, inline.OfQuery) {
		return nil, resolve.Unsupported("the function %s over an aggregate or a window function is", f.Name)
	}
	value, err := a.strict(f, params, valueOf(q))
	if err != nil {
		return nil, err
	}
	outer := &tree.Query{From: []tree.From{row}, Columns: []tree.Output{{Name: f.Name, Expr: value}}}
	return a.repeatable(s, f, &tree.Subquery{Kind: tree.Scalar, Query: outer, One: true})
}

// rowOf makes a row of arguments, of which those that are rows themselves give their
// fields, and returns what stands for each of them then.
func (a *Analyzer) rowOf(args []tree.Expr) (row *tree.Rel, params []tree.Expr, err error) {
	if row, err = a.NewRel(&tree.Rel{Query: &tree.Query{}}); err != nil {
		return nil, nil, err
	}
	column := func(value tree.Expr) tree.Expr {
		name := columnNumber(len(row.Columns) + 1)
		row.Query.Columns = append(row.Query.Columns, tree.Output{Name: name, Expr: value})
		row.Columns = append(row.Columns, tree.RelColumn{Name: name, Type: value.Type()})
		return &tree.Column{Ref: value.Type(), Rel: row, Index: len(row.Columns) - 1}
	}
	params = make([]tree.Expr, len(args))
	for i, arg := range args {
		w, ok := arg.(*tree.WholeRow)
		switch {
		case !ok:
			params[i] = column(arg)
		case inline.IsPlain(arg):
			params[i] = arg
		default:
			of := &tree.WholeRow{Rel: w.Rel, Of: w.Of}
			for _, f := range w.Fields {
				of.Fields = append(of.Fields, tree.Output{Name: f.Name, Expr: column(f.Expr)})
			}
			params[i] = of
		}
	}
	return row, params, nil
}

// valueOf is the first row of a query as a value.
func valueOf(q *tree.Query) tree.Expr {
	if inline.IsValue(q) {
		return q.Columns[0].Expr
	}
	return &tree.Subquery{Kind: tree.Scalar, Query: q, One: true}
}

// strict makes a value NULL where an argument of a strict function is.
func (a *Analyzer) strict(f *catalog.Function, args []tree.Expr, value tree.Expr) (tree.Expr, error) {
	if !f.Strict || len(args) == 0 {
		return value, nil
	}
	var nulls []tree.Expr
	for _, arg := range args {
		if w, ok := arg.(*tree.WholeRow); ok {
			if w.Rel.Nullable {
				return nil, resolve.Unsupported("a strict function over a row that a join made NULL is")
			}
			continue
		}
		nulls = append(nulls, &tree.IsNull{Arg: arg})
	}
	if len(nulls) == 0 {
		return value, nil
	}
	null := &tree.Const{Ref: value.Type()}
	return &tree.Case{Ref: value.Type(), Whens: []tree.When{{Cond: resolve.Or(nulls...), Result: null}}, Else: value}, nil
}

// repeatable refuses a volatile body where SQLite would run it once for many
// rows.
func (a *Analyzer) repeatable(s *scope.Scope, f *catalog.Function, e tree.Expr) (tree.Expr, error) {
	if !tree.Any(e, tree.IsVolatile) {
		return e, nil
	}
	for at := s; at != nil; at = at.Parent {
		if len(at.Rels) > 0 {
			return nil, resolve.Unsupported("the function %s, whose body is volatile, for each row is", f.Name)
		}
	}
	return e, nil
}

// Body analyzes the one query of a function, under its rights. args are what its
// parameters stand for. A function that returns no set gives its first row.
func (a *Analyzer) Body(f *catalog.Function, args []tree.Expr) (*tree.Query, error) {
	list, err := syntax.Split(f.Body)
	if err != nil {
		return nil, err
	}
	n := inline.OneQuery(list)
	if n == nil || f.Result == types.Void {
		return nil, resolve.Unsupported("the function %s, which is not one query, in this place is", f.Name)
	}
	leave, err := a.EnterRoutine(f, args)
	if err != nil {
		return nil, err
	}
	defer leave()
	q, err := a.Query(nil, n)
	if err == nil {
		err = a.SettleOutputs(q.Columns)
	}
	if err == nil {
		q, err = a.Returned(f, q)
	}
	if err != nil {
		return nil, err
	}
	if f.Volatility == 'v' {
		if a.Reads == nil {
			a.Reads = tree.NewTables()
		}
		a.Reads.Query(q)
	}
	if f.Set || expression.AtMostOne(q) {
		return q, nil
	}
	if q.Limit != nil {
		if q, _, err = a.Over(q); err != nil {
			return nil, err
		}
	}
	q.Limit = &tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(1)}
	return q, nil
}

// EnterRoutine goes inside a function.
func (a *Analyzer) EnterRoutine(f *catalog.Function, args []tree.Expr) (leave func(), err error) {
	r := &a.routines
	outer, definer := a.Inside, a.Definer
	next := &expression.Body{Function: f, Args: args, Within: outer, Depth: 1}
	if outer != nil {
		next.Depth = outer.Depth + 1
	}
	for at := a.Inside; at != nil; at = at.Within {
		if at.Function.OID == f.OID {
			return nil, resolve.Unsupported("the function %s, which calls itself, is", f.Name)
		}
	}
	if r.calls++; next.Depth > MaxDepth || r.calls > maxCalls {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
			WithHint("A statement calls at most %d functions in SQL, nested %d deep.", maxCalls, MaxDepth)
	}
	path := r.path
	if f.SearchPath != nil {
		path = f.SearchPath
	}
	invoker, quiet, oldPath, role := a.invoker, a.Needs.Quiet, r.path, a.invoker
	if f.SecurityDefiner {
		role, a.Definer = f.Owner, f.Owner
	}
	back := a.enter(role, &catalog.Expr{SearchPath: path}, nil)
	a.Inside, r.path, a.invoker, a.Needs.Quiet, a.Stored = next, path, role, false, false
	return func() {
		back()
		a.Inside, a.Definer, r.path, a.invoker, a.Needs.Quiet = outer, definer, oldPath, invoker, quiet
	}, nil
}

// rowsOf is the query of a function that returns rows.
func (a *Analyzer) rowsOf(f *catalog.Function, call *tree.Call) (*tree.Query, error) {
	if q, ok, err := a.writes.Phases(f, call); ok || err != nil {
		return q, err
	}
	args := call.Args
	if slices.ContainsFunc(args, func(x tree.Expr) bool { return tree.Any(x, tree.IsVolatile) }) {
		return nil, resolve.Unsupported("a volatile argument of the function %s in FROM is", f.Name)
	}
	q, err := a.Body(f, args)
	if err != nil {
		return nil, err
	}
	q.Barrier = true
	if f.Strict && len(args) > 0 {
		if q, _, err = a.Over(q); err != nil {
			return nil, err
		}
		present := []tree.Expr{resolve.Bool(true)}
		for _, arg := range args {
			if w, ok := arg.(*tree.WholeRow); ok {
				if w.Rel.Nullable {
					return nil, resolve.Unsupported("a strict function over a row that a join made NULL is")
				}
				continue
			}
			present = append(present, &tree.IsNull{Arg: arg, Not: true})
		}
		q.Where = resolve.And(present...)
	}
	if f.Set || len(q.From) == 0 && q.Where == nil {
		return q, nil
	}
	return a.Always(q)
}
