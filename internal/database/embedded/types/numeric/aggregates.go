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

// Running implements sqlite.Running: Final leaves everything for further rows.
func (*sum) Running() {}

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

// variances gives variance and standard deviation of numeric and the integers;
// OIDs are those for int8, int4, int2 and numeric.
func variances() (all []*types.Aggregate) {
	arguments := [4]types.OID{types.Int8, types.Int4, int2, types.Numeric}
	for _, a := range []struct {
		name         string
		oids         [4]uint32
		sample, root bool
	}{
		{"variance", [4]uint32{2148, 2149, 2150, 2153}, true, false},
		{"var_samp", [4]uint32{2641, 2642, 2643, 2646}, true, false},
		{"var_pop", [4]uint32{2718, 2719, 2720, 2723}, false, false},
		{"stddev", [4]uint32{2154, 2155, 2156, 2159}, true, true},
		{"stddev_samp", [4]uint32{2712, 2713, 2714, 2717}, true, true},
		{"stddev_pop", [4]uint32{2724, 2725, 2726, 2729}, false, true},
	} {
		for i, argument := range arguments {
			all = append(all, entry.Accumulate(a.oids[i], a.name, types.Numeric, argument, func(*sqlite.Conn) sqlite.Accumulator {
				zero := decimal{coef: new(big.Int)}
				return &spread{sample: a.sample, root: a.root, sum: zero, squares: zero}
			}))
		}
	}
	return all
}

// spread gathers the exact sums of values and of their squares.
type spread struct {
	sample, root bool
	count        int64
	sum, squares decimal
}

// Step implements sqlite.Accumulator.
func (s *spread) Step(args []sqlite.Value) (err error) {
	v := args[0]
	if v.IsNull() {
		return nil
	}
	d := fromInt(v.Int())
	if v.Kind() == sqlite.KindText {
		d = stored(v.Text())
	}
	s.count++
	if s.sum, err = add(s.sum, d); err != nil || d.special != finite {
		return err
	}
	square := newDecimal(new(big.Int).Mul(d.coef, d.coef), 2*d.scale)
	s.squares, err = add(s.squares, square)
	return err
}

// Final implements sqlite.Accumulator.
func (s *spread) Final() (sqlite.Value, error) {
	divisor := s.count
	if s.sample {
		divisor--
	}
	switch {
	case s.count == 0 || divisor == 0:
		return sqlite.Null, nil
	case s.sum.special != finite:
		return result(decimal{special: notANumber}, nil)
	}
	n := big.NewInt(s.count)
	total := s.sum.unscaled(s.sum.scale)
	squares := s.squares.unscaled(max(s.squares.scale, 2*s.sum.scale))
	numerator := new(big.Int).Sub(new(big.Int).Mul(n, squares), new(big.Int).Mul(total, total))
	if numerator.Sign() <= 0 {
		return result(fromInt(0), nil)
	}
	variance, err := divide(newDecimal(numerator, 2*s.sum.scale), newDecimal(n.Mul(n, big.NewInt(divisor)), 0))
	if err == nil && s.root {
		variance = rootTo(variance, variance.scale)
	}
	return result(variance, err)
}
