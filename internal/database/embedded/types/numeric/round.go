package numeric

import (
	"math/big"

	"github.com/galleyhq/galley/internal/fault"
)

// round rounds half away from zero; a negative scale rounds before the point.
func round(d decimal, scale int) decimal {
	return cut(d, scale, divideHalfUp)
}

// truncate leaves digits out.
func truncate(d decimal, scale int) decimal {
	return cut(d, scale, func(n, unit *big.Int) *big.Int { return new(big.Int).Quo(n, unit) })
}

// ceiling and floor go to the next whole number up and down.
func ceiling(d decimal) decimal {
	return cut(d, 0, func(n, unit *big.Int) *big.Int {
		q, r := new(big.Int).QuoRem(n, unit, new(big.Int))
		if r.Sign() > 0 {
			q.Add(q, one)
		}
		return q
	})
}

func floor(d decimal) decimal { return negate(ceiling(negate(d))) }

// cut brings a number to a scale, dividing by the unit of the last digit kept.
func cut(d decimal, scale int, div func(n, unit *big.Int) *big.Int) decimal {
	if d.special != finite {
		return d
	}
	if scale >= d.scale {
		return newDecimal(d.unscaled(scale), scale)
	}
	coef := div(d.coef, pow10(d.scale-scale))
	if scale < 0 {
		return newDecimal(coef.Mul(coef, pow10(-scale)), 0)
	}
	return newDecimal(coef, scale)
}

// minScale is the smallest scale that shows the number exactly.
func minScale(d decimal) int {
	n, scale := d.coef, d.scale
	if n.Sign() == 0 {
		return 0
	}
	for scale > 0 {
		q, r := new(big.Int).QuoRem(n, ten, new(big.Int))
		if r.Sign() != 0 {
			break
		}
		n = q
		scale--
	}
	return scale
}

// squareRoot shows at least 16 significant digits, as PostgreSQL counts them in
// its groups of four.
func squareRoot(d decimal) (decimal, error) {
	switch {
	case d.sign() < 0:
		return decimal{}, fault.New("2201F", "cannot take square root of a negative number")
	case d.special != finite:
		return d, nil
	}
	weight, _ := d.leading()
	scale := minSignificant - ((weight+1)*4/2 - 1)
	return rootTo(d, min(max(scale, d.scale, 0), maxDisplayScale)), nil
}

// rootTo is the square root rounded to a scale.
func rootTo(d decimal, scale int) decimal {
	digits := scale + 1
	if d.scale > 2*digits { // more digits than the root has places for
		digits = (d.scale + 1) / 2
	}
	n := new(big.Int).Mul(d.coef, pow10(2*digits-d.scale))
	return round(newDecimal(n.Sqrt(n), digits), scale)
}
