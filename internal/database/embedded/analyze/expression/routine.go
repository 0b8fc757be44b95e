package expression

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

type routineKey struct {
	oid      uint32
	variadic bool
}

// Body is a call whose body is being analyzed.
type Body struct {
	Function *catalog.Function
	Args     []tree.Expr // what the parameters stand for
	Depth    int
	Within   *Body
}

// declared gives the resolver the functions in SQL of a name.
func (a *Analyzer) declared(schemaName, name string) []*types.Function {
	var out []*types.Function
	for _, f := range a.Catalog.FunctionsNamed(schemaName, name) {
		spread := len(f.Args) > 0 && f.Args[len(f.Args)-1].Variadic
		if a.variadic && !spread {
			continue
		}
		key := routineKey{f.OID, spread && !a.variadic}
		fn := a.byOID[key]
		if fn == nil {
			fn = a.entry(f, key.variadic)
			if a.byOID == nil {
				a.byOID, a.functions = map[routineKey]*types.Function{}, map[*types.Function]*catalog.Function{}
			}
			a.byOID[key], a.functions[fn] = fn, f
		}
		out = append(out, fn)
	}
	return out
}

// entry is a function in SQL as the resolver takes it.
func (a *Analyzer) entry(f *catalog.Function, spread bool) *types.Function {
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

// variadicCall analyzes a call with VARIADIC, which gives the array itself.
func (a *Analyzer) variadicCall(s *scope.Scope, n *ast.FuncCall, schemaName, name string) (tree.Expr, error) {
	if !a.NamesRoutine(n) {
		return nil, resolve.Unsupported("VARIADIC in the call of %s is", name)
	}
	args, err := a.arguments(s, n, name)
	if err != nil {
		return nil, err
	}
	named, err := argumentNames(n)
	if err != nil {
		return nil, err
	}
	a.variadic = true
	defer func() { a.variadic = false }()
	var e tree.Expr
	if named != nil {
		e, err = a.Named(schemaName, name, args, named)
	} else {
		e, err = a.Function(schemaName, name, args)
	}
	if call, ok := e.(*tree.Call); err == nil && (!ok || a.functions[call.Function] == nil) {
		return nil, resolve.Unsupported("VARIADIC is")
	}
	a.variadic = false
	return a.routine(s, n, e, err)
}

// routine deals with a call that was resolved to a function in SQL, and leaves any
// other as it is.
func (a *Analyzer) routine(s *scope.Scope, n *ast.FuncCall, e tree.Expr, err error) (tree.Expr, error) {
	call, f := a.Called(e)
	if err == nil && f == nil {
		err = a.refuse(e)
	}
	if err != nil || f == nil {
		return e, err
	}
	if why := scope.WhyNoSubqueries(s.Clause); why != "" && s.Clause != "DEFAULT" {
		return nil, resolve.Unsupported("a function in SQL in this place is")
	}
	call.Args = gather(f, call)
	return a.queries.Replace(s, n, call, f)
}

// Routine is the function in SQL that the resolver knows by an entry, nil when it
// is none.
func (a *Analyzer) Routine(fn *types.Function) *catalog.Function { return a.functions[fn] }

// Called is the function in SQL that an expression calls, nil when it calls none.
func (a *Analyzer) Called(e tree.Expr) (*tree.Call, *catalog.Function) {
	call, ok := e.(*tree.Call)
	if !ok {
		return nil, nil
	}
	return call, a.functions[call.Function]
}

// gather makes an array of the arguments that repeat.
func gather(f *catalog.Function, call *tree.Call) []tree.Expr {
	if !call.Function.Variadic {
		return call.Args
	}
	last := len(f.Args) - 1
	array := &tree.Array{Ref: types.Of(f.Args[last].Type), Elements: slices.Clone(call.Args[last:])}
	return append(slices.Clone(call.Args[:last]), array)
}

// refuse refuses what tells of the caller's rights or path, where those of the
// function count instead.
func (a *Analyzer) refuse(e tree.Expr) error {
	v, ok := e.(*tree.SessionValue)
	if !ok || a.Inside == nil {
		return nil
	}
	name := v.Function.Name
	rights := strings.HasPrefix(name, "has_") || name == "pg_has_role" || name == "row_security_active" || name == "current_setting"
	if a.Definer != "" && rights || strings.HasPrefix(name, "current_schema") {
		return resolve.Unsupported("the function %s in the body of a function is", name)
	}
	return nil
}

// argument is what a name means that is no column: a parameter of the function
// whose body it stands in. nil when it means none.
func (a *Analyzer) argument(qualifier []string, name string) tree.Expr {
	f := a.Inside
	if f == nil || name == "" || len(qualifier) > 1 || len(qualifier) == 1 && qualifier[0] != f.Function.Name {
		return nil
	}
	i := slices.IndexFunc(f.Function.Args, func(p catalog.Argument) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return f.Args[i]
}

// numbered is a parameter of the function whose body is being analyzed.
func (f *Body) numbered(number int) (tree.Expr, error) {
	if number < 1 || number > len(f.Args) {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $%d", number)
	}
	return f.Args[number-1], nil
}
