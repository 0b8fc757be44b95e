package numeric

import (
	"math/big"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// aggregates gives min, max, sum and avg of numeric, and the sums and averages of
// integers that are numeric.
func aggregates() []*types.Aggregate {
	n := types.Numeric
	// Of equal values that are written differently PostgreSQL takes the last of the
	// rows it happens to read, SQLite the first.
	all := entry.MinMax(n, Collation, 2146, 2130)
	for _, a := range []struct {
		oid  uint32
		name string
		arg  types.OID
		mean bool
	}{
		{2114, "sum", n, false}, {2103, "avg", n, true}, {2107, "sum", types.Int8, false},
		{2100, "avg", types.Int8, true}, {2101, "avg", types.Int4, true}, {2102, "avg", int2, true},
	} {
		all = append(all, entry.Accumulate(a.oid, a.name, n, a.arg, func(*sqlite.Conn) sqlite.Accumulator {
			return &sum{mean: a.mean, total: decimal{coef: new(big.Int)}}
		}))
	}
	return all
}

// sum adds up numbers or integers, in one word as long as that holds them.
type sum struct {
	mean  bool
	count int64
	small quick
	total decimal
}

// Step implements sqlite.Accumulator.
func (s *sum) Step(args []sqlite.Value) error {
	v := args[0]
	if v.IsNull() {
		return nil
	}
	s.count++
	next, ok := quick{coef: v.Int()}, true
	if v.Kind() == sqlite.KindText {
		if next, ok = parseQuick(v.Text()); !ok {
			var err error
			s.total, err = add(s.total, stored(v.Text()))
			return err
		}
	}
	if r, ok := addQuick(s.small, next); ok {
		s.small = r
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	var err error
	s.total, err = add(s.total, next.decimal())
	return err
}

func (s *sum) flush() (err error) {
	s.total, err = add(s.total, s.small.decimal())
	s.small.coef = 0
	return err
}

// Final implements sqlite.Accumulator.
func (s *sum) Final() (sqlite.Value, error) {
	if s.count == 0 {
		return sqlite.Null, nil
	}
	if err := s.flush(); err != nil {
		return sqlite.Null, err
	}
	if !s.mean {
		return result(s.total, nil)
	}
	return result(divide(s.total, fromInt(s.count)))
}
