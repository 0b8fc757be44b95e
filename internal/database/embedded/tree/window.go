package tree

import "github.com/galleyhq/galley/internal/database/embedded/types"

// WindowCall is a window function, or an aggregate as one: exactly one of Function
// and Aggregate is set.
type WindowCall struct {
	Function  string // one of PostgreSQL's own, whose name SQLite knows too
	Aggregate *types.Aggregate
	Args      []Expr
	Filter    Expr
	Window    *Window
	Ref       types.Ref
}

// Window is the rows that a window function sees.
type Window struct {
	Partition []Expr
	Order     []Order
	Frame     *Frame // nil for the default
}

// Frame is the frame clause of a window.
type Frame struct {
	Mode       string // ROWS, RANGE or GROUPS
	Start, End Bound
	Exclude    string // CURRENT ROW, GROUP, TIES, or empty
}

// Bound is one end of a frame.
type Bound struct {
	Side   string // UNBOUNDED PRECEDING, PRECEDING, CURRENT ROW, FOLLOWING, UNBOUNDED FOLLOWING
	Offset Expr   // for PRECEDING and FOLLOWING: a Const or a Param
}

// Grouping is GROUPING(…): a bit for each argument, which are keys of GROUP BY,
// that is set in rows of the grouping sets without it. What it asks for is not
// evaluated.
type Grouping struct{ Args []Expr }

// Type implements Expr.
func (e *Grouping) Type() types.Ref { return types.Of(types.Int4) }

// Type implements Expr.
func (e *WindowCall) Type() types.Ref { return e.Ref }

func (e *WindowCall) children() []Expr {
	out := append([]Expr(nil), e.Args...)
	if e.Filter != nil {
		out = append(out, e.Filter)
	}
	out = append(out, e.Window.Partition...)
	for _, o := range e.Window.Order {
		out = append(out, o.Expr)
	}
	if f := e.Window.Frame; f != nil {
		for _, b := range []Bound{f.Start, f.End} {
			if b.Offset != nil {
				out = append(out, b.Offset)
			}
		}
	}
	return out
}

// sameWindowCall compares two calls without their operands.
func sameWindowCall(x, y *WindowCall) bool {
	v, w := x.Window, y.Window
	if x.Function != y.Function || x.Aggregate != y.Aggregate || len(x.Args) != len(y.Args) || (x.Filter == nil) != (y.Filter == nil) ||
		len(v.Partition) != len(w.Partition) || len(v.Order) != len(w.Order) || !sameFrame(v.Frame, w.Frame) {
		return false
	}
	for i, o := range v.Order {
		if o.Desc != w.Order[i].Desc || o.NullsFirst != w.Order[i].NullsFirst {
			return false
		}
	}
	return true
}

func sameFrame(v, w *Frame) bool {
	if v == nil || w == nil {
		return v == w
	}
	return v.Mode == w.Mode && v.Exclude == w.Exclude && v.Start.Side == w.Start.Side && v.End.Side == w.End.Side
}
