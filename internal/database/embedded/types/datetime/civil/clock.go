package civil

import (
	"cmp"

	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/zone"
)

// TimeOfDay counts microseconds since midnight, up to and with 24:00:00.
type TimeOfDay int64

// ZonedTime is a time of day with an offset in seconds east of Greenwich.
type ZonedTime struct {
	Time   TimeOfDay
	Offset int
}

// ParseTime reads a time; a time zone in the text means nothing.
func ParseTime(text string, precision int32, clock Clock) (TimeOfDay, error) {
	d, err := decodeTime(text, clock, "time")
	if err != nil {
		return 0, err
	}
	return TimeOfDay(roundMicro(d.ofDay(), precision)), nil
}

// ParseZonedTime reads a timetz.
func ParseZonedTime(text string, precision int32, clock Clock) (ZonedTime, error) {
	d, err := decodeTime(text, clock, "time with time zone")
	if err != nil {
		return ZonedTime{}, err
	}
	return ZonedTime{TimeOfDay(roundMicro(d.ofDay(), precision)), d.offset}, nil
}

func decodeTime(text string, clock Clock, typeName string) (*decoder, error) {
	d := &decoder{clock: clock, withZone: true}
	fields, err := scan(text)
	if err == nil {
		err = d.decodeTime(fields)
	}
	if err != nil {
		return nil, report(err, text, typeName)
	}
	return d, nil
}

// decodeTime reads the fields of a time, before which a date may stand.
func (d *decoder) decodeTime(fields []field) error {
	if err := d.take(fields, func(i int) (mask, error) { return d.timeField(fields[i], fields, i) }); err != nil {
		return err
	}
	if d.overflows() {
		return errField
	}
	if d.known&hasTime != hasTime {
		return errFormat
	}
	return d.resolveTimeZone()
}

func (d *decoder) timeField(f field, fields []field, i int) (mask, error) {
	switch f.kind {
	case dated:
		if i == 0 && len(fields) >= 2 && (fields[len(fields)-1].kind == dated || fields[1].kind == timed) {
			return d.date(f.text, d.known)
		}
		return d.zonedTime(f.text)
	case timed:
		return hasTime, d.time(f.text)
	case number:
		return d.timeNumber(f.text, i == 0 && len(fields) >= 2 && fields[len(fields)-1].kind == dated)
	case zoned:
		return d.field(f, fields[i+1:])
	}
	return d.timeWord(f.text, fields[i+1:])
}

// zonedTime reads the name of a zone, or a time run together with an offset.
func (d *decoder) zonedTime(s string) (mask, error) {
	if !isDigit(s[0]) {
		z, ok := zone.Named(s)
		if !ok {
			return 0, UnknownZone(s)
		}
		d.namedZone = &z
		return hasZone, nil
	}
	cut := indexByte(s, '-')
	if d.known&hasTime == hasTime || cut < 0 {
		return 0, errFormat
	}
	offset, err := displacement(s[cut:])
	if err != nil {
		return 0, err
	}
	d.offset = offset
	given, err := d.runTogether(s[:cut], d.known|hasDate)
	return given | hasZone, err
}

func (d *decoder) timeNumber(s string, beforeDate bool) (mask, error) {
	if d.label != noLabel {
		label := d.label
		d.label = noLabel
		return d.labelled(label, s)
	}
	switch point := indexByte(s, '.'); {
	case point >= 0 && beforeDate:
		return d.date(s, d.known)
	case point > 2:
		return d.runTogether(s, d.known|hasDate)
	case point >= 0:
		return 0, errFormat
	case len(s) > 4:
		return d.runTogether(s, d.known|hasDate)
	}
	return d.number(s, false, d.known|hasDate)
}

func (d *decoder) timeWord(s string, rest []field) (mask, error) {
	t, known := words[cut(s)]
	if _, abbreviated := zone.Abbreviated(s); abbreviated || !known {
		return d.word(s, rest)
	}
	switch t.meaning {
	case reserved:
		switch {
		case t.value == wordAllBalls:
			return d.word(s, rest)
		case t.value != wordNow:
			return 0, errFormat
		case d.clock == nil:
			return 0, needsClock(s)
		}
		d.Fields = d.clock().Fields()
		return hasTime, nil
	case monthName, weekday:
		return 0, errFormat
	case isoTime:
		if len(rest) == 0 || rest[0].kind != number && rest[0].kind != timed && rest[0].kind != dated {
			return 0, errFormat
		}
		d.label = t.value
		return 0, nil
	}
	return d.word(s, rest)
}

// resolveTimeZone finds the offset of a zone with rules, which needs a date
// unless the zone has but one offset.
func (d *decoder) resolveTimeZone() error {
	if date := d.known & hasDate; d.known&hasZone == 0 && date != 0 && date != hasDate {
		return errFormat
	}
	if d.namedZone == nil && d.abbreviation == nil {
		if d.known&hasDaylight != 0 && d.known&hasZone == 0 {
			return errFormat
		}
		return nil
	}
	if d.known&hasDate == hasDate {
		return d.resolveZone()
	}
	if d.namedZone != nil && d.known&hasDaylight == 0 {
		if offset, ok := d.namedZone.Always(); ok {
			d.offset = offset
			return nil
		}
	}
	if d.namedZone != nil {
		return errFormat
	}
	return needsClock(d.abbreviation.Name)
}

// Text returns the text form of a time, which is also its storage form.
func (t TimeOfDay) Text() string { return string(t.append(make([]byte, 0, 15))) }

func (t TimeOfDay) append(dst []byte) []byte { return appendClock(dst, clock(int64(t))) }

// Text returns the text form of a timetz, which is also its storage form.
func (t ZonedTime) Text() string {
	return string(appendOffset(t.Time.append(make([]byte, 0, 24)), t.Offset))
}

// StoredTime returns the time of a storage form.
func StoredTime(s string) TimeOfDay { return TimeOfDay(storedTime(s)) }

// StoredZonedTime returns the timetz of a storage form.
func StoredZonedTime(s string) ZonedTime {
	i := 8
	for i < len(s) && s[i] != '+' && s[i] != '-' {
		i++
	}
	offset, _ := displacement(s[i:])
	return ZonedTime{TimeOfDay(storedTime(s[:i])), offset}
}

// CompareZonedTimes orders stored timetz by their time in UTC, then from east
// to west, as PostgreSQL does.
func CompareZonedTimes(a, b string) int {
	x, y := StoredZonedTime(a), StoredZonedTime(b)
	if c := cmp.Compare(x.utc(), y.utc()); c != 0 {
		return c
	}
	return cmp.Compare(-x.Offset, -y.Offset)
}

// CompareWith orders t and a time that may lie beyond the day, at an offset.
func (t ZonedTime) CompareWith(micro int64, offset int) int {
	if c := cmp.Compare(t.utc(), micro-int64(offset)*Second); c != 0 {
		return c
	}
	return cmp.Compare(-t.Offset, -offset)
}

func (t ZonedTime) utc() int64 { return int64(t.Time) - int64(t.Offset)*Second }

// Shift moves a time around the clock. A sum beyond 64 bits wraps, as it does in
// PostgreSQL.
func (t TimeOfDay) Shift(micro int64) TimeOfDay {
	return TimeOfDay(floorMod(int64(t)+micro, Day))
}

// Round rounds to a number of decimal places of a second, -1 for none.
func (t TimeOfDay) Round(precision int32) TimeOfDay {
	return TimeOfDay(roundMicro(int64(t), precision))
}
