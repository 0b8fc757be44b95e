package datetime

import (
	"cmp"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// frames gives in_range, which tells whether a value lies within a window frame:
// at, before (less) or after base plus, or minus (sub), an offset.
func frames() (fs []*types.Function) {
	tz, ts := types.Timestamptz, Timestamp
	moment := func(base, value func(sqlite.Value) civil.Timestamp) frame {
		return func(a values, offset civil.Interval) (int, error) {
			sum, err := base(a[1]).Plus(offset)
			return cmp.Compare(value(a[0]), sum), err
		}
	}
	for _, f := range []struct {
		oid    uint32
		of     types.OID
		stable bool
		frame  frame
	}{
		{4133, Date, false, moment(midnight, midnight)},
		{4134, ts, false, moment(timestamp, timestamp)},
		{4135, tz, true, moment(timestamp, timestamp)},
		{4136, Interval, false, func(a values, offset civil.Interval) (int, error) {
			sum, err := interval(a[1]).Plus(offset)
			return civil.CompareIntervals(a[0].Text(), sum.Text()), err
		}},
		{4137, Time, false, func(a values, offset civil.Interval) (int, error) {
			return cmp.Compare(int64(timeOfDay(a[0])), int64(timeOfDay(a[1]))+offset.Micro), nil
		}},
		{4138, TimeTZ, false, func(a values, offset civil.Interval) (int, error) {
			value, base := civil.StoredZonedTime(a[0].Text()), civil.StoredZonedTime(a[1].Text())
			return value.CompareWith(int64(base.Time)+offset.Micro, base.Offset), nil
		}},
	} {
		fn := entry.Raises(f.oid, "in_range", types.Bool, entry.Args(f.of, f.of, Interval, types.Bool, types.Bool),
			call(func(a values) (sqlite.Value, error) { return f.frame.holds(a, f.of == Time || f.of == TimeTZ) }))
		if f.stable {
			stable(fn)
		}
		fs = append(fs, fn)
	}
	return fs
}

// frame compares a value with base plus an offset.
type frame func(a values, offset civil.Interval) (int, error)

func midnight(v sqlite.Value) civil.Timestamp {
	t, _ := date(v).Midnight()
	return t
}

func tooLargeOffset() error {
	return fault.Unsupported("so large an offset is not supported by the embedded engine")
}

// holds computes in_range. Times of day go by the time of the offset alone, and
// do not go around the clock.
func (f frame) holds(a values, timeOnly bool) (sqlite.Value, error) {
	offset := interval(a[2])
	negative := civil.CompareIntervals(a[2].Text(), "00:00:00") < 0
	if timeOnly {
		negative = offset.Micro < 0
		if offset.Micro > 1<<62 { // PostgreSQL's arithmetic runs over
			return sqlite.Null, tooLargeOffset()
		}
	}
	if negative {
		return sqlite.Null, fault.New("22013", "invalid preceding or following size in window function")
	}
	if a[3].Bool() {
		var err error
		if offset, err = offset.Negative(); err != nil {
			return sqlite.Null, tooLargeOffset()
		}
	}
	c, err := f(a, offset)
	if err != nil {
		return sqlite.Null, err
	}
	if a[4].Bool() {
		return sqlite.Bool(c <= 0), nil
	}
	return sqlite.Bool(c >= 0), nil
}
