package float

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// signs gives -x, +x and @x.
func signs() (fs []*types.Function, ops []*types.Operator) {
	for _, s := range []struct {
		oid              types.OID
		name             string
		minus, plus, abs [2]uint32
		absName          uint32
	}{
		{Float4, "float4", [2]uint32{584, 206}, [2]uint32{1919, 1913}, [2]uint32{590, 207}, 1394},
		{Float8, "float8", [2]uint32{585, 220}, [2]uint32{1920, 1914}, [2]uint32{595, 221}, 1395},
	} {
		args := entry.Args(s.oid)
		minus := entry.Go(s.minus[1], s.name+"um", s.oid, args, unary(func(f float64) float64 { return -f }))
		plus := entry.Native(s.plus[1], s.name+"up", s.oid, args, "(+$1)")
		abs := entry.Go(s.abs[1], s.name+"abs", s.oid, args, unary(math.Abs))
		fs = append(fs, minus, plus, abs, entry.Alias(s.absName, "abs", abs))
		ops = append(ops, entry.Operator(s.minus[0], "-", minus), entry.Operator(s.plus[0], "+", plus), entry.Operator(s.abs[0], "@", abs))
	}
	root := sqrt()
	return append(fs, root, entry.Alias(1344, "sqrt", root)), append(ops, entry.Operator(596, "|/", root))
}

func sqrt() *types.Function {
	return entry.Raises(230, "dsqrt", Float8, entry.Args(Float8), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		f := args[0].Float()
		if f < 0 {
			return sqlite.Null, fault.New("2201F", "cannot take square root of a negative number")
		}
		return sqlite.Float(math.Sqrt(f)), nil
	})
}

// perDegree is RADIANS_PER_DEGREE of PostgreSQL.
const perDegree = 0.0174532925199432957692

func functions() []*types.Function {
	one := entry.Args(Float8)
	round := entry.Go(228, "dround", Float8, one, unary(math.RoundToEven))
	trunc := entry.Go(229, "dtrunc", Float8, one, unary(math.Trunc))
	ceil := entry.Go(2308, "ceil", Float8, one, unary(math.Ceil))
	scaled := func(o operation) entry.Call {
		return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			r, err := o.run(args[0].Float(), perDegree, 64)
			return sqlite.Float(r), err
		}
	}
	fs := []*types.Function{
		round, entry.Alias(1342, "round", round), trunc, entry.Alias(1343, "trunc", trunc),
		ceil, entry.Alias(2320, "ceiling", ceil),
		entry.Go(2309, "floor", Float8, one, unary(math.Floor)),
		entry.Go(2310, "sign", Float8, one, unary(sign)),
		entry.Raises(1608, "degrees", Float8, one, scaled(divide)),
		entry.Raises(1609, "radians", Float8, one, scaled(times)),
		{OID: 1610, Name: "pi", Result: Float8, Strict: true, Volatility: types.Immutable,
			SQL: func([]types.Arg) string { return "3.141592653589793" }},
	}
	for _, p := range []struct {
		oid             types.OID
		name            string
		larger, smaller uint32
	}{{Float4, "float4", 209, 211}, {Float8, "float8", 223, 224}} {
		args := entry.Args(p.oid, p.oid)
		fs = append(fs, entry.Go(p.larger, p.name+"larger", p.oid, args, choose(1)),
			entry.Go(p.smaller, p.name+"smaller", p.oid, args, choose(-1)))
	}
	for _, c := range []struct {
		oid         uint32
		name        string
		left, right types.OID
	}{
		{354, "btfloat4cmp", Float4, Float4}, {355, "btfloat8cmp", Float8, Float8},
		{2194, "btfloat48cmp", Float4, Float8}, {2195, "btfloat84cmp", Float8, Float4},
	} {
		fs = append(fs, entry.Go(c.oid, c.name, types.Int4, entry.Args(c.left, c.right), compare))
	}
	return fs
}

func sign(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

func compare(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Int(int64(sign3(args[0].Float(), args[1].Float()))), nil
}

// sign3 compares; NaN equals itself and is the largest.
func sign3(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b || math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	}
	return -1
}

// choose returns the first argument if it compares like that, else the second.
func choose(order int) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		if sign3(args[0].Float(), args[1].Float()) == order {
			return args[0], nil
		}
		return args[1], nil
	}
}
