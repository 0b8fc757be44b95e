package numeric

import (
	"math/big"

	"github.com/galleyhq/galley/internal/fault"
)

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
