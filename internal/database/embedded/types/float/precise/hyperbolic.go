package precise

import "math"

// The hyperbolic functions are composed of others, as in most C libraries: they
// are up to two units of the last place off the true value, and like there.

// expLimit is from where e^-x is nothing beside e^x.
const expLimit = 22

// Sinh is the hyperbolic sine.
func Sinh(x float64) float64 {
	a, half := math.Abs(x), math.Copysign(0.5, x)
	switch {
	case a < 0x1p-28 || math.IsNaN(x) || math.IsInf(x, 0):
		return x
	case a >= expLimit:
		return large(a) * half * 2
	}
	t := math.Expm1(a)
	if a < 1 {
		return half * (2*t - float64(float64(t*t)/(t+1)))
	}
	return half * (t + t/(t+1))
}

// large is e^a / 2, also where e^a is too large.
func large(a float64) float64 {
	if a < 709 {
		return 0.5 * Exp(a)
	}
	w := Exp(0.5 * a)
	return float64(0.5*w) * w
}

// Cosh is the hyperbolic cosine.
func Cosh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return a
	case a < 0.5*math.Ln2:
		t := math.Expm1(a)
		if a < 0x1p-55 {
			return 1
		}
		return 1 + float64(t*t)/(2+2*t)
	case a < expLimit:
		t := Exp(a)
		return float64(0.5*t) + 0.5/t
	}
	return large(a)
}

// Tanh is the hyperbolic tangent.
func Tanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case math.IsNaN(x) || a < 0x1p-55:
		return x
	case a >= expLimit:
		return math.Copysign(1, x)
	case a >= 1:
		return math.Copysign(1-2/(math.Expm1(2*a)+2), x)
	}
	t := math.Expm1(-2 * a)
	return math.Copysign(-t/(t+2), x)
}

// Asinh is the inverse of Sinh.
func Asinh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-28 || math.IsNaN(x) || math.IsInf(x, 0):
		return x
	case a > 0x1p28:
		return math.Copysign(Log(a)+math.Ln2, x)
	case a > 2:
		return math.Copysign(Log(2*a+1/(math.Sqrt(float64(a*a)+1)+a)), x)
	}
	square := float64(a * a)
	return math.Copysign(math.Log1p(a+square/(1+math.Sqrt(1+square))), x)
}

// Acosh is the inverse of Cosh, for x from 1.
func Acosh(x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x > 0x1p28:
		return Log(x) + math.Ln2
	case x > 2:
		return Log(2*x - 1/(x+math.Sqrt(float64(x*x)-1)))
	}
	t := x - 1
	return math.Log1p(t + math.Sqrt(2*t+float64(t*t)))
}

// Atanh is the inverse of Tanh, for x between -1 and 1.
func Atanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case math.IsNaN(x) || a < 0x1p-28:
		return x
	case a < 0.5:
		t := a + a
		return math.Copysign(0.5*math.Log1p(t+float64(t*a)/(1-a)), x)
	}
	return math.Copysign(0.5*math.Log1p((a+a)/(1-a)), x)
}
