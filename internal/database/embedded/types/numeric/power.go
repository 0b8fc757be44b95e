package numeric

import (
	"math"
	"math/big"
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
)

// The exponential functions show as many digits as PostgreSQL chooses to: 16
// significant ones by its estimate, and no fewer behind the point than an
// operand. Each is computed with more bits than that and rounded once.

// maxResultWeight bounds results (NUMERIC_MAX_RESULT_SCALE).
const maxResultWeight = 2000

// log10e turns natural into decimal logarithms, to the digits of the estimate.
const log10e = 0.434294481903252

// guardBits are computed beyond the digits that are shown.
const guardBits = 96

// bitsFor returns how many bits hold a count of decimal digits, and some more.
func bitsFor(digits int) uint { return uint(max(digits, 0)*10/3 + guardBits) }

// resultScale chooses the scale of a result of about weight digits before the
// point.
func resultScale(weight int, scales ...int) int {
	scale := minSignificant - weight
	for _, s := range scales {
		scale = max(scale, s)
	}
	return min(max(scale, 0), maxDisplayScale)
}

// float is d as a float, infinite when it is too large.
func (d decimal) float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

func exponential(d decimal) (decimal, error) {
	switch {
	case d.special == negativeInfinity:
		return fromInt(0), nil
	case d.special != finite:
		return d, nil
	}
	v := d.float()
	weight := max(min(v*log10e, maxResultWeight), -maxResultWeight)
	return expTo(d, resultScale(int(weight), d.scale))
}

// expTo is e^d rounded to a scale.
func expTo(d decimal, scale int) (decimal, error) {
	v := d.float()
	if math.Abs(v) >= 3*maxResultWeight {
		if v > 0 {
			return decimal{}, errFormat()
		}
		return newDecimal(new(big.Int), scale), nil
	}
	f := newFixed(bitsFor(scale + max(int(v*log10e), 0)))
	m, k := f.exp(f.fromDecimal(d))
	return checked(f.toDecimal(m, k, scale))
}

func errLogarithm(d decimal) error {
	if d.sign() == 0 {
		return fault.New("2201E", "cannot take logarithm of zero")
	}
	return fault.New("2201E", "cannot take logarithm of a negative number")
}

func naturalLogarithm(d decimal) (decimal, error) {
	switch {
	case d.special == notANumber:
		return d, nil
	case d.sign() <= 0:
		return decimal{}, errLogarithm(d)
	case d.infinite():
		return d, nil
	}
	scale := resultScale(logWeight(d), d.scale)
	f := newFixed(bitsFor(scale))
	return f.toDecimal(f.ln(f.normalized(d)), 0, scale), nil
}

var (
	ninetenths   = newDecimal(big.NewInt(9), 1)
	eleventenths = newDecimal(big.NewInt(11), 1)
)

// logWeight estimates the decimal weight of ln d, as PostgreSQL does from the
// first two groups of four digits.
func logWeight(d decimal) int {
	if compareDecimals(d, ninetenths) >= 0 && compareDecimals(d, eleventenths) <= 0 {
		x, _ := subtract(d, fromInt(1))
		if x.isZero() {
			return 0
		}
		weight, first := x.leading()
		return weight*4 + int(math.Log10(float64(first)))
	}
	groups, last := d.groups(2)
	return int(math.Log10(math.Abs(math.Log(groups) + float64(last*4)*math.Ln10)))
}

func compareDecimals(a, b decimal) int {
	x, y, _ := align(a, b)
	return x.Cmp(y)
}

// groups returns the number that the first groups of four digits make, at most n
// of them and as many as d has, and the weight of the last one taken.
func (d decimal) groups(n int) (value float64, last int) {
	digits := new(big.Int).Abs(d.coef)
	text := digits.Text(10)
	exponent := len(text) - d.scale - 1
	weight := exponent >> 2
	first := exponent - weight*4 + 1
	have := len(text) - trailingZeros(text)
	for i, taken := 0, 0; taken < n && (taken == 0 || i < have); taken++ {
		size := 4
		if taken == 0 {
			size = first
		}
		for range size {
			digit := byte('0')
			if i < len(text) {
				digit = text[i]
			}
			value = value*10 + float64(digit-'0')
			i++
		}
		last = weight - taken
	}
	return value, last
}

func trailingZeros(s string) int {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '0' {
		n++
	}
	return n
}

// logarithm is log(base, d).
func logarithm(base, d decimal) (decimal, error) {
	if base.special != finite || d.special != finite {
		return logarithmSpecial(base, d)
	}
	for _, v := range []decimal{base, d} {
		if v.sign() <= 0 {
			return decimal{}, errLogarithm(v)
		}
	}
	weightBase, weight := logWeight(base), logWeight(d)
	scale := resultScale(weight-weightBase, base.scale, d.scale)
	f := newFixed(bitsFor(scale + 2*max(weight, -weightBase, weight-weightBase, 0)))
	divisor := f.ln(f.normalized(base))
	if divisor.Sign() == 0 || compareDecimals(base, fromInt(1)) == 0 {
		return decimal{}, errDivision()
	}
	return checked(newDecimal(divideHalfUp(new(big.Int).Mul(f.ln(f.normalized(d)), pow10(scale)), divisor), scale))
}

func logarithmSpecial(base, d decimal) (decimal, error) {
	if base.special == notANumber || d.special == notANumber {
		return decimal{special: notANumber}, nil
	}
	for _, v := range []decimal{base, d} {
		if v.sign() <= 0 {
			return decimal{}, errLogarithm(v)
		}
	}
	switch {
	case base.infinite() && d.infinite():
		return decimal{special: notANumber}, nil
	case base.infinite():
		return fromInt(0), nil
	}
	return infinity(1), nil
}

func decimalLogarithm(d decimal) (decimal, error) { return logarithm(fromInt(10), d) }

// power is base ^ exponent.
func power(base, exponent decimal) (decimal, error) {
	if base.special != finite || exponent.special != finite {
		return powerSpecial(base, exponent)
	}
	whole := isWhole(exponent)
	switch {
	case base.isZero() && exponent.sign() < 0:
		return decimal{}, fault.New("2201F", "zero raised to a negative power is undefined")
	case base.sign() < 0 && !whole:
		return decimal{}, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	}
	if whole {
		if n := truncate(exponent, 0).coef; n.IsInt64() && n.Int64() >= math.MinInt32 && n.Int64() <= math.MaxInt32 {
			return powerInt(base, n.Int64())
		}
	}
	if base.isZero() {
		return newDecimal(new(big.Int), minSignificant), nil
	}
	odd := whole && truncate(exponent, 0).coef.Bit(0) == 1
	d, err := powerReal(absolute(base), exponent)
	if err == nil && base.sign() < 0 && odd {
		d = negate(d)
	}
	return d, err
}

func isWhole(d decimal) bool { return minScale(d) == 0 }

// powerReal is base ^ exponent for base > 0 by e^(exponent ln base).
func powerReal(base, exponent decimal) (decimal, error) {
	if compareDecimals(base, fromInt(1)) == 0 {
		return newDecimal(pow10(resultScale(0, base.scale, exponent.scale)), resultScale(0, base.scale, exponent.scale)), nil
	}
	v := logEstimate(base, exponent)
	if math.Abs(v) > maxResultWeight*3.01 {
		if v > 0 {
			return decimal{}, errFormat()
		}
		return newDecimal(new(big.Int), maxDisplayScale), nil
	}
	weight := int(v * log10e)
	scale := resultScale(weight, base.scale, exponent.scale)
	f := newFixed(bitsFor(scale + max(weight, 0) + max(len(exponent.coef.Text(10))-exponent.scale, 0) + 8 - min(logWeight(base), 0)))
	x := new(big.Int).Mul(f.ln(f.normalized(base)), exponent.coef)
	x.Quo(x, pow10(exponent.scale))
	if e, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(x), -int(f.bits)).Float64(); math.Abs(e) >= 3*maxResultWeight {
		if e > 0 {
			return decimal{}, errFormat()
		}
		return newDecimal(new(big.Int), scale), nil
	}
	m, k := f.exp(x)
	return checked(f.toDecimal(m, k, scale))
}

// logEstimate is exponent ln base to about eight digits, each step rounded as
// PostgreSQL rounds it, since the scale of the result hangs on it.
func logEstimate(base, exponent decimal) float64 {
	scale := max(8-logWeight(base), 0)
	f := newFixed(bitsFor(scale))
	logarithm := f.toDecimal(f.ln(f.normalized(base)), 0, scale)
	product := newDecimal(new(big.Int).Mul(logarithm.coef, exponent.coef), scale+exponent.scale)
	return round(product, min(scale, product.scale)).float()
}

// maxPowerWeight is where PostgreSQL's first look finds a power too large.
const maxPowerWeight = 3 * 32767 * 4

// powerInt is base ^ n.
func powerInt(base decimal, n int64) (decimal, error) {
	scale := min(max(minSignificant, base.scale), maxDisplayScale)
	weight := 0.0
	if !base.isZero() && n != 0 {
		value, last := base.groups(4)
		weight = float64(n) * (math.Log10(value) + float64(last*4))
	}
	small := weight+1 < -float64(scale)
	switch {
	case n == 0:
		return newDecimal(pow10(scale), scale), nil
	case base.isZero() && n < 0:
		return decimal{}, errDivision()
	case base.isZero():
		return newDecimal(new(big.Int), scale), nil
	case n == -1:
		return quotient(fromInt(1), base, scale)
	case n != 1 && n != 2 && small:
		return newDecimal(new(big.Int), scale), nil
	case weight > maxPowerWeight || n > 0 && weight > maxIntegralDigits+8:
		return decimal{}, errFormat()
	}
	return checked(powerRounded(base, n, scale, int(weight)))
}

// powerRounded multiplies out where that is short, and rounds in between where
// not.
func powerRounded(base decimal, n int64, scale, weight int) decimal {
	magnitude := max(n, -n)
	base = base.trimmed()
	if int64(base.coef.BitLen())*magnitude <= 1<<16 {
		coef := new(big.Int).Exp(base.coef, big.NewInt(magnitude), nil)
		digits := base.scale * int(magnitude)
		if n > 0 {
			return round(newDecimal(coef, digits), scale)
		}
		d, _ := quotient(newDecimal(pow10(digits), 0), newDecimal(coef, 0), scale)
		return d
	}
	f := newFixed(bitsFor(scale + max(weight, 0) + 24))
	m, k := f.normalized(absolute(base))
	m, k = f.power(m, k, magnitude)
	if n < 0 {
		m, k = f.div(new(big.Int).Lsh(one, f.bits), m), -k
	}
	d := f.toDecimal(m, k, scale)
	if base.sign() < 0 && n&1 == 1 {
		d = negate(d)
	}
	return d
}

// power is (m * 2^k)^n by squaring, kept near 1.
func (f *fixed) power(m *big.Int, k int, n int64) (*big.Int, int) {
	result, exponent := new(big.Int).Lsh(one, f.bits), 0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result = f.mul(result, m)
			exponent += k
			result, exponent = f.near(result, exponent)
		}
		m, k = f.near(f.mul(m, m), 2*k)
	}
	return result, exponent
}

// near shifts m to one bit before the point.
func (f *fixed) near(m *big.Int, k int) (*big.Int, int) {
	shift := m.BitLen() - int(f.bits) - 1
	if shift > 0 {
		return m.Rsh(m, uint(shift)), k + shift
	}
	return m.Lsh(m, uint(-shift)), k + shift
}

// powerSpecial follows POSIX's pow(3), as PostgreSQL does.
func powerSpecial(base, exponent decimal) (decimal, error) {
	isOne := func(d decimal) bool { return d.special == finite && compareDecimals(d, fromInt(1)) == 0 }
	switch {
	case base.special == notANumber:
		if exponent.isZero() {
			return fromInt(1), nil
		}
		return base, nil
	case exponent.special == notANumber:
		if isOne(base) {
			return fromInt(1), nil
		}
		return exponent, nil
	case base.isZero() && exponent.sign() < 0:
		return decimal{}, fault.New("2201F", "zero raised to a negative power is undefined")
	case base.special == negativeInfinity && exponent.special == finite && !isWhole(exponent),
		base.special == finite && base.sign() < 0 && exponent.special == finite && !isWhole(exponent):
		return decimal{}, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	case isOne(base), exponent.isZero():
		return fromInt(1), nil
	case base.isZero():
		return fromInt(0), nil
	}
	return powerInfinite(base, exponent), nil
}

func powerInfinite(base, exponent decimal) decimal {
	if exponent.infinite() {
		c := 1
		if base.special == finite {
			c = compareDecimals(absolute(base), fromInt(1))
		}
		switch {
		case c == 0:
			return fromInt(1)
		case (c > 0) == (exponent.sign() > 0):
			return infinity(1)
		}
		return fromInt(0)
	}
	switch odd := isWhole(exponent) && truncate(exponent, 0).coef.Bit(0) == 1; {
	case exponent.sign() < 0:
		return fromInt(0)
	case base.sign() < 0 && odd:
		return infinity(-1)
	}
	return infinity(1)
}
