package analyze

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// windows are the windows of one query. All its scopes share them.
type windows struct {
	named []*ast.WindowDef
	made  map[*ast.WindowDef]*tree.Window
	// aggregates is where those in the definitions go, whose place is behind
	// grouping whatever clause they are used in.
	aggregates *[]*tree.Aggregate
	used       bool
}

func newWindows(list *ast.NodeList, aggregates *[]*tree.Aggregate) *windows {
	w := &windows{made: map[*ast.WindowDef]*tree.Window{}, aggregates: aggregates}
	for _, n := range syntax.Items(list) {
		if def, ok := n.(*ast.WindowDef); ok {
			w.named = append(w.named, def)
		}
	}
	return w
}

// Where in a window function the scope is.
const (
	windowArguments  = "arguments"
	windowDefinition = "definition"
)

// defineWindows analyzes the definitions that WINDOW names, used or not.
func (a *analyzer) defineWindows(q *tree.Query, s *scope) error {
	for i, def := range s.windows.named {
		same := func(other *ast.WindowDef) bool { return other.Name == def.Name }
		if slices.ContainsFunc(s.windows.named[:i], same) {
			return a.at(fault.New(fault.WindowingError, `window "%s" is already defined`, def.Name), def.Name)
		}
		if _, err := a.window(s.in("SELECT", s.windows.aggregates), def, s.windows.named[:i]); err != nil {
			return err
		}
	}
	q.Windowed = s.windows.used
	if q.Windowed && len(*s.sets) > 0 {
		return unsupported("a set-returning function beside window functions is")
	}
	return nil
}

func isWindowCall(e tree.Expr) bool {
	_, ok := e.(*tree.WindowCall)
	return ok
}

// windowCall analyzes a call with OVER, or of a function that needs it.
func (a *analyzer) windowCall(s *scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	list := a.Types.Aggregates(name)
	if err := a.mayWindow(s, n, name, list); err != nil {
		return nil, err
	}
	inner := *s
	inner.inWindow = windowArguments
	if named, err := argumentNames(n); named != nil || err != nil {
		return nil, unsupported("a named argument of the window function %s is", name)
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
		if out.Filter, err = a.boolean(&inner, n.AggFilter, "FILTER"); err != nil {
			return nil, err
		}
	}
	s.windows.used = true
	out.Window, err = a.window(s, n.Over, s.windows.named)
	return out, err
}

// refuseInWindow refuses what a window function cannot have, as PostgreSQL does.
func (a *analyzer) refuseInWindow(n *ast.FuncCall, call *tree.WindowCall, name string) error {
	refuse := func(message string, args ...any) error {
		return a.at(fault.New(fault.FeatureNotSupported, message, args...), name)
	}
	switch {
	case n.AggWithinGroup:
		return a.at(fault.New(fault.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name), name)
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
func (a *analyzer) mayWindow(s *scope, n *ast.FuncCall, name string, list []*types.Aggregate) error {
	window := resolve.IsWindow(name)
	switch {
	case n.Over == nil:
		return a.at(fault.New(fault.WrongObjectType, "window function %s requires an OVER clause", name), name)
	case !window && len(list) == 0 && resolve.IsKnownAggregate(name):
		return unsupported("the aggregate %s is", name)
	case !window && len(list) == 0 && len(a.Types.Functions("", name)) > 0:
		return a.at(fault.New(fault.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name), name)
	case !window && len(list) == 0:
		return a.noWindow(s, n, name)
	case slices.ContainsFunc(list, func(agg *types.Aggregate) bool { return agg.Within }):
		return a.at(fault.New(fault.FeatureNotSupported, "OVER is not supported for ordered-set aggregate %s", name), name)
	case s.inWindow == windowArguments:
		return a.at(fault.New(fault.WindowingError, "window function calls cannot be nested"), name)
	case s.inWindow == windowDefinition:
		return a.at(fault.New(fault.WindowingError, "window functions are not allowed in window definitions"), name)
	case s.inAggregate:
		return a.at(fault.New(fault.GroupingError, "aggregate function calls cannot contain window function calls"), name)
	case s.windows == nil:
		return a.at(fault.New(fault.WindowingError, "window functions are not allowed in %s", clauseName(s.clause)), name)
	}
	return nil
}

// noWindow is the error that there is no function of a name.
func (a *analyzer) noWindow(s *scope, n *ast.FuncCall, name string) error {
	args, err := a.arguments(s, n, name)
	if err == nil {
		_, err = a.Function("", name, args)
	}
	if err == nil {
		err = unsupported("OVER in the call of %s is", name)
	}
	return err
}

// clauseName is how messages call a clause.
func clauseName(clause string) string {
	switch clause {
	case "JOIN/ON":
		return "JOIN conditions"
	case "CHECK":
		return "check constraints"
	case "POLICY":
		return "policy expressions"
	case "DEFAULT":
		return "DEFAULT expressions"
	}
	return clause
}

// window analyzes the definition of a window, or finds the one it names among
// those before it.
func (a *analyzer) window(s *scope, def *ast.WindowDef, before []*ast.WindowDef) (*tree.Window, error) {
	w := s.windows
	if done := w.made[def]; done != nil {
		return done, nil
	}
	out := &tree.Window{}
	if def.Refname != "" {
		i := slices.IndexFunc(before, func(other *ast.WindowDef) bool { return other.Name == def.Refname })
		if i < 0 {
			return nil, a.at(fault.New(fault.UndefinedObject, `window "%s" does not exist`, def.Refname), def.Refname)
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
func (a *analyzer) mayCopy(def *ast.WindowDef, base *tree.Window) error {
	refuse := func(format string) error {
		return a.at(fault.New(fault.WindowingError, format, def.Refname), def.Refname)
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
func (a *analyzer) defineWindow(s *scope, def *ast.WindowDef, out *tree.Window) error {
	inner := *s
	inner.inWindow, inner.aggregates = windowDefinition, s.windows.aggregates
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
			return unsupported("ORDER BY USING is")
		}
		e, err := a.windowKey(&inner, sort.Node, "an ordering", "<")
		if err != nil {
			return err
		}
		out.Order = append(out.Order, order(sort, e))
	}
	if def.FrameOptions&ast.FRAMEOPTION_NONDEFAULT != 0 {
		if err := a.frame(&inner, def, out); err != nil {
			return err
		}
	}
	s.windows.made[def] = out
	return nil
}

func (a *analyzer) windowKey(s *scope, n ast.Node, what, operator string) (tree.Expr, error) {
	e, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	if e, err = a.Settle(e); err != nil {
		return nil, err
	}
	return e, a.Ordered(e, what, operator)
}

// frame analyzes a frame clause.
func (a *analyzer) frame(s *scope, def *ast.WindowDef, w *tree.Window) error {
	has := func(option int) bool { return def.FrameOptions&option != 0 }
	f := &tree.Frame{Mode: "ROWS"}
	offsets := has(ast.FRAMEOPTION_START_OFFSET | ast.FRAMEOPTION_END_OFFSET)
	switch {
	case has(ast.FRAMEOPTION_RANGE):
		f.Mode = "RANGE"
		if offsets && len(w.Order) != 1 {
			return fault.New(fault.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
		}
	case has(ast.FRAMEOPTION_GROUPS):
		f.Mode = "GROUPS"
		if len(w.Order) == 0 {
			return fault.New(fault.WindowingError, "GROUPS mode requires an ORDER BY clause")
		}
	}
	switch {
	case has(ast.FRAMEOPTION_EXCLUDE_CURRENT_ROW):
		f.Exclude = "CURRENT ROW"
	case has(ast.FRAMEOPTION_EXCLUDE_GROUP):
		f.Exclude = "GROUP"
	case has(ast.FRAMEOPTION_EXCLUDE_TIES):
		f.Exclude = "TIES"
	}
	var err error
	if f.Start, err = a.bound(s, f.Mode, w, def.FrameOptions, def.StartOffset); err != nil {
		return err
	}
	f.End, err = a.bound(s, f.Mode, w, def.FrameOptions>>1, def.EndOffset)
	w.Frame = f
	return err
}

// bound analyzes one end of a frame; options are those of a start.
func (a *analyzer) bound(s *scope, mode string, w *tree.Window, options int, offset ast.Node) (tree.Bound, error) {
	switch {
	case options&ast.FRAMEOPTION_START_UNBOUNDED_PRECEDING != 0:
		return tree.Bound{Side: "UNBOUNDED PRECEDING"}, nil
	case options&ast.FRAMEOPTION_START_UNBOUNDED_FOLLOWING != 0:
		return tree.Bound{Side: "UNBOUNDED FOLLOWING"}, nil
	case options&ast.FRAMEOPTION_START_CURRENT_ROW != 0:
		return tree.Bound{Side: "CURRENT ROW"}, nil
	}
	b := tree.Bound{Side: "FOLLOWING"}
	if options&ast.FRAMEOPTION_START_OFFSET_PRECEDING != 0 {
		b.Side = "PRECEDING"
	}
	e, err := a.expr(s.in(mode, nil), offset)
	if err != nil {
		return b, err
	}
	if tree.Any(e, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && owns(s, c.Rel) }) {
		return b, fault.New(fault.InvalidColumnReference, "argument of %s must not contain variables", mode)
	}
	if mode == "RANGE" {
		b.Offset, err = a.rangeOffset(w.Order[0].Expr.Type(), e)
	} else {
		b.Offset, err = a.Assign(e, types.Of(types.Int8), func() error {
			return fault.New(fault.DatatypeMismatch, "argument of %s must be type bigint, not type %s", mode, a.TypeName(e.Type().OID))
		})
	}
	if err != nil {
		return b, err
	}
	b.Offset, err = fixedOffset(b.Offset)
	return b, err
}

// rangeOffset converts the offset of a frame in RANGE, which only the integers
// have here: SQLite adds it to the key.
func (a *analyzer) rangeOffset(key types.Ref, e tree.Expr) (tree.Expr, error) {
	t := a.Types.Type(key.OID)
	switch {
	case key.OID == types.Int4, key.OID == types.Int8:
	case t != nil && (t.Category == 'N' || t.Category == 'D' || t.Category == 'T'):
		return nil, unsupported("RANGE with an offset over the type %s is", a.TypeName(key.OID))
	default:
		return nil, fault.New(fault.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", a.TypeName(key.OID))
	}
	switch oid := e.Type().OID; oid {
	case types.Unknown:
		return a.Coerce(e, key, types.Implicit)
	case types.Int4, types.Int8:
		return e, nil
	default:
		return nil, unsupported("RANGE with an offset of type %s is", a.TypeName(oid))
	}
}

// fixedOffset refuses offsets that SQLite would not take for constant.
func fixedOffset(e tree.Expr) (tree.Expr, error) {
	x := e
	if c, ok := e.(*tree.Call); ok && len(c.Args) == 1 { // the conversion of an integer
		x = c.Args[0]
	}
	switch x := x.(type) {
	case *tree.Const:
		if x.Ref.OID == types.Int4 || x.Ref.OID == types.Int8 || x.Value.IsNull() {
			return &tree.Const{Ref: types.Of(types.Int8), Value: x.Value}, nil
		}
	case *tree.Param:
		if x.Ref.OID == types.Int4 || x.Ref.OID == types.Int8 {
			return x, nil
		}
	}
	return nil, unsupported("a frame's offset that is neither an integer nor a parameter is")
}

// windowed tells whether a select list has a window function.
func windowed(n *ast.SelectStmt) bool {
	found := false
	for _, t := range syntax.Items(n.TargetList) {
		ast.Rewrite(t, func(c *ast.Cursor) bool {
			switch x := c.Node().(type) {
			case *ast.FuncCall:
				found = found || x != nil && x.Over != nil
			case *ast.SubLink: // has windows of its own
				return false
			}
			return !found
		}, nil)
	}
	return found
}
