package float

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/types/float/precise"
)

// The functions of degrees are exact where people expect it, sind(30) = 0.5: each
// is scaled by its own value at such a point.
var (
	sin30      = precise.Sin(radians(30))
	oneLessCos = 1 - precise.Cos(radians(60))
	asinHalf   = precise.Asin(0.5)
	acosHalf   = precise.Acos(0.5)
	atan1      = precise.Atan(1)
	tan45      = firstSin(45) / firstCos(45)
	cot45      = firstCos(45) / firstSin(45)
)

// radians rounds the product, also where a compiler would know it exactly.
func radians(x float64) float64 { return float64(x * perDegree) }

func sinTo30(x float64) float64 { return precise.Sin(radians(x)) / sin30 / 2 }

func cosTo60(x float64) float64 { return 1 - (1-precise.Cos(radians(x)))/oneLessCos/2 }

// firstSin and firstCos are for 0 to 90 degrees.
func firstSin(x float64) float64 {
	if x <= 30 {
		return sinTo30(x)
	}
	return cosTo60(90 - x)
}

func firstCos(x float64) float64 {
	if x <= 60 {
		return cosTo60(x)
	}
	return sinTo30(90 - x)
}

// fold brings an angle to 0 to 90 degrees; flips counts the reflections at 0, 180
// and 90 degrees.
func fold(x float64) (angle float64, at0, at180, at90 bool) {
	x = math.Mod(x, 360)
	if at0 = x < 0; at0 {
		x = -x
	}
	if at180 = x > 180; at180 {
		x = 360 - x
	}
	if at90 = x > 90; at90 {
		x = 180 - x
	}
	return x, at0, at180, at90
}

// signed is f, or -f.
func signed(f float64, negative bool) float64 {
	if negative {
		return -f
	}
	return f
}

func degreeSin(x float64) float64 {
	x, at0, at180, _ := fold(x)
	return signed(1, at0 != at180) * firstSin(x)
}

func degreeCos(x float64) float64 {
	x, _, _, at90 := fold(x)
	return signed(1, at90) * firstCos(x)
}

func degreeTan(x float64) float64 {
	x, at0, at180, at90 := fold(x)
	return positiveZero(signed(1, (at0 != at180) != at90) * (firstSin(x) / firstCos(x) / tan45))
}

func degreeCot(x float64) float64 {
	x, at0, at180, at90 := fold(x)
	return positiveZero(signed(1, (at0 != at180) != at90) * (firstCos(x) / firstSin(x) / cot45))
}

func positiveZero(f float64) float64 {
	if f == 0 {
		return 0
	}
	return f
}

func degreeAsin(x float64) float64 {
	if x >= 0 {
		return firstAsin(x)
	}
	return -firstAsin(-x)
}

func degreeAcos(x float64) float64 {
	switch {
	case x < 0:
		return 90 + firstAsin(-x)
	case x <= 0.5:
		return 90 - precise.Asin(x)/asinHalf*30
	}
	return precise.Acos(x) / acosHalf * 60
}

func firstAsin(x float64) float64 {
	if x <= 0.5 {
		return precise.Asin(x) / asinHalf * 30
	}
	return 90 - precise.Acos(x)/acosHalf*60
}
