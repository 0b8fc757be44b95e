package zone

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// Abbreviation is what a time zone abbreviation such as CET stands for.
type Abbreviation struct {
	Name     string
	Daylight bool // it denotes daylight saving time
	offset   int
	zone     string // where the meaning changed over time: the zone that tells
}

// maxAbbreviation is how many characters PostgreSQL compares.
const maxAbbreviation = 10

var abbreviations = sync.OnceValue(func() map[string]Abbreviation {
	m := map[string]Abbreviation{}
	for line := range strings.Lines(abbreviationsText) {
		parts := strings.Fields(line)
		a := Abbreviation{Name: parts[0], Daylight: len(parts) > 2}
		offset, err := strconv.Atoi(parts[1])
		if err != nil {
			a.zone = parts[1]
		}
		a.offset = offset
		m[strings.ToLower(a.Name)] = a
	}
	return m
})

// Abbreviated returns what an abbreviation in any case means; false when it is
// none.
func Abbreviated(name string) (Abbreviation, bool) {
	a, ok := abbreviations()[strings.ToLower(name[:min(len(name), maxAbbreviation)])]
	return a, ok
}

// Fixed returns the offset in seconds east of Greenwich, and false when it
// depends on the time.
func (a Abbreviation) Fixed() (int, bool) { return a.offset, a.zone == "" }

// OffsetAtLocal returns the offset at a local time (see Zone.OffsetAtLocal).
func (a Abbreviation) OffsetAtLocal(local int64) int {
	if a.zone == "" {
		return a.offset
	}
	z, ok := Named(a.zone)
	if !ok {
		return a.offset
	}
	offset, unix := z.atLocal(local)
	if meant, ok := z.meaning(a.Name, unix); ok {
		return meant
	}
	return offset
}

// OffsetAt returns the offset at an instant in seconds since 1970 UTC.
func (a Abbreviation) OffsetAt(unix int64) int {
	if a.zone == "" {
		return a.offset
	}
	z, ok := Named(a.zone)
	if !ok {
		return a.offset
	}
	if meant, ok := z.meaning(a.Name, unix); ok {
		return meant
	}
	// PostgreSQL goes by the local time, of which there may be two.
	return z.OffsetAtLocal(unix + int64(z.OffsetAt(unix)))
}

// maxChanges bounds how many changes of clocks are looked at, in either
// direction.
const maxChanges = 1000

// meaning looks for the last time at or before an instant when the zone used
// an abbreviation, then for the first time after it.
func (z Zone) meaning(name string, unix int64) (int, bool) {
	at := time.Unix(unix, 0).In(z.loc)
	t := at
	for range maxChanges {
		if abbreviation, offset := t.Zone(); abbreviation == name {
			return offset, true
		}
		start, _ := t.ZoneBounds()
		if start.IsZero() {
			break
		}
		t = start.Add(-time.Second)
	}
	t = at
	for range maxChanges {
		_, end := t.ZoneBounds()
		if end.IsZero() || t.Year() >= 2100 {
			break
		}
		if !end.After(t) { // package time ends some periods with the year
			end = t.Add(24 * time.Hour)
		}
		if abbreviation, offset := end.Zone(); abbreviation == name {
			return offset, true
		}
		t = end
	}
	return 0, false
}
