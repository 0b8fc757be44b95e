package expression

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Where in a window function the scope is.
const (
	windowArguments  = "arguments"
	windowDefinition = "definition"
)

// DefineWindows analyzes the definitions that WINDOW names, used or not.
func (a *Analyzer) DefineWindows(q *tree.Query, s *scope.Scope) error {
	for i, def := range s.Windows.Named {
		same := func(other *ast.WindowDef) bool { return other.Name == def.Name }
		if slices.ContainsFunc(s.Windows.Named[:i], same) {
			return a.At(fault.New(fault.WindowingError, `window "%s" is already defined`, def.Name), def.Name)
		}
		if _, err := a.window(s.In("SELECT", s.Windows.Aggregates), def, s.Windows.Named[:i]); err != nil {
			return err
		}
	}
	q.Windowed = s.Windows.Used
	if q.Windowed && len(*s.Sets) > 0 {
		return resolve.Unsupported("a set-returning function beside window functions is")
	}
	return nil
}

// IsWindowCall tells whether an expression is the call of a window function.
func IsWindowCall(e tree.Expr) bool {
	_, ok := e.(*tree.WindowCall)
	return ok
}

// windowCall analyzes a call with OVER, or of a function that needs it.
func (a *Analyzer) windowCall(s *scope.Scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	list := a.Types.Aggregates(name)
	if err := a.mayWindow(s, n, name, list); err != nil {
		return nil, err
	}
	inner := *s
	inner.InWindow = windowArguments
	if named, err := argumentNames(n); named != nil || err != nil {
		return nil, resolve.Unsupported("a named argument of the window function %s is", name)
	}
	args, err := a.arguments(&inner, n, name)
	if err != nil {
		return nil, err
	}
	out := &tree.WindowCall{Args: args}
	if resolve.IsWindow(name) {
		out.Function = name
		out.Ref, err = a.Window(name, args)
	} else {
		out.Aggregate, out.Ref, err = a.FindAggregate(name, n.AggStar, args, list)
	}
	if err != nil {
		return nil, err
	}
	if err := a.refuseInWindow(n, out, name); err != nil {
		return nil, err
	}
	if n.AggFilter != nil {
		if out.Filter, err = a.Boolean(&inner, n.AggFilter, "FILTER"); err != nil {
			return nil, err
		}
	}
	s.Windows.Used = true
	out.Window, err = a.window(s, n.Over, s.Windows.Named)
	return out, err
}

// refuseInWindow refuses what a window function cannot have, as PostgreSQL does.
func (a *Analyzer) refuseInWindow(n *ast.FuncCall, call *tree.WindowCall, name string) error {
	refuse := func(message string, args ...any) error {
		return a.At(fault.New(fault.FeatureNotSupported, message, args...), name)
	}
	switch {
	case n.AggWithinGroup:
		return a.At(fault.New(fault.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name), name)
	case n.AggDistinct:
		return refuse("DISTINCT is not implemented for window functions")
	case n.AggOrder != nil:
		return refuse("aggregate ORDER BY is not implemented for window functions")
	case n.AggFilter != nil && call.Function != "":
		return refuse("FILTER is not implemented for non-aggregate window functions")
	}
	return nil
}

// mayWindow tells why a window function may not stand in a place.
func (a *Analyzer) mayWindow(s *scope.Scope, n *ast.FuncCall, name string, list []*types.Aggregate) error {
	window := resolve.IsWindow(name)
	switch {
	case n.Over == nil:
		return a.At(fault.New(fault.WrongObjectType, "window function %s requires an OVER clause", name), name)
	case !window && len(list) == 0 && resolve.IsKnownAggregate(name):
		return resolve.Unsupported("the aggregate %s is", name)
	case !window && len(list) == 0 && len(a.Types.Functions("", name)) > 0:
		return a.At(fault.New(fault.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name), name)
	case !window && len(list) == 0:
		return a.noWindow(s, n, name)
	case slices.ContainsFunc(list, func(agg *types.Aggregate) bool { return agg.Within }):
		return a.At(fault.New(fault.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name), name)
	case s.InWindow == windowArguments:
		return a.At(fault.New(fault.WindowingError, "window function calls cannot be nested"), name)
	case s.InWindow == windowDefinition:
		return a.At(fault.New(fault.WindowingError, "window functions are not allowed in window definitions"), name)
	case s.InAggregate:
		return a.At(fault.New(fault.GroupingError, "aggregate function calls cannot contain window function calls"), name)
	case s.Windows == nil:
		return a.At(fault.New(fault.WindowingError, "window functions are not allowed in %s", scope.ClauseName(s.Clause)), name)
	}
	return nil
}

// noWindow is the error that there is no function of a name.
func (a *Analyzer) noWindow(s *scope.Scope, n *ast.FuncCall, name string) error {
	args, err := a.arguments(s, n, name)
	if err == nil {
		_, err = a.Function("", name, args)
	}
	if err == nil {
		err = resolve.Unsupported("OVER in the call of %s is", name)
	}
	return err
}

// window analyzes the definition of a window, or finds the one it names among
// those before it.
func (a *Analyzer) window(s *scope.Scope, def *ast.WindowDef, before []*ast.WindowDef) (*tree.Window, error) {
	w := s.Windows
	if done := w.Made[def]; done != nil {
		return done, nil
	}
	out := &tree.Window{}
	if def.Refname != "" {
		i := slices.IndexFunc(before, func(other *ast.WindowDef) bool { return other.Name == def.Refname })
		if i < 0 {
			return nil, a.At(fault.New(fault.UndefinedObject, `window "%s" does not exist`, def.Refname), def.Refname)
		}
		base, err := a.window(s, before[i], before[:i])
		if err != nil {
			return nil, err
		}
		// OVER w and OVER (w) look alike here; the second cannot have a frame.
		if def.Name == "" && def.PartitionClause == nil && def.OrderClause == nil && def.FrameOptions == ast.FRAMEOPTION_DEFAULTS {
			return base, nil
		}
		if err := a.mayCopy(def, base); err != nil {
			return nil, err
		}
		out.Partition, out.Order = base.Partition, base.Order
	}
	return out, a.defineWindow(s, def, out)
}

// mayCopy checks what a definition changes of the one that it refers to.
func (a *Analyzer) mayCopy(def *ast.WindowDef, base *tree.Window) error {
	refuse := func(format string) error {
		return a.At(fault.New(fault.WindowingError, format, def.Refname), def.Refname)
	}
	switch {
	case def.PartitionClause != nil:
		return refuse(`cannot override PARTITION BY clause of window "%s"`)
	case def.OrderClause != nil && len(base.Order) > 0:
		return refuse(`cannot override ORDER BY clause of window "%s"`)
	case base.Frame != nil:
		return refuse(`cannot copy window "%s" because it has a frame clause`)
	}
	return nil
}

// defineWindow adds what a definition says itself.
func (a *Analyzer) defineWindow(s *scope.Scope, def *ast.WindowDef, out *tree.Window) error {
	inner := *s
	inner.InWindow, inner.Aggregates = windowDefinition, s.Windows.Aggregates
	for _, n := range syntax.Items(def.PartitionClause) {
		e, err := a.windowKey(&inner, n, "equality", "=")
		if err != nil {
			return err
		}
		out.Partition = append(out.Partition, e)
	}
	for _, n := range syntax.Items(def.OrderClause) {
		sort, ok := n.(*ast.SortBy)
		if !ok || sort.SortbyDir == ast.SORTBY_USING {
			return resolve.Unsupported("ORDER BY USING is")
		}
		e, err := a.windowKey(&inner, sort.Node, "an ordering", "<")
		if err != nil {
			return err
		}
		out.Order = append(out.Order, Order(sort, e))
	}
	if def.FrameOptions&ast.FRAMEOPTION_NONDEFAULT != 0 {
		if err := a.frame(&inner, def, out); err != nil {
			return err
		}
	}
	s.Windows.Made[def] = out
	return nil
}

func (a *Analyzer) windowKey(s *scope.Scope, n ast.Node, what, operator string) (tree.Expr, error) {
	e, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	if e, err = a.Settle(e); err != nil {
		return nil, err
	}
	return e, a.Ordered(e, what, operator)
}
