package float

import (
	"math"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// aggregates gives min, max, sum, avg and the variances. SQLite's own sum
// compensates rounding errors, which PostgreSQL does not.
func aggregates() []*types.Aggregate {
	all := slices.Concat(entry.MinMax(Float4, "", 2135, 2119), entry.MinMax(Float8, "", 2136, 2120))
	all = append(all,
		entry.Accumulate(2110, "sum", Float4, Float4, func(*sqlite.Conn) sqlite.Accumulator { return &total{bits: 32} }),
		entry.Accumulate(2111, "sum", Float8, Float8, func(*sqlite.Conn) sqlite.Accumulator { return &total{bits: 64} }))
	for _, a := range []struct {
		name       string
		oid4, oid8 uint32
		final      func(*moments) (float64, bool)
	}{
		{"avg", 2104, 2105, (*moments).mean},
		{"variance", 2151, 2152, (*moments).sampleVariance}, {"var_samp", 2644, 2645, (*moments).sampleVariance},
		{"var_pop", 2721, 2722, (*moments).variance},
		{"stddev", 2157, 2158, root((*moments).sampleVariance)}, {"stddev_samp", 2715, 2716, root((*moments).sampleVariance)},
		{"stddev_pop", 2727, 2728, root((*moments).variance)},
	} {
		for _, t := range []struct {
			oid uint32
			arg types.OID
		}{{a.oid4, Float4}, {a.oid8, Float8}} {
			all = append(all, entry.Accumulate(t.oid, a.name, Float8, t.arg,
				func(*sqlite.Conn) sqlite.Accumulator { return &moments{final: a.final} }))
		}
	}
	return all
}

// total adds up in the order of the rows.
type total struct {
	bits int
	sum  float64
	seen bool
}

// Step implements sqlite.Accumulator.
func (t *total) Step(args []sqlite.Value) (err error) {
	switch {
	case args[0].IsNull():
	case !t.seen:
		t.sum, t.seen = args[0].Float(), true
	default:
		t.sum, err = plus.run(t.sum, args[0].Float(), t.bits)
	}
	return err
}

// Running implements sqlite.Running: Final leaves everything for further rows.
func (*total) Running() {}

// Final implements sqlite.Accumulator.
func (t *total) Final() (sqlite.Value, error) {
	if !t.seen {
		return sqlite.Null, nil
	}
	return sqlite.Float(t.sum), nil
}

// moments gathers count, sum and the sum of squared differences from the mean by
// the method of Youngs and Cramer, as PostgreSQL does.
type moments struct {
	n, sum, squares float64
	final           func(*moments) (float64, bool)
}

// Step implements sqlite.Accumulator.
func (m *moments) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	v := args[0].Float()
	n, sum := m.n+1, m.sum+v
	switch {
	case m.n > 0:
		// The conversions keep compilers from fusing multiplication and addition.
		d := float64(v*n) - sum
		m.squares += float64(d*d) / float64(n*m.n)
		if math.IsInf(sum, 0) || math.IsInf(m.squares, 0) {
			if !math.IsInf(m.sum, 0) && !math.IsInf(v, 0) {
				return errOverflow()
			}
			m.squares = math.NaN()
		}
	case math.IsInf(v, 0) || math.IsNaN(v):
		m.squares = math.NaN()
	}
	m.n, m.sum = n, sum
	return nil
}

// Final implements sqlite.Accumulator.
func (m *moments) Final() (sqlite.Value, error) {
	v, ok := m.final(m)
	if !ok {
		return sqlite.Null, nil
	}
	return sqlite.Float(v), nil
}

func (m *moments) mean() (float64, bool) { return m.sum / m.n, m.n > 0 }

func (m *moments) variance() (float64, bool) { return m.squares / m.n, m.n > 0 }

func (m *moments) sampleVariance() (float64, bool) { return m.squares / (m.n - 1), m.n > 1 }

func root(f func(*moments) (float64, bool)) func(*moments) (float64, bool) {
	return func(m *moments) (float64, bool) {
		v, ok := f(m)
		return math.Sqrt(v), ok
	}
}
