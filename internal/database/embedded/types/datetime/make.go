package datetime

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// making gives age, date_trunc, justify_*, isfinite, make_* and timezone.
func making() []*types.Function {
	tz, ts := types.Timestamptz, Timestamp
	age := call(func(a values) (sqlite.Value, error) { return storeInterval(timestamp(a[0]).Age(timestamp(a[1]))) })
	justify := func(oid uint32, name string, f func(civil.Interval) (civil.Interval, error)) *types.Function {
		return entry.Raises(oid, name, Interval, entry.Args(Interval), call(func(a values) (sqlite.Value, error) {
			return storeInterval(f(interval(a[0])))
		}))
	}
	finite := "($1 NOT IN ('infinity', '-infinity'))"
	return []*types.Function{
		entry.Raises(2058, "age", Interval, entry.Args(ts, ts), age),
		entry.Raises(1199, "age", Interval, entry.Args(tz, tz), age),
		stable(entry.Raises(2059, "age", Interval, entry.Args(ts), ageToday)),
		stable(entry.Raises(1386, "age", Interval, entry.Args(tz), ageToday)),
		entry.Raises(6177, "date_bin", ts, entry.Args(Interval, ts, ts), call(func(a values) (sqlite.Value, error) {
			return storeTimestamp(timestamp(a[1]).Bin(interval(a[0]), timestamp(a[2])))
		})),
		entry.Raises(6178, "date_bin", tz, entry.Args(Interval, tz, tz), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(timestamp(a[1]).Bin(interval(a[0]), timestamp(a[2])))
		})),
		&types.Function{OID: 3464, Name: "make_interval", Result: Interval, Strict: true, Volatility: types.Immutable,
			MayRaise: true, Call: call(makeInterval), Defaults: 7,
			Names:        []string{"years", "months", "weeks", "days", "hours", "mins", "secs"},
			DefaultTexts: []string{"0", "0", "0", "0", "0", "0", "0.0"},
			Args:         entry.Args(types.Int4, types.Int4, types.Int4, types.Int4, types.Int4, types.Int4, float8)},
		justify(1175, "justify_hours", civil.Interval.JustifyHours),
		justify(1295, "justify_days", civil.Interval.JustifyDays),
		justify(2711, "justify_interval", civil.Interval.Justify),
		entry.Native(1373, "isfinite", types.Bool, entry.Args(Date), finite),
		entry.Native(1389, "isfinite", types.Bool, entry.Args(tz), finite),
		entry.Native(2048, "isfinite", types.Bool, entry.Args(ts), finite),
		entry.Native(1390, "isfinite", types.Bool, entry.Args(Interval), "($1 IS NOT NULL OR NULL)"),
		stable(entry.Raises(1217, "date_trunc", tz, entry.Args(types.Text, tz), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(timestamp(a[1]).Truncate(a[0].Text(), "timestamp with time zone"))
		}))),
		entry.Raises(2020, "date_trunc", ts, entry.Args(types.Text, ts), call(func(a values) (sqlite.Value, error) {
			return storeTimestamp(timestamp(a[1]).Truncate(a[0].Text(), "timestamp without time zone"))
		})),
		entry.Raises(1218, "date_trunc", Interval, entry.Args(types.Text, Interval), call(func(a values) (sqlite.Value, error) {
			return storeInterval(interval(a[1]).Truncate(a[0].Text()))
		})),
		named(entry.Raises(3846, "make_date", Date, entry.Args(types.Int4, types.Int4, types.Int4), call(func(a values) (sqlite.Value, error) {
			return storeDate(civil.MakeDate(int(a[0].Int()), int(a[1].Int()), int(a[2].Int())))
		})), "year", "month", "day"),
		named(entry.Raises(3847, "make_time", Time, entry.Args(types.Int4, types.Int4, float8), call(func(a values) (sqlite.Value, error) {
			return storeTime(civil.MakeTime(int(a[0].Int()), int(a[1].Int()), a[2].Float()))
		})), "hour", "min", "sec"),
		entry.Raises(1158, "to_timestamp", tz, entry.Args(float8), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(civil.FromUnix(a[0].Float()))
		})),
		named(entry.Raises(3461, "make_timestamp", ts, sixParts, call(func(a values) (sqlite.Value, error) {
			return storeTimestamp(makeTimestamp(a))
		})), "year", "month", "mday", "hour", "min", "sec"),
		stable(named(entry.Raises(3462, "make_timestamptz", tz, sixParts, call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(makeTimestamp(a))
		})), "year", "month", "mday", "hour", "min", "sec")),
	}
}

// ageToday counts from the midnight at which the day of the transaction began.
func ageToday(c *sqlite.Conn, a values) (sqlite.Value, error) {
	now, err := transactionTime(c)
	if err != nil {
		return sqlite.Null, err
	}
	day, _ := now.Date()
	today, _ := day.Midnight()
	return storeInterval(today.Age(timestamp(a[0])))
}

// makeInterval computes without checks of range, as PostgreSQL does.
func makeInterval(a values) (sqlite.Value, error) {
	n := func(i int) int32 { return int32(a[i].Int()) }
	seconds := a[6].Float()
	if math.IsInf(seconds, 0) || math.IsNaN(seconds) {
		return sqlite.Null, civil.OutOfRange("interval")
	}
	micro := math.RoundToEven(seconds * 1e6)
	if math.Abs(micro) >= 1<<63 {
		return sqlite.Null, fault.Unsupported("an interval of so many seconds is not supported by the embedded engine")
	}
	return storeInterval(civil.Interval{Months: n(0)*12 + n(1), Days: n(2)*7 + n(3),
		Micro: int64(n(4))*civil.Hour + int64(n(5))*civil.Minute + int64(micro)}, nil)
}

var sixParts = entry.Args(types.Int4, types.Int4, types.Int4, types.Int4, types.Int4, float8)

func makeTimestamp(a values) (civil.Timestamp, error) {
	n := func(i int) int { return int(a[i].Int()) }
	return civil.MakeTimestamp(n(0), n(1), n(2), n(3), n(4), a[5].Float())
}

// named gives a function names for its arguments.
func named(f *types.Function, names ...string) *types.Function {
	f.Names = names
	return f
}
