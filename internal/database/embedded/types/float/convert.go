package float

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/numeric"
	"github.com/galleyhq/galley/internal/fault"
)

// conversions gives the casts among the floats, the integers and numeric.
func conversions() (fs []*types.Function, casts []*types.Cast) {
	add := func(source types.OID, context types.CastContext, f *types.Function) {
		fs = append(fs, f)
		casts = append(casts, &types.Cast{Source: source, Target: f.Result, Context: context, Function: f})
	}
	for _, i := range []struct {
		oid           types.OID
		name, sqlName string
		least, most   float64 // from … up to, without it
		to4, to8      uint32
		from4, from8  uint32
	}{
		{int2, "int2", "smallint", math.MinInt16, -math.MinInt16, 236, 235, 238, 237},
		{types.Int4, "int4", "integer", math.MinInt32, -math.MinInt32, 318, 316, 319, 317},
		{types.Int8, "int8", "bigint", math.MinInt64, -math.MinInt64, 652, 482, 653, 483},
	} {
		add(i.oid, types.Implicit, entry.Go(i.to4, "float4", Float4, entry.Args(i.oid), intTo4))
		add(i.oid, types.Implicit, entry.Native(i.to8, "float8", Float8, entry.Args(i.oid), "CAST($1 AS REAL)"))
		add(Float4, types.Assignment, entry.Raises(i.from4, i.name, i.oid, entry.Args(Float4), toInt(i.sqlName, i.least, i.most)))
		add(Float8, types.Assignment, entry.Raises(i.from8, i.name, i.oid, entry.Args(Float8), toInt(i.sqlName, i.least, i.most)))
	}
	add(Float4, types.Implicit, entry.Native(311, "float8", Float8, entry.Args(Float4), "$1"))
	add(Float8, types.Assignment, entry.Raises(312, "float4", Float4, entry.Args(Float8), narrow))
	add(Float4, types.Assignment, entry.Go(1742, "numeric", types.Numeric, entry.Args(Float4), toNumeric(6)))
	add(Float8, types.Assignment, entry.Go(1743, "numeric", types.Numeric, entry.Args(Float8), toNumeric(15)))
	add(types.Numeric, types.Implicit, entry.Raises(1745, "float4", Float4, entry.Args(types.Numeric), fromNumeric(32, "real")))
	add(types.Numeric, types.Implicit, entry.Raises(1746, "float8", Float8, entry.Args(types.Numeric), fromNumeric(64, "double precision")))
	return fs, casts
}

func intTo4(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Float(float64(float32(args[0].Int()))), nil
}

// toInt rounds half to even.
func toInt(sqlName string, least, most float64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		r := math.RoundToEven(args[0].Float())
		if !(r >= least && r < most) { // NaN too
			return sqlite.Null, fault.New(fault.NumericOutOfRange, "%s out of range", sqlName)
		}
		return sqlite.Int(int64(r)), nil
	}
}

func narrow(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	f := args[0].Float()
	r := float64(float32(f))
	switch {
	case math.IsInf(r, 0) && !math.IsInf(f, 0):
		return sqlite.Null, errOverflow()
	case r == 0 && f != 0:
		return sqlite.Null, errUnderflow()
	}
	return sqlite.Float(r), nil
}

func toNumeric(digits int) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(numeric.FromFloat(args[0].Float(), digits)), nil
	}
}

func fromNumeric(bits int, sqlName string) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		f, err := parse(args[0].Text(), bits, sqlName)
		return sqlite.Float(f), err
	}
}
