package civil

import (
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/zone"
	"github.com/galleyhq/galley/internal/fault"
)

// Clock tells the instant that words such as 'today' refer to. A nil Clock
// refuses them: a constant must not depend on when it was read.
type Clock func() Timestamp

// needsClock is the refusal of a word that depends on the transaction.
func needsClock(word string) error {
	return fault.Unsupported(`the date/time input "%s" depends on the current time and cannot be used here`, word).
		WithHint("Use now() or current_date instead.")
}

// outcome is what a text turned out to be.
type outcome int

const (
	isDate outcome = iota
	isEpoch
	isInfinity
	isNegInfinity
)

// decoder gathers the parts of a date with time.
type decoder struct {
	Fields
	clock     Clock
	withZone  bool // a time zone may stand in the text
	outcome   outcome
	known     mask
	label     int
	textMonth bool
	shortYear bool
	julian    bool
	bc        bool
	half      int // valueAM, valuePM or 0
	dayOfYear int

	offset       int // seconds east of Greenwich
	namedZone    *zone.Zone
	abbreviation *zone.Abbreviation
}

// take reads each field once, and looks whether they make a value together.
func (d *decoder) take(fields []field, read func(i int) (mask, error)) error {
	for i := range fields {
		given, err := read(i)
		if err != nil {
			return err
		}
		if given&d.known != 0 {
			return errFormat
		}
		d.known |= given
	}
	if err := d.validate(); err != nil {
		return err
	}
	return d.twelveHours()
}

// decode reads the fields of a date with time.
func (d *decoder) decode(fields []field) error {
	if err := d.take(fields, func(i int) (mask, error) { return d.field(fields[i], fields[i+1:]) }); err != nil {
		return err
	}
	if d.outcome != isDate {
		return nil
	}
	if d.known&hasDate != hasDate {
		return errFormat
	}
	return d.resolveZone()
}

func (d *decoder) field(f field, rest []field) (mask, error) {
	switch f.kind {
	case dated:
		return d.datedField(f.text)
	case timed:
		if d.label != noLabel && d.label != labelTime {
			return 0, errFormat
		}
		d.label = noLabel
		if err := d.time(f.text); err != nil {
			return 0, err
		}
		if d.overflows() {
			return 0, errField
		}
		return hasTime, nil
	case zoned:
		if !d.withZone {
			return 0, errFormat
		}
		offset, err := displacement(f.text)
		d.offset = offset
		return hasZone, err
	case number:
		return d.numberField(f.text)
	}
	return d.word(f.text, rest)
}

// datedField reads a date, or after one the name of a zone or a time run
// together with a zone (T120000-05).
func (d *decoder) datedField(s string) (mask, error) {
	if d.label == labelJulian {
		return d.julianZone(s)
	}
	if d.label == noLabel && d.known&(hasMonth|hasDay) != hasMonth|hasDay {
		return d.date(s, d.known)
	}
	if !d.withZone {
		return 0, errFormat
	}
	if !isDigit(s[0]) && d.label == noLabel {
		z, ok := zone.Named(s)
		if !ok {
			return 0, UnknownZone(s)
		}
		d.namedZone = &z
		return hasZone, nil
	}
	if d.label != noLabel && d.label != labelTime {
		return 0, errFormat
	}
	d.label = noLabel
	cut := indexByte(s, '-')
	if d.known&hasTime == hasTime || cut < 0 {
		return 0, errFormat
	}
	offset, err := displacement(s[cut:])
	if err != nil {
		return 0, err
	}
	d.offset = offset
	given, err := d.runTogether(s[:cut], d.known)
	return given | hasZone, err
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// julianZone reads a Julian day with a zone.
func (d *decoder) julianZone(s string) (mask, error) {
	if !d.withZone {
		return 0, errFormat
	}
	value, n, fits := atoi(s)
	if !fits || value < 0 {
		return 0, errField
	}
	offset, err := displacement(s[n:])
	if err != nil {
		return 0, err
	}
	d.offset, d.label = offset, noLabel
	d.setJulian(value)
	return hasDate | hasTime | hasZone, nil
}

func (d *decoder) setJulian(day int) {
	d.Year, d.Month, d.Day = Date(int64(day) - julianEpoch).Civil()
	d.julian = true
}

func (d *decoder) numberField(s string) (mask, error) {
	if d.label != noLabel {
		label := d.label
		d.label, d.outcome = noLabel, isDate
		return d.labelled(label, s)
	}
	point := indexByte(s, '.')
	switch {
	case point >= 0 && d.known&hasDate == 0:
		return d.date(s, d.known)
	case point > 2:
		return d.runTogether(s, d.known)
	case len(s) >= 6 && (d.known&hasDate == 0 || d.known&hasTime == 0):
		return d.runTogether(s, d.known)
	}
	return d.number(s, d.textMonth, d.known)
}

// labelled reads a number after a label, as in y2001m02d04.
func (d *decoder) labelled(label int, s string) (mask, error) {
	value, n, fits := atoi(s)
	if !fits {
		return 0, errField
	}
	if n < len(s) && (s[n] != '.' || label != labelJulian && label != labelTime && label != labelSecond) {
		return 0, errFormat
	}
	switch label {
	case labelYear:
		d.Year = value
		return hasYear, nil
	case labelMonth:
		if d.known&hasMonth != 0 && d.known&hasHour != 0 {
			d.Min = value
			return hasMinute, nil
		}
		d.Month = value
		return hasMonth, nil
	case labelDay:
		d.Day = value
		return hasDay, nil
	case labelHour:
		d.Hour = value
		return hasHour, nil
	case labelMinute:
		d.Min = value
		return hasMinute, nil
	case labelSecond:
		return d.labelledSecond(value, s[n:])
	case labelJulian:
		return d.labelledJulian(value, s[n:])
	case labelTime:
		given, err := d.runTogether(s, d.known|hasDate)
		if err == nil && given != hasTime {
			err = errFormat
		}
		return given, err
	}
	return 0, errFormat
}

func (d *decoder) labelledSecond(value int, rest string) (mask, error) {
	d.Sec = value
	if rest == "" {
		return hasSecond, nil
	}
	micro, err := fraction(rest)
	d.Micro = micro
	return hasSecs, err
}

func (d *decoder) labelledJulian(value int, rest string) (mask, error) {
	if value < 0 {
		return 0, errField
	}
	d.setJulian(value)
	if rest == "" {
		return hasDate, nil
	}
	f, err := fractionFloat(rest)
	if err != nil {
		return 0, err
	}
	c := clock(int64(f * float64(Day)))
	d.Hour, d.Min, d.Sec, d.Micro = c.Hour, c.Min, c.Sec, c.Micro
	return hasDate | hasTime, nil
}

func (d *decoder) word(s string, rest []field) (mask, error) {
	if a, ok := zone.Abbreviated(s); ok {
		return d.zoneAbbreviation(a)
	}
	t, ok := words[cut(s)]
	if !ok {
		z, ok := zone.Named(s)
		if !ok {
			return 0, errFormat
		}
		d.namedZone = &z
		return hasZone, nil
	}
	switch t.meaning {
	case ignored:
		return 0, nil
	case reserved:
		return d.reserved(t.value, s)
	case monthName:
		given := hasMonth
		if d.known&hasMonth != 0 && !d.textMonth && d.known&hasDay == 0 && d.Month >= 1 && d.Month <= 31 {
			d.Day = d.Month
			given = hasDay
		}
		d.textMonth, d.Month = true, t.value
		return given, nil
	case daylightModifier:
		if d.known&hasSummer != 0 {
			return 0, errFormat
		}
		d.offset += t.value
		return hasDaylight, nil
	case meridiem:
		d.half = t.value
		return hasMeridiem, nil
	case era:
		d.bc = t.value == valueBC
		return hasEra, nil
	case weekday:
		return hasWeekday, nil
	case unitLabel:
		d.label = t.value
		return 0, nil
	case isoTime:
		if d.known&hasDate != hasDate || len(rest) == 0 ||
			rest[0].kind != number && rest[0].kind != timed && rest[0].kind != dated {
			return 0, errFormat
		}
		d.label = t.value
		return 0, nil
	}
	return 0, errFormat
}

func (d *decoder) zoneAbbreviation(a zone.Abbreviation) (mask, error) {
	if !d.withZone {
		return 0, errFormat
	}
	offset, fixed := a.Fixed()
	given := hasZone
	if !fixed || a.Daylight {
		given |= hasSummer
		if d.known&hasDaylight != 0 {
			return 0, errFormat
		}
	}
	if !fixed {
		d.abbreviation = &a
		return given, nil
	}
	d.offset = offset
	return given, nil
}

func (d *decoder) reserved(value int, s string) (mask, error) {
	switch value {
	case wordEpoch:
		d.outcome = isEpoch
	case wordInfinity:
		d.outcome = isInfinity
	case wordNegInfinity:
		d.outcome = isNegInfinity
	case wordAllBalls:
		d.outcome, d.offset = isDate, 0
		d.Hour, d.Min, d.Sec = 0, 0, 0
		return hasTime | hasZone, nil
	default:
		return d.relative(value, s)
	}
	return hasReserved, nil
}

// relative reads a word that depends on the current time.
func (d *decoder) relative(value int, s string) (mask, error) {
	if d.clock == nil {
		return 0, needsClock(s)
	}
	d.outcome = isDate
	now := d.clock()
	day, _ := now.Date()
	switch value {
	case wordNow:
		d.Fields = now.Fields()
		d.offset = 0
		return hasDate | hasTime | hasZone, nil
	case wordTomorrow:
		day++
	case wordYesterday:
		day--
	}
	d.Year, d.Month, d.Day = day.Civil()
	return hasDate, nil
}

// validate checks and completes the date once all of it is known.
func (d *decoder) validate() error {
	if d.known&hasYear != 0 && !d.julian {
		switch {
		case d.bc:
			if d.Year <= 0 {
				return errField
			}
			d.Year = 1 - d.Year
		case d.shortYear && d.Year < 0:
			return errField
		case d.shortYear && d.Year < 70:
			d.Year += 2000
		case d.shortYear && d.Year < 100:
			d.Year += 1900
		case d.Year <= 0:
			return errField
		}
	}
	if d.known&hasDayOfYear != 0 {
		d.Year, d.Month, d.Day = (Days(d.Year, 1, 1) + Date(d.dayOfYear) - 1).Civil()
	}
	if d.known&hasMonth != 0 && (d.Month < 1 || d.Month > 12) {
		return errMonthDay
	}
	if d.known&hasDay != 0 && (d.Day < 1 || d.Day > 31) {
		return errMonthDay
	}
	if d.known&hasDate == hasDate && d.Day > DaysIn(d.Year, d.Month) {
		return errField
	}
	return nil
}

func (d *decoder) twelveHours() error {
	switch {
	case d.half == 0:
		return nil
	case d.Hour > 12:
		return errField
	case d.half == valueAM && d.Hour == 12:
		d.Hour = 0
	case d.half == valuePM && d.Hour != 12:
		d.Hour += 12
	}
	return nil
}

// resolveZone finds the offset of a zone with rules; without a zone it is UTC.
func (d *decoder) resolveZone() error {
	modified := d.known&hasDaylight != 0
	if modified && (d.namedZone != nil || d.abbreviation != nil || d.known&hasZone == 0) {
		return errFormat
	}
	local := int64(Days(d.Year, d.Month, d.Day))*86400 + d.ofDay()/Second + unixEpoch
	if d.namedZone != nil {
		d.offset = d.namedZone.OffsetAtLocal(local)
	}
	if d.abbreviation != nil {
		d.offset = d.abbreviation.OffsetAtLocal(local)
	}
	return nil
}
