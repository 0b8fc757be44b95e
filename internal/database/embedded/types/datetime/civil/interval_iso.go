package civil

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

var (
	isoDateUnits = map[byte]unit{'Y': year, 'M': month, 'W': week, 'D': day}
	isoTimeUnits = map[byte]unit{'H': hour, 'M': minute, 'S': second}
)

// parseISO reads P1Y2M3DT4H5M6S, or the alternative form P0001-02-03T04:05:06
// and P00010203T040506, part by part as PostgreSQL does.
func (p *intervalParser) parseISO(s string) error {
	if len(s) < 2 || s[0] != 'P' {
		return errFormat
	}
	units, given := isoDateUnits, false
	for s = s[1:]; s != ""; {
		if s[0] == 'T' {
			units, given, s = isoTimeUnits, false, s[1:]
			continue
		}
		n, part, rest, err := isoNumber(s)
		if err != nil {
			return err
		}
		if rest != "" {
			if u, ok := units[rest[0]]; ok {
				if err := p.add(u, n, part); err != nil {
					return err
				}
				s, given = rest[1:], true
				continue
			}
		}
		if _, date := units['Y']; date {
			s, err = p.alternativeDate(s, n, part, rest, given)
		} else {
			s, err = "", p.alternativeTime(s, n, part, rest, given)
		}
		if err != nil {
			return err
		}
		given = false
	}
	return nil
}

// alternativeDate adds yyyymmdd or yyyy-mm-dd, whose first number is n, and
// returns what stands behind it: nothing, or a time with its T.
func (p *intervalParser) alternativeDate(s string, n int64, part float64, rest string, given bool) (string, error) {
	if rest != "" && rest[0] != 'T' && rest[0] != '-' {
		return "", errFormat
	}
	if !given && (rest == "" || rest[0] == 'T') && digitsWide(s) == 8 {
		return rest, p.addAll([]unit{year, month, day}, []int64{n / 10000, n / 100 % 100, n % 100}, part)
	}
	if given {
		return "", errFormat
	}
	for i, u := range []unit{year, month, day} {
		if i > 0 {
			var err error
			if n, part, rest, err = isoNumber(rest[1:]); err != nil {
				return "", err
			}
		}
		if err := p.add(u, n, part); err != nil {
			return "", err
		}
		if rest == "" || rest[0] == 'T' {
			return rest, nil
		}
		if rest[0] != '-' {
			return "", errFormat
		}
	}
	return "", errFormat
}

// alternativeTime adds hhmmss or hh:mm:ss, whose first number is n.
func (p *intervalParser) alternativeTime(s string, n int64, part float64, rest string, given bool) error {
	if rest != "" && rest[0] != ':' {
		return errFormat
	}
	if !given && rest == "" && digitsWide(s) == 6 {
		return p.addAll([]unit{hour, minute, second}, []int64{n / 10000, n / 100 % 100, n % 100}, part)
	}
	if given {
		return errFormat
	}
	for i, u := range []unit{hour, minute, second} {
		if i > 0 {
			var err error
			if n, part, rest, err = isoNumber(rest[1:]); err != nil {
				return err
			}
		}
		if err := p.add(u, n, part); err != nil {
			return err
		}
		if rest == "" {
			return nil
		}
		if rest[0] != ':' {
			return errFormat
		}
	}
	return errFormat
}

// addAll adds numbers of units, the fraction to the last.
func (p *intervalParser) addAll(units []unit, numbers []int64, part float64) error {
	for i, u := range units {
		f := 0.0
		if i == len(units)-1 {
			f = part
		}
		if err := p.add(u, numbers[i], f); err != nil {
			return err
		}
	}
	return nil
}

// digitsWide is how many digits a number begins with.
func digitsWide(s string) int {
	s = strings.TrimPrefix(s, "-")
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// isoNumber reads a number with an optional sign and fraction.
func isoNumber(s string) (n int64, part float64, rest string, err error) {
	if signless := strings.TrimPrefix(s, "-"); len(signless) > 1 && isAlpha(signless[0]) && s[0] == '-' ||
		len(signless) > 1 && signless[0] == '0' && (signless[1] == 'x' || signless[1] == 'X') {
		return 0, 0, "", fault.Unsupported("an interval with hexadecimal numbers or -inf is not supported by the embedded engine")
	}
	i := 0
	for i < len(s) && (isDigit(s[i]) || s[i] == '.' || i == 0 && s[i] == '-' ||
		(s[i] == 'e' || s[i] == 'E') && i > 0 && i+1 < len(s) && isDigit(s[i+1])) {
		i++
	}
	f, failed := strconv.ParseFloat(s[:i], 64)
	switch {
	case errors.Is(failed, strconv.ErrRange) || failed != nil:
		return 0, 0, "", errFormat
	case f < -1e15 || f > 1e15:
		return 0, 0, "", errField
	}
	return int64(f), f - math.Trunc(f), s[i:], nil
}
