package datetime

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// order compares two stored values.
type order func(a, b string) int

// ordering gives the functions behind the btree operator classes: cmp, larger
// and smaller.
func ordering() (fs []*types.Function) {
	for _, t := range []struct {
		of                   types.OID
		name                 string
		order                order
		cmp, larger, smaller uint32
	}{
		{Date, "date", strings.Compare, 1092, 1138, 1139},
		{Time, "time", strings.Compare, 1107, 1377, 1378},
		{types.Timestamptz, "timestamptz", strings.Compare, 1314, 1196, 1195},
		{Timestamp, "timestamp", strings.Compare, 2045, 2036, 2035},
		{TimeTZ, "timetz", civil.CompareZonedTimes, 1358, 1379, 1380},
		{Interval, "interval", civil.CompareIntervals, 1315, 1198, 1197},
	} {
		args := entry.Args(t.of, t.of)
		fs = append(fs,
			entry.Go(t.cmp, t.name+"_cmp", types.Int4, args, compared(t.order)),
			entry.Go(t.larger, t.name+"_larger", t.of, args, chosen(t.order, 1)),
			entry.Go(t.smaller, t.name+"_smaller", t.of, args, chosen(t.order, -1)))
	}
	return append(fs, mixedOrdering()...)
}

// mixedOrdering compares a date, timestamp and timestamptz with one another.
func mixedOrdering() (fs []*types.Function) {
	for _, m := range []struct {
		oid         uint32
		name        string
		left, right types.OID
		stable      bool
	}{
		{2344, "date_cmp_timestamp", Date, Timestamp, false},
		{2357, "date_cmp_timestamptz", Date, types.Timestamptz, true},
		{2370, "timestamp_cmp_date", Timestamp, Date, false},
		{2383, "timestamptz_cmp_date", types.Timestamptz, Date, true},
		{2526, "timestamp_cmp_timestamptz", Timestamp, types.Timestamptz, true},
		{2533, "timestamptz_cmp_timestamp", types.Timestamptz, Timestamp, true},
	} {
		left, right := instantOf(m.left), instantOf(m.right)
		f := entry.Go(m.oid, m.name, types.Int4, entry.Args(m.left, m.right), call(func(a values) (sqlite.Value, error) {
			return sqlite.Int(sign(left(a[0]), right(a[1]))), nil
		}))
		if m.stable {
			stable(f)
		}
		fs = append(fs, f)
	}
	return fs
}

// instantOf reads a stored date, timestamp or timestamptz as a timestamp in UTC.
func instantOf(t types.OID) func(sqlite.Value) civil.Timestamp {
	if t != Date {
		return timestamp
	}
	return func(v sqlite.Value) civil.Timestamp {
		t, ok := date(v).Midnight()
		if !ok {
			return civil.TimestampInfinity - 1 // later than every timestamp
		}
		return t
	}
}

func sign(a, b civil.Timestamp) int64 {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compared(o order) entry.Call {
	return call(func(a values) (sqlite.Value, error) { return sqlite.Int(int64(o(a[0].Text(), a[1].Text()))), nil })
}

// chosen gives the first argument when it compares so to the second, else the
// second.
func chosen(o order, wanted int) entry.Call {
	return call(func(a values) (sqlite.Value, error) {
		if o(a[0].Text(), a[1].Text()) == wanted {
			return a[0], nil
		}
		return a[1], nil
	})
}
