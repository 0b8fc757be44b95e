package float

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
)

// format appends the shortest text that reads back as f: plain digits for
// exponents from -4 up to the significant digits of the type (15 or 6), else
// with an exponent of two digits at least. bits is 64 or 32.
//
// Source: PostgreSQL documentation, 8.1.3 "Floating-Point Types",
// extra_float_digits = 1.
func format(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0"...)
	case f == 0:
		return append(dst, '0')
	}
	var buffer [32]byte
	text := shortest(buffer[:0], f, bits)
	mark := bytes.IndexByte(text, 'e')
	exponent, _ := strconv.Atoi(string(text[mark+1:]))
	limit := 15
	if bits == 32 {
		limit = 6
	}
	if exponent < -4 || exponent >= limit {
		return append(dst, text...)
	}
	return strconv.AppendFloat(dst, number(text), 'f', decimals(text[:mark], exponent), 64)
}

// number reads a text that is known to be one.
func number(text []byte) float64 {
	f, _ := strconv.ParseFloat(string(text), 64)
	return f
}

// decimals counts the digits behind the point of a mantissa like 1.25 shifted by
// an exponent.
func decimals(mantissa []byte, exponent int) int {
	mantissa = bytes.TrimPrefix(mantissa, []byte("-"))
	return max(len(mantissa)-min(len(mantissa), 2)-exponent, 0)
}

// shortest appends the shortest digits in the form 1.25e+02. Where they lie
// exactly between f and its neighbour, so that only the rule of rounding to even
// makes them read back as f, PostgreSQL writes one digit more. That can happen
// to large whole numbers only.
func shortest(dst []byte, f float64, bits int) []byte {
	text := strconv.AppendFloat(dst, f, 'e', -1, bits)
	mantissa := 52
	if bits == 32 {
		mantissa = 23
	}
	if math.Abs(f) < math.Ldexp(1, mantissa) || !between(text, f, bits) {
		return text
	}
	digits := bytes.IndexByte(bytes.TrimPrefix(text, []byte("-")), 'e') - 1
	for ; digits < 17; digits++ {
		text = strconv.AppendFloat(dst, f, 'e', digits, bits)
		if back, _ := strconv.ParseFloat(string(text), bits); back == f && !between(text, f, bits) {
			break
		}
	}
	return trimMantissa(text)
}

// trimMantissa leaves out zeros at the end of the mantissa.
func trimMantissa(text []byte) []byte {
	mark := bytes.IndexByte(text, 'e')
	mantissa := bytes.TrimRight(text[:mark], "0")
	return append(bytes.TrimSuffix(mantissa, []byte(".")), text[mark:]...)
}

// between tells whether a text lies exactly half-way between f and a neighbour.
func between(text []byte, f float64, bits int) bool {
	exact, _, err := big.ParseFloat(string(text), 10, 2000, big.ToNearestEven)
	if err != nil {
		return false
	}
	for _, direction := range []float64{math.Inf(1), math.Inf(-1)} {
		next := math.Nextafter(f, direction)
		if bits == 32 {
			next = float64(math.Nextafter32(float32(f), float32(direction)))
		}
		if math.IsInf(next, 0) {
			continue
		}
		sum := new(big.Float).SetPrec(2000).Add(big.NewFloat(f), big.NewFloat(next))
		if sum.Quo(sum, big.NewFloat(2)).Cmp(exact) == 0 {
			return true
		}
	}
	return false
}
