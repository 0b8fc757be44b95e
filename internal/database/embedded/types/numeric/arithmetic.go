package numeric

import (
	"math/big"

	"github.com/galleyhq/galley/internal/fault"
)

// align returns both coefficients at the larger scale.
func align(a, b decimal) (x, y *big.Int, scale int) {
	scale = max(a.scale, b.scale)
	return a.unscaled(scale), b.unscaled(scale), scale
}

func add(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		return addSpecial(a, b), nil
	}
	x, y, scale := align(a, b)
	return checked(newDecimal(new(big.Int).Add(x, y), scale))
}

func addSpecial(a, b decimal) decimal {
	switch {
	case a.special == notANumber || b.special == notANumber,
		a.infinite() && b.infinite() && a.special != b.special:
		return decimal{special: notANumber}
	case a.infinite():
		return a
	}
	return b
}

func subtract(a, b decimal) (decimal, error) { return add(a, negate(b)) }

func negate(d decimal) decimal {
	if d.infinite() {
		return infinity(-d.sign())
	}
	if d.special != finite {
		return d
	}
	return newDecimal(new(big.Int).Neg(d.coef), d.scale)
}

func absolute(d decimal) decimal {
	if d.sign() < 0 {
		return negate(d)
	}
	return d
}

func multiply(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		if a.special == notANumber || b.special == notANumber || a.sign() == 0 || b.sign() == 0 {
			return decimal{special: notANumber}, nil
		}
		return infinity(a.sign() * b.sign()), nil
	}
	d := newDecimal(new(big.Int).Mul(a.coef, b.coef), a.scale+b.scale)
	if d.scale > maxScale {
		d = round(d, maxScale)
	}
	return checked(d)
}

func errDivision() error { return fault.New(fault.DivisionByZero, "division by zero") }

// divide computes as many digits as PostgreSQL shows, the last one rounded.
func divide(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		return divideSpecial(a, b, decimal{coef: new(big.Int)})
	}
	if b.isZero() {
		return decimal{}, errDivision()
	}
	scale := divisionScale(a, b)
	return quotient(a, b, scale)
}

// divideSpecial divides where a side is no number; a number over an infinity is
// small.
func divideSpecial(a, b, small decimal) (decimal, error) {
	switch {
	case a.special == notANumber || b.special == notANumber:
		return decimal{special: notANumber}, nil
	case a.infinite() && b.infinite():
		return decimal{special: notANumber}, nil
	case b.isZero():
		return decimal{}, errDivision()
	case a.infinite():
		return infinity(a.sign() * b.sign()), nil
	}
	return small, nil
}

// quotient is a / b rounded to a scale, half away from zero.
func quotient(a, b decimal, scale int) (decimal, error) {
	n, d := a.coef, b.coef
	if shift := scale - a.scale + b.scale; shift >= 0 {
		n = new(big.Int).Mul(n, pow10(shift))
	} else {
		d = new(big.Int).Mul(d, pow10(-shift))
	}
	return checked(newDecimal(divideHalfUp(n, d), scale))
}

// divideHalfUp divides and rounds half away from zero.
func divideHalfUp(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	if r.Mul(r, two).CmpAbs(d) >= 0 {
		if n.Sign()*d.Sign() < 0 {
			return q.Sub(q, one)
		}
		return q.Add(q, one)
	}
	return q
}

// divisionScale is select_div_scale: at least 16 significant digits, by the
// leading groups of four digits in which PostgreSQL computes.
func divisionScale(a, b decimal) int {
	weightA, firstA := a.leading()
	weightB, firstB := b.leading()
	weight := weightA - weightB
	if firstA <= firstB {
		weight--
	}
	scale := max(minSignificant-weight*4, a.scale, b.scale, 0)
	return min(scale, maxDisplayScale)
}

// leading returns the weight (power of 10,000) and the value of the first group
// of four digits that is not 0; 0 and 0 of zero.
func (d decimal) leading() (weight, first int) {
	if d.isZero() {
		return 0, 0
	}
	digits := new(big.Int).Abs(d.coef).Text(10)
	exponent := len(digits) - d.scale - 1 // of the first digit
	weight = exponent >> 2                // floor(exponent / 4)
	n := exponent - weight*4 + 1          // digits in the first group
	for i := range n {
		first *= 10
		if i < len(digits) {
			first += int(digits[i] - '0')
		}
	}
	return weight, first
}

// remainder has the sign of the first operand.
func remainder(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		if a.infinite() && b.special != notANumber {
			if b.isZero() {
				return decimal{}, errDivision()
			}
			return decimal{special: notANumber}, nil
		}
		return divideSpecial(a, b, a)
	}
	if b.isZero() {
		return decimal{}, errDivision()
	}
	x, y, scale := align(a, b)
	return newDecimal(new(big.Int).Rem(x, y), scale), nil
}

// divideTruncated is div(): the quotient without its fraction.
func divideTruncated(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		return divideSpecial(a, b, decimal{coef: new(big.Int)})
	}
	if b.isZero() {
		return decimal{}, errDivision()
	}
	x, y, _ := align(a, b)
	return newDecimal(new(big.Int).Quo(x, y), 0), nil
}
