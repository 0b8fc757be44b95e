package expression

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// InFrom is the clause of the arguments of functions in FROM, for messages.
const InFrom = "functions in FROM"

// outsideFrom refuses the rows of a function where an expression is, and says where
// they can be had.
func outsideFrom(name string) *fault.Error {
	return resolve.Unsupported("the rows of the function %s outside of FROM are", name).
		WithHint("Call it in FROM: SELECT * FROM %s(…). PostgreSQL takes it here, too: set DATABASE_URL to use it as the engine.", name)
}

// funcCall analyzes a call inside an expression. A set-returning function there
// becomes a column of a relation that the query gets besides its own: one for
// all functions, which run along with each other as PostgreSQL runs them
// (ProjectSet), and one more for those over the results of others.
func (a *Analyzer) funcCall(s *scope.Scope, n *ast.FuncCall) (tree.Expr, error) {
	e, err := a.Call(s, n)
	if err != nil {
		return nil, err
	}
	if _, f := a.Called(e); f != nil {
		a.Apart = true
		return nil, outsideFrom(f.Name)
	}
	call, ok := e.(*tree.Call)
	if !ok || !call.Function.ReturnsSet {
		return e, nil
	}
	if err := mayReturnSet(s, call); err != nil {
		return nil, err
	}
	level := a.setLevel(*s.Sets, call)
	if level == len(*s.Sets) {
		r, err := a.NewRel(&tree.Rel{Functions: &tree.Functions{}})
		if err != nil {
			return nil, err
		}
		*s.Sets = append(*s.Sets, r)
	}
	r := (*s.Sets)[level]
	for i, c := range r.Functions.Calls {
		if tree.Equal(c.Expr, call) { // runs the same in lockstep
			return &tree.Column{Ref: call.Ref, Rel: r, Index: i}, nil
		}
	}
	r.Functions.Calls = append(r.Functions.Calls, tree.SetCall{Expr: call, Columns: []types.ResultColumn{{Type: call.Ref.OID, Mod: call.Ref.Mod}}})
	r.Columns = append(r.Columns, tree.RelColumn{Type: call.Ref})
	return &tree.Column{Ref: call.Ref, Rel: r, Index: len(r.Columns) - 1}, nil
}

func mayReturnSet(s *scope.Scope, call *tree.Call) error {
	refuse := func(message string, args ...any) error { return fault.New(fault.FeatureNotSupported, message, args...) }
	switch {
	case s.InAggregate:
		return refuse("aggregate function calls cannot contain set-returning function calls")
	case s.Clause == InFrom:
		return refuse("set-returning functions must appear at top level of FROM")
	case s.Sets == nil:
		return refuse("set-returning functions are not allowed in %s", s.Clause)
	case call.Function.FromRecord():
		return refuse("could not determine row type for result of %s", call.Function.Name)
	case call.Function.Result == types.Record:
		return resolve.Unsupported("the rows of %s in a select list are", call.Function.Name)
	}
	for _, arg := range call.Args {
		if tree.Aggregated(arg) {
			return resolve.Unsupported("the set-returning function %s over an aggregate is", call.Function.Name)
		}
	}
	return nil
}

// setLevel is how many levels of set-returning functions are below a call.
func (a *Analyzer) setLevel(sets []*tree.Rel, call *tree.Call) int {
	level := 0
	for _, arg := range call.Args {
		tree.Walk(arg, func(x tree.Expr) bool {
			if c, ok := x.(*tree.Column); ok {
				level = max(level, slices.Index(sets, c.Rel)+1)
			}
			return true
		})
	}
	return level
}
