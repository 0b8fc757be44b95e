package document

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// The limits of numeric: digits before the point and behind it.
const (
	maxWhole    = 131_072
	maxFraction = 16_383
)

// CanonicalNumber writes a JSON number as numeric does: without exponent, the
// zeros behind the point kept, zero without a sign.
func CanonicalNumber(s string) (string, error) {
	negative := s[0] == '-'
	digits := strings.TrimPrefix(s, "-")
	exponent := 0
	if e := strings.IndexAny(digits, "eE"); e >= 0 {
		v, err := strconv.ParseInt(digits[e+1:], 10, 32)
		if err != nil || v >= 1<<30-1 || v <= -(1<<30-1) {
			return "", overflow()
		}
		exponent, digits = int(v), digits[:e]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	zero := strings.Trim(digits, "0.") == ""
	if exponent != 0 {
		whole, fraction = shift(whole, fraction, exponent, zero)
	}
	if len(whole) > maxWhole || len(fraction) > maxFraction {
		return "", overflow()
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && !zero {
		out = "-" + out
	}
	return out, nil
}

func overflow() error {
	return fault.New(fault.NumericOutOfRange, "value overflows numeric format")
}

// shift moves the decimal point. What cannot fit comes back too long to pass.
func shift(whole, fraction string, exponent int, zero bool) (string, string) {
	scale := max(0, len(fraction)-exponent)
	if zero {
		return "0", strings.Repeat("0", min(scale, maxFraction+1))
	}
	all := whole + fraction
	point := len(whole) + exponent
	switch {
	case point > maxWhole+len(all) || scale > maxFraction:
		return strings.Repeat("1", maxWhole+1), ""
	case point <= 0:
		return "0", strings.Repeat("0", -point) + all
	case point >= len(all):
		whole, fraction = all+strings.Repeat("0", point-len(all)), ""
	default:
		whole, fraction = all[:point], all[point:]
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	return whole, fraction
}

// compareNumbers orders canonical numbers by value.
func compareNumbers(a, b string) int {
	negativeA, negativeB := a[0] == '-', b[0] == '-'
	switch {
	case negativeA && !negativeB:
		return -1
	case !negativeA && negativeB:
		return 1
	case negativeA:
		return comparePositive(b[1:], a[1:])
	}
	return comparePositive(a, b)
}

func comparePositive(a, b string) int {
	wholeA, fractionA, _ := strings.Cut(a, ".")
	wholeB, fractionB, _ := strings.Cut(b, ".")
	if len(wholeA) != len(wholeB) {
		return len(wholeA) - len(wholeB)
	}
	if c := strings.Compare(wholeA, wholeB); c != 0 {
		return c
	}
	return strings.Compare(strings.TrimRight(fractionA, "0"), strings.TrimRight(fractionB, "0"))
}
