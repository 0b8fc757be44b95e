package civil

import (
	"strconv"
	"strings"
)

// The storage forms: text whose bytes sort as the type does.
//
//	timestamptz  2026-01-02T12:00:00[.ffffff]+00:00
//	timestamp    2026-01-02T12:00:00[.ffffff]
//	date         2026-01-02
//	time         12:00:00[.ffffff]
//
// Years after 9999 have a letter before them that tells how many digits follow:
// A10000, B294276, C5874897. Years BC have a / and a number that grows with time:
// /9999 is 1 BC, /5287 is 4713 BC. The infinities are written out; - sorts before
// /, and i after all.

// utcSuffix ends every finite stored timestamptz.
const utcSuffix = "+00:00"

const (
	lastPlainYear  = 9999
	firstPlainYear = 1
	// The first letter stands for so many digits.
	letterDigits = 5
)

// appendStoredDate appends the storage form of a date, which begins those of
// timestamps.
func appendStoredDate(dst []byte, year, month, day int) []byte {
	switch {
	case year < firstPlainYear:
		dst = appendPadded(append(dst, '/'), lastPlainYear+year, 4)
	case year > lastPlainYear:
		digits := strconv.Itoa(year)
		dst = append(append(dst, byte('A'+len(digits)-letterDigits)), digits...)
	default:
		dst = appendPadded(dst, year, 4)
	}
	dst = appendPadded(append(dst, '-'), month, 2)
	return appendPadded(append(dst, '-'), day, 2)
}

// near tells whether a storage form is of the years 1 to 9999, whose text needs
// no change.
func near(s string) bool { return isDigit(s[0]) }

// storedYear returns the year of a finite storage form and where it ends.
func storedYear(s string) (year, end int) {
	switch {
	case near(s):
		return two(s)*100 + two(s[2:]), 4
	case s[0] == '/':
		return two(s[1:])*100 + two(s[3:]) - lastPlainYear, 5
	}
	end = 1 + int(s[0]-'A') + letterDigits
	year, _ = strconv.Atoi(s[1:end])
	return year, end
}

// StoreTimestamptz returns the storage form of a timestamptz.
func (t Timestamp) StoreTimestamptz() (string, error) {
	s, err := t.StoreTimestamp()
	if err == nil && t.Finite() {
		s += utcSuffix
	}
	return s, err
}

// StoreTimestamp returns the storage form of a timestamp.
func (t Timestamp) StoreTimestamp() (string, error) {
	if !t.Finite() {
		return string(t.append(make([]byte, 0, 10), ' ')), nil
	}
	if !t.valid() {
		return "", OutOfRange("timestamp")
	}
	f := t.Fields()
	dst := appendStoredDate(make([]byte, 0, 34), f.Year, f.Month, f.Day)
	return string(appendClock(append(dst, 'T'), f)), nil
}

// Stored returns the timestamp of a storage form of timestamp or timestamptz.
func Stored(s string) Timestamp {
	switch s[0] {
	case 'i':
		return TimestampInfinity
	case '-':
		return TimestampNegInfinity
	}
	if n := len(s) - len(utcSuffix); n > 0 && s[n] == '+' {
		s = s[:n]
	}
	day, end := storedDay(s)
	return Timestamp(int64(day)*Day + storedTime(s[end+1:]))
}

// storedDay returns the day of a finite storage form and where the date ends.
func storedDay(s string) (Date, int) {
	year, end := storedYear(s)
	return Days(year, two(s[end+1:]), two(s[end+4:])), end + 6
}

// two reads two digits.
func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// storedTime reads hh:mm:ss[.ffffff] into microseconds.
func storedTime(s string) int64 {
	micro := int64(two(s))*Hour + int64(two(s[3:]))*Minute + int64(two(s[6:]))*Second
	unit := Second / 10
	for i := 9; i < len(s) && isDigit(s[i]); i++ {
		micro += int64(s[i]-'0') * unit
		unit /= 10
	}
	return micro
}

// AppendText appends the text form of a stored date, timestamp or timestamptz.
func AppendText(dst []byte, stored string) []byte {
	if !near(stored) {
		return appendFar(dst, stored, ' ', "+00")
	}
	if len(stored) == len("2026-01-02") {
		return append(dst, stored...)
	}
	dst = append(append(dst, stored[:10]...), ' ')
	if clock, zoned := strings.CutSuffix(stored[11:], utcSuffix); zoned {
		return append(append(dst, clock...), "+00"...)
	}
	return append(dst, stored[11:]...)
}

// AppendJSON appends the JSON text of a stored date, timestamp or timestamptz,
// in which nothing needs an escape.
func AppendJSON(dst []byte, stored string) []byte {
	dst = append(dst, '"')
	if near(stored) {
		dst = append(dst, stored...)
	} else {
		dst = appendFar(dst, stored, 'T', utcSuffix)
	}
	return append(dst, '"')
}

// appendFar appends what does not lie within the years 1 to 9999.
func appendFar(dst []byte, stored string, separator byte, zone string) []byte {
	if stored[0] == 'i' || stored[0] == '-' {
		return append(dst, stored...)
	}
	year, end := storedYear(stored)
	if year < firstPlainYear {
		dst = appendPadded(dst, 1-year, 4)
	} else {
		dst = appendPadded(dst, year, 4)
	}
	dst = append(dst, stored[end:end+6]...)
	if rest := stored[end+6:]; rest != "" {
		clock, zoned := strings.CutSuffix(rest[1:], utcSuffix)
		dst = append(append(dst, separator), clock...)
		if zoned {
			dst = append(dst, zone...)
		}
	}
	if year < firstPlainYear {
		dst = append(dst, " BC"...)
	}
	return dst
}

// appendPadded appends v, which is not negative, with at least width digits.
func appendPadded(dst []byte, v, width int) []byte {
	for limit := 10; width > 1; width-- {
		if v < limit {
			for range width - 1 {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

// appendDate appends yyyy-mm-dd; the era is the caller's to add.
func appendDate(dst []byte, year, month, day int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), month, 2)
	return appendPadded(append(dst, '-'), day, 2)
}

// appendClock appends hh:mm:ss and the fraction without trailing zeros.
func appendClock(dst []byte, f Fields) []byte {
	dst = appendPadded(dst, f.Hour, 2)
	dst = appendPadded(append(dst, ':'), f.Min, 2)
	dst = appendPadded(append(dst, ':'), f.Sec, 2)
	return appendFraction(dst, f.Micro)
}

func appendFraction(dst []byte, micro int64) []byte {
	if micro == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), int(micro), 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendOffset appends +hh, +hh:mm or +hh:mm:ss.
func appendOffset(dst []byte, seconds int) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if seconds%3600 != 0 {
		dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	}
	if seconds%60 != 0 {
		dst = appendPadded(append(dst, ':'), seconds%60, 2)
	}
	return dst
}

// append appends the form of t with a separator between date and time.
func (t Timestamp) append(dst []byte, separator byte) []byte {
	switch t {
	case TimestampInfinity:
		return append(dst, "infinity"...)
	case TimestampNegInfinity:
		return append(dst, "-infinity"...)
	}
	f := t.Fields()
	dst = appendDate(dst, f.Year, f.Month, f.Day)
	return appendClock(append(dst, separator), f)
}
