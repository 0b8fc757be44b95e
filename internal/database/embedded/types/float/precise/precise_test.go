package precise

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestInverses takes random values through a function and its inverse, in more
// digits than a float has: what comes back is the same float or its neighbour by
// the condition of the function.
func TestInverses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := random.Float64()*40 - 20
		if back := log(Exp(x)); math.Abs(back.hi-x) > 0x1p-52*math.Max(1, math.Abs(x)) {
			t.Errorf("ln exp %v is %v", x, back.hi)
		}
		r, n := reduce(x)
		sin, cos := quadrant(r, n), quadrant(r, n+1)
		if one := sin.mul(sin).add(cos.mul(cos)); math.Abs(one.hi-1) > 0 || math.Abs(one.lo) > 0x1p-98 {
			t.Errorf("sin² + cos² of %v is 1 + %v", x, one.lo)
		}
		y := random.Float64()*2 - 1
		if back := Sin(Asin(y)); math.Abs(back-y) > 0x1p-52*math.Abs(y) {
			t.Errorf("sin asin %v is %v", y, back)
		}
	}
}

// TestPowers holds powers of whole numbers against exact ones.
func TestPowers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		base, n := 1+random.Int64N(1<<20), 2+random.Int64N(40)
		exact := new(big.Int).Exp(big.NewInt(base), big.NewInt(n), nil)
		want, _ := new(big.Float).SetInt(exact).Float64()
		if got := Pow(float64(base), float64(n)); got != want {
			t.Errorf("%d ^ %d is %v, not %v", base, n, got, want)
		}
		inverse, _ := new(big.Float).Quo(new(big.Float).SetPrec(3000).SetInt64(1), new(big.Float).SetInt(exact)).Float64()
		if got := Pow(float64(base), -float64(n)); got != inverse {
			t.Errorf("%d ^ -%d is %v, not %v", base, n, got, inverse)
		}
	}
}

// TestKnown holds arguments that are hard: near multiples of π/2, huge, tiny.
// The values are those of a computation with 100 digits.
func TestKnown(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         func(float64) float64
		arg, want float64
	}{
		{"sin", Sin, 1e22, -0.8522008497671888},
		{"cos", Cos, 1e22, 0.523214785395139},
		{"sin", Sin, math.Pi, 1.2246467991473532e-16},
		{"tan", Tan, math.Pi / 2, 1.633123935319537e16},
		{"cos", Cos, 6381956970095103 * 0x1p797, -4.68716592425462761112e-19},
		{"exp", Exp, -745.13, 5e-324},
		{"exp", Exp, 709.782712893384, 1.7976931348622732e308},
		{"log", Log, 1.0000000000000002, 2.2204460492503128e-16},
		{"log", Log, 5e-324, -744.4400719213812},
	} {
		if got := c.f(c.arg); got != c.want {
			t.Errorf("%s(%v) is %v, not %v", c.name, c.arg, got, c.want)
		}
	}
}
