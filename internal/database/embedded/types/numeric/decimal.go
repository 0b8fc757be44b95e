package numeric

import (
	"math/big"
	"strings"
)

// special tells the values that are no number.
type special uint8

const (
	finite special = iota
	notANumber
	positiveInfinity
	negativeInfinity
)

// decimal is a value: coefficient / 10^scale, written with scale digits after the
// point. It is never changed.
type decimal struct {
	special special
	coef    *big.Int
	scale   int
}

// PostgreSQL's limits of a value (NUMERIC_DSCALE_MAX, and NUMERIC_WEIGHT_MAX in
// decimal digits) and of what a computation displays (NUMERIC_MAX_DISPLAY_SCALE,
// NUMERIC_MIN_SIG_DIGITS).
const (
	maxScale          = 16383
	maxIntegralDigits = 131072
	maxDisplayScale   = 1000
	minSignificant    = 16
)

var (
	one = big.NewInt(1)
	two = big.NewInt(2)
	ten = big.NewInt(10)
)

func newDecimal(coef *big.Int, scale int) decimal { return decimal{coef: coef, scale: scale} }

func fromInt(v int64) decimal { return newDecimal(big.NewInt(v), 0) }

// pow10 returns 10^n.
func pow10(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

// isZero tells whether d is the number 0.
func (d decimal) isZero() bool { return d.special == finite && d.coef.Sign() == 0 }

// sign is -1, 0 or 1, also of the infinities.
func (d decimal) sign() int {
	switch d.special {
	case positiveInfinity:
		return 1
	case negativeInfinity:
		return -1
	case notANumber:
		return 0
	}
	return d.coef.Sign()
}

func (d decimal) infinite() bool {
	return d.special == positiveInfinity || d.special == negativeInfinity
}

func infinity(sign int) decimal {
	if sign < 0 {
		return decimal{special: negativeInfinity}
	}
	return decimal{special: positiveInfinity}
}

// unscaled returns the coefficient of d written with more digits after the point.
func (d decimal) unscaled(scale int) *big.Int {
	if scale == d.scale {
		return d.coef
	}
	return new(big.Int).Mul(d.coef, pow10(scale-d.scale))
}

// String writes the text form, which is also the storage form.
func (d decimal) String() string {
	switch d.special {
	case notANumber:
		return "NaN"
	case positiveInfinity:
		return "Infinity"
	case negativeInfinity:
		return "-Infinity"
	}
	digits := d.coef.Text(10)
	if d.scale == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - d.scale
	return sign + digits[:point] + "." + digits[point:]
}

// stored reads the storage form, which is known to be right.
func stored(s string) decimal {
	switch s {
	case "NaN":
		return decimal{special: notANumber}
	case "Infinity":
		return infinity(1)
	case "-Infinity":
		return infinity(-1)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	coef, _ := new(big.Int).SetString(whole+fraction, 10)
	return newDecimal(coef, len(fraction))
}
