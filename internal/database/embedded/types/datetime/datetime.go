// Package datetime is the family of dates and times. Values are stored as text
// whose bytes sort as the type does (see package civil); timestamptz is in UTC.
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

type o = [2]uint32

// Family returns the catalogue entries of the dates and times.
func Family() types.Family {
	f := types.Family{Name: "datetime", Types: []*types.Type{timestamptzType()}}
	fs, ops := entry.Comparisons("", entry.Comparison{Left: types.Timestamptz, Right: types.Timestamptz,
		Names: entry.CompareNames("timestamptz_"),
		EQ:    o{1320, 1152}, NE: o{1321, 1153}, LT: o{1322, 1154}, GT: o{1324, 1157}, LE: o{1323, 1155}, GE: o{1325, 1156}})
	f.Functions = slices.Concat(fs, clocks())
	f.Operators = ops
	f.Aggregates = entry.MinMax(types.Timestamptz, "", 2143, 2127)
	return f
}

func timestamptzType() *types.Type {
	return &types.Type{
		OID: types.Timestamptz, Name: "timestamptz", SQLName: "timestamp with time zone",
		Category: 'D', Preferred: true, Column: "TEXT",
		In: func(text string, mod int32) (sqlite.Value, error) {
			t, err := civil.ParseTimestamptz(text, mod, nil)
			return storeTimestamptz(t, err)
		},
		Out: func(dst []byte, v sqlite.Value) []byte {
			return civil.AppendText(dst, v.Text())
		},
		// Infinities have none of the parts that are replaced.
		TextSQL: entry.Wrap("replace(replace($1, 'T', ' '), '+00:00', '+00')"),
		JSONSQL: quoted,
	}
}

// quoted makes a JSON string of a storage form, in which nothing needs an
// escape.
var quoted = entry.Wrap(`('"' || $1 || '"')`)

func storeTimestamptz(t civil.Timestamp, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	s, err := t.StoreTimestamptz()
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(s), nil
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
	return []*types.Function{
		transaction(1299, "now", types.Env.TransactionTime),
		transaction(2647, "transaction_timestamp", types.Env.TransactionTime),
		transaction(2648, "statement_timestamp", types.Env.StatementTime),
		clock,
	}
}
