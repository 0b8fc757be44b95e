package datepattern

import "github.com/galleyhq/galley/internal/fault"

// Moment is what a text says by a pattern: a point of the calendar, which may be
// out of any type's range.
type Moment struct {
	Year, Month, Day     int32 // year 0 is 1 BC, which is also what no year at all is
	Hour, Minute, Second int32
	Micro                int32
	// Zoned tells that the text names an offset from UTC, Offset seconds east of
	// Greenwich.
	Zoned  bool
	Offset int
	// Digits is how many decimal places of a second the pattern asks for; 0 for
	// all.
	Digits int
}

const (
	givenYear = 1 << iota
	givenMonth
	givenDay
	givenDate = givenYear | givenMonth | givenDay
)

// Read reads a text by the pattern.
func (p Pattern) Read(text string) (Moment, error) {
	s := scanner{pattern: p, text: text}
	if err := s.scan(); err != nil {
		return Moment{}, err
	}
	a := assembly{in: s.out, m: Moment{Month: 1, Day: 1, Digits: s.out.fractionDigits}}
	if err := a.clock(); err != nil {
		return Moment{}, err
	}
	a.year()
	if err := a.date(); err != nil {
		return Moment{}, err
	}
	a.m.Micro = s.out.millis*1000 + s.out.micros
	if !a.valid() {
		return Moment{}, fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, text)
	}
	return a.m, a.zone(text)
}

// assembly puts together what was read.
type assembly struct {
	in    scanned
	m     Moment
	given int // parts of the date
}

// clock gives the time of day.
func (a *assembly) clock() error {
	if s := a.in.sinceMidnight; s != 0 {
		a.m.Hour, a.m.Minute, a.m.Second = s/3600, s%3600/60, s%60
	}
	if a.in.second != 0 {
		a.m.Second = a.in.second
	}
	if a.in.minute != 0 {
		a.m.Minute = a.in.minute
	}
	if a.in.hour != 0 {
		a.m.Hour = a.in.hour
	}
	if !a.in.twelveHours {
		return nil
	}
	switch {
	case a.m.Hour < 1 || a.m.Hour > 12:
		return fault.New(fault.InvalidDatetime, `hour "%d" is invalid for the 12-hour clock`, a.m.Hour).
			WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
	case a.in.pm != 0 && a.m.Hour < 12:
		a.m.Hour += 12
	case a.in.pm == 0 && a.m.Hour == 12:
		a.m.Hour = 0
	}
	return nil
}

// year gives the year: its last digits within a century, as it stands, or the
// first year of a century.
func (a *assembly) year() {
	century := a.in.century
	if a.in.bc != 0 {
		century = -century
	}
	switch {
	case a.in.year != 0 && century != 0 && a.in.yearDigits <= 2:
		a.m.Year = yearOf(century, a.in.year%100)
	case a.in.year != 0:
		if a.m.Year = a.in.year; a.in.bc != 0 {
			a.m.Year = -a.m.Year
		}
		if a.m.Year < 0 {
			a.m.Year++
		}
	case century > 0:
		a.m.Year = (century-1)*100 + 1
	case century < 0:
		a.m.Year = century*100 + 1
	default:
		return
	}
	a.given |= givenYear
}

// yearOf returns the year of a century by its last two digits. The 21st century
// is 2001 to 2100, the 6th BC 600 to 501 BC.
func yearOf(century, last int32) int32 {
	switch {
	case last != 0 && century >= 0:
		return last + (century-1)*100
	case last != 0:
		return (century+1)*100 - last + 1
	case century >= 0:
		return century * 100
	}
	return century*100 + 1
}

// date gives month and day, from whatever tells them.
func (a *assembly) date() error {
	if a.in.julian != 0 {
		a.m.Year, a.m.Month, a.m.Day = date(a.in.julian)
		a.given = givenDate
	}
	if a.in.week != 0 {
		a.week()
	}
	if a.in.weekOfMonth != 0 {
		a.in.day = (a.in.weekOfMonth-1)*7 + 1
	}
	if a.in.day != 0 {
		a.m.Day = a.in.day
		a.given |= givenDay
	}
	if a.in.month != 0 {
		a.m.Month = a.in.month
		a.given |= givenMonth
	}
	if a.in.dayOfYear != 0 && (a.m.Month <= 1 || a.m.Day <= 1) {
		return a.dayOfYear()
	}
	return nil
}

func (a *assembly) week() {
	if a.in.calendar != isoWeeks {
		a.in.dayOfYear = (a.in.week-1)*7 + 1
		return
	}
	day := isoWeekStart(a.m.Year, a.in.week)
	switch {
	case a.in.weekday > 1:
		day += a.in.weekday - 2
	case a.in.weekday == 1, a.in.weekday < 0:
		day += 6
	}
	a.m.Year, a.m.Month, a.m.Day = date(day)
	a.given = givenDate
}

func (a *assembly) dayOfYear() error {
	if a.m.Year == 0 && a.in.bc == 0 {
		return fault.New(fault.InvalidDatetime, "cannot calculate day of year without year information")
	}
	if a.in.calendar == isoWeeks {
		a.m.Year, a.m.Month, a.m.Day = date(isoWeekStart(a.m.Year, 1) - 1 + a.in.dayOfYear)
		a.given = givenDate
		return nil
	}
	ends := endsOf(a.m.Year)
	month := int32(1)
	for month <= 12 && a.in.dayOfYear > ends[month] {
		month++
	}
	if a.m.Month <= 1 {
		a.m.Month = month
	}
	if a.m.Day <= 1 {
		a.m.Day = a.in.dayOfYear - ends[month-1]
	}
	a.given |= givenMonth | givenDay
	return nil
}

func (a *assembly) valid() bool {
	m := &a.m
	if a.given&givenMonth != 0 && (m.Month < 1 || m.Month > 12) || a.given&givenDay != 0 && (m.Day < 1 || m.Day > 31) {
		return false
	}
	if ends := endsOf(m.Year); a.given == givenDate && m.Day > ends[m.Month]-ends[m.Month-1] {
		return false
	}
	return m.Hour >= 0 && m.Hour < 24 && m.Minute >= 0 && m.Minute < 60 && m.Second >= 0 && m.Second < 60 &&
		m.Micro >= 0 && m.Micro < 1_000_000
}

func (a *assembly) zone(text string) error {
	if a.in.zoneSign == 0 {
		return nil
	}
	if a.in.zoneHours < 0 || a.in.zoneHours > 15 || a.in.zoneMinutes < 0 || a.in.zoneMinutes > 59 {
		return fault.New("22009", `time zone displacement out of range: "%s"`, text)
	}
	a.m.Zoned = true
	a.m.Offset = a.in.zoneSign * int(a.in.zoneHours*3600+a.in.zoneMinutes*60)
	return nil
}
