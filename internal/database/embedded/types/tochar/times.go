package tochar

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/tochar/datepattern"
	"github.com/galleyhq/galley/internal/fault"
)

func times() []*types.Function {
	return []*types.Function{
		of(2049, "to_char", types.Text, timestamp, func(v sqlite.Value, pattern string) (sqlite.Value, error) {
			return timestampText(civil.Stored(v.Text()), pattern, "")
		}),
		of(1770, "to_char", types.Text, timestamptz, func(v sqlite.Value, pattern string) (sqlite.Value, error) {
			return timestampText(civil.Stored(v.Text()), pattern, "UTC")
		}),
		of(1768, "to_char", types.Text, interval, intervalText),
		of(1778, "to_timestamp", timestamptz, types.Text, toTimestamp),
		of(1780, "to_date", date, types.Text, toDate),
	}
}

// written applies a pattern; PostgreSQL has no answer for an empty one.
func written(pattern string, parts datepattern.Parts) (sqlite.Value, error) {
	if pattern == "" {
		return sqlite.Null, nil
	}
	text, err := datepattern.Parse(pattern).Write(parts)
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(text), nil
}

func timestampText(t civil.Timestamp, pattern, zone string) (sqlite.Value, error) {
	if !t.Finite() {
		return sqlite.Null, nil
	}
	f := t.Fields()
	return written(pattern, datepattern.Parts{
		Year: int32(f.Year), Month: int32(f.Month), Day: int32(f.Day),
		Hour: int64(f.Hour), Minute: int32(f.Min), Second: int32(f.Sec), Micro: int32(f.Micro), Zone: zone,
	})
}

func intervalText(v sqlite.Value, pattern string) (sqlite.Value, error) {
	i := civil.StoredInterval(v.Text())
	return written(pattern, datepattern.Parts{
		Interval: true, Year: i.Months / 12, Month: i.Months % 12, Day: i.Days,
		Hour: i.Micro / civil.Hour, Minute: int32(i.Micro / civil.Minute % 60),
		Second: int32(i.Micro / civil.Second % 60), Micro: int32(i.Micro % civil.Second),
	})
}

func toTimestamp(v sqlite.Value, pattern string) (sqlite.Value, error) {
	m, err := datepattern.Parse(pattern).Read(v.Text())
	if err != nil {
		return sqlite.Null, err
	}
	t, ok := civil.Fields{
		Year: int(m.Year), Month: int(m.Month), Day: int(m.Day),
		Hour: int(m.Hour), Min: int(m.Minute), Sec: int(m.Second), Micro: int64(m.Micro),
	}.Timestamp()
	if !ok {
		return sqlite.Null, civil.OutOfRange("timestamp")
	}
	if t, err = t.Plus(civil.Interval{Micro: -int64(m.Offset) * civil.Second}); err != nil {
		return sqlite.Null, err
	}
	if m.Digits > 0 {
		if t, err = t.Round(int32(m.Digits)); err != nil {
			return sqlite.Null, err
		}
	}
	return stored(t.StoreTimestamptz())
}

func toDate(v sqlite.Value, pattern string) (sqlite.Value, error) {
	m, err := datepattern.Parse(pattern).Read(v.Text())
	if err != nil {
		return sqlite.Null, err
	}
	d, ok := civil.DateOf(int(m.Year), int(m.Month), int(m.Day))
	if !ok {
		return sqlite.Null, fault.New(fault.DatetimeOverflow, `date out of range: "%s"`, strings.Clone(v.Text()))
	}
	return stored(d.Store())
}

func stored(text string, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(text), nil
}
