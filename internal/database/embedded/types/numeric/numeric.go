// Package numeric is the family of numeric: exact decimal numbers. They are
// stored in their text form and compared under the collation "numeric";
// arithmetic is in Go.
//
// Every comparison, ORDER BY, GROUP BY, DISTINCT, min, max and key over stored
// values needs the collation, since 1.5 and 1.50 are equal and both are kept.
//
// Source: PostgreSQL documentation, 8.1.2 "Arbitrary Precision Numbers".
package numeric

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// The other types that numeric meets.
const (
	int2   types.OID = 21
	float4 types.OID = 700
	float8 types.OID = 701
)

// Family returns the catalogue entries of numeric.
func Family() types.Family {
	type o = [2]uint32
	n := types.Numeric
	fs, ops := entry.Comparisons(Collation, entry.Comparison{Left: n, Right: n,
		Names: entry.CompareNames("numeric_"),
		EQ:    o{1752, 1718}, NE: o{1753, 1719}, LT: o{1754, 1722}, GT: o{1756, 1720}, LE: o{1755, 1723}, GE: o{1757, 1721}})
	calculating, calculatingOps := calculations()
	converting, casts := conversions()
	growing, growingOps := exponentials()
	return types.Family{
		Name:       "numeric",
		Types:      []*types.Type{numericType()},
		Functions:  slices.Concat(fs, calculating, growing, converting, functions(), series()),
		Operators:  slices.Concat(ops, calculatingOps, growingOps),
		Casts:      casts,
		Aggregates: slices.Concat(aggregates(), variances()),
		Collations: []sqlite.Collation{{Name: Collation, Compare: Compare}},
	}
}

func numericType() *types.Type {
	return &types.Type{
		OID: types.Numeric, Name: "numeric", SQLName: "numeric", Category: 'N',
		Column: "TEXT", Collation: Collation, ModIn: modIn, ModOut: modOut,
		In: func(text string, mod int32) (sqlite.Value, error) {
			d, err := parse(text)
			if err == nil {
				return result(fit(d, mod))
			}
			if mod >= 4 && fault.Code(err) == fault.NumericOutOfRange {
				// PostgreSQL rounds to the modifier before it looks at the size.
				return sqlite.Null, fault.Unsupported("a number with so many digits for numeric(p,s)")
			}
			return sqlite.Null, err
		},
		Out:     func(dst []byte, v sqlite.Value) []byte { return append(dst, v.Text()...) },
		JSONSQL: entry.Wrap("CASE $1 WHEN 'NaN' THEN '\"NaN\"' WHEN 'Infinity' THEN '\"Infinity\"' WHEN '-Infinity' THEN '\"-Infinity\"' ELSE $1 END"),
		JSON:    appendJSON,
	}
}

// appendJSON writes what is no number in JSON as a string.
func appendJSON(dst []byte, v sqlite.Value) []byte {
	switch s := v.Text(); s {
	case "NaN", "Infinity", "-Infinity":
		return entry.QuotedJSON(dst, v)
	default:
		return append(dst, s...)
	}
}

// result stores a number.
func result(d decimal, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(d.String()), nil
}

// unary and binary lift functions over numbers.
func unary(f func(decimal) (decimal, error)) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return result(f(stored(args[0].Text())))
	}
}

func binary(f func(a, b decimal) (decimal, error)) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return result(f(stored(args[0].Text()), stored(args[1].Text())))
	}
}

// sure lifts a function that never fails.
func sure(f func(decimal) decimal) entry.Call {
	return unary(func(d decimal) (decimal, error) { return f(d), nil })
}

// calculations gives the arithmetic operators.
func calculations() (fs []*types.Function, ops []*types.Operator) {
	n := types.Numeric
	for _, b := range []struct {
		op, fn     uint32
		sign, name string
		call       entry.Call
	}{
		{1758, 1724, "+", "numeric_add", quickly(addQuick, add)}, {1759, 1725, "-", "numeric_sub", quickly(subtractQuick, subtract)},
		{1760, 1726, "*", "numeric_mul", quickly(multiplyQuick, multiply)}, {1761, 1727, "/", "numeric_div", binary(divide)},
		{1762, 1729, "%", "numeric_mod", binary(remainder)},
	} {
		f := entry.Raises(b.fn, b.name, n, entry.Args(n, n), b.call)
		fs, ops = append(fs, f), append(ops, entry.Operator(b.op, b.sign, f))
	}
	minus := entry.Go(1771, "numeric_uminus", n, entry.Args(n), sure(negate))
	plus := entry.Native(1915, "numeric_uplus", n, entry.Args(n), "$1")
	abs := entry.Go(1704, "numeric_abs", n, entry.Args(n), sure(absolute))
	fs = append(fs, minus, plus, abs, entry.Alias(1705, "abs", abs),
		entry.Alias(1728, "mod", fs[4]))
	return fs, append(ops, entry.Operator(1751, "-", minus), entry.Operator(1921, "+", plus), entry.Operator(1763, "@", abs))
}
