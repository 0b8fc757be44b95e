package datetime

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

type values = []sqlite.Value

// call makes a function in Go of one over arguments alone.
func call(f func(a values) (sqlite.Value, error)) entry.Call {
	return func(_ *sqlite.Conn, a values) (sqlite.Value, error) { return f(a) }
}

// swap exchanges the two arguments.
func swap(f entry.Call) entry.Call {
	return func(c *sqlite.Conn, a values) (sqlite.Value, error) { return f(c, values{a[1], a[0]}) }
}

func interval(v sqlite.Value) civil.Interval   { return civil.StoredInterval(v.Text()) }
func timestamp(v sqlite.Value) civil.Timestamp { return civil.Stored(v.Text()) }
func date(v sqlite.Value) civil.Date           { return civil.StoredDate(v.Text()) }
func timeOfDay(v sqlite.Value) civil.TimeOfDay { return civil.StoredTime(v.Text()) }

// operation is an operator of arithmetic with its function.
type operation struct {
	operator, function uint32
	sign, name         string
	left, right        types.OID
	result             types.OID
	stable             bool
	call               entry.Call
}

// arithmetic gives the operators + - * / of the family.
func arithmetic() (fs []*types.Function, ops []*types.Operator) {
	tz, ts := types.Timestamptz, Timestamp
	tzPlus, tsPlus := plus(storeTimestamptz), plus(storeTimestamp)
	for _, p := range []operation{
		{1327, 1189, "+", "timestamptz_pl_interval", tz, Interval, tz, true, tzPlus},
		{1329, 1190, "-", "timestamptz_mi_interval", tz, Interval, tz, true, less(tzPlus)},
		{2554, 2549, "+", "interval_pl_timestamptz", Interval, tz, tz, true, swap(tzPlus)},
		{1328, 1188, "-", "timestamptz_mi", tz, tz, Interval, false, call(between)},
		{2066, 2032, "+", "timestamp_pl_interval", ts, Interval, ts, false, tsPlus},
		{2068, 2033, "-", "timestamp_mi_interval", ts, Interval, ts, false, less(tsPlus)},
		{2553, 2548, "+", "interval_pl_timestamp", Interval, ts, ts, false, swap(tsPlus)},
		{2067, 2031, "-", "timestamp_mi", ts, ts, Interval, false, call(between)},
		{1100, 1141, "+", "date_pli", Date, types.Int4, Date, false, call(dayPlus)},
		{2555, 2550, "+", "integer_pl_date", types.Int4, Date, Date, false, swap(call(dayPlus))},
		{1101, 1142, "-", "date_mii", Date, types.Int4, Date, false, call(dayMinus)},
		{1099, 1140, "-", "date_mi", Date, Date, types.Int4, false, call(dayBetween)},
		{1076, 2071, "+", "date_pl_interval", Date, Interval, ts, false, datePlus(tsPlus)},
		{1077, 2072, "-", "date_mi_interval", Date, Interval, ts, false, datePlus(less(tsPlus))},
		{2551, 2546, "+", "interval_pl_date", Interval, Date, ts, false, swap(datePlus(tsPlus))},
		{1360, 1272, "+", "datetime_pl", Date, Time, ts, false, call(dayAt)},
		{1363, 1296, "+", "timedate_pl", Time, Date, ts, false, swap(call(dayAt))},
		{1800, 1747, "+", "time_pl_interval", Time, Interval, Time, false, call(timePlus)},
		{1849, 1848, "+", "interval_pl_time", Interval, Time, Time, false, swap(call(timePlus))},
		{1801, 1748, "-", "time_mi_interval", Time, Interval, Time, false, call(timeMinus)},
		{1399, 1690, "-", "time_mi_time", Time, Time, Interval, false, call(timeBetween)},
		{1337, 1169, "+", "interval_pl", Interval, Interval, Interval, false, call(func(a values) (sqlite.Value, error) {
			return storeInterval(interval(a[0]).Plus(interval(a[1])))
		})},
		{1338, 1170, "-", "interval_mi", Interval, Interval, Interval, false, call(func(a values) (sqlite.Value, error) {
			return storeInterval(interval(a[0]).Minus(interval(a[1])))
		})},
		{1583, 1618, "*", "interval_mul", Interval, float8, Interval, false, call(times)},
		{1584, 1624, "*", "mul_d_interval", float8, Interval, Interval, false, swap(call(times))},
		{1585, 1326, "/", "interval_div", Interval, float8, Interval, false, call(func(a values) (sqlite.Value, error) {
			return storeInterval(interval(a[0]).Over(a[1].Float()))
		})},
	} {
		f := entry.Raises(p.function, p.name, p.result, entry.Args(p.left, p.right), p.call)
		if p.stable {
			stable(f)
		}
		fs, ops = append(fs, f), append(ops, entry.Operator(p.operator, p.sign, f))
	}
	minus := entry.Raises(1168, "interval_um", Interval, entry.Args(Interval), call(func(a values) (sqlite.Value, error) {
		return storeInterval(interval(a[0]).Negative())
	}))
	return append(fs, minus), append(ops, entry.Operator(1336, "-", minus))
}

func plus(store func(civil.Timestamp, error) (sqlite.Value, error)) entry.Call {
	return call(func(a values) (sqlite.Value, error) { return store(timestamp(a[0]).Plus(interval(a[1]))) })
}

// less subtracts an interval by a function that adds one.
func less(add entry.Call) entry.Call {
	return func(c *sqlite.Conn, a values) (sqlite.Value, error) {
		v, err := interval(a[1]).Negative()
		if err != nil && timestamp(a[0]).Finite() {
			return sqlite.Null, civil.OutOfRange("timestamp")
		}
		return add(c, values{a[0], sqlite.Text(v.Text())})
	}
}

func between(a values) (sqlite.Value, error) {
	return storeInterval(timestamp(a[0]).Minus(timestamp(a[1])))
}

func dayPlus(a values) (sqlite.Value, error)  { return storeDate(date(a[0]).AddDays(a[1].Int())) }
func dayMinus(a values) (sqlite.Value, error) { return storeDate(date(a[0]).AddDays(-a[1].Int())) }

func dayBetween(a values) (sqlite.Value, error) {
	days, err := date(a[0]).Minus(date(a[1]))
	return sqlite.Int(days), err
}

func datePlus(add entry.Call) entry.Call {
	return func(c *sqlite.Conn, a values) (sqlite.Value, error) {
		v, err := storeTimestamp(date(a[0]).At(0))
		if err != nil {
			return sqlite.Null, err
		}
		return add(c, values{v, a[1]})
	}
}

func dayAt(a values) (sqlite.Value, error) { return storeTimestamp(date(a[0]).At(timeOfDay(a[1]))) }

func timePlus(a values) (sqlite.Value, error) {
	return storeTime(timeOfDay(a[0]).Shift(interval(a[1]).Micro), nil)
}

func timeMinus(a values) (sqlite.Value, error) {
	return storeTime(timeOfDay(a[0]).Shift(-interval(a[1]).Micro), nil)
}

func timeBetween(a values) (sqlite.Value, error) {
	return storeInterval(civil.Interval{Micro: int64(timeOfDay(a[0]) - timeOfDay(a[1]))}, nil)
}

func times(a values) (sqlite.Value, error) { return storeInterval(interval(a[0]).Times(a[1].Float())) }

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
		entry.Raises(3846, "make_date", Date, entry.Args(types.Int4, types.Int4, types.Int4), call(func(a values) (sqlite.Value, error) {
			return storeDate(civil.MakeDate(int(a[0].Int()), int(a[1].Int()), int(a[2].Int())))
		})),
		entry.Raises(3847, "make_time", Time, entry.Args(types.Int4, types.Int4, float8), call(func(a values) (sqlite.Value, error) {
			return storeTime(civil.MakeTime(int(a[0].Int()), int(a[1].Int()), a[2].Float()))
		})),
		entry.Raises(1158, "to_timestamp", tz, entry.Args(float8), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(civil.FromUnix(a[0].Float()))
		})),
		entry.Raises(3461, "make_timestamp", ts, sixParts, call(func(a values) (sqlite.Value, error) {
			return storeTimestamp(makeTimestamp(a))
		})),
		stable(entry.Raises(3462, "make_timestamptz", tz, sixParts, call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(makeTimestamp(a))
		}))),
		entry.Raises(2069, "timezone", tz, entry.Args(types.Text, ts), call(atZone(1, storeTimestamptz))),
		entry.Raises(1159, "timezone", ts, entry.Args(types.Text, tz), call(atZone(-1, storeTimestamp))),
		entry.Raises(2070, "timezone", tz, entry.Args(Interval, ts), call(atOffset(1, storeTimestamptz))),
		entry.Raises(1026, "timezone", ts, entry.Args(Interval, tz), call(atOffset(-1, storeTimestamp))),
	}
}

var sixParts = entry.Args(types.Int4, types.Int4, types.Int4, types.Int4, types.Int4, float8)

func makeTimestamp(a values) (civil.Timestamp, error) {
	n := func(i int) int { return int(a[i].Int()) }
	return civil.MakeTimestamp(n(0), n(1), n(2), n(3), n(4), a[5].Float())
}

// atZone computes AT TIME ZONE with a name: to UTC (1) or from it (-1).
func atZone(direction int, store func(civil.Timestamp, error) (sqlite.Value, error)) func(values) (sqlite.Value, error) {
	return func(a values) (sqlite.Value, error) {
		if direction > 0 {
			return store(timestamp(a[1]).FromZone(a[0].Text()))
		}
		return store(timestamp(a[1]).InZone(a[0].Text()))
	}
}

// atOffset computes AT TIME ZONE with an interval of time only.
func atOffset(direction int64, store func(civil.Timestamp, error) (sqlite.Value, error)) func(values) (sqlite.Value, error) {
	return func(a values) (sqlite.Value, error) {
		v, t := interval(a[0]), timestamp(a[1])
		if !t.Finite() {
			return store(t, nil)
		}
		if v.Months != 0 || v.Days != 0 {
			return sqlite.Null, fault.New(fault.InvalidParameter,
				`interval time zone "%s" must not include months or days`, v.Text())
		}
		if v.Micro > math.MaxInt32*civil.Second || v.Micro < math.MinInt32*civil.Second {
			return sqlite.Null, fault.Unsupported("so large a time zone offset is not supported by the embedded engine")
		}
		return store(t.Plus(civil.Interval{Micro: -direction * (v.Micro / civil.Second) * civil.Second}))
	}
}
