package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// conversions gives the casts inside the family, most of which only add to or
// cut from the stored text.
func conversions() (fs []*types.Function, casts []*types.Cast) {
	tz, ts := types.Timestamptz, Timestamp
	for _, c := range []struct {
		oid      uint32
		name     string
		from, to types.OID
		context  types.CastContext
		stable   bool
		raises   bool
		template string
		call     func(v sqlite.Value) (sqlite.Value, error)
	}{
		{2024, "timestamp", Date, ts, types.Implicit, false, true, "($1 || 'T00:00:00')",
			func(v sqlite.Value) (sqlite.Value, error) { return storeTimestamp(date(v).At(0)) }},
		{1174, "timestamptz", Date, tz, types.Implicit, true, true, "($1 || 'T00:00:00+00:00')",
			func(v sqlite.Value) (sqlite.Value, error) { return storeTimestamptz(date(v).At(0)) }},
		{2029, "date", ts, Date, types.Assignment, false, false, "substr($1, 1, 10)", dayOf},
		{1178, "date", tz, Date, types.Assignment, true, false, "substr($1, 1, 10)", dayOf},
		{1316, "time", ts, Time, types.Assignment, false, false, "substr($1, 12)", timeOf},
		{2019, "time", tz, Time, types.Assignment, true, false, "substr(replace($1, '+00:00', ''), 12)", timeOf},
		{1388, "timetz", tz, TimeTZ, types.Assignment, true, false, "replace(substr($1, 12), '+00:00', '+00')", zonedTimeOf},
		{2028, "timestamptz", ts, tz, types.Implicit, true, false, timestampToTimestamptz, nil},
		{2027, "timestamp", tz, ts, types.Assignment, true, false, timestamptzToTimestamp, nil},
		{2047, "timetz", Time, TimeTZ, types.Implicit, true, false, "($1 || '+00')", nil},
	} {
		f := entry.Native(c.oid, c.name, c.to, entry.Args(c.from), c.template)
		if c.call != nil {
			f.Call = call(func(a values) (sqlite.Value, error) { return c.call(a[0]) })
			f.MayRaise = c.raises
			quick(f, c.template)
		}
		if c.stable {
			stable(f)
		}
		fs, casts = append(fs, f), append(casts, &types.Cast{Source: c.from, Target: c.to, Context: c.context, Function: f})
	}
	timetzToTime := entry.Go(2046, "time", Time, entry.Args(TimeTZ), call(func(a values) (sqlite.Value, error) {
		return storeTime(civil.StoredZonedTime(a[0].Text()).Time, nil)
	}))
	timeToInterval := entry.Go(1370, "interval", Interval, entry.Args(Time), call(func(a values) (sqlite.Value, error) {
		return storeInterval(civil.Interval{Micro: int64(timeOfDay(a[0]))}, nil)
	}))
	intervalToTime := entry.Go(1419, "time", Time, entry.Args(Interval), call(func(a values) (sqlite.Value, error) {
		return storeTime(civil.TimeOfDay(0).Shift(interval(a[0]).Micro), nil)
	}))
	fs = append(fs, timetzToTime, timeToInterval, intervalToTime,
		entry.Raises(2025, "timestamp", ts, entry.Args(Date, Time), call(dayAt)),
		stable(entry.Raises(1176, "timestamptz", tz, entry.Args(Date, Time), call(func(a values) (sqlite.Value, error) {
			return storeTimestamptz(date(a[0]).At(timeOfDay(a[1])))
		}))),
		entry.Raises(1359, "timestamptz", tz, entry.Args(Date, TimeTZ), call(dayAtZoned)))
	casts = append(casts,
		&types.Cast{Source: TimeTZ, Target: Time, Context: types.Assignment, Function: timetzToTime},
		&types.Cast{Source: Time, Target: Interval, Context: types.Implicit, Function: timeToInterval},
		&types.Cast{Source: Interval, Target: Time, Context: types.Assignment, Function: intervalToTime})
	rounding, roundings := roundings()
	return append(fs, rounding...), append(casts, roundings...)
}

// roundings gives the casts of a type to itself that apply a modifier.
func roundings() (fs []*types.Function, casts []*types.Cast) {
	round := func(oid uint32, name string, t types.OID, f func(v sqlite.Value, mod int32) (sqlite.Value, error)) {
		fn := entry.Raises(oid, name, t, entry.Args(t, types.Int4), call(func(a values) (sqlite.Value, error) {
			return f(a[0], int32(a[1].Int()))
		}))
		fs, casts = append(fs, fn), append(casts, &types.Cast{Source: t, Target: t, Context: types.Implicit, Function: fn})
	}
	round(1967, "timestamptz", types.Timestamptz, func(v sqlite.Value, mod int32) (sqlite.Value, error) {
		return storeTimestamptz(timestamp(v).Round(mod))
	})
	round(1961, "timestamp", Timestamp, func(v sqlite.Value, mod int32) (sqlite.Value, error) {
		return storeTimestamp(timestamp(v).Round(mod))
	})
	round(1968, "time", Time, func(v sqlite.Value, mod int32) (sqlite.Value, error) {
		return storeTime(timeOfDay(v).Round(mod), nil)
	})
	round(1969, "timetz", TimeTZ, func(v sqlite.Value, mod int32) (sqlite.Value, error) {
		t := civil.StoredZonedTime(v.Text())
		t.Time = t.Time.Round(mod)
		return storeTimeTZ(t, nil)
	})
	round(1200, "interval", Interval, func(v sqlite.Value, mod int32) (sqlite.Value, error) {
		return storeInterval(interval(v).Adjust(mod))
	})
	return fs, casts
}

// dayOf, timeOf and zonedTimeOf take a part of a timestamp.
func dayOf(v sqlite.Value) (sqlite.Value, error) {
	switch t := timestamp(v); t {
	case civil.TimestampInfinity:
		return storeDate(civil.DateInfinity, nil)
	case civil.TimestampNegInfinity:
		return storeDate(civil.DateNegInfinity, nil)
	default:
		day, _ := t.Date()
		return storeDate(day, nil)
	}
}

func timeOf(v sqlite.Value) (sqlite.Value, error) {
	t := timestamp(v)
	if !t.Finite() {
		return sqlite.Null, nil
	}
	_, micro := t.Date()
	return storeTime(civil.TimeOfDay(micro), nil)
}

func zonedTimeOf(v sqlite.Value) (sqlite.Value, error) {
	t := timestamp(v)
	if !t.Finite() {
		return sqlite.Null, nil
	}
	_, micro := t.Date()
	return storeTimeTZ(civil.ZonedTime{Time: civil.TimeOfDay(micro)}, nil)
}
