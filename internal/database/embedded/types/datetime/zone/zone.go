// Package zone knows time zones as PostgreSQL does: names of the IANA database
// in any case, the abbreviations of the set Default, and fixed offsets in POSIX
// notation; and which offset applies at a local time, also where clocks change.
//
//	z, err := zone.Named("europe/berlin")
//	offset := z.OffsetAtLocal(seconds) // of the local time, as if it were UTC
//
// Source: PostgreSQL documentation, 8.5.3 "Time Zones" and appendix B.
package zone

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the same answers on a machine that has no zone files
)

//go:embed zones.txt
var namesText string

//go:embed abbreviations.txt
var abbreviationsText string

// Zone is a time zone with rules.
type Zone struct{ loc *time.Location }

// UTC is the zone without rules.
var UTC = Zone{time.UTC}

var names = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for name := range strings.Lines(namesText) {
		name = strings.TrimSpace(name)
		m[strings.ToLower(name)] = name
	}
	return m
})

// loaded keeps locations by their name; it has at most one entry for each zone.
var loaded sync.Map

// Named returns the zone of a name in any case, or of a POSIX specification
// without daylight saving time such as UTC+3 (which is west of Greenwich);
// false when there is none.
func Named(name string) (Zone, bool) {
	full, ok := names()[strings.ToLower(name)]
	if !ok {
		return posix(name)
	}
	if loc, ok := loaded.Load(full); ok {
		return Zone{loc.(*time.Location)}, true
	}
	loc, err := time.LoadLocation(full)
	if err != nil {
		return Zone{}, false
	}
	loaded.Store(full, loc)
	return Zone{loc}, true
}

// Lookup returns the zone that an abbreviation or a name stands for, the
// abbreviation first.
func Lookup(name string) (Zone, bool) {
	a, ok := Abbreviated(name)
	switch {
	case !ok:
		return Named(name)
	case a.zone != "":
		return Named(a.zone)
	}
	return Zone{time.FixedZone(a.Name, a.offset)}, true
}

// posix reads a name, which may be empty or stand between < and >, an optional
// sign and hours[:minutes[:seconds]].
func posix(name string) (Zone, bool) {
	n := strings.IndexAny(name, "0123456789,+-")
	if strings.HasPrefix(name, "<") {
		n = strings.IndexByte(name, '>') + 1
	}
	if n < 0 || n == len(name) {
		return Zone{}, false
	}
	sign, rest := -1, name[n:]
	switch rest[0] {
	case '-':
		sign, rest = 1, rest[1:]
	case '+':
		rest = rest[1:]
	}
	offset, unit := 0, 3600
	for i, part := range strings.Split(rest, ":") {
		v, err := strconv.ParseUint(part, 10, 8)
		if err != nil || i > 2 || i > 0 && v > 59 || i == 0 && v > 24*7-1 {
			return Zone{}, false
		}
		offset += int(v) * unit
		unit /= 60
	}
	return Zone{time.FixedZone(strings.ToUpper(name[:n]), sign*offset)}, true
}

// OffsetAt returns the offset in seconds east of Greenwich at an instant, given
// in seconds since 1970 UTC.
func (z Zone) OffsetAt(unix int64) int {
	_, offset := time.Unix(unix, 0).In(z.loc).Zone()
	return offset
}

// AbbreviationAt returns the zone's abbreviation at an instant.
func (z Zone) AbbreviationAt(unix int64) string {
	name, _ := time.Unix(unix, 0).In(z.loc).Zone()
	return name
}

// OffsetAtLocal returns the offset that applies at a local time, given in
// seconds since 1970 as if it were UTC. A time that clocks skip is read as
// before the change, one that they repeat as after it.
func (z Zone) OffsetAtLocal(local int64) int {
	offset, _ := z.atLocal(local)
	return offset
}

// atLocal also returns the instant.
func (z Zone) atLocal(local int64) (offset int, unix int64) {
	earlier := time.Unix(local-86400, 0).In(z.loc)
	_, before := earlier.Zone()
	_, change := earlier.ZoneBounds()
	asBefore := local - int64(before)
	if change.IsZero() {
		return before, asBefore
	}
	_, after := change.Zone()
	asAfter, boundary := local-int64(after), change.Unix()
	switch {
	case asBefore < boundary && asAfter < boundary:
		return before, asBefore
	case asBefore > boundary && asAfter >= boundary:
		return after, asAfter
	case asBefore > asAfter:
		return before, asBefore
	}
	return after, asAfter
}

// Always returns the offset of a zone that never had another one, and false for
// any other zone.
func (z Zone) Always() (int, bool) {
	at := time.Unix(0, 0).In(z.loc)
	start, end := at.ZoneBounds()
	_, offset := at.Zone()
	return offset, start.IsZero() && end.IsZero()
}
