package types

import "github.com/galleyhq/galley/internal/database/embedded/sqlite"

// Extremes are the aggregates by which min and max run over a frame of values that
// compare by a collation. Of equal values, which may be written differently (1.0
// and 1.00), PostgreSQL keeps the last.
const (
	Smallest = "galley_smallest" // (value, collation)
	Largest  = "galley_largest"
)

// Extremes makes them; compare gives the order of a collation.
func Extremes(compare func(collation string) func(a, b string) int) []sqlite.Aggregate {
	one := func(name string, sign int) sqlite.Aggregate {
		return sqlite.Aggregate{Name: name, NArgs: 2, New: func(*sqlite.Conn) sqlite.Accumulator {
			return &extreme{sign: sign, compare: compare}
		}}
	}
	return []sqlite.Aggregate{one(Smallest, -1), one(Largest, 1)}
}

// extreme keeps the last of the values that are furthest on one side.
type extreme struct {
	sign    int
	compare func(collation string) func(a, b string) int
	order   func(a, b string) int
	best    sqlite.Value
}

// Step implements sqlite.Accumulator.
func (x *extreme) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	if x.order == nil {
		x.order = x.compare(args[1].Text())
	}
	if x.best.IsNull() || x.order(x.best.Text(), args[0].Text())*x.sign <= 0 {
		x.best = args[0].Owned()
	}
	return nil
}

// Running implements sqlite.Running.
func (*extreme) Running() {}

// Final implements sqlite.Accumulator.
func (x *extreme) Final() (sqlite.Value, error) { return x.best, nil }
