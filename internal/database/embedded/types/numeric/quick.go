package numeric

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// quick is a number of at most 18 digits, with which most computing is done in
// one word.
type quick struct {
	coef  int64
	scale int
}

const quickDigits = 18

// powers holds 10^0 to 10^18.
var powers = func() (p [quickDigits + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// parseQuick reads the storage form; ok is false when it has too many digits or
// is no number.
func parseQuick(s string) (q quick, ok bool) {
	digits := s
	if s != "" && s[0] == '-' {
		digits = s[1:]
	}
	if len(digits) > quickDigits+1 {
		return q, false
	}
	point, count := -1, 0
	for i := range len(digits) {
		c := digits[i]
		if c == '.' && point < 0 {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return q, false
		}
		q.coef = q.coef*10 + int64(c-'0')
		count++
	}
	if point >= 0 {
		q.scale = len(digits) - point - 1
	}
	if len(digits) != len(s) {
		q.coef = -q.coef
	}
	return q, count > 0 && count <= quickDigits
}

// rescaled returns the coefficient at a larger scale, if it is below 10^18 there.
func (q quick) rescaled(scale int) (int64, bool) {
	if scale-q.scale > quickDigits {
		return 0, false
	}
	factor := powers[scale-q.scale]
	v := q.coef * factor
	limit := powers[quickDigits] / factor
	return v, q.coef < limit && q.coef > -limit
}

func addQuick(a, b quick) (quick, bool) {
	scale := max(a.scale, b.scale)
	x, okX := a.rescaled(scale)
	y, okY := b.rescaled(scale)
	// Both are below 10^18, so that the sum fits.
	return quick{x + y, scale}, okX && okY
}

func subtractQuick(a, b quick) (quick, bool) { return addQuick(a, quick{-b.coef, b.scale}) }

func multiplyQuick(a, b quick) (quick, bool) {
	high, low := bits.Mul64(uint64(max(a.coef, -a.coef)), uint64(max(b.coef, -b.coef)))
	return quick{a.coef * b.coef, a.scale + b.scale}, high == 0 && low < 1<<63
}

// decimal is the number in its general form.
func (q quick) decimal() decimal { return newDecimal(big.NewInt(q.coef), q.scale) }

// String writes the text form.
func (q quick) String() string {
	if q.scale == 0 {
		return strconv.FormatInt(q.coef, 10)
	}
	var buffer [48]byte
	digits := strconv.AppendUint(buffer[:0], uint64(max(q.coef, -q.coef)), 10)
	out := make([]byte, 0, max(len(digits), q.scale)+3)
	if q.coef < 0 {
		out = append(out, '-')
	}
	whole := len(digits) - q.scale
	if whole <= 0 {
		out = append(out, "0."...)
		for range -whole {
			out = append(out, '0')
		}
		return string(append(out, digits...))
	}
	out = append(out, digits[:whole]...)
	out = append(out, '.')
	return string(append(out, digits[whole:]...))
}

// quickly computes in one word where that holds operands and result, else in
// general.
func quickly(short func(a, b quick) (quick, bool), general func(a, b decimal) (decimal, error)) entry.Call {
	long := binary(general)
	return func(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		a, okA := parseQuick(args[0].Text())
		b, okB := parseQuick(args[1].Text())
		if okA && okB {
			if r, ok := short(a, b); ok {
				return sqlite.Text(r.String()), nil
			}
		}
		return long(c, args)
	}
}
