package numeric

import (
	"math"
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// conversions gives the casts between numeric and the integers, and to itself
// with a modifier. Those with floats live with the floats.
func conversions() (fs []*types.Function, casts []*types.Cast) {
	n := types.Numeric
	for _, c := range []struct {
		to, from uint32
		oid      types.OID
		name     string
		sqlName  string
		min, max int64
	}{
		{1782, 1783, int2, "int2", "smallint", math.MinInt16, math.MaxInt16},
		{1740, 1744, types.Int4, "int4", "integer", math.MinInt32, math.MaxInt32},
		{1781, 1779, types.Int8, "int8", "bigint", math.MinInt64, math.MaxInt64},
	} {
		to := entry.Native(c.to, "numeric", n, entry.Args(c.oid), "CAST($1 AS TEXT)")
		from := entry.Raises(c.from, c.name, c.oid, entry.Args(n), toInteger(c.sqlName, c.min, c.max))
		fs = append(fs, to, from)
		casts = append(casts,
			&types.Cast{Source: c.oid, Target: n, Context: types.Implicit, Function: to},
			&types.Cast{Source: n, Target: c.oid, Context: types.Assignment, Function: from})
	}
	resize := entry.Raises(1703, "numeric", n, entry.Args(n, types.Int4),
		func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			return result(fit(stored(args[0].Text()), int32(args[1].Int())))
		})
	return append(fs, resize), append(casts,
		&types.Cast{Source: n, Target: n, Context: types.Implicit, Function: resize})
}

// toInteger rounds half away from zero.
func toInteger(sqlName string, least, most int64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		d := stored(args[0].Text())
		if d.special == notANumber {
			return sqlite.Null, fault.New(fault.FeatureNotSupported, "cannot convert NaN to %s", sqlName)
		}
		if d.infinite() {
			return sqlite.Null, fault.New(fault.FeatureNotSupported, "cannot convert infinity to %s", sqlName)
		}
		v := round(d, 0).coef
		if !v.IsInt64() || v.Int64() < least || v.Int64() > most {
			return sqlite.Null, fault.New(fault.NumericOutOfRange, "%s out of range", sqlName)
		}
		return sqlite.Int(v.Int64()), nil
	}
}

// FromFloat makes a stored value of a float, by its first significant digits, as
// the casts from double precision (15) and real (6) do.
func FromFloat(f float64, digits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	d, err := parse(strconv.FormatFloat(f, 'g', digits, 64))
	if err != nil {
		return "NaN" // a float always has a text form
	}
	return newDecimal(d.coef, d.scale).trimmed().String()
}

// trimmed leaves out zeros at the end of the fraction.
func (d decimal) trimmed() decimal { return truncate(d, minScale(d)) }

// ToFloat returns the nearest float of a stored value; bits is 64 or 32. The
// error of one too large is strconv.ErrRange.
func ToFloat(stored string, bits int) (float64, error) { return strconv.ParseFloat(stored, bits) }

// Calculate computes + - * / or % of two stored values.
func Calculate(operator byte, a, b string) (string, error) {
	f := map[byte]func(a, b decimal) (decimal, error){'+': add, '-': subtract, '*': multiply, '/': divide, '%': remainder}[operator]
	d, err := f(stored(a), stored(b))
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// Apply computes "abs", "floor" or "ceiling" of a stored value.
func Apply(function, a string) (string, error) {
	f := map[string]func(decimal) decimal{"abs": absolute, "floor": floor, "ceiling": ceiling}[function]
	if f == nil {
		return "", fault.New(fault.UndefinedFunction, "function %s(numeric) does not exist", function)
	}
	return f(stored(a)).String(), nil
}

// Truncate is the whole part of a stored number; strconv.ErrRange where that is
// no int64.
func Truncate(a string) (int64, error) {
	v := truncate(stored(a), 0).coef
	if !v.IsInt64() {
		return 0, strconv.ErrRange
	}
	return v.Int64(), nil
}
