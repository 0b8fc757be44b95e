package tochar

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/tochar/numberpattern"
	"github.com/galleyhq/galley/internal/fault"
)

// The digits that a float is sure to hold.
const (
	float4Digits = 6
	float8Digits = 15
)

// maxPattern bounds a number's pattern. PostgreSQL takes any, but nothing has so
// many digits.
const maxPattern = 10_000

func numbers(numericIn func(string, int32) (sqlite.Value, error)) []*types.Function {
	return []*types.Function{
		of(1772, "to_char", types.Text, types.Numeric, formatted(numericText)),
		of(1773, "to_char", types.Text, types.Int4, formatted(int4Text)),
		of(1774, "to_char", types.Text, types.Int8, formatted(int8Text)),
		of(1775, "to_char", types.Text, float4, formatted(func(v sqlite.Value, p *numberpattern.Pattern) (string, error) {
			return floatText(v.Float(), p, float4Digits)
		})),
		of(1776, "to_char", types.Text, float8, formatted(func(v sqlite.Value, p *numberpattern.Pattern) (string, error) {
			return floatText(v.Float(), p, float8Digits)
		})),
		of(1777, "to_number", types.Numeric, types.Text, func(v sqlite.Value, pattern string) (sqlite.Value, error) {
			return toNumber(v.Text(), pattern, numericIn)
		}),
	}
}

// formatted writes a number by a pattern.
func formatted(write func(sqlite.Value, *numberpattern.Pattern) (string, error)) func(sqlite.Value, string) (sqlite.Value, error) {
	return func(v sqlite.Value, pattern string) (sqlite.Value, error) {
		if pattern == "" {
			return sqlite.Text(""), nil
		}
		p, err := parse(pattern)
		if err != nil {
			return sqlite.Null, err
		}
		text, err := write(v, p)
		if err != nil {
			return sqlite.Null, err
		}
		return sqlite.Text(text), nil
	}
}

func parse(pattern string) (*numberpattern.Pattern, error) {
	if len(pattern) > maxPattern {
		return nil, fault.Unsupported("a number's pattern of more than %d bytes is not supported by the embedded engine", maxPattern)
	}
	return numberpattern.Parse(pattern)
}

func outOfRange(typeName string) error {
	return fault.New(fault.NumericOutOfRange, "%s out of range", typeName)
}

// int4Text writes an integer.
func int4Text(v sqlite.Value, p *numberpattern.Pattern) (string, error) {
	i := v.Int()
	switch {
	case p.Roman():
		return p.Numeral(i)
	case p.Exponent():
		return scientific(float64(i), p.Places()), nil
	}
	if n, ok := p.Shifted(); ok {
		if n > 9 {
			return "", fault.Unsupported("an integer moved by more than 9 digits is not supported by the embedded engine")
		}
		i = int64(int32(i * int64(math.Pow10(n)))) // PostgreSQL does not check it
	}
	return integerText(i, p)
}

// int8Text writes a bigint.
func int8Text(v sqlite.Value, p *numberpattern.Pattern) (string, error) {
	i := v.Int()
	switch {
	case p.Roman():
		if i != int64(int32(i)) {
			return "", outOfRange("integer")
		}
		return p.Numeral(i)
	case p.Exponent():
		return decimal{digits: big.NewInt(i)}.scientific(p.Places()), nil
	}
	if n, ok := p.Shifted(); ok {
		if n > 18 {
			return "", outOfRange("bigint")
		}
		unit := int64(math.Pow10(n))
		product := i * unit
		if product/unit != i {
			return "", outOfRange("bigint")
		}
		i = product
	}
	return integerText(i, p)
}

func integerText(i int64, p *numberpattern.Pattern) (string, error) {
	digits := strings.TrimPrefix(strconv.FormatInt(i, 10), "-")
	if n := p.Places(); n > 0 {
		digits += "." + strings.Repeat("0", n)
	}
	return p.Digits(digits, i < 0, p.Places())
}

// scientific writes a float with an exponent, and a space for the plus.
func scientific(f float64, places int) string {
	text := strconv.FormatFloat(f, 'e', places, 64)
	if !strings.HasPrefix(text, "-") {
		text = " " + text
	}
	return text
}

// floatText writes a float with no more digits than it is sure to hold.
func floatText(f float64, p *numberpattern.Pattern, sure int) (string, error) {
	unreal := math.IsInf(f, 0) || math.IsNaN(f)
	switch {
	case p.Roman() && (unreal || math.Abs(f) > math.MaxInt32):
		return p.Numeral(0)
	case p.Roman():
		return p.Numeral(int64(math.RoundToEven(f)))
	case p.Exponent() && unreal:
		return p.Filled(), nil
	case p.Exponent():
		return scientific(f, p.Places()), nil
	}
	if n, ok := p.Shifted(); ok {
		unit := math.Pow10(n)
		if sure == float4Digits {
			f = float64(float32(f) * float32(unit))
		} else {
			f *= unit
		}
	}
	places := p.Places()
	if size := len(fixed(math.Abs(f), 0)); size >= sure {
		places = 0
	} else if size+places > sure {
		places = sure - size
	}
	digits := fixed(f, places)
	rest, negative := strings.CutPrefix(digits, "-")
	return p.Digits(rest, negative, places)
}

// fixed writes a float with so many digits behind the point, as C does.
func fixed(f float64, places int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'f', places, 64)
}

// numericText writes a numeric.
func numericText(v sqlite.Value, p *numberpattern.Pattern) (string, error) {
	d, ok := readDecimal(v.Text())
	if !ok {
		return unrealText(v.Text(), p)
	}
	switch {
	case p.Roman():
		i := d.round(0).digits
		if !i.IsInt64() || i.Int64() != int64(int32(i.Int64())) {
			return "", outOfRange("integer")
		}
		return p.Numeral(i.Int64())
	case p.Exponent():
		return d.scientific(p.Places()), nil
	}
	if n, ok := p.Shifted(); ok {
		d.scale -= n
	}
	text := d.round(p.Places()).String()
	rest, negative := strings.CutPrefix(text, "-")
	return p.Digits(rest, negative, p.Places())
}

// unrealText writes NaN and the infinities.
func unrealText(text string, p *numberpattern.Pattern) (string, error) {
	switch {
	case p.Roman() && text == "NaN":
		return "", fault.New(fault.FeatureNotSupported, "cannot convert NaN to integer")
	case p.Roman():
		return "", fault.New(fault.FeatureNotSupported, "cannot convert infinity to integer")
	case p.Exponent():
		return p.Filled(), nil
	}
	rest, negative := strings.CutPrefix(text, "-")
	return p.Digits(rest, negative, p.Places())
}

// shiftScale is how many digits behind the point PostgreSQL's power of ten has by
// which to_number undoes a V.
const shiftScale = 16

func toNumber(text, pattern string, numericIn func(string, int32) (sqlite.Value, error)) (sqlite.Value, error) {
	if pattern == "" {
		return sqlite.Null, nil
	}
	p, err := parse(pattern)
	if err != nil {
		return sqlite.Null, err
	}
	number, places, err := p.Read(text)
	if err != nil {
		return sqlite.Null, err
	}
	v, err := numericIn(number, int32((p.Size()+places)<<16|places)+4)
	n, shifted := p.Shifted()
	if err != nil || !shifted {
		return v, err
	}
	d, _ := readDecimal(v.Text())
	if n > shiftScale { // the power of ten is rounded to nothing
		d.digits, n = new(big.Int), shiftScale
	}
	d.digits = new(big.Int).Mul(d.digits, tenTo(shiftScale-n))
	d.scale += shiftScale
	return numericIn(d.String(), -1)
}
