package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
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
		{1802, 1749, "+", "timetz_pl_interval", TimeTZ, Interval, TimeTZ, false, call(zonedTimePlus(1))},
		{2552, 2547, "+", "interval_pl_timetz", Interval, TimeTZ, TimeTZ, false, swap(call(zonedTimePlus(1)))},
		{1803, 1750, "-", "timetz_mi_interval", TimeTZ, Interval, TimeTZ, false, call(zonedTimePlus(-1))},
		{1361, 1297, "+", "datetimetz_pl", Date, TimeTZ, tz, false, call(dayAtZoned)},
		{1366, 1298, "+", "timetzdate_pl", TimeTZ, Date, tz, false, swap(call(dayAtZoned))},
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

// zonedTimePlus adds (1) or subtracts (-1) the time of an interval.
func zonedTimePlus(direction int64) func(values) (sqlite.Value, error) {
	return func(a values) (sqlite.Value, error) {
		t := civil.StoredZonedTime(a[0].Text())
		t.Time = t.Time.Shift(direction * interval(a[1]).Micro)
		return storeTimeTZ(t, nil)
	}
}

// dayAtZoned puts a timetz on a day.
func dayAtZoned(a values) (sqlite.Value, error) {
	t := civil.StoredZonedTime(a[1].Text())
	return storeTimestamptz(date(a[0]).AtZoned(t))
}

func timeBetween(a values) (sqlite.Value, error) {
	return storeInterval(civil.Interval{Micro: int64(timeOfDay(a[0]) - timeOfDay(a[1]))}, nil)
}

func times(a values) (sqlite.Value, error) { return storeInterval(interval(a[0]).Times(a[1].Float())) }
