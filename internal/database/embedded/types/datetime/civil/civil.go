// Package civil computes with dates and times as PostgreSQL does: it reads and
// writes their text forms (DateStyle ISO, MDY; IntervalStyle postgres; TimeZone
// UTC) and does the arithmetic. It knows nothing of SQLite or the catalogue.
//
//	t, err := civil.ParseTimestamptz("2026-01-02 12:00+02", now)
//	text := t.Text(civil.ISO)
//
// Instants count microseconds and days from 2000-01-01, as in PostgreSQL, so
// that rounding and limits agree.
//
// Source: PostgreSQL documentation, 8.5 "Date/Time Types", 9.9 "Date/Time
// Functions and Operators" and appendix B.
package civil

import (
	"math"
	"time"
)

// Microseconds in the units of a day.
const (
	Second = int64(1_000_000)
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// unixEpoch is 2000-01-01 in seconds since 1970.
const unixEpoch = 946_684_800

// Timestamp is a point of the calendar in microseconds since 2000-01-01
// 00:00:00; for timestamptz, in UTC.
type Timestamp int64

// The timestamps before and after all others.
const (
	TimestampNegInfinity Timestamp = math.MinInt64
	TimestampInfinity    Timestamp = math.MaxInt64
)

// The first and, exclusive, last timestamps that PostgreSQL knows.
const (
	minTimestamp Timestamp = -211_813_488_000_000_000
	endTimestamp Timestamp = 9_223_371_331_200_000_000
)

// Finite tells whether t is neither of the infinities.
func (t Timestamp) Finite() bool { return t != TimestampNegInfinity && t != TimestampInfinity }

func (t Timestamp) valid() bool { return t >= minTimestamp && t < endTimestamp }

// FromTime returns the timestamp of an instant, in whole microseconds.
func FromTime(t time.Time) Timestamp {
	return Timestamp(t.UnixMicro() - unixEpoch*Second)
}

// Unix returns the seconds since 1970, rounded down.
func (t Timestamp) Unix() int64 { return floorDiv(int64(t), Second) + unixEpoch }

// Date returns the day of a finite timestamp and the microseconds since its
// midnight.
func (t Timestamp) Date() (Date, int64) {
	day := floorDiv(int64(t), Day)
	return Date(day), int64(t) - day*Day
}

// Date is a day counted from 2000-01-01.
type Date int64

// The days before and after all others, and the limits of PostgreSQL.
const (
	DateNegInfinity Date = math.MinInt32
	DateInfinity    Date = math.MaxInt32
	minDate         Date = -2_451_545
	endDate         Date = 2_145_031_949
)

// Finite tells whether d is neither of the infinities.
func (d Date) Finite() bool { return d != DateNegInfinity && d != DateInfinity }

func (d Date) valid() bool { return d >= minDate && d < endDate }

// Midnight returns the timestamp at which a day begins; false when it is out
// of range.
func (d Date) Midnight() (Timestamp, bool) {
	switch {
	case d == DateNegInfinity:
		return TimestampNegInfinity, true
	case d == DateInfinity:
		return TimestampInfinity, true
	case int64(d) >= int64(endTimestamp)/Day:
		return 0, false
	}
	return Timestamp(int64(d) * Day), true
}

// julianEpoch is the Julian day of 2000-01-01.
const julianEpoch = 2_451_545

// Days returns the day of a year (0 is 1 BC), month and day of the proleptic
// Gregorian calendar. Months and days out of range run over.
func Days(year, month, day int) Date {
	y, m := int64(year), int64(month)-3
	y += floorDiv(m, 12)
	m -= floorDiv(m, 12) * 12
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*m+2)/5 + int64(day) - 1
	return Date(era*146_097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 730_425)
}

// Civil returns the year (0 is 1 BC), month and day of a day.
func (d Date) Civil() (year, month, day int) {
	z := int64(d) + 730_425
	era := floorDiv(z, 146_097)
	doe := z - era*146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	month = int(mp) + 3
	if month > 12 {
		month -= 12
	}
	year = int(yoe + era*400)
	if month <= 2 {
		year++
	}
	return year, month, int(doy - (153*mp+2)/5 + 1)
}

// Weekday returns 0 for Sunday to 6 for Saturday.
func (d Date) Weekday() int { return int(floorMod(int64(d)+6, 7)) }

// Julian returns the Julian day.
func (d Date) Julian() int64 { return int64(d) + julianEpoch }

// Leap tells whether a year (0 is 1 BC) has 366 days.
func Leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysIn returns the number of days of a month.
func DaysIn(year, month int) int {
	switch month {
	case 2:
		if Leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// Fields are the parts of a point of the calendar. Year 0 is 1 BC.
type Fields struct {
	Year, Month, Day int
	Hour, Min, Sec   int
	Micro            int64
}

// Fields takes a finite timestamp apart.
func (t Timestamp) Fields() Fields {
	d, micro := t.Date()
	f := clock(micro)
	f.Year, f.Month, f.Day = d.Civil()
	return f
}

// clock takes apart the microseconds since midnight.
func clock(micro int64) Fields {
	return Fields{
		Hour: int(micro / Hour), Min: int(micro / Minute % 60),
		Sec: int(micro / Second % 60), Micro: micro % Second,
	}
}

// ofDay returns the microseconds since midnight.
func (f Fields) ofDay() int64 {
	return int64(f.Hour)*Hour + int64(f.Min)*Minute + int64(f.Sec)*Second + f.Micro
}

// Timestamp puts the parts together; false when that is out of range.
func (f Fields) Timestamp() (Timestamp, bool) {
	if f.Year < -4713 || f.Year > 294_277 {
		return 0, false
	}
	t := Timestamp(int64(Days(f.Year, f.Month, f.Day))*Day + f.ofDay())
	return t, t.valid()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
