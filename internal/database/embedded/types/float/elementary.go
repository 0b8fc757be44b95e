package float

import (
	"math"
	"math/rand/v2"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/float/precise"
	"github.com/galleyhq/galley/internal/fault"
)

func errInput() error { return fault.New(fault.NumericOutOfRange, "input is out of range") }

// domain refuses arguments of a function.
type domain func(f float64) error

func anywhere(float64) error { return nil }

func bounded(f float64) error {
	if math.IsInf(f, 0) {
		return errInput()
	}
	return nil
}

func between1(f float64) error {
	if f < -1 || f > 1 {
		return errInput()
	}
	return nil
}

func from1(f float64) error {
	if f < 1 {
		return errInput()
	}
	return nil
}

func positive(f float64) error {
	switch {
	case f == 0:
		return fault.New("2201E", "cannot take logarithm of zero")
	case f < 0:
		return fault.New("2201E", "cannot take logarithm of a negative number")
	}
	return nil
}

// elementary gives the exponential, trigonometric and hyperbolic functions.
func elementary() (fs []*types.Function, ops []*types.Operator) {
	one := entry.Args(Float8)
	add := func(oid uint32, name string, in domain, f func(float64) float64) *types.Function {
		fn := entry.Raises(oid, name, Float8, one, guarded(in, f))
		fs = append(fs, fn)
		return fn
	}
	exp := entry.Raises(233, "dexp", Float8, one, exponential)
	ln := add(234, "dlog1", positive, precise.Log)
	log := add(1339, "dlog10", positive, precise.Log10)
	fs = append(fs, exp, entry.Alias(1347, "exp", exp), entry.Alias(1341, "ln", ln),
		entry.Alias(1340, "log", log), entry.Alias(1194, "log10", log))
	add(1604, "sin", bounded, precise.Sin)
	add(1605, "cos", bounded, precise.Cos)
	add(1606, "tan", bounded, precise.Tan)
	add(1607, "cot", bounded, func(f float64) float64 { return 1 / precise.Tan(f) })
	add(1600, "asin", between1, precise.Asin)
	add(1601, "acos", between1, precise.Acos)
	add(1602, "atan", anywhere, precise.Atan)
	add(2462, "sinh", anywhere, precise.Sinh)
	add(2463, "cosh", anywhere, precise.Cosh)
	add(2464, "tanh", anywhere, precise.Tanh)
	add(2465, "asinh", anywhere, precise.Asinh)
	add(2466, "acosh", from1, precise.Acosh)
	add(2467, "atanh", between1, precise.Atanh)
	add(2735, "sind", bounded, degreeSin)
	add(2736, "cosd", bounded, degreeCos)
	add(2737, "tand", bounded, degreeTan)
	add(2738, "cotd", bounded, degreeCot)
	add(2731, "asind", between1, degreeAsin)
	add(2732, "acosd", between1, degreeAcos)
	add(2733, "atand", anywhere, func(f float64) float64 { return precise.Atan(f) / atan1 * 45 })
	pair := entry.Args(Float8, Float8)
	pow := entry.Raises(232, "dpow", Float8, pair, power)
	fs = append(fs, pow, entry.Alias(1346, "pow", pow), entry.Alias(1368, "power", pow),
		entry.Go(1603, "atan2", Float8, pair, two(precise.Atan2)),
		entry.Go(2734, "atan2d", Float8, pair, two(func(y, x float64) float64 { return precise.Atan2(y, x) / atan1 * 45 })),
		entry.Raises(320, "width_bucket", types.Int4, entry.Args(Float8, Float8, Float8, types.Int4), widthBucket),
		&types.Function{OID: 1598, Name: "random", Result: Float8, Strict: true, Volatility: types.Volatile, Call: random})
	return fs, []*types.Operator{entry.Operator(965, "^", pow)}
}

// random is at least 0 and below 1, of 52 bits as in PostgreSQL.
func random(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Float(math.Ldexp(float64(rand.Uint64()>>12), -52)), nil
}

func guarded(in domain, f func(float64) float64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		v := args[0].Float()
		if math.IsNaN(v) {
			return args[0], nil
		}
		if err := in(v); err != nil {
			return sqlite.Null, err
		}
		return sqlite.Float(f(v)), nil
	}
}

func two(f func(a, b float64) float64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Float(f(args[0].Float(), args[1].Float())), nil
	}
}

func exponential(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	f := args[0].Float()
	return ranged(precise.Exp(f), !math.IsInf(f, 0))
}

// ranged returns a result, or the error that it is too large or small.
func ranged(r float64, expectFinite bool) (sqlite.Value, error) {
	switch {
	case expectFinite && math.IsInf(r, 0):
		return sqlite.Null, errOverflow()
	case expectFinite && r == 0:
		return sqlite.Null, errUnderflow()
	}
	return sqlite.Float(r), nil
}

// power follows POSIX's pow(3).
func power(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	x, y := args[0].Float(), args[1].Float()
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return sqlite.Float(math.Pow(x, y)), nil // 1 for 1^NaN and NaN^0
	case x == 0 && y < 0:
		return sqlite.Null, fault.New("2201F", "zero raised to a negative power is undefined")
	case x < 0 && math.Floor(y) != y:
		return sqlite.Null, fault.New("2201F", "a negative number raised to a non-integer power yields a complex result")
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return sqlite.Float(math.Pow(x, y)), nil
	case x == 0:
		return sqlite.Float(math.Pow(x, y)), nil
	}
	return ranged(precise.Pow(x, y), true)
}

// widthBucket tells into which of count equal parts of a range a number falls.
func widthBucket(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	v, low, high, count := args[0].Float(), args[1].Float(), args[2].Float(), args[3].Int()
	bad := func(message string) (sqlite.Value, error) { return sqlite.Null, fault.New("2201G", "%s", message) }
	switch {
	case count <= 0:
		return bad("count must be greater than zero")
	case math.IsNaN(v) || math.IsNaN(low) || math.IsNaN(high):
		return bad("operand, lower bound, and upper bound cannot be NaN")
	case math.IsInf(low, 0) || math.IsInf(high, 0):
		return bad("lower and upper bounds must be finite")
	case low == high:
		return bad("lower bound cannot equal upper bound")
	}
	before, past := v < low, v >= high
	if low > high {
		before, past = v > low, v <= high
	}
	switch {
	case before:
		return sqlite.Int(0), nil
	case past && count == math.MaxInt32:
		return sqlite.Null, fault.New(fault.NumericOutOfRange, "integer out of range")
	case past:
		return sqlite.Int(count + 1), nil
	}
	share := float64(float64(count)*(v-low)) / (high - low)
	if math.IsInf(high-low, 0) || !(share < math.MaxInt32) { // what PostgreSQL 15 gives there is undefined
		return sqlite.Null, fault.Unsupported("width_bucket over so wide a range is not supported by the embedded engine")
	}
	// The quotient can be rounded up, so that the bucket is one too high.
	return sqlite.Int(int64(share) + 1), nil
}
