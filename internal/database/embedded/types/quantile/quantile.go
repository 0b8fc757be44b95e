// Package quantile is the family of the ordered-set aggregates, which are called
// WITHIN GROUP (ORDER BY …): percentiles and the most frequent value. SQLite hands
// the rows over in order.
//
// Source: PostgreSQL documentation, 9.21, table 9.61.
package quantile

import (
	"fmt"
	"math"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/float"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	float8   types.OID = 701
	floats8  types.OID = 1022 // double precision[]
	interval types.OID = 1186
)

// maxRows bounds the values that a percentile keeps: about 400 MB of numbers.
const maxRows = 10_000_000

// checkName is the function that refuses a fraction out of range, also where
// there are no rows.
const checkName = "pg_galley_percentile"

// Comparison returns the order of a collation, nil for that of bytes.
type Comparison = func(collation string) func(a, b string) int

// Family returns the catalogue entries.
func Family(compare Comparison) types.Family {
	return types.Family{
		Name: "quantile",
		Aggregates: []*types.Aggregate{
			fraction(3974, "percentile_cont", float8, between(floats)),
			fraction(3976, "percentile_cont", interval, between(intervals)),
			fraction(3972, "percentile_disc", types.AnyElement, discrete),
			{OID: 3980, Name: "percentile_cont", Args: entry.Args(floats8, float8), Result: floats8, Within: true, Direct: 1,
				New: func(*sqlite.Conn) sqlite.Accumulator { return &percentiles{percentile{pick: between(floats)}} }},
			{OID: 3984, Name: "mode", Args: entry.Args(types.AnyElement), Result: types.AnyElement, Within: true,
				New: func(*sqlite.Conn) sqlite.Accumulator { return &mode{compare: compare} }},
		},
		Gatherers: append(types.Extremes(compare), types.CountRows(compare)),
		Helpers:   []sqlite.Function{{Name: checkName, NArgs: 2, Deterministic: true, Call: check}},
	}
}

func fraction(oid uint32, name string, value types.OID, pick func([]sqlite.Value, float64) (sqlite.Value, error)) *types.Aggregate {
	return &types.Aggregate{OID: oid, Name: name, Args: entry.Args(float8, value), Result: value, Within: true, Direct: 1,
		New: func(*sqlite.Conn) sqlite.Accumulator { return &percentile{pick: pick} },
		Final: func(direct []types.Arg, sql string) string {
			return checkName + "(" + direct[0].SQL + ", " + sql + ")"
		}}
}

// check returns its second argument if the first is a fraction.
func check(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	if f := args[0].Float(); !(f >= 0 && f <= 1) {
		return sqlite.Null, errFraction(f)
	}
	return args[1], nil
}

func errFraction(f float64) error {
	text := strings.Replace(strings.TrimPrefix(fmt.Sprintf("%.6g", f), "+"), "Inf", "Infinity", 1)
	return fault.New(fault.NumericOutOfRange, "percentile value %s is not between 0 and 1", text)
}

// percentiles is percentile for each fraction of an array.
type percentiles struct{ percentile }

// Final implements sqlite.Accumulator.
func (p *percentiles) Final() (sqlite.Value, error) {
	if len(p.sorted) == 0 || p.at.IsNull() {
		return sqlite.Null, nil
	}
	list := array.List(p.at)
	out := make([]array.Element, len(list))
	for i, e := range list {
		if out[i].Null = e.Null; e.Null {
			continue
		}
		f, err := float.Parse(e.Text, 64)
		if err == nil && !(f >= 0 && f <= 1) {
			err = errFraction(f)
		}
		if err != nil {
			return sqlite.Null, err
		}
		v, err := p.pick(p.sorted, f)
		if err != nil {
			return sqlite.Null, err
		}
		out[i].Text = string(float.Append(nil, v.Float(), 64))
	}
	return array.Value(out)
}

// percentile keeps the values that are not null.
type percentile struct {
	pick   func(sorted []sqlite.Value, fraction float64) (sqlite.Value, error)
	at     sqlite.Value
	sorted []sqlite.Value
}

// Step implements sqlite.Accumulator.
func (p *percentile) Step(args []sqlite.Value) error {
	if args[1].IsNull() {
		return nil
	}
	if len(p.sorted) >= maxRows {
		return fault.New(fault.StatementTooComplex, "a percentile of more than %d rows is not supported by the embedded engine", maxRows)
	}
	p.at = args[0].Owned()
	p.sorted = append(p.sorted, args[1].Owned())
	return nil
}

// Final implements sqlite.Accumulator. A fraction out of range is found later.
func (p *percentile) Final() (sqlite.Value, error) {
	f := p.at.Float()
	if len(p.sorted) == 0 || p.at.IsNull() || !(f >= 0 && f <= 1) {
		return sqlite.Null, nil
	}
	return p.pick(p.sorted, f)
}

// discrete is the first value whose share of the rows up to it reaches the
// fraction.
func discrete(sorted []sqlite.Value, f float64) (sqlite.Value, error) {
	row := int(math.Ceil(f * float64(len(sorted))))
	return sorted[max(row, 1)-1], nil
}

// between picks what lies between the two values nearest to the fraction.
func between(blend func(low, high sqlite.Value, share float64) (sqlite.Value, error)) func([]sqlite.Value, float64) (sqlite.Value, error) {
	return func(sorted []sqlite.Value, f float64) (sqlite.Value, error) {
		at := float64(f * float64(len(sorted)-1))
		first, second := int(math.Floor(at)), int(math.Ceil(at))
		if first == second {
			return sorted[first], nil
		}
		return blend(sorted[first], sorted[second], at-float64(first))
	}
}

func floats(low, high sqlite.Value, share float64) (sqlite.Value, error) {
	return sqlite.Float(low.Float() + float64(share*(high.Float()-low.Float()))), nil
}

func intervals(low, high sqlite.Value, share float64) (sqlite.Value, error) {
	from, to := civil.StoredInterval(low.Text()), civil.StoredInterval(high.Text())
	width, err := to.Minus(from)
	if err != nil {
		return sqlite.Null, err
	}
	if width, err = width.Times(share); err != nil {
		return sqlite.Null, err
	}
	sum, err := width.Plus(from)
	return sqlite.Text(sum.Text()), err
}

// mode finds the value that stands most often, the first of several.
type mode struct {
	compare Comparison
	order   func(a, b string) int
	current sqlite.Value
	best    sqlite.Value
	count   int
	most    int
}

// Step implements sqlite.Accumulator.
func (m *mode) Step(args []sqlite.Value) error {
	v := args[0]
	if v.IsNull() {
		return nil
	}
	if m.count == 0 {
		m.order = m.compare(args[1].Text())
	}
	if m.count > 0 && types.EqualValues(v, m.current, m.order) {
		m.count++
	} else {
		m.current, m.count = v.Owned(), 1
	}
	if m.count > m.most {
		m.best, m.most = m.current, m.count
	}
	return nil
}

// Final implements sqlite.Accumulator.
func (m *mode) Final() (sqlite.Value, error) { return m.best, nil }
