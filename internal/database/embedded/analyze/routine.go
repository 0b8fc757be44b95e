package analyze

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/eachrow"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Bounds of the functions in SQL of one statement: how deep they may call one
// another, and how many calls may be put in place of their bodies.
const (
	maxRoutineDepth = 32
	maxRoutineCalls = 500
)

// routines is what the analyzer knows of the functions in SQL.
type routines struct {
	// functions are those that calls were resolved to, by what the resolver
	// knows them as.
	functions map[*types.Function]*catalog.Function
	byOID     map[routineKey]*types.Function
	variadic  bool // VARIADIC stands in the call being resolved
	frame     *frame
	// definer is the owner of a function whose rights count, in what it reads too, ""
	// where the caller's do.
	definer string
	calls   int
	// alone is the call that is all there is to the statement, or all that its
	// rows come from; found is what it was resolved to.
	alone *ast.FuncCall
	found *tree.Call
	// ofRow tells that alone is called for the one row that the statement inserts,
	// row.
	ofRow bool
	row   *tree.Rel
	// reads are the tables that volatile functions read: as they run they would see
	// what the statement itself has written so far.
	reads *tree.Tables
	// path is what names of bodies are looked up along: the caller's search path.
	path []string
	// scalars are the relations in FROM whose name stands for their one value.
	scalars map[*tree.Rel]bool
	// apart tells that a call was refused which may have its place in a query that is
	// taken apart.
	apart bool
	// placed is the function whose body was put in the place of a call last.
	placed *catalog.Function
}

type routineKey struct {
	oid      uint32
	variadic bool
}

// frame is a call whose body is being analyzed.
type frame struct {
	fn     *catalog.Function
	args   []tree.Expr // what the parameters stand for
	depth  int
	within *frame
}

// declared gives the resolver the functions in SQL of a name.
func (a *analyzer) declared(schemaName, name string) []*types.Function {
	var out []*types.Function
	for _, f := range a.Catalog.FunctionsNamed(schemaName, name) {
		spread := len(f.Args) > 0 && f.Args[len(f.Args)-1].Variadic
		if a.routines.variadic && !spread {
			continue
		}
		key := routineKey{f.OID, spread && !a.routines.variadic}
		fn := a.routines.byOID[key]
		if fn == nil {
			fn = a.entry(f, key.variadic)
			if a.routines.byOID == nil {
				a.routines.byOID, a.routines.functions = map[routineKey]*types.Function{}, map[*types.Function]*catalog.Function{}
			}
			a.routines.byOID[key], a.routines.functions[fn] = fn, f
		}
		out = append(out, fn)
	}
	return out
}

// entry is a function in SQL as the resolver takes it.
func (a *analyzer) entry(f *catalog.Function, spread bool) *types.Function {
	fn := &types.Function{OID: f.OID, Schema: f.Schema, Name: f.Name, Args: f.ArgTypes(), Result: f.Result, ReturnsSet: f.Set,
		Volatility: types.Volatility(f.Volatility), MayRaise: true, Variadic: spread}
	switch {
	case f.Relation != 0 || len(f.Columns) > 1:
		fn.Result = types.Record
	case len(f.Columns) == 1:
		fn.Result = f.Columns[0].Type
	}
	for _, p := range f.Args {
		fn.Names = append(fn.Names, p.Name)
		if p.Default != nil {
			fn.Defaults++
		}
	}
	if spread {
		fn.Repeats = a.Types.Type(fn.Args[len(fn.Args)-1]).Elem.OID
	}
	return fn
}

// parameterDefault is the default of a parameter, nil when the function is none in SQL.
func (a *analyzer) parameterDefault(fn *types.Function, i int) (tree.Expr, error) {
	f := a.routines.functions[fn]
	if f == nil {
		return nil, nil
	}
	return a.storedExpr(nil, f.Args[i].Default, types.Of(f.Args[i].Type), "DEFAULT")
}

// variadicCall analyzes a call with VARIADIC, which gives the array itself.
func (a *analyzer) variadicCall(s *scope, n *ast.FuncCall, schemaName, name string) (tree.Expr, error) {
	if !a.namesRoutine(n) {
		return nil, unsupported("VARIADIC in the call of %s is", name)
	}
	args, err := a.arguments(s, n, name)
	if err != nil {
		return nil, err
	}
	named, err := argumentNames(n)
	if err != nil {
		return nil, err
	}
	a.routines.variadic = true
	defer func() { a.routines.variadic = false }()
	var e tree.Expr
	if named != nil {
		e, err = a.Named(schemaName, name, args, named)
	} else {
		e, err = a.Function(schemaName, name, args)
	}
	if call, ok := e.(*tree.Call); err == nil && (!ok || a.routines.functions[call.Function] == nil) {
		return nil, unsupported("VARIADIC is")
	}
	a.routines.variadic = false
	return a.routine(s, n, e, err)
}

// routine puts the body of a function in SQL in the place of its call. One that
// returns rows stays a call, for FROM to deal with.
func (a *analyzer) routine(s *scope, n *ast.FuncCall, e tree.Expr, err error) (tree.Expr, error) {
	call, f := a.called(e)
	if err == nil && f == nil {
		err = a.routines.refuse(e)
	}
	if err != nil || f == nil {
		return e, err
	}
	if why := noSubqueries[s.clause]; why != "" && s.clause != "DEFAULT" {
		return nil, unsupported("a function in SQL in this place is")
	}
	if call.Args, err = a.gather(f, call); err != nil {
		return nil, err
	}
	a.mayExecute(f)
	if n == a.routines.alone {
		a.routines.found = call
		if a.routines.ofRow {
			a.routines.row = s.rels[0]
		}
	}
	if call.Function.ReturnsSet || call.Function.Result == types.Record {
		return call, nil
	}
	if q, ok, err := a.phases(f, call); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return valueOf(q), nil
	}
	return a.inline(s, f, call.Args)
}

// called is the function in SQL that an expression calls, nil when it calls none.
func (a *analyzer) called(e tree.Expr) (*tree.Call, *catalog.Function) {
	call, ok := e.(*tree.Call)
	if !ok {
		return nil, nil
	}
	return call, a.routines.functions[call.Function]
}

// gather makes an array of the arguments that repeat.
func (a *analyzer) gather(f *catalog.Function, call *tree.Call) ([]tree.Expr, error) {
	if !call.Function.Variadic {
		return call.Args, nil
	}
	last := len(f.Args) - 1
	array := &tree.Array{Ref: types.Of(f.Args[last].Type), Elements: slices.Clone(call.Args[last:])}
	return append(slices.Clone(call.Args[:last]), array), nil
}

// mayExecute notes that the caller needs EXECUTE on a function.
func (a *analyzer) mayExecute(f *catalog.Function) {
	n := a.need(object{"function", f.Name, f.Owner, f.Rights(), nil}, catalog.Execute)
	n.role = a.invoker
}

// inline is the value of a function's one query, as an expression. Its arguments
// are evaluated once: where one is no mere value and is used more than once they
// become the columns of a row.
func (a *analyzer) inline(s *scope, f *catalog.Function, args []tree.Expr) (tree.Expr, error) {
	defer func() { a.routines.placed = f }()
	if allOf(args, inline.IsPlain) {
		q, err := a.body(f, args)
		if err != nil {
			return nil, err
		}
		return a.strict(f, args, valueOf(q))
	}
	row, err := a.newRel(&tree.Rel{Query: &tree.Query{}})
	if err != nil {
		return nil, err
	}
	var values []tree.Expr // what becomes columns: the arguments, and the fields of rows
	column := func(value tree.Expr) tree.Expr {
		values = append(values, value)
		name := columnNumber(len(values))
		row.Query.Columns = append(row.Query.Columns, tree.Output{Name: name, Expr: value})
		row.Columns = append(row.Columns, tree.RelColumn{Name: name, Type: value.Type()})
		return &tree.Column{Ref: value.Type(), Rel: row, Index: len(values) - 1}
	}
	params := make([]tree.Expr, len(args))
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
	q, err := a.body(f, params)
	if err != nil {
		return nil, err
	}
	if inline.IsValue(q) && !f.Strict && inline.UsedOnce(q.Columns[0].Expr, row, values, isVolatile) {
		if q, err = a.body(f, args); err != nil {
			return nil, err
		}
		return q.Columns[0].Expr, nil
	}
	if slices.ContainsFunc(args, inline.OfQuery) {
		return nil, unsupported("the function %s over an aggregate or a window function is", f.Name)
	}
	value, err := a.strict(f, params, valueOf(q))
	if err != nil {
		return nil, err
	}
	outer := &tree.Query{From: []tree.From{row}, Columns: []tree.Output{{Name: f.Name, Expr: value}}}
	return a.repeatable(s, f, &tree.Subquery{Kind: tree.Scalar, Query: outer, One: true})
}

// valueOf is the first row of a query as a value.
func valueOf(q *tree.Query) tree.Expr {
	if inline.IsValue(q) {
		return q.Columns[0].Expr
	}
	return &tree.Subquery{Kind: tree.Scalar, Query: q, One: true}
}

// strict makes a value NULL where an argument of a strict function is.
func (a *analyzer) strict(f *catalog.Function, args []tree.Expr, value tree.Expr) (tree.Expr, error) {
	if !f.Strict || len(args) == 0 {
		return value, nil
	}
	var nulls []tree.Expr
	for _, arg := range args {
		if w, ok := arg.(*tree.WholeRow); ok {
			if w.Rel.Nullable {
				return nil, unsupported("a strict function over a row that a join made NULL is")
			}
			continue
		}
		nulls = append(nulls, &tree.IsNull{Arg: arg})
	}
	if len(nulls) == 0 {
		return value, nil
	}
	null := &tree.Const{Ref: value.Type()}
	return &tree.Case{Ref: value.Type(), Whens: []tree.When{{Cond: or(nulls...), Result: null}}, Else: value}, nil
}

// repeatable refuses a volatile body where SQLite would run it once for many
// rows.
func (a *analyzer) repeatable(s *scope, f *catalog.Function, e tree.Expr) (tree.Expr, error) {
	if !tree.Any(e, isVolatile) {
		return e, nil
	}
	for at := s; at != nil; at = at.parent {
		if len(at.rels) > 0 {
			return nil, unsupported("the function %s, whose body is volatile, for each row is", f.Name)
		}
	}
	return e, nil
}

// body analyzes the one query of a function, under its rights. args are what its
// parameters stand for. A function that returns no set gives its first row.
func (a *analyzer) body(f *catalog.Function, args []tree.Expr) (*tree.Query, error) {
	list, err := syntax.Split(f.Body)
	if err != nil {
		return nil, err
	}
	n := oneQuery(list)
	if n == nil || f.Result == types.Void {
		return nil, unsupported("the function %s, which is not one query, in this place is", f.Name)
	}
	leave, err := a.enterRoutine(f, args)
	if err != nil {
		return nil, err
	}
	defer leave()
	q, err := a.query(nil, n)
	if err == nil {
		err = a.settleOutputs(q.Columns)
	}
	if err == nil {
		q, err = a.returned(f, q)
	}
	if err != nil {
		return nil, err
	}
	if f.Volatility == 'v' {
		if a.routines.reads == nil {
			a.routines.reads = tree.NewTables()
		}
		a.routines.reads.Query(q)
	}
	if f.Set || atMostOne(q) {
		return q, nil
	}
	if q.Limit != nil {
		if q, _, err = a.over(q); err != nil {
			return nil, err
		}
	}
	q.Limit = &tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(1)}
	return q, nil
}

func oneQuery(list []syntax.Statement) *ast.SelectStmt {
	if len(list) != 1 {
		return nil
	}
	n, _ := list[0].Node.(*ast.SelectStmt)
	return n
}

// enterRoutine goes inside a function.
func (a *analyzer) enterRoutine(f *catalog.Function, args []tree.Expr) (leave func(), err error) {
	r := &a.routines
	outer, definer := r.frame, r.definer
	next := &frame{fn: f, args: args, within: outer, depth: 1}
	if outer != nil {
		next.depth = outer.depth + 1
	}
	for at := r.frame; at != nil; at = at.within {
		if at.fn.OID == f.OID {
			return nil, unsupported("the function %s, which calls itself, is", f.Name)
		}
	}
	if r.calls++; next.depth > maxRoutineDepth || r.calls > maxRoutineCalls {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
			WithHint("A statement calls at most %d functions in SQL, nested %d deep.", maxRoutineCalls, maxRoutineDepth)
	}
	path := r.path
	if f.SearchPath != nil {
		path = f.SearchPath
	}
	invoker, quiet, oldPath, role := a.invoker, a.quiet, r.path, a.invoker
	if f.SecurityDefiner {
		role, r.definer = f.Owner, f.Owner
	}
	back := a.enter(role, &catalog.Expr{SearchPath: path}, nil)
	r.frame, r.path, a.invoker, a.quiet, a.Stored = next, path, role, false, false
	return func() {
		back()
		r.frame, r.definer, r.path, a.invoker, a.quiet = outer, definer, oldPath, invoker, quiet
	}, nil
}

// refuse refuses what tells of the caller's rights or path, where those of the
// function count instead.
func (r *routines) refuse(e tree.Expr) error {
	v, ok := e.(*tree.SessionValue)
	if !ok || r.frame == nil {
		return nil
	}
	name := v.Function.Name
	rights := strings.HasPrefix(name, "has_") || name == "pg_has_role" || name == "row_security_active" || name == "current_setting"
	if r.definer != "" && rights || strings.HasPrefix(name, "current_schema") {
		return unsupported("the function %s in the body of a function is", name)
	}
	return nil
}

// argument is what a name means that is no column: a parameter of the function
// whose body it stands in. nil when it means none.
func (a *analyzer) argument(qualifier []string, name string) tree.Expr {
	f := a.routines.frame
	if f == nil || name == "" || len(qualifier) > 1 || len(qualifier) == 1 && qualifier[0] != f.fn.Name {
		return nil
	}
	i := slices.IndexFunc(f.fn.Args, func(p catalog.Argument) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return f.args[i]
}

// numbered is a parameter of the function whose body is being analyzed.
func (f *frame) numbered(number int) (tree.Expr, error) {
	if number < 1 || number > len(f.args) {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $%d", number)
	}
	return f.args[number-1], nil
}

// rowsOf is the query of a function that returns rows.
func (a *analyzer) rowsOf(f *catalog.Function, call *tree.Call) (*tree.Query, error) {
	if q, ok, err := a.phases(f, call); ok || err != nil {
		return q, err
	}
	args := call.Args
	if slices.ContainsFunc(args, func(x tree.Expr) bool { return tree.Any(x, isVolatile) }) {
		return nil, unsupported("a volatile argument of the function %s in FROM is", f.Name)
	}
	q, err := a.body(f, args)
	if err != nil {
		return nil, err
	}
	q.Barrier = true
	if f.Strict && len(args) > 0 {
		if q, _, err = a.over(q); err != nil {
			return nil, err
		}
		present := []tree.Expr{resolve.Bool(true)}
		for _, arg := range args {
			if w, ok := arg.(*tree.WholeRow); ok {
				if w.Rel.Nullable {
					return nil, unsupported("a strict function over a row that a join made NULL is")
				}
				continue
			}
			present = append(present, &tree.IsNull{Arg: arg, Not: true})
		}
		q.Where = and(present...)
	}
	if f.Set || len(q.From) == 0 && q.Where == nil {
		return q, nil
	}
	return a.always(q)
}

// phases runs the statements of a function before the query that calls it, one
// after the other; ok is false for a function that is one query, for which
// there is no need.
func (a *analyzer) phases(f *catalog.Function, call *tree.Call) (q *tree.Query, ok bool, err error) {
	list, err := syntax.Split(f.Body)
	one := oneQuery(list) != nil && f.Result != types.Void
	if err != nil || one && !inline.WritesFirst(oneQuery(list)) && !a.callsPhases(f, list, 0) {
		return nil, false, err
	}
	reads := tree.NewTables()
	reads.Exprs(call.Args...)
	volatile := slices.ContainsFunc(call.Args, func(x tree.Expr) bool { return tree.Any(x, isVolatile) || a.routines.row != nil && isRowValue(x) })
	// A statement of another function's comes after those before it.
	within := a.routines.frame != nil || a.routines.row != nil && len(a.parts) == 1
	if !a.defining && (call != a.routines.found || len(a.parts) > 0 && !within || len(reads.OIDs) > 0 || volatile || f.Strict) {
		if one { // what it calls tells whether it can be put in place
			return nil, false, nil
		}
		a.routines.apart = true
		return nil, true, unsupported("a call of the function %s, which is not one query, inside of a statement is", f.Name).
			WithHint("Call it by a statement of its own, with values as arguments: SELECT %s(…). PostgreSQL takes it here, too: set DATABASE_URL to use it as the engine.", f.Name)
	}
	q, err = a.run(f, a.routines.ofTheRow(call.Args), list)
	return q, true, err
}

// callsPhases tells whether a function of one query does nothing but call one that
// may have to run in phases.
func (a *analyzer) callsPhases(f *catalog.Function, list []syntax.Statement, depth int) bool {
	call := inline.OnlyCall(oneQuery(list))
	switch {
	case f.Volatility != 'v' || depth >= maxRoutineDepth:
		return false
	case a.each && a.asker(depth+1, true).Take(oneQuery(list)) != nil:
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
		return err == nil && (oneQuery(body) == nil || g.Result == types.Void || inline.WritesFirst(oneQuery(body)) || a.callsPhases(g, body, depth+1))
	})
}

// run analyzes the statements of a function as parts of the statement, and
// returns the query of its result.
func (a *analyzer) run(f *catalog.Function, args []tree.Expr, list []syntax.Statement) (*tree.Query, error) {
	leave, err := a.enterRoutine(f, args)
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
		_, title := a.results(f)
		return nil, fault.New(fault.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", title).
			WithDetail("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.")
	}
	a.onlyFirst(f, list[len(list)-1].Node)
	if last, err = a.returned(f, last); err != nil || f.Set {
		return last, err
	}
	last.Limit = &tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(1)}
	if len(f.Columns) > 1 || f.Relation != 0 {
		return a.always(last)
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
	} else if f.Volatility != 'v' && !a.defining {
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
