package numeric

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

const whiteSpace = " \t\n\v\f\r"

func errSyntax(text string) error {
	return fault.New(fault.InvalidText, `invalid input syntax for type numeric: "%s"`, text)
}

func errFormat() error {
	return fault.New(fault.NumericOutOfRange, "value overflows numeric format")
}

// parse reads the text form: digits with a point and an exponent, or one of the
// words for what is no number.
func parse(text string) (decimal, error) {
	s := strings.Trim(text, whiteSpace)
	if d, ok := parseWord(s); ok {
		return d, nil
	}
	number, exponent, ok := cutExponent(s)
	if !ok {
		return decimal{}, errSyntax(text)
	}
	sign := ""
	if number != "" && (number[0] == '+' || number[0] == '-') {
		sign, number = strings.TrimPrefix(number[:1], "+"), number[1:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return decimal{}, errSyntax(text)
	}
	if exponent >= maxExponent || exponent <= -maxExponent || len(fraction)-exponent > maxScale {
		return decimal{}, errFormat()
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return newDecimal(new(big.Int), max(len(fraction)-exponent, 0)), nil
	}
	if len(digits)-len(fraction)+exponent > maxIntegralDigits {
		return decimal{}, errFormat()
	}
	coef, _ := new(big.Int).SetString(sign+digits, 10)
	scale := len(fraction) - exponent
	if scale < 0 {
		coef, scale = coef.Mul(coef, pow10(-scale)), 0
	}
	return checked(newDecimal(coef, scale))
}

func parseWord(s string) (decimal, bool) {
	switch strings.ToLower(s) {
	case "nan":
		return decimal{special: notANumber}, true
	case "inf", "infinity", "+inf", "+infinity":
		return infinity(1), true
	case "-inf", "-infinity":
		return infinity(-1), true
	}
	return decimal{}, false
}

// maxExponent is the exponent that PostgreSQL reads no more (INT_MAX / 2).
const maxExponent = 1<<30 - 1

// cutExponent splits an exponent off; ok is false when it is malformed. One that
// is too large stays too large.
func cutExponent(s string) (number string, exponent int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	digits := s[i+1:]
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	if digits == "" || !allDigits(digits) {
		return "", 0, false
	}
	exponent, _ = strconv.Atoi(s[i+1:]) // the largest integer when out of range
	return s[:i], exponent, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// checked returns d, or the error that it is larger than the format holds.
func checked(d decimal) (decimal, error) {
	if d.special != finite || d.isZero() {
		return d, nil
	}
	if d.coef.BitLen() > maxIntegralDigits*3 && len(new(big.Int).Abs(d.coef).Text(10))-d.scale > maxIntegralDigits {
		return decimal{}, errFormat()
	}
	if d.scale > maxScale {
		return decimal{}, errFormat()
	}
	return d, nil
}
