package civil

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Part is a part of a date or time as extract gives it: a whole number of units
// of 10^-Scale, or an infinity.
type Part struct {
	Units    int64
	Scale    int
	Infinite int  // 1 or -1 for the infinities
	Null     bool // an infinity has no such part
	// Split tells that date_part adds the whole multiples of so many units and
	// the rest, each rounded to a float before; 0 for none.
	Split int64

	decimal  string   // what extract gives, where it is no Units
	measured *float64 // what date_part gives, where it is computed otherwise
}

func float(f float64) *float64 { return &f }

// Float is what date_part gives.
func (p Part) Float() float64 {
	unit := math.Pow10(p.Scale)
	switch {
	case p.Infinite != 0:
		return math.Inf(p.Infinite)
	case p.measured != nil:
		return *p.measured
	case p.Split != 0:
		return float64(p.Units/p.Split)*(float64(p.Split)/unit) + float64(p.Units%p.Split)/unit
	}
	return float64(p.Units) / unit
}

// Decimal is what extract gives.
func (p Part) Decimal() string {
	switch {
	case p.Infinite > 0:
		return "Infinity"
	case p.Infinite < 0:
		return "-Infinity"
	case p.decimal != "":
		return p.decimal
	case p.Scale == 0:
		return strconv.FormatInt(p.Units, 10)
	}
	return pointed(big.NewInt(p.Units), p.Scale)
}

// pointed writes units of 10^-scale.
func pointed(units *big.Int, scale int) string {
	text, sign := new(big.Int).Abs(units).String(), ""
	if units.Sign() < 0 {
		sign = "-"
	}
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return sign + text[:len(text)-scale] + "." + text[len(text)-scale:]
}

// epoch counts seconds since 1970.
func (t Timestamp) epoch() Part {
	const offset = unixEpoch * Second
	if int64(t) <= math.MaxInt64-offset {
		return Part{Units: int64(t) + offset, Scale: 6}
	}
	// Out of 64 bits, PostgreSQL divides as numeric, which leaves four digits.
	units := new(big.Int).Add(big.NewInt(int64(t)), big.NewInt(offset+50))
	units.Mul(units.Quo(units, big.NewInt(100)), big.NewInt(100))
	return Part{decimal: pointed(units, 6), measured: float((float64(t) + float64(offset)) / 1e6)}
}

// julianPart is the Julian day with its fraction, which PostgreSQL divides as
// numeric: with 16 significant digits and as many more as the quotient is small,
// in steps of four.
func julianPart(day Date, micro int64) Part {
	scale := julianScale(micro)
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	units := new(big.Int).Mul(big.NewInt(micro), ten)
	// Halves are rounded up.
	units.Add(units, big.NewInt(Day/2)).Quo(units, big.NewInt(Day))
	units.Add(units, ten.Mul(ten, big.NewInt(day.Julian())))
	seconds := float64(micro/Second) + float64(micro%Second)/1e6
	return Part{decimal: pointed(units, scale), measured: float(float64(day.Julian()) + seconds/86400)}
}

// julianScale is the number of digits behind the point. PostgreSQL estimates the
// quotient by the first digits to the base of 10,000.
func julianScale(micro int64) int {
	const dayFirst, dayWeight = 864, 2 // of the microseconds of a day
	weight := 0
	for micro >= 10_000 {
		micro /= 10_000
		weight++
	}
	weight -= dayWeight
	if micro <= dayFirst {
		weight--
	}
	return 16 - 4*weight
}

// epoch counts a year as 365.25 days and a month as 30.
func (v Interval) epoch() Part {
	const year, month, day = 31_557_600, 2_592_000, 86_400
	years, months, days := int64(v.Months/12), int64(v.Months%12), int64(v.Days)
	seconds := years*year + months*month + days*day
	units := new(big.Int).Mul(big.NewInt(seconds), big.NewInt(Second))
	units.Add(units, big.NewInt(v.Micro))
	return Part{decimal: pointed(units, 6), measured: float(float64(v.Micro)/1e6 +
		year*float64(years) + month*float64(months) + day*float64(days))}
}
