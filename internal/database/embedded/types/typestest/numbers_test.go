package typestest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// longNumber makes a number of up to digits digits on both sides of the point.
func longNumber(r *rand.Rand, digits int) string {
	var b strings.Builder
	if r.IntN(3) == 0 {
		b.WriteByte('-')
	}
	whole := r.IntN(digits)
	b.WriteByte('0' + byte(r.IntN(10)))
	for range whole {
		b.WriteByte('0' + byte(r.IntN(10)))
	}
	if n := r.IntN(digits); n > 0 {
		b.WriteByte('.')
		if r.IntN(4) == 0 { // small
			b.WriteString(strings.Repeat("0", r.IntN(n)))
		}
		for range n {
			b.WriteByte('0' + byte(r.IntN(10)))
		}
	}
	return b.String()
}

// TestLongNumbers calculates with numerics of up to 1,000 digits.
func TestLongNumbers(t *testing.T) {
	c := catalogue(t)
	n := c.Type(types.Numeric)
	r := rand.New(rand.NewPCG(*seed, 1000))
	values := func(digits int, exponent bool) []argument {
		a, b := longNumber(r, digits), longNumber(r, digits)
		if exponent {
			b = strconv.FormatFloat(r.NormFloat64()*20, 'f', r.IntN(12), 64)
		}
		return []argument{{n, &a}, {n, &b}}
	}
	var all []probes
	for _, f := range []struct {
		name     string
		digits   int
		times    int
		exponent bool
	}{
		{"numeric_add", 1000, 60, false}, {"numeric_sub", 1000, 60, false}, {"numeric_mul", 1000, 60, false},
		{"numeric_div", 1000, 60, false}, {"numeric_mod", 1000, 60, false}, {"div", 1000, 60, false},
		{"gcd", 200, 30, false}, {"lcm", 200, 30, false}, {"numeric_cmp", 1000, 60, false},
		{"numeric_sqrt", 1000, 60, false}, {"numeric_ln", 400, 60, false}, {"numeric_exp", 4, 200, false},
		{"numeric_log", 60, 100, false}, {"numeric_power", 12, 300, true}, {"numeric_power", 100, 60, true},
		{"ceil", 1000, 20, false}, {"floor", 1000, 20, false}, {"trim_scale", 1000, 20, false},
	} {
		fn := functionNamed(t, c, f.name, types.Numeric)
		p := probes{entry: f.name, lenient: true}
		for range f.times {
			tuple := values(f.digits, f.exponent)[:len(fn.Args)]
			p.list = append(p.list, newProbe(c, fn, tuple, "pg_catalog."+quoteName(f.name)+"("+literals(tuple)+")"))
		}
		all = append(all, p)
	}
	compare(t, all)
}

// functionNamed returns the function of a name whose first argument has a type.
func functionNamed(t *testing.T, c *types.Catalogue, name string, first types.OID) *types.Function {
	t.Helper()
	list := c.Functions("", name)
	i := slices.IndexFunc(list, func(f *types.Function) bool { return len(f.Args) > 0 && f.Args[0] == first })
	if i < 0 {
		t.Fatalf("no function %s", name)
	}
	return list[i]
}
