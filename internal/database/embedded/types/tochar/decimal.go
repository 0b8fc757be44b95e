package tochar

import (
	"fmt"
	"math/big"
	"strings"
)

// decimal is a number digits / 10^scale; the scale may be negative.
type decimal struct {
	digits *big.Int
	scale  int
}

// readDecimal reads a stored numeric; false for NaN and the infinities.
func readDecimal(stored string) (decimal, bool) {
	scale := 0
	if i := strings.IndexByte(stored, '.'); i >= 0 {
		scale = len(stored) - i - 1
		stored = stored[:i] + stored[i+1:]
	}
	digits, ok := new(big.Int).SetString(stored, 10)
	return decimal{digits, scale}, ok
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// round returns the number with so many digits behind the point, halves away
// from zero.
func (d decimal) round(scale int) decimal {
	if scale >= d.scale {
		return decimal{new(big.Int).Mul(d.digits, tenTo(scale-d.scale)), scale}
	}
	return decimal{divide(d.digits, tenTo(d.scale-scale)), scale}
}

// divide rounds halves away from zero.
func divide(a, b *big.Int) *big.Int {
	q, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if rest.Lsh(rest, 1).CmpAbs(b) >= 0 {
		q.Add(q, big.NewInt(int64(a.Sign())))
	}
	return q
}

// String writes a number whose scale is not negative.
func (d decimal) String() string {
	text := d.digits.String()
	if d.scale == 0 {
		return text
	}
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	if missing := d.scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return sign + text[:len(text)-d.scale] + "." + text[len(text)-d.scale:]
}

// scientific writes the number with an exponent, and a space for the plus. What
// rounds up to 10 stays so, as in PostgreSQL.
func (d decimal) scientific(places int) string {
	exponent := 0
	significand := decimal{new(big.Int), 0}
	if d.digits.Sign() != 0 {
		size := len(new(big.Int).Abs(d.digits).String())
		exponent = size - 1 - d.scale
		significand = decimal{d.digits, size - 1}
	}
	text := fmt.Sprintf("%se%+03d", significand.round(places), exponent)
	if text[0] != '-' {
		text = " " + text
	}
	return text
}
