package float

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// parse reads the text form. As the C library's strtod it takes hexadecimal
// numbers too.
func parse(text string, bits int, sqlName string) (float64, error) {
	s := strings.Trim(text, " \t\n\v\f\r")
	if f, ok := parseWord(s); ok {
		return f, nil
	}
	return parseNumber(s, text, bits, sqlName)
}

func parseWord(s string) (float64, bool) {
	switch strings.ToLower(s) {
	case "nan", "+nan", "-nan":
		return math.NaN(), true
	case "inf", "infinity", "+inf", "+infinity":
		return math.Inf(1), true
	case "-inf", "-infinity":
		return math.Inf(-1), true
	}
	return 0, false
}

func parseNumber(s, text string, bits int, sqlName string) (float64, error) {
	if strings.ContainsAny(s, "_iInN") {
		return 0, errSyntax(text, sqlName)
	}
	hexadecimal := strings.ContainsAny(s, "xX")
	if hexadecimal && !strings.ContainsAny(s, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil && !math.IsInf(f, 0) {
		return 0, errSyntax(text, sqlName)
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
	if err != nil || f == 0 && !hexadecimal && strings.ContainsAny(mantissa, "123456789") {
		return 0, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, strings.TrimSpace(s), sqlName)
	}
	return f, nil
}

func errSyntax(text, sqlName string) error {
	return fault.New(fault.InvalidText, `invalid input syntax for type %s: "%s"`, sqlName, text)
}

// Append appends the text form of double precision, or of real for 32 bits.
func Append(dst []byte, f float64, bits int) []byte { return format(dst, f, bits) }

// Parse reads the text form of double precision, or of real for 32 bits.
func Parse(text string, bits int) (float64, error) {
	return parse(text, bits, map[int]string{32: "real", 64: "double precision"}[bits])
}
