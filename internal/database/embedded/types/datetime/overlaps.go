package datetime

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// overlapping gives overlaps, which the operator OVERLAPS calls. Each period is
// its two ends in any order, or its start and length.
func overlapping() (fs []*types.Function) {
	tz, ts := types.Timestamptz, Timestamp
	for _, o := range []struct {
		of     types.OID
		oids   [4]uint32 // ends of both; lengths of both; of the second; of the first
		order  order
		plus   entry.Call
		stable bool
	}{
		{tz, [4]uint32{1304, 1305, 1306, 1307}, strings.Compare, plus(storeTimestamptz), true},
		{ts, [4]uint32{2041, 2042, 2043, 2044}, strings.Compare, plus(storeTimestamp), false},
		{Time, [4]uint32{1308, 1309, 1310, 1311}, strings.Compare, call(timePlus), false},
		{TimeTZ, [4]uint32{1271}, civil.CompareZonedTimes, nil, false},
	} {
		for i, oid := range o.oids {
			if oid == 0 {
				continue
			}
			first, second := i == 1 || i == 3, i == 1 || i == 2
			args := entry.Args(o.of, o.of, o.of, o.of)
			if first {
				args[1] = Interval
			}
			if second {
				args[3] = Interval
			}
			f := entry.Raises(oid, "overlaps", types.Bool, args, overlaps(o.order, o.plus, first, second))
			f.Strict, f.MayRaise = false, first || second
			if o.stable && f.MayRaise {
				stable(f)
			}
			fs = append(fs, f)
		}
	}
	return fs
}

// overlaps tells whether two periods share a time; first and second tell which
// is given by its length.
func overlaps(o order, add entry.Call, first, second bool) entry.Call {
	return func(c *sqlite.Conn, a values) (sqlite.Value, error) {
		x, y := period{a[0], a[1]}, period{a[2], a[3]}
		var err error
		if first {
			x, err = x.ended(c, add)
		}
		if second && err == nil {
			y, err = y.ended(c, add)
		}
		if err != nil {
			return sqlite.Null, err
		}
		x, xOK := x.ordered(o)
		y, yOK := y.ordered(o)
		if !xOK || !yOK {
			return sqlite.Null, nil
		}
		return x.overlaps(o, y), nil
	}
}

// period has a start and perhaps an end.
type period [2]sqlite.Value

// ended puts the end in the place of the length.
func (p period) ended(c *sqlite.Conn, add entry.Call) (period, error) {
	if p[0].IsNull() || p[1].IsNull() {
		return period{p[0], sqlite.Null}, nil
	}
	end, err := add(c, values{p[0], p[1]})
	return period{p[0], end}, err
}

// ordered puts the earlier end first, the known one before one that is NULL;
// false when both are NULL.
func (p period) ordered(o order) (period, bool) {
	switch {
	case p[0].IsNull() && p[1].IsNull():
		return p, false
	case p[0].IsNull(), !p[1].IsNull() && o(p[0].Text(), p[1].Text()) > 0:
		return period{p[1], p[0]}, true
	}
	return p, true
}

// overlaps compares periods in order, whose ends may be NULL.
func (p period) overlaps(o order, q period) sqlite.Value {
	earlier, later := p, q
	switch c := o(p[0].Text(), q[0].Text()); {
	case c == 0:
		if p[1].IsNull() || q[1].IsNull() {
			return sqlite.Null
		}
		return sqlite.Bool(true)
	case c > 0:
		earlier, later = q, p
	}
	switch {
	case earlier[1].IsNull():
		return sqlite.Null
	case o(later[0].Text(), earlier[1].Text()) < 0:
		return sqlite.Bool(true)
	case later[1].IsNull():
		return sqlite.Null
	}
	return sqlite.Bool(false)
}
