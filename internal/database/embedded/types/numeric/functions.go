package numeric

import (
	"math/big"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// functions gives those that are no operator.
func functions() []*types.Function {
	n := types.Numeric
	single, pair, scaled := entry.Args(n), entry.Args(n, n), entry.Args(n, types.Int4)
	ceil := entry.Go(1711, "ceil", n, single, sure(ceiling))
	div := entry.Raises(1973, "div", n, pair, binary(divideTruncated))
	root := entry.Raises(1730, "sqrt", n, single, unary(squareRoot))
	return []*types.Function{
		ceil, entry.Alias(2167, "ceiling", ceil),
		entry.Go(1712, "floor", n, single, sure(floor)),
		entry.Go(1708, "round", n, single, sure(func(d decimal) decimal { return round(d, 0) })),
		entry.Raises(1707, "round", n, scaled, toScale(round)),
		entry.Go(1710, "trunc", n, single, sure(func(d decimal) decimal { return truncate(d, 0) })),
		entry.Raises(1709, "trunc", n, scaled, toScale(truncate)),
		entry.Go(1706, "sign", n, single, sure(signOf)),
		div, entry.Alias(1980, "numeric_div_trunc", div),
		entry.Go(3281, "scale", types.Int4, single, scaleOf(func(d decimal) int { return d.scale })),
		entry.Go(5042, "min_scale", types.Int4, single, scaleOf(minScale)),
		entry.Go(5043, "trim_scale", n, single, sure(trimScale)),
		root, entry.Alias(1731, "numeric_sqrt", root),
		entry.Raises(5048, "gcd", n, pair, binary(gcd)),
		entry.Raises(5049, "lcm", n, pair, binary(lcm)),
		entry.Raises(1376, "factorial", n, entry.Args(types.Int8), factorial),
		entry.Raises(1764, "numeric_inc", n, single, unary(func(d decimal) (decimal, error) { return add(d, fromInt(1)) })),
		entry.Go(1767, "numeric_larger", n, pair, choose(func(c int) bool { return c > 0 })),
		entry.Go(1766, "numeric_smaller", n, pair, choose(func(c int) bool { return c < 0 })),
		entry.Go(1769, "numeric_cmp", types.Int4, pair, compare),
	}
}

// toScale rounds or cuts to a scale, within the limits of the format.
func toScale(f func(decimal, int) decimal) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		scale := max(min(int(args[1].Int()), maxScale), -maxIntegralDigits-1)
		return result(checked(f(stored(args[0].Text()), scale)))
	}
}

func signOf(d decimal) decimal {
	if d.special == notANumber {
		return d
	}
	return fromInt(int64(d.sign()))
}

func scaleOf(f func(decimal) int) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		d := stored(args[0].Text())
		if d.special != finite {
			return sqlite.Null, nil
		}
		return sqlite.Int(int64(f(d))), nil
	}
}

func trimScale(d decimal) decimal {
	if d.special != finite {
		return d
	}
	return d.trimmed()
}

func compare(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	c := Compare(args[0].Text(), args[1].Text())
	return sqlite.Int(int64(max(min(c, 1), -1))), nil
}

// choose takes the first value when the comparison says so, else the second.
func choose(first func(c int) bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		if first(Compare(args[0].Text(), args[1].Text())) {
			return args[0], nil
		}
		return args[1], nil
	}
}

func gcd(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		return decimal{special: notANumber}, nil
	}
	x, y, scale := align(a, b)
	return newDecimal(new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y)), scale), nil
}

func lcm(a, b decimal) (decimal, error) {
	if a.special != finite || b.special != finite {
		return decimal{special: notANumber}, nil
	}
	x, y, scale := align(a, b)
	if x.Sign() == 0 || y.Sign() == 0 {
		return newDecimal(new(big.Int), scale), nil
	}
	g := new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y))
	m := new(big.Int).Mul(new(big.Int).Quo(x, g), y)
	return checked(newDecimal(m.Abs(m), scale))
}

// maxFactorial is the largest argument whose factorial the format holds.
const maxFactorial = 32177

func factorial(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n := args[0].Int()
	switch {
	case n < 0:
		return sqlite.Null, fault.New(fault.NumericOutOfRange, "factorial of a negative number is undefined")
	case n > maxFactorial:
		return sqlite.Null, errFormat()
	}
	return result(newDecimal(new(big.Int).MulRange(1, n), 0), nil)
}
