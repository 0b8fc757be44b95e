package civil

import (
	"math"
	"strconv"
	"strings"
)

// mask is the set of parts that a text has given so far.
type mask int

const (
	hasYear mask = 1 << iota
	hasMonth
	hasDay
	hasDayOfYear
	hasHour
	hasMinute
	hasSecond
	hasFraction
	hasZone
	hasDaylight // the word DST
	hasSummer   // an abbreviation of daylight saving time, or of a zone with it
	hasMeridiem
	hasEra
	hasWeekday
	hasReserved

	hasDate = hasYear | hasMonth | hasDay
	hasSecs = hasSecond | hasFraction
	hasTime = hasHour | hasMinute | hasSecs
)

// atoi reads leading decimal digits with an optional sign as C's strtol into an
// int does: the value, how much was read, and false if it does not fit.
func atoi(s string) (value, n int, fits bool) {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start {
		return 0, 0, true
	}
	v, err := strconv.ParseInt(s[:i], 10, 32)
	return int(v), i, err == nil
}

// fraction reads a fraction with its point into microseconds.
func fraction(s string) (int64, error) {
	f, err := fractionFloat(s)
	return int64(math.RoundToEven(f * 1e6)), err
}

func fractionFloat(s string) (float64, error) {
	if s == "." {
		return 0, nil
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, errFormat
		}
	}
	f, err := strconv.ParseFloat("0"+s, 64)
	if err != nil {
		return 0, errFormat
	}
	return f, nil
}

// number reads a single number and decides from what is known which part it
// is: in the order month, day, year unless the number of digits tells else.
func (d *decoder) number(s string, textMonth bool, known mask) (mask, error) {
	value, n, fits := atoi(s)
	switch {
	case !fits:
		return 0, errField
	case n == 0:
		return 0, errFormat
	}
	if n < len(s) && s[n] == '.' {
		if n > 2 {
			return d.runTogether(s, known|hasDate)
		}
		micro, err := fraction(s[n:])
		if err != nil {
			return 0, err
		}
		d.Micro = micro
	} else if n < len(s) {
		return 0, errFormat
	}
	if len(s) == 3 && known&hasDate == hasYear && value >= 1 && value <= 366 {
		d.dayOfYear = value
		return hasDayOfYear | hasMonth | hasDay, nil
	}
	if known&hasDate == hasDate {
		return d.runTogether(s, known)
	}
	return d.assign(value, len(s), textMonth, known)
}

// assign gives a number to the part whose turn it is.
func (d *decoder) assign(value, digits int, textMonth bool, known mask) (mask, error) {
	part := mask(0)
	switch known & hasDate {
	case 0:
		part = hasMonth
		if digits >= 3 {
			part = hasYear
		}
	case hasYear, hasDay:
		part = hasMonth
	case hasMonth:
		part = hasDay
		if textMonth && digits >= 3 {
			part = hasYear
		}
	case hasYear | hasMonth:
		part = hasDay
		if textMonth && digits >= 3 && d.shortYear {
			d.Day, d.Year, d.shortYear = d.Year, value, false
			return hasDay, nil
		}
	case hasMonth | hasDay:
		part = hasYear
	default:
		return 0, errFormat
	}
	switch part {
	case hasYear:
		d.Year, d.shortYear = value, digits <= 2
	case hasMonth:
		d.Month = value
	case hasDay:
		d.Day = value
	}
	return part, nil
}

// runTogether reads yyyymmdd, yymmdd, hhmmss or hhmm, perhaps with a fraction.
func (d *decoder) runTogether(s string, known mask) (mask, error) {
	if point := strings.IndexByte(s, '.'); point >= 0 {
		end := point + 1
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		micro, err := fraction(s[point:end])
		if err != nil {
			return 0, err
		}
		d.Micro = micro
		s = s[:point]
	} else if known&hasDate != hasDate && len(s) >= 6 {
		// As C's atoi, which takes of a number too long its low 32 bits.
		year, _ := strconv.ParseInt(s[:len(s)-4], 10, 64)
		d.Year, d.Month, d.Day = int(int32(year)), digits(s[len(s)-4:len(s)-2]), digits(s[len(s)-2:])
		if len(s) == 6 {
			d.shortYear = true
		}
		return hasDate, nil
	}
	if known&hasTime == hasTime {
		return 0, errFormat
	}
	switch len(s) {
	case 6:
		d.Hour, d.Min, d.Sec = digits(s[:2]), digits(s[2:4]), digits(s[4:])
		return hasTime, nil
	case 4:
		d.Hour, d.Min, d.Sec = digits(s[:2]), digits(s[2:]), 0
		return hasTime, nil
	}
	return 0, errFormat
}

func digits(s string) int {
	v, _, _ := atoi(s)
	return v
}

// date reads a date with delimiters: numbers and the name of a month.
func (d *decoder) date(s string, known mask) (mask, error) {
	parts, err := dateParts(s)
	if err != nil {
		return 0, err
	}
	given, textMonth := mask(0), false
	for i, part := range parts {
		if !isAlpha(part[0]) {
			continue
		}
		t, ok := words[cut(part)]
		if ok && t.meaning == ignored {
			continue
		}
		if !ok || t.meaning != monthName || (known|given)&hasMonth != 0 {
			return 0, errFormat
		}
		d.Month, textMonth, given, parts[i] = t.value, true, given|hasMonth, ""
	}
	for _, part := range parts {
		if part == "" {
			continue
		}
		m, err := d.number(part, textMonth, known|given)
		if err != nil {
			return 0, err
		}
		if (known|given)&m != 0 {
			return 0, errFormat
		}
		given |= m
	}
	if (known|given)&^(hasDayOfYear|hasZone) != hasDate {
		return 0, errFormat
	}
	return given, nil
}

// dateParts splits a date into runs of digits and runs of letters.
func dateParts(s string) ([]string, error) {
	var parts []string
	for i := 0; i < len(s) && len(parts) < maxFields; {
		for i < len(s) && !isAlnum(s[i]) {
			i++
		}
		if i == len(s) {
			return nil, errFormat
		}
		start, same := i, isAlpha
		if isDigit(s[i]) {
			same = isDigit
		}
		for i < len(s) && same(s[i]) {
			i++
		}
		parts = append(parts, s[start:i])
		i++ // whatever ended the part is no more than a delimiter
	}
	return parts, nil
}

// time reads hh:mm, hh:mm:ss or mm:ss.fraction, as PostgreSQL does.
func (d *decoder) time(s string) error {
	hour, n, fits := atoi(s)
	if !fits {
		return errField
	}
	if n >= len(s) || s[n] != ':' {
		return errFormat
	}
	s = s[n+1:]
	minute, n, fits := atoi(s)
	if !fits {
		return errField
	}
	s = s[n:]
	second, micro := 0, int64(0)
	var err error
	switch {
	case s == "":
	case s[0] == '.':
		hour, minute, second = 0, hour, minute
		micro, err = fraction(s)
	case s[0] == ':':
		second, n, fits = atoi(s[1:])
		if !fits {
			return errField
		}
		if s = s[1+n:]; s != "" && s[0] == '.' {
			micro, err = fraction(s)
		} else if s != "" {
			err = errFormat
		}
	default:
		err = errFormat
	}
	if err != nil {
		return err
	}
	if minute > 59 || second > 60 {
		return errField
	}
	d.Hour, d.Min, d.Sec, d.Micro = hour, minute, second, micro
	return nil
}

// overflows tells whether a time of day passes 24:00:00.
func (f Fields) overflows() bool {
	return f.Hour < 0 || f.Hour > 24 || f.Min < 0 || f.Min > 59 || f.Sec < 0 || f.Sec > 60 ||
		f.Micro < 0 || f.Micro > Second || f.ofDay() > Day
}

// displacement reads a sign and hh, hh:mm, hh:mm:ss or hhmm into seconds east
// of Greenwich.
func displacement(s string) (int, error) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, errFormat
	}
	hour, n, fits := atoi(s[1:])
	if !fits {
		return 0, errDisplacement
	}
	rest, minute, second := s[1+n:], 0, 0
	if strings.HasPrefix(rest, ":") {
		if minute, n, fits = atoi(rest[1:]); !fits {
			return 0, errDisplacement
		}
		if rest = rest[1+n:]; strings.HasPrefix(rest, ":") {
			if second, n, fits = atoi(rest[1:]); !fits {
				return 0, errDisplacement
			}
			rest = rest[1+n:]
		}
	} else if rest == "" && len(s) > 3 {
		hour, minute = hour/100, hour%100
	}
	if hour < 0 || hour > 15 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, errDisplacement
	}
	if rest != "" {
		return 0, errFormat
	}
	offset := (hour*60+minute)*60 + second
	if s[0] == '-' {
		offset = -offset
	}
	return offset, nil
}
