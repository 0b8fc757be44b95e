// Package float is the family of float4 and float8, both stored as SQLite's REAL;
// float4 is rounded to its width before. Columns are of the type ANY, since one of
// REAL would turn -0 into 0 and keeps no place for NaN, which SQLite cannot store:
// sqlite.Float makes an empty BLOB of it, which equals itself and stands behind
// all numbers, as NaN does in PostgreSQL. Such columns are as fast; whole numbers
// take eight bytes instead of one to eight.
//
// The elementary functions (exp, ln, power, sin, …) give the nearest float: see
// package precise. ||/ is not here, since the last digits of C libraries differ
// from that for every second argument.
//
// Source: PostgreSQL documentation, 8.1.3 "Floating-Point Types".
package float

import (
	"math"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// The types of the family, and what they are converted to.
const (
	Float4 types.OID = 700
	Float8 types.OID = 701
	int2   types.OID = 21
)

// Family returns the catalogue entries of the floats.
func Family() types.Family {
	text4, text8 := outputs("float4", Float4, 32), outputs("float8", Float8, 64)
	fs, ops := comparisons()
	calculating, calculatingOps := calculations()
	converting, casts := conversions()
	elementary, elementaryOps := elementary()
	return types.Family{
		Name: "float",
		Types: []*types.Type{
			newType(Float4, "float4", "real", 32, text4),
			newType(Float8, "float8", "double precision", 64, text8),
		},
		Functions:  slices.Concat(fs, calculating, elementary, converting, functions(), text4[:], text8[:]),
		Operators:  slices.Concat(ops, calculatingOps, elementaryOps),
		Casts:      casts,
		Aggregates: slices.Concat(aggregates(), regressions()),
	}
}

func newType(oid types.OID, name, sqlName string, bits int, text [2]*types.Function) *types.Type {
	call := func(f *types.Function) func(string) string {
		return func(sql string) string { return f.CallSQL([]types.Arg{{SQL: sql}}) }
	}
	return &types.Type{
		OID: oid, Name: name, SQLName: sqlName, Category: 'N', Preferred: oid == Float8, Column: "ANY",
		In: func(text string, _ int32) (sqlite.Value, error) {
			f, err := parse(text, bits, sqlName)
			return sqlite.Float(f), err
		},
		Out:     func(dst []byte, v sqlite.Value) []byte { return format(dst, v.Float(), bits) },
		TextSQL: call(text[0]),
		JSONSQL: call(text[1]),
		JSON:    func(dst []byte, v sqlite.Value) []byte { return appendJSON(dst, v.Float(), bits) },
	}
}

// appendJSON writes a number; an infinity is a string in JSON.
func appendJSON(dst []byte, f float64, bits int) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return append(format(append(dst, '"'), f, bits), '"')
	}
	return format(dst, f, bits)
}

// outputs gives the functions behind TextSQL and JSONSQL.
func outputs(name string, oid types.OID, bits int) [2]*types.Function {
	text := entry.Go(0, name+"_text", types.Text, entry.Args(oid), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(string(format(nil, args[0].Float(), bits))), nil
	})
	json := entry.Go(0, name+"_json", types.Text, entry.Args(oid), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(string(appendJSON(nil, args[0].Float(), bits))), nil
	})
	text.Schema, json.Schema = "galley_internal", "galley_internal"
	return [2]*types.Function{text, json}
}

func comparisons() ([]*types.Function, []*types.Operator) {
	type o = [2]uint32
	return entry.Comparisons("",
		entry.Comparison{Left: Float4, Right: Float4, Names: entry.CompareNames("float4"),
			EQ: o{620, 287}, NE: o{621, 288}, LT: o{622, 289}, GT: o{623, 291}, LE: o{624, 290}, GE: o{625, 292}},
		entry.Comparison{Left: Float8, Right: Float8, Names: entry.CompareNames("float8"),
			EQ: o{670, 293}, NE: o{671, 294}, LT: o{672, 295}, GT: o{674, 297}, LE: o{673, 296}, GE: o{675, 298}},
		entry.Comparison{Left: Float4, Right: Float8, Names: entry.CompareNames("float48"),
			EQ: o{1120, 299}, NE: o{1121, 300}, LT: o{1122, 301}, GT: o{1123, 303}, LE: o{1124, 302}, GE: o{1125, 304}},
		entry.Comparison{Left: Float8, Right: Float4, Names: entry.CompareNames("float84"),
			EQ: o{1130, 305}, NE: o{1131, 306}, LT: o{1132, 307}, GT: o{1133, 309}, LE: o{1134, 308}, GE: o{1135, 310}},
	)
}

// calculations gives + - * / of all pairs, and the signs.
func calculations() (fs []*types.Function, ops []*types.Operator) {
	for _, p := range []struct {
		prefix              string
		left, right, result types.OID
		bits                int
		add, sub, mul, div  [2]uint32
	}{
		{"float4", Float4, Float4, Float4, 32, [2]uint32{586, 204}, [2]uint32{587, 205}, [2]uint32{589, 202}, [2]uint32{588, 203}},
		{"float8", Float8, Float8, Float8, 64, [2]uint32{591, 218}, [2]uint32{592, 219}, [2]uint32{594, 216}, [2]uint32{593, 217}},
		{"float48", Float4, Float8, Float8, 64, [2]uint32{1116, 281}, [2]uint32{1117, 282}, [2]uint32{1119, 279}, [2]uint32{1118, 280}},
		{"float84", Float8, Float4, Float8, 64, [2]uint32{1126, 285}, [2]uint32{1127, 286}, [2]uint32{1129, 283}, [2]uint32{1128, 284}},
	} {
		for _, o := range []struct {
			sign, suffix string
			oids         [2]uint32
			operation    operation
		}{{"+", "pl", p.add, plus}, {"-", "mi", p.sub, minus}, {"*", "mul", p.mul, times}, {"/", "div", p.div, divide}} {
			f := entry.Raises(o.oids[1], p.prefix+o.suffix, p.result, entry.Args(p.left, p.right), binary(o.operation, p.bits))
			fs, ops = append(fs, f), append(ops, entry.Operator(o.oids[0], o.sign, f))
		}
	}
	signs, signOps := signs()
	return append(fs, signs...), append(ops, signOps...)
}
