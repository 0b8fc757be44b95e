package civil

import (
	"math"

	"github.com/galleyhq/galley/internal/fault"
)

// ParseDate reads a date; a time of day in the text is checked and dropped.
func ParseDate(text string, clock Clock) (Date, error) {
	d := decoder{clock: clock, withZone: true}
	fields, err := scan(text)
	if err == nil {
		err = d.decode(fields)
	}
	if err != nil {
		return 0, report(err, text, "date")
	}
	switch d.outcome {
	case isEpoch:
		return Date(-unixEpoch / 86400), nil
	case isInfinity:
		return DateInfinity, nil
	case isNegInfinity:
		return DateNegInfinity, nil
	}
	day, ok := DateOf(d.Year, d.Month, d.Day)
	if !ok {
		return 0, fault.New(fault.DatetimeOverflow, `date out of range: "%s"`, text)
	}
	return day, nil
}

// DateOf returns the day of a year (0 is 1 BC), month and day, which may run
// over; false when it is out of PostgreSQL's range.
func DateOf(year, month, day int) (Date, bool) {
	d := Days(year, month, day)
	return d, year >= -4713 && year <= 5_874_898 && d.valid()
}

// Store returns the storage form of a date.
func (d Date) Store() (string, error) {
	switch {
	case d == DateInfinity:
		return "infinity", nil
	case d == DateNegInfinity:
		return "-infinity", nil
	case !d.valid():
		return "", OutOfRange("date")
	}
	year, month, day := d.Civil()
	return string(appendStoredDate(make([]byte, 0, 14), year, month, day)), nil
}

// StoredDate returns the date of a storage form.
func StoredDate(s string) Date {
	switch s[0] {
	case 'i':
		return DateInfinity
	case '-':
		return DateNegInfinity
	}
	day, _ := storedDay(s)
	return day
}

// AddDays adds a number of days; an infinity stays.
func (d Date) AddDays(n int64) (Date, error) {
	if !d.Finite() {
		return d, nil
	}
	if sum := d + Date(n); sum.valid() {
		return sum, nil
	}
	return 0, OutOfRange("date")
}

// Minus returns the days between two dates.
func (d Date) Minus(other Date) (int64, error) {
	if !d.Finite() || !other.Finite() {
		return 0, fault.New(fault.DatetimeOverflow, "cannot subtract infinite dates")
	}
	return int64(d - other), nil
}

// MakeDate is make_date: a negative year is BC.
func MakeDate(year, month, day int) (Date, error) {
	shown := year
	if year < 0 && year != math.MinInt32 {
		shown++ // as PostgreSQL shows it here, and only here
	}
	d, err := makeDate(year, month, day, shown)
	if err == nil && !d.valid() {
		err = fault.New(fault.DatetimeOverflow, "date out of range: %d-%02d-%02d", year, month, day)
	}
	return d, err
}

func makeDate(year, month, day, shown int) (Date, error) {
	y := year
	if year < 0 {
		y++
	}
	if year == 0 || year == math.MinInt32 || month < 1 || month > 12 || day < 1 || day > DaysIn(y, month) {
		return 0, fault.New(fault.DatetimeOverflow, "date field value out of range: %d-%02d-%02d", shown, month, day)
	}
	d := Days(y, month, day)
	if d < minDate || y > 5_874_898 || y == 5_874_898 && month >= 6 {
		return 0, fault.New(fault.DatetimeOverflow, "date out of range: %d-%02d-%02d", year, month, day)
	}
	return d, nil
}
