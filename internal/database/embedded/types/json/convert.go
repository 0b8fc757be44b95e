package json

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// The types that jsonb is cast to beside those that package types names.
const (
	int2   types.OID = 21
	float4 types.OID = 700
	float8 types.OID = 701
)

// conversions gives the casts between json and jsonb and from jsonb to numbers
// and booleans.
func conversions() (fs []*types.Function, casts []*types.Cast) {
	toBinary := helper("jsonb", types.JSONB, types.JSON)
	toBinary.Strict, toBinary.MayRaise = true, true
	toBinary.Call = func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return textOrError(document.Canonical(args[0].Text()))
	}
	casts = []*types.Cast{
		{Source: types.JSON, Target: types.JSONB, Context: types.Assignment, Function: toBinary},
		{Source: types.JSONB, Target: types.JSON, Context: types.Assignment},
	}
	number := func(oid uint32, name, sqlName string, result types.OID, convert func(string) (sqlite.Value, error)) {
		fs = append(fs, entry.Raises(oid, name, result, entry.Args(types.JSONB), scalar(document.Number, sqlName,
			func(n *document.Node) (sqlite.Value, error) { return convert(n.Text) })))
	}
	fs = append(fs, entry.Raises(3556, "bool", types.Bool, entry.Args(types.JSONB), scalar(document.Bool, "boolean",
		func(n *document.Node) (sqlite.Value, error) { return sqlite.Bool(n.True), nil })))
	number(3449, "numeric", "numeric", types.Numeric, func(s string) (sqlite.Value, error) { return sqlite.Text(s), nil })
	number(3450, "int2", "smallint", int2, integer("smallint", math.MinInt16, math.MaxInt16))
	number(3451, "int4", "integer", types.Int4, integer("integer", math.MinInt32, math.MaxInt32))
	number(3452, "int8", "bigint", types.Int8, integer("bigint", math.MinInt64, math.MaxInt64))
	number(3453, "float4", "real", float4, float("real", 32))
	number(2580, "float8", "double precision", float8, float("double precision", 64))
	for _, f := range fs {
		casts = append(casts, &types.Cast{Source: types.JSONB, Target: f.Result, Context: types.Explicit, Function: f})
	}
	return append(fs, toBinary), casts
}

// scalar converts a document of one kind and refuses all others.
func scalar(want document.Kind, typeName string, convert func(*document.Node) (sqlite.Value, error)) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n, err := document.Parse(args[0].Text())
		if err != nil {
			return sqlite.Null, err
		}
		if n.Kind != want {
			kind := n.TypeName()
			if kind == "number" {
				kind = "numeric"
			}
			return sqlite.Null, fault.New(fault.InvalidParameter, "cannot cast jsonb %s to type %s", kind, typeName)
		}
		return convert(n)
	}
}

// integer rounds a canonical number, halves away from zero.
func integer(typeName string, least, greatest int64) func(string) (sqlite.Value, error) {
	return func(s string) (sqlite.Value, error) {
		whole, fraction, _ := strings.Cut(s, ".")
		v, err := strconv.ParseInt(whole, 10, 64)
		up := fraction != "" && fraction[0] >= '5'
		switch {
		case up && strings.HasPrefix(s, "-") && v > math.MinInt64:
			v--
		case up && !strings.HasPrefix(s, "-") && v < math.MaxInt64:
			v++
		case up:
			err = strconv.ErrRange
		}
		if err != nil || v < least || v > greatest {
			return sqlite.Null, fault.New(fault.NumericOutOfRange, "%s out of range", typeName)
		}
		return sqlite.Int(v), nil
	}
}

func float(typeName string, bits int) func(string) (sqlite.Value, error) {
	return func(s string) (sqlite.Value, error) {
		v, err := strconv.ParseFloat(s, bits)
		vanished := v == 0 && strings.Trim(s, "-0.") != ""
		if err != nil || vanished {
			return sqlite.Null, fault.New(fault.NumericOutOfRange, `"%s" is out of range for type %s`, s, typeName)
		}
		return sqlite.Float(v), nil
	}
}
