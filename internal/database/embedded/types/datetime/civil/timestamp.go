package civil

import (
	"math"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/zone"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	nameTimestamp   = "timestamp without time zone"
	nameTimestamptz = "timestamp with time zone"
)

// ParseTimestamptz reads a timestamptz; precision is the type modifier, -1 for
// none.
func ParseTimestamptz(text string, precision int32, clock Clock) (Timestamp, error) {
	return parseTimestamp(text, precision, clock, true)
}

// ParseTimestamp reads a timestamp; a time zone in the text means nothing.
func ParseTimestamp(text string, precision int32, clock Clock) (Timestamp, error) {
	return parseTimestamp(text, precision, clock, false)
}

func parseTimestamp(text string, precision int32, clock Clock, withZone bool) (Timestamp, error) {
	typeName := "timestamp"
	if withZone {
		typeName = nameTimestamptz
	}
	if t, ok := plain(text); ok {
		return t.Round(precision)
	}
	d := decoder{clock: clock, withZone: true}
	fields, err := scan(text)
	if err == nil {
		err = d.decode(fields)
	}
	if err != nil {
		return 0, report(err, text, typeName)
	}
	switch d.outcome {
	case isEpoch:
		return Timestamp(-unixEpoch * Second), nil
	case isInfinity:
		return TimestampInfinity, nil
	case isNegInfinity:
		return TimestampNegInfinity, nil
	}
	t, ok := d.Timestamp()
	if ok && withZone {
		t -= Timestamp(int64(d.offset) * Second)
		ok = t.valid()
	}
	if !ok {
		return 0, fault.New(fault.DatetimeOverflow, `timestamp out of range: "%s"`, text)
	}
	return t.Round(precision)
}

// plain reads the form that programs write: yyyy-mm-ddThh:mm:ss, a fraction and
// Z or +00:00 if any. What is not quite that, is not valid or is in another zone
// takes the long way.
func plain(s string) (Timestamp, bool) {
	if len(s) < 19 || s[10] != 'T' && s[10] != ' ' {
		return 0, false
	}
	for i := range 19 {
		want := "0000-00-00T00:00:00"[i]
		if want == '0' && !isDigit(s[i]) || want != '0' && want != 'T' && s[i] != want {
			return 0, false
		}
	}
	end := 19
	if end < len(s) && s[end] == '.' {
		for end++; end < len(s) && isDigit(s[end]); end++ {
		}
	}
	if zone := s[end:]; end == 20 || end > 26 || zone != "" && zone != "Z" && zone != "+00:00" && zone != "+00" {
		return 0, false
	}
	year, month, day := two(s)*100+two(s[2:]), two(s[5:]), two(s[8:])
	if year == 0 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) ||
		two(s[11:]) > 23 || two(s[14:]) > 59 || two(s[17:]) > 59 {
		return 0, false
	}
	return Timestamp(int64(Days(year, month, day))*Day + storedTime(s[11:])), true
}

// Round rounds to a number of decimal places of a second, halves away from
// zero as PostgreSQL does; -1 leaves t alone.
func (t Timestamp) Round(precision int32) (Timestamp, error) {
	if !t.Finite() || precision == -1 {
		return t, nil
	}
	if precision < 0 || precision > 6 {
		return 0, fault.New(fault.InvalidParameter, "timestamp(%d) precision must be between 0 and 6", precision)
	}
	return Timestamp(roundMicro(int64(t), precision)), nil
}

// roundMicro rounds microseconds to decimal places of a second.
func roundMicro(micro int64, precision int32) int64 {
	if precision < 0 || precision >= 6 {
		return micro
	}
	scale := int64(math.Pow10(6 - int(precision)))
	if micro >= 0 {
		return (micro + scale/2) / scale * scale
	}
	return -((-micro + scale/2) / scale * scale)
}

// FromZone reads t as a local time of a zone, given by name or abbreviation, and
// returns it in UTC.
func (t Timestamp) FromZone(name string) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	if a, ok := zone.Abbreviated(name); ok {
		return t.shift(-int64(a.OffsetAtLocal(t.Unix())))
	}
	z, ok := zone.Named(name)
	if !ok {
		return 0, UnknownZone(strings.Clone(name))
	}
	return t.shift(-int64(z.OffsetAtLocal(t.Unix())))
}

// InZone returns the local time of a zone at t, which is in UTC.
func (t Timestamp) InZone(name string) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	if a, ok := zone.Abbreviated(name); ok {
		return t.shift(int64(a.OffsetAt(t.Unix())))
	}
	z, ok := zone.Named(name)
	if !ok {
		return 0, UnknownZone(strings.Clone(name))
	}
	return t.shift(int64(z.OffsetAt(t.Unix())))
}

func (t Timestamp) shift(seconds int64) (Timestamp, error) {
	moved := t + Timestamp(seconds*Second)
	if !moved.valid() {
		return 0, OutOfRange("timestamp")
	}
	return moved, nil
}

// TruncateIn is date_trunc over a timestamp with the calendar of a time zone.
func (t Timestamp) TruncateIn(unit, zoneName string) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	z, ok := zone.Lookup(zoneName)
	if !ok {
		return 0, UnknownZone(strings.Clone(zoneName))
	}
	offset := int64(z.OffsetAt(t.Unix()))
	local, err := (t + Timestamp(offset*Second)).Truncate(unit, nameTimestamptz)
	if err != nil {
		return 0, err
	}
	// Below a day the clock may not change.
	if _, clock := clockUnitsOf[fieldNames[cut(lower(unit))]]; !clock || fieldNames[cut(lower(unit))] == "day" {
		offset = int64(z.OffsetAtLocal(local.Unix()))
	}
	return local.shift(-offset)
}

// Bin is date_bin: the start of the bin of the stride's length, counted from
// origin, in which t lies.
func (t Timestamp) Bin(stride Interval, origin Timestamp) (Timestamp, error) {
	switch {
	case !t.Finite():
		return t, nil
	case !origin.Finite():
		return 0, OutOfRange("origin")
	case stride.Months != 0:
		return 0, fault.New(fault.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	days := int64(stride.Days) * Day
	length := days + stride.Micro
	switch {
	case days/Day != int64(stride.Days), (days < 0) == (stride.Micro < 0) && (length < 0) != (days < 0):
		return 0, intervalRange()
	case length <= 0:
		return 0, fault.New(fault.DatetimeOverflow, "stride must be greater than zero")
	}
	difference := int64(t) - int64(origin)
	if (t < 0) != (origin < 0) && (difference < 0) != (t < 0) {
		return 0, intervalRange()
	}
	binned := Timestamp(int64(origin) + floorDiv(difference, length)*length)
	if !binned.valid() {
		return 0, OutOfRange("timestamp")
	}
	return binned, nil
}

// WithZone reads t as a local time of a zone as make_timestamptz does: a name,
// an abbreviation, or a sign and an offset.
func (t Timestamp) WithZone(name string) (Timestamp, error) {
	if name != "" && isDigit(name[0]) {
		return 0, fault.New(fault.InvalidParameter, `invalid input syntax for type %s: "%s"`, "numeric time zone", name).
			WithHint(`Numeric time zones must have "-" or "+" as first character.`)
	}
	offset, err := displacement(name)
	switch err {
	case nil:
		return t.shift(-int64(offset))
	case errDisplacement:
		return 0, fault.New(fault.InvalidParameter, `numeric time zone "%s" out of range`, name)
	}
	return t.FromZone(name)
}

// InZone returns the time of a timetz at the offset that a zone has at an
// instant.
func (t ZonedTime) InZone(name string, at Timestamp) (ZonedTime, error) {
	if a, ok := zone.Abbreviated(name); ok {
		return t.At(a.OffsetAt(at.Unix())), nil
	}
	z, ok := zone.Named(name)
	if !ok {
		return ZonedTime{}, UnknownZone(strings.Clone(name))
	}
	return t.At(z.OffsetAt(at.Unix())), nil
}

// At returns the same time at another offset.
func (t ZonedTime) At(offset int) ZonedTime {
	return ZonedTime{TimeOfDay(floorMod(t.utc()+int64(offset)*Second, Day)), offset}
}
