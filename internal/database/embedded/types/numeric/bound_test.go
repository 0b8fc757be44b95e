package numeric

import (
	"strings"
	"testing"
	"time"
)

// TestLongOperands calculates with operands as long as the format holds: a call
// cannot be interrupted, so it must not take long.
func TestLongOperands(t *testing.T) {
	nines, threes := strings.Repeat("9", 16000), strings.Repeat("3", 16000)
	for _, c := range []struct {
		name string
		f    func(a, b decimal) (decimal, error)
		a, b string
	}{
		{"a long exponent", power, "1.5", "0." + threes},
		{"a base near 1", power, "0." + nines, "0.5"},
		{"a base near 1, a large exponent", power, "0." + nines, "1234567890123456789.5"},
		{"a long base", power, threes + ".5", "0.25"},
		{"a whole exponent", power, "1." + threes, "2000000000"},
		{"a logarithm near 0", logarithm, "0." + nines, "2"},
		{"logarithms of long numbers", logarithm, threes, nines + "." + nines},
		{"a long quotient", divide, threes + "." + threes, "0." + nines},
		{"a long product", multiply, strings.Repeat(threes, 4), strings.Repeat(nines, 4)},
		{"a common divisor", gcd, strings.Repeat(threes, 8), strings.Repeat(nines, 8)},
	} {
		start := time.Now()
		_, err := c.f(stored(c.a), stored(c.b))
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %v (%v)", c.name, took, err)
		} else {
			t.Logf("%s: %v (%v)", c.name, took, err)
		}
	}
}
