package numeric

import (
	"math"
	"math/big"
)

// fixed computes with numbers of a fixed count of bits behind the point, held as
// integers. Results are some units of the last bit off, so callers ask for more
// bits than they need.
type fixed struct {
	bits   uint
	cached *big.Int // ln 2
}

func newFixed(bits uint) *fixed { return &fixed{bits: bits} }

// ln2 is 18 artanh(1/26) - 2 artanh(1/4801) + 8 artanh(1/8749).
func (f *fixed) ln2() *big.Int {
	if f.cached == nil {
		sum := f.artanhInverse(26, 18)
		sum.Sub(sum, f.artanhInverse(4801, 2))
		f.cached = sum.Add(sum, f.artanhInverse(8749, 8))
	}
	return f.cached
}

// artanhInverse is m artanh(1/n) by its series.
func (f *fixed) artanhInverse(n, m int64) *big.Int {
	square := big.NewInt(n * n)
	power := new(big.Int).Lsh(big.NewInt(m), f.bits)
	power.Quo(power, big.NewInt(n))
	sum := new(big.Int)
	for k := int64(1); power.Sign() != 0; k += 2 {
		sum.Add(sum, new(big.Int).Quo(power, big.NewInt(k)))
		power.Quo(power, square)
	}
	return sum
}

func (f *fixed) mul(a, b *big.Int) *big.Int {
	p := new(big.Int).Mul(a, b)
	return p.Rsh(p, f.bits)
}

func (f *fixed) div(a, b *big.Int) *big.Int {
	n := new(big.Int).Lsh(a, f.bits)
	return n.Quo(n, b)
}

// halvings is how often exp halves its argument before the series.
const halvings = 16

// exp returns e^x as m * 2^k with m between about 0.7 and 1.5.
func (f *fixed) exp(x *big.Int) (m *big.Int, k int) {
	half := new(big.Int).Rsh(f.ln2(), 1)
	q := new(big.Int).Add(x, half)
	q.Div(q, f.ln2()) // rounds to minus infinity
	k = int(q.Int64())
	r := new(big.Int).Sub(x, q.Mul(q, f.ln2()))
	r.Rsh(r, halvings)
	// e^r - 1, which keeps its bits when it is squared up again
	sum, term := new(big.Int), new(big.Int).Set(r)
	for n := int64(2); term.Sign() != 0 && term.CmpAbs(one) > 0; n++ {
		sum.Add(sum, term)
		term = f.mul(term, r)
		term.Quo(term, big.NewInt(n))
	}
	for range halvings { // (1+s)^2 - 1 = 2s + s^2
		square := f.mul(sum, sum)
		sum.Lsh(sum, 1).Add(sum, square)
	}
	return sum.Add(sum, new(big.Int).Lsh(one, f.bits)), k
}

// ln returns the logarithm of m * 2^k, m near 1, by Halley's method over exp.
func (f *fixed) ln(m *big.Int, k int) *big.Int {
	near, _ := new(big.Float).SetInt(m).Float64()
	if math.IsInf(near, 0) { // more bits than a float holds
		shift := m.BitLen() - 64
		top, _ := new(big.Float).SetInt(new(big.Int).Rsh(m, uint(shift))).Float64()
		near = math.Ldexp(top, shift-int(f.bits))
	} else {
		near = math.Ldexp(near, -int(f.bits))
	}
	start, _ := new(big.Float).SetMantExp(big.NewFloat(math.Log(near)), int(f.bits)).Int(nil)
	y := start
	for good := uint(40); ; good *= 3 {
		y = f.halley(m, y)
		if good > f.bits {
			break
		}
	}
	return y.Add(y, new(big.Int).Mul(f.ln2(), big.NewInt(int64(k))))
}

// halley improves y = ln m: y + 2 (m - e^y) / (m + e^y).
func (f *fixed) halley(m, y *big.Int) *big.Int {
	e, k := f.exp(y)
	if k >= 0 {
		e.Lsh(e, uint(k))
	} else {
		e.Rsh(e, uint(-k))
	}
	difference := new(big.Int).Sub(m, e)
	step := f.div(difference.Lsh(difference, 1), new(big.Int).Add(m, e))
	return step.Add(step, y)
}

// fromDecimal returns d as a fixed number.
func (f *fixed) fromDecimal(d decimal) *big.Int {
	n := new(big.Int).Lsh(d.coef, f.bits)
	return n.Quo(n, pow10(d.scale))
}

// normalized returns d > 0 as m * 2^k with m between 0.7 and 1.5, a number near 1
// not shifted at all, so that its distance to 1 keeps its bits.
func (f *fixed) normalized(d decimal) (m *big.Int, k int) {
	unit := pow10(d.scale)
	k = d.coef.BitLen() - unit.BitLen()
	for range 2 {
		m = f.ratio(d.coef, unit, k)
		top, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(m), -int(f.bits)).Float64()
		switch {
		case top > 1.5:
			k++
		case top < 0.7:
			k--
		default:
			return m, k
		}
	}
	return f.ratio(d.coef, unit, k), k
}

func (f *fixed) ratio(n, unit *big.Int, k int) *big.Int {
	shift := int(f.bits) - k
	if shift >= 0 {
		n = new(big.Int).Lsh(n, uint(shift))
	} else {
		unit = new(big.Int).Lsh(unit, uint(-shift))
	}
	return new(big.Int).Quo(n, unit)
}

// toDecimal rounds m * 2^k to a scale.
func (f *fixed) toDecimal(m *big.Int, k, scale int) decimal {
	n := new(big.Int).Mul(m, pow10(scale))
	shift := int(f.bits) - k
	if shift <= 0 {
		return newDecimal(n.Lsh(n, uint(-shift)), scale)
	}
	return newDecimal(divideHalfUp(n, new(big.Int).Lsh(one, uint(shift))), scale)
}
