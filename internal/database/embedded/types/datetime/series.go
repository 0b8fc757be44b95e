package datetime

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// series gives generate_series over timestamps, by an interval.
func series() []*types.Function {
	ts, tz := Timestamp, types.Timestamptz
	return []*types.Function{
		entry.Set(938, "generate_series", ts, entry.Args(ts, ts, Interval), generate(storeTimestamp)),
		stable(entry.Set(939, "generate_series", tz, entry.Args(tz, tz, Interval), generate(storeTimestamptz))),
	}
}

// generate counts from the first argument to the second by the third. What is
// added to is the last sum: from the 31st by a month it is the 28th from March
// on.
func generate(store func(civil.Timestamp, error) (sqlite.Value, error)) func(*sqlite.Conn, []sqlite.Value) (sqlite.RowSource, error) {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		at, end, step := timestamp(args[0]), timestamp(args[1]), interval(args[2])
		direction := civil.CompareIntervals(args[2].Text(), civil.Interval{}.Text())
		if direction == 0 {
			return nil, types.ErrStepZero()
		}
		return types.Series(func() (sqlite.Value, bool, error) {
			if direction > 0 && at > end || direction < 0 && at < end {
				return sqlite.Null, false, nil
			}
			v, err := store(at, nil)
			if err == nil {
				at, err = at.Plus(step)
			}
			return v, err == nil, err
		}), nil
	}
}
