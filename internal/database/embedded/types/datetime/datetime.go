// Package datetime is the family of dates and times. Values are stored as text;
// that of timestamptz (in UTC), timestamp, date and time sorts as the type does,
// interval and timetz have collations (see package civil).
//
// Source: PostgreSQL documentation, 8.5 "Date/Time Types" and 9.9 "Date/Time
// Functions and Operators".
package datetime

import (
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// Family returns the catalogue entries of the dates and times.
func Family() types.Family {
	f := types.Family{
		Name:  "datetime",
		Types: allTypes(),
		Collations: []sqlite.Collation{
			{Name: intervalCollation, Compare: civil.CompareIntervals},
			{Name: timetzCollation, Compare: civil.CompareZonedTimes},
		},
	}
	comparing, compareOps := comparisons()
	adding, addOps := arithmetic()
	converting, casts := conversions()
	f.Functions = slices.Concat(comparing, adding, converting, clocks(), fields(), making(), zones(), ordering(), overlapping(), frames(), helpers(), series())
	f.Operators = slices.Concat(compareOps, addOps)
	f.Casts = casts
	f.Aggregates = slices.Concat(
		entry.MinMax(types.Timestamptz, "", 2143, 2127), entry.MinMax(Timestamp, "", 2142, 2126),
		entry.MinMax(Date, "", 2138, 2122), entry.MinMax(Time, "", 2139, 2123),
		entry.MinMax(TimeTZ, timetzCollation, 2140, 2124), entry.MinMax(Interval, intervalCollation, 2144, 2128),
		sums())
	return f
}

// clocks gives the times of transaction and statement, which are the same all
// through a statement, and the clock, which is not.
func clocks() []*types.Function {
	transaction := func(oid uint32, name string, at func(types.Env) time.Time) *types.Function {
		return &types.Function{OID: oid, Name: name, Result: types.Timestamptz, Strict: true, Volatility: types.Stable,
			Session: func(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
				return storeTimestamptz(civil.FromTime(at(e)), nil)
			}}
	}
	clock := entry.Go(2649, "clock_timestamp", types.Timestamptz, nil, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return storeTimestamptz(civil.FromTime(time.Now()), nil)
	})
	clock.Volatility = types.Volatile
	day := entry.Go(274, "timeofday", types.Text, nil, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(time.Now().UTC().Format("Mon Jan 02 15:04:05.000000 2006 UTC")), nil
	})
	day.Volatility = types.Volatile
	return []*types.Function{
		day,
		transaction(1299, "now", types.Env.TransactionTime),
		transaction(2647, "transaction_timestamp", types.Env.TransactionTime),
		transaction(2648, "statement_timestamp", types.Env.StatementTime),
		clock,
	}
}

// stable marks a function that PostgreSQL thinks depends on the session's time
// zone; here that is always UTC.
func stable(f *types.Function) *types.Function {
	f.Volatility = types.Stable
	return f
}
