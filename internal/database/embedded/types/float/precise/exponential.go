package precise

import (
	"math"
	"math/big"
)

// Exp is e^x; 0 or infinite when that is no float.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	m, k := exp(double{hi: x})
	return scaled(m, k)
}

// scaled rounds m * 2^k once, also to a float with fewer digits.
func scaled(m double, k int) float64 {
	if k > -1000 && k < 1000 {
		return math.Ldexp(m.float(), k)
	}
	b := new(big.Float).SetPrec(256).SetFloat64(m.hi)
	b.Add(b, new(big.Float).SetFloat64(m.lo))
	f, _ := b.SetMantExp(b, k).Float64()
	return f
}

// halvings is how often exp halves its argument before the series.
const halvings = 6

// exp is e^x as m * 2^k.
func exp(x double) (m double, k int) {
	k = int(math.RoundToEven(x.hi / ln2.hi))
	r := x.sub(ln2.times(float64(k))).shift(-halvings)
	s := expm1(r)
	for range halvings { // (1+s)^2 - 1 = 2s + s^2
		s = s.shift(1).add(s.mul(s))
	}
	return s.add(double{hi: 1}), k
}

// expm1 is e^r - 1 for |r| up to 0.006, of which 14 terms are enough.
func expm1(r double) double {
	s := inverse[14]
	for n := 13; n > 0; n-- {
		s = s.mul(r).add(inverse[n])
	}
	return s.mul(r)
}

// Log is the natural logarithm of x > 0.
func Log(x float64) float64 {
	if math.IsInf(x, 1) || math.IsNaN(x) {
		return x
	}
	return log(x).float()
}

func log(x float64) double {
	if f := x - 1; math.Abs(f) < 0x1p-5 {
		return logNear(f)
	}
	m, k := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, k = m*2, k-1
	}
	if k == 0 && math.Abs(m-1) < 0x1p-5 {
		return logNear(m - 1)
	}
	// y = y0 + ln(m e^-y0), the last one tiny
	y := math.Log(m)
	p, n := exp(double{hi: -y})
	e := p.shift(n).times(m).sub(double{hi: 1})
	e = e.sub(e.mul(e).shift(-1))
	return ln2.times(float64(k)).add(e.add(double{hi: y}))
}

// logNear is ln(1+f) by the series of artanh.
func logNear(f float64) double {
	if f == 0 {
		return double{}
	}
	s := double{hi: f}.div(sum(2, f))
	square := s.mul(s)
	total, power := s, s
	for n := 3.0; n < 40; n += 2 {
		power = power.mul(square)
		if math.Abs(power.hi) < math.Abs(total.hi)*0x1p-110 {
			break
		}
		total = total.add(power.div(double{hi: n}))
	}
	return total.shift(1)
}

// The parts of the decimal logarithm: 1/ln 10, and log10 2 with zeros at the end
// of its first part.
const (
	log10e     = 0.4342944819032518
	log10of2   = 0x1.34413509f6p-2
	log10of2lo = math.Ln2/math.Ln10 - log10of2
)

// Log10 is the decimal logarithm of x > 0, in the steps of most C libraries: from
// the logarithm of the mantissa.
func Log10(x float64) float64 {
	if math.IsInf(x, 1) || math.IsNaN(x) {
		return x
	}
	m, k := math.Frexp(x) // x = 2m * 2^(k-1)
	k--
	m *= 2
	if k < 0 {
		k++
		m /= 2
	}
	z := float64(float64(k)*log10of2lo) + float64(log10e*Log(m))
	return z + float64(float64(k)*log10of2)
}

// Pow is x^y for finite numbers, x not negative unless y is whole.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 1:
		return x
	case x == 0:
		return math.Pow(x, y)
	}
	if r, ok := exactPow(x, y); ok {
		return r
	}
	sign := 1.0
	if x < 0 {
		x = -x
		if math.Mod(y, 2) != 0 {
			sign = -1
		}
	}
	l := log(x)
	switch t := float64(l.hi * y); {
	case t > 710:
		return sign * math.Inf(1)
	case t < -746:
		return sign * 0
	}
	m, k := exp(l.times(y))
	return sign * scaled(m, k)
}

// exactPow multiplies out a power of few digits, which may lie half-way between
// two floats.
func exactPow(x, y float64) (float64, bool) {
	if y != math.Trunc(y) || y < 2 || y > 64 {
		return 0, false
	}
	m, k := math.Frexp(x)
	whole := int64(m * (1 << 53))
	for whole&1 == 0 {
		whole >>= 1
		k++
	}
	k -= 53
	n := big.NewInt(whole)
	if n.BitLen()*int(y) > 128 {
		return 0, false
	}
	n.Exp(n, big.NewInt(int64(y)), nil)
	f, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(n), k*int(y)).Float64()
	return f, true
}
