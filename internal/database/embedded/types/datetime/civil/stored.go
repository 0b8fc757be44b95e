package civil

import (
	"github.com/galleyhq/galley/internal/fault"
)

// The storage forms: text whose bytes sort as the type does. They hold years 1
// to 9999 and the infinities; what is outside is refused.
//
//	timestamptz  2026-01-02T12:00:00[.ffffff]+00:00
//	timestamp    2026-01-02T12:00:00[.ffffff]
//	date         2026-01-02
//	time         12:00:00[.ffffff]

// utcSuffix ends every finite stored timestamptz.
const utcSuffix = "+00:00"

const (
	minStored = Timestamp(-63_082_281_600) * Timestamp(Second) // 0001-01-01
	endStored = Timestamp(252_455_616_000) * Timestamp(Second) // 10000-01-01
	minDay    = Date(int64(minStored) / Day)
	endDay    = Date(int64(endStored) / Day)
)

func tooFar(typeName string) error {
	return fault.Unsupported("a %s before the year 1 or after 9999 is not supported by the embedded engine", typeName).
		WithHint("PostgreSQL supports it.")
}

// StoreTimestamptz returns the storage form of a timestamptz.
func (t Timestamp) StoreTimestamptz() (string, error) {
	s, err := t.store(nameTimestamptz)
	if err == nil && t.Finite() {
		s += utcSuffix
	}
	return s, err
}

// StoreTimestamp returns the storage form of a timestamp.
func (t Timestamp) StoreTimestamp() (string, error) { return t.store("timestamp") }

func (t Timestamp) store(typeName string) (string, error) {
	if t.Finite() && (t < minStored || t >= endStored) {
		return "", tooFar(typeName)
	}
	return string(t.append(make([]byte, 0, 32), 'T')), nil
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
	return Timestamp(int64(storedDay(s))*Day + storedTime(s[11:]))
}

func storedDay(s string) Date {
	return Days(two(s)*100+two(s[2:]), two(s[5:]), two(s[8:]))
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

// AppendText appends the text form of a stored timestamp or timestamptz.
func AppendText(dst []byte, stored string) []byte {
	t := Stored(stored)
	dst = t.append(dst, ' ')
	if t.Finite() && stored[len(stored)-1-5] == '+' {
		dst = append(dst, "+00"...)
	}
	return dst
}
