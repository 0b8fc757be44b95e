package precise

import (
	"math"
	"math/big"
)

// Sin is the sine of a finite x.
func Sin(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	r, n := reduce(x)
	return quadrant(r, n).float()
}

// Cos is the cosine of a finite x.
func Cos(x float64) float64 {
	r, n := reduce(x)
	return quadrant(r, n+1).float()
}

// Tan is the tangent of a finite x.
func Tan(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	r, n := reduce(x)
	return quadrant(r, n).div(quadrant(r, n+1)).float()
}

// quadrant is sin(r + n π/2).
func quadrant(r double, n int) double {
	sin, cos := sinCos(r)
	switch n & 3 {
	case 0:
		return sin
	case 1:
		return cos
	case 2:
		return sin.neg()
	}
	return cos.neg()
}

// maxQuick bounds what is reduced in floats.
const maxQuick = 1 << 20

// reduce returns x = r + n π/2 with r between -π/4 and π/4, n in its last bits.
func reduce(x float64) (r double, n int) {
	if math.Abs(x) > maxQuick {
		return reduceLarge(x)
	}
	k := math.RoundToEven(x / halfPi.hi)
	p := product(k, halfPi.hi)
	r = sum(x, -p.hi).add(double{hi: -p.lo})
	q := product(k, halfPi.lo)
	r = r.add(double{hi: -q.hi}).add(double{hi: -q.lo})
	return r.add(double{hi: float64(-k * halfPi3)}), int(k)
}

// piBits holds the largest float, and a remainder of 170 bits.
const piBits = 1300

// reduceLarge does so for any float, by π to enough bits.
func reduceLarge(x float64) (double, int) {
	pi := machin(piBits)
	n, _ := new(big.Float).SetMantExp(new(big.Float).SetFloat64(x), piBits+1).Int(nil) // 2x
	k := new(big.Int).Add(n, new(big.Int).Rsh(pi, 1))
	k.Div(k, pi) // round(2x/π)
	n.Sub(n, new(big.Int).Mul(k, pi))
	rest := new(big.Float).SetMantExp(new(big.Float).SetPrec(200).SetInt(n), -piBits-1)
	hi, _ := rest.Float64()
	lo, _ := rest.Sub(rest, new(big.Float).SetFloat64(hi)).Float64()
	return double{hi, lo}, int(new(big.Int).And(k, big.NewInt(3)).Int64())
}

// machin is π = 16 arctan(1/5) - 4 arctan(1/239) with bits behind the point.
func machin(bits uint) *big.Int {
	const guard = 32
	arctan := func(n, m int64) *big.Int {
		power := new(big.Int).Lsh(big.NewInt(m), bits+guard)
		power.Quo(power, big.NewInt(n))
		square, total := big.NewInt(-n*n), new(big.Int)
		for k := int64(1); power.Sign() != 0; k += 2 {
			total.Add(total, new(big.Int).Quo(power, big.NewInt(k)))
			power.Quo(power, square)
		}
		return total
	}
	pi := arctan(5, 16)
	return pi.Sub(pi, arctan(239, 4)).Rsh(pi, guard)
}

// sinCos sums the series of Taylor, of which 15 terms are enough up to π/4.
func sinCos(r double) (sin, cos double) {
	const last = 14
	square := r.mul(r).neg()
	sin, cos = inverse[2*last+1], inverse[2*last]
	for k := last - 1; k >= 0; k-- {
		sin = sin.mul(square).add(inverse[2*k+1])
		cos = cos.mul(square).add(inverse[2*k])
	}
	return sin.mul(r), cos
}

// Atan2 is the angle of the point x, y.
func Atan2(y, x float64) float64 {
	if special := math.Atan2(y, x); x == 0 || y == 0 || math.IsInf(x, 0) || math.IsInf(y, 0) || math.IsNaN(special) {
		return special
	}
	_, e := math.Frexp(math.Max(math.Abs(x), math.Abs(y)))
	if math.Abs(y) < math.Abs(x)*0x1p-60 && x > 0 {
		return y / x
	}
	return angle(double{hi: math.Ldexp(y, -e)}, double{hi: math.Ldexp(x, -e)}).float()
}

// angle is atan2: an approximation, and the angle that is missing.
func angle(y, x double) double {
	near := math.Atan2(y.hi, x.hi)
	sin, cos := quadrants(near)
	t := y.mul(cos).sub(x.mul(sin)).div(x.mul(cos).add(y.mul(sin)))
	return t.add(double{hi: near})
}

func quadrants(x float64) (sin, cos double) {
	r, n := reduce(x)
	return quadrant(r, n), quadrant(r, n+1)
}

// Atan is the inverse of Tan.
func Atan(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	return Atan2(x, 1)
}

// Asin is the inverse of Sin, for x from -1 to 1.
func Asin(x float64) float64 {
	if math.Abs(x) < 0x1p-27 {
		return x
	}
	return angle(double{hi: x}, other(x)).float()
}

// Acos is the inverse of Cos, for x from -1 to 1.
func Acos(x float64) float64 {
	if x == 1 {
		return 0
	}
	return angle(other(x), double{hi: x}).float()
}

// other is the other leg of the triangle: the root of 1 - x².
func other(x float64) double {
	square := sum(1, -x).mul(sum(1, x))
	if square.hi == 0 {
		return double{}
	}
	return square.sqrt()
}
