package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// sums gives sum and avg of intervals.
func sums() []*types.Aggregate {
	return []*types.Aggregate{
		{OID: 2113, Name: "sum", Args: entry.Args(Interval), Result: Interval, New: newSum(false)},
		{OID: 2106, Name: "avg", Args: entry.Args(Interval), Result: Interval, New: newSum(true)},
	}
}

// intervalSum adds the intervals that are not null.
type intervalSum struct {
	sum  civil.Interval
	n    int64
	mean bool
}

func newSum(mean bool) func(*sqlite.Conn) sqlite.Accumulator {
	return func(*sqlite.Conn) sqlite.Accumulator { return &intervalSum{mean: mean} }
}

// Step implements sqlite.Accumulator.
func (s *intervalSum) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	sum, err := s.sum.Plus(interval(args[0]))
	s.sum = sum
	s.n++
	return err
}

// Final implements sqlite.Accumulator.
func (s *intervalSum) Final() (sqlite.Value, error) {
	switch {
	case s.n == 0:
		return sqlite.Null, nil
	case s.mean:
		return storeInterval(s.sum.Over(float64(s.n)))
	}
	return storeInterval(s.sum, nil)
}
