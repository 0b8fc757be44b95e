package datetime

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// zones gives timezone, which AT TIME ZONE calls, and the functions that take a
// time zone's name.
func zones() []*types.Function {
	tz, ts := types.Timestamptz, Timestamp
	return []*types.Function{
		entry.Raises(2069, "timezone", tz, entry.Args(types.Text, ts), call(atZone(1, storeTimestamptz))),
		entry.Raises(1159, "timezone", ts, entry.Args(types.Text, tz), call(atZone(-1, storeTimestamp))),
		entry.Raises(2070, "timezone", tz, entry.Args(Interval, ts), call(atOffset(1, storeTimestamptz))),
		entry.Raises(1026, "timezone", ts, entry.Args(Interval, tz), call(atOffset(-1, storeTimestamp))),
		stable(entry.Raises(2037, "timezone", TimeTZ, entry.Args(types.Text, TimeTZ), timeInZone)),
		entry.Raises(2038, "timezone", TimeTZ, entry.Args(Interval, TimeTZ), call(timeAtOffset)),
		stable(entry.Raises(1284, "date_trunc", tz, entry.Args(types.Text, tz, types.Text), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(timestamp(a[1]).TruncateIn(a[0].Text(), a[2].Text()))
		}))),
		stable(named(entry.Raises(3463, "make_timestamptz", tz, append(sixParts[:6:6], types.Text), call(func(a values) (sqlite.Value, error) {
			t, err := makeTimestamp(a)
			if err != nil {
				return sqlite.Null, err
			}
			return storeTimestamptz(t.WithZone(a[6].Text()))
		})), "year", "month", "mday", "hour", "min", "sec", "timezone")),
	}
}

// transactionTime returns when the transaction began, for functions over more
// than constants.
func transactionTime(c *sqlite.Conn) (civil.Timestamp, error) {
	if c != nil {
		if e, ok := c.State.(types.Env); ok {
			return civil.FromTime(e.TransactionTime()), nil
		}
	}
	return 0, fault.Unsupported("an expression that depends on the current time is not supported here by the embedded engine")
}

// timeInZone computes a timetz AT TIME ZONE with a name, whose offset is the
// one at the beginning of the transaction.
func timeInZone(c *sqlite.Conn, a values) (sqlite.Value, error) {
	now, err := transactionTime(c)
	if err != nil {
		return sqlite.Null, err
	}
	return storeTimeTZ(civil.StoredZonedTime(a[1].Text()).InZone(a[0].Text(), now))
}

// offsetOf reads an interval that stands for a time zone.
func offsetOf(v civil.Interval) (int64, error) {
	if v.Months != 0 || v.Days != 0 {
		return 0, fault.New(fault.InvalidParameter, `interval time zone "%s" must not include months or days`, v.Text())
	}
	if v.Micro > math.MaxInt32*civil.Second || v.Micro < math.MinInt32*civil.Second {
		return 0, fault.Unsupported("so large a time zone offset is not supported by the embedded engine")
	}
	return v.Micro / civil.Second, nil
}

func timeAtOffset(a values) (sqlite.Value, error) {
	offset, err := offsetOf(interval(a[0]))
	if err != nil {
		return sqlite.Null, err
	}
	if offset <= -16*3600 || offset >= 16*3600 {
		return sqlite.Null, fault.Unsupported("so large a time zone offset is not supported by the embedded engine")
	}
	return storeTimeTZ(civil.StoredZonedTime(a[1].Text()).At(int(offset)), nil)
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
		t := timestamp(a[1])
		if !t.Finite() {
			return store(t, nil)
		}
		offset, err := offsetOf(interval(a[0]))
		if err != nil {
			return sqlite.Null, err
		}
		return store(t.Plus(civil.Interval{Micro: -direction * offset * civil.Second}))
	}
}
