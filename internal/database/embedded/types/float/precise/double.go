// Package precise computes the elementary functions of floats so that the result
// is the float nearest to the true value, whatever the machine: what is computed
// once (an expression index, a generated column) is right on any other. They are
// computed in pairs of floats, of about 104 bits, and rounded once.
//
// C libraries, and PostgreSQL over them, give that float too, but for about one
// argument in a thousand, where they are one unit of the last place off and
// differ from machine to machine.
package precise

import "math"

// double is the unevaluated sum of two floats, the second at most half a unit of
// the last place of the first.
type double struct{ hi, lo float64 }

// sum is a + b exactly.
func sum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

// quickSum is sum for |a| >= |b|.
func quickSum(a, b float64) double {
	s := a + b
	return double{s, b - (s - a)}
}

// product is a * b exactly. The conversions keep compilers from fusing.
func product(a, b float64) double {
	p := float64(a * b)
	return double{p, math.FMA(a, b, -p)}
}

func (a double) add(b double) double {
	s, t := sum(a.hi, b.hi), sum(a.lo, b.lo)
	u := quickSum(s.hi, s.lo+t.hi)
	return quickSum(u.hi, u.lo+t.lo)
}

func (a double) neg() double { return double{-a.hi, -a.lo} }

func (a double) sub(b double) double { return a.add(b.neg()) }

func (a double) mul(b double) double {
	p := product(a.hi, b.hi)
	p.lo += float64(a.hi*b.lo) + float64(a.lo*b.hi)
	return quickSum(p.hi, p.lo)
}

func (a double) times(f float64) double {
	p := product(a.hi, f)
	p.lo += float64(a.lo * f)
	return quickSum(p.hi, p.lo)
}

func (a double) div(b double) double {
	q1 := a.hi / b.hi
	r := a.sub(b.times(q1))
	q2 := r.hi / b.hi
	r = r.sub(b.times(q2))
	q := quickSum(q1, q2)
	return q.add(double{hi: r.hi / b.hi})
}

// sqrt is the root of a > 0.
func (a double) sqrt() double {
	r := math.Sqrt(a.hi)
	rest := a.sub(product(r, r))
	q := rest.hi / (2 * r)
	next := quickSum(r, q)
	rest = a.sub(next.mul(next))
	return next.add(double{hi: rest.hi / (2 * r)})
}

// shift is a * 2^n, within the range of normal floats.
func (a double) shift(n int) double {
	return double{math.Ldexp(a.hi, n), math.Ldexp(a.lo, n)}
}

func (a double) float() float64 { return a.hi + a.lo }

// The constants, in parts.
var (
	ln2     = double{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}
	halfPi  = double{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}
	halfPi3 = -0x1.f1976b7ed8fbcp-110 // what is missing in halfPi
)

// inverse holds 1/n!.
var inverse = func() (list [30]double) {
	list[0] = double{hi: 1}
	for n := 1; n < len(list); n++ {
		list[n] = list[n-1].div(double{hi: float64(n)})
	}
	return list
}()
