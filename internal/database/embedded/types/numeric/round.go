package numeric

import "math/big"

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
