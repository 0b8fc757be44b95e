package json

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// building gives the functions that make JSON of SQL values. Each is written
// out as an expression over the static types of its arguments.
func building() []*types.Function {
	element, row := entry.Args(types.AnyElement), entry.Args(types.Record)
	fs := []*types.Function{
		build(3176, "to_json", types.JSON, element, func(args []types.Arg) string { return value(args[0]) }),
		build(3787, "to_jsonb", types.JSONB, element, func(args []types.Arg) string { return binary(args[0]) }),
		build(3155, "row_to_json", types.JSON, row, func(args []types.Arg) string { return value(args[0]) }),
		build(3156, "row_to_json", types.JSON, entry.Args(types.Record, types.Bool), func(args []types.Arg) string {
			return "(CASE " + args[1].SQL + " WHEN 1 THEN " + object(args[0].Fields, ",\n ") +
				" WHEN 0 THEN " + object(args[0].Fields, ",") + " END)"
		}),
		build(3153, "array_to_json", types.JSON, entry.Args(types.AnyArray), func(args []types.Arg) string { return value(args[0]) }),
		build(3154, "array_to_json", types.JSON, entry.Args(types.AnyArray, types.Bool), func(args []types.Arg) string {
			return "(CASE " + args[1].SQL + " WHEN 1 THEN " + linesHelper.CallSQL([]types.Arg{{SQL: value(args[0])}}) +
				" WHEN 0 THEN " + value(args[0]) + " END)"
		}),
		build(3199, "json_build_array", types.JSON, nil, func([]types.Arg) string { return "'[]'" }),
		build(3198, "json_build_array", types.JSON, entry.Args(types.Any), buildArray),
		build(3201, "json_build_object", types.JSON, nil, func([]types.Arg) string { return "'{}'" }),
		build(3200, "json_build_object", types.JSON, entry.Args(types.Any), func(args []types.Arg) string {
			return buildObject("json_build_object", args)
		}),
		build(3272, "jsonb_build_array", types.JSONB, nil, func([]types.Arg) string { return "'[]'" }),
		build(3271, "jsonb_build_array", types.JSONB, entry.Args(types.Any), func(args []types.Arg) string {
			return canonical(buildArray(args))
		}),
		build(3274, "jsonb_build_object", types.JSONB, nil, func([]types.Arg) string { return "'{}'" }),
		build(3273, "jsonb_build_object", types.JSONB, entry.Args(types.Any), func(args []types.Arg) string {
			return canonical(buildObject("jsonb_build_object", args))
		}),
	}
	fs[0].ToJSON, fs[2].ToJSON = true, true
	for _, f := range fs[6:] {
		f.Strict, f.Variadic = false, len(f.Args) > 0
		f.MayRaise = f.Variadic
	}
	fs[1].MayRaise = true
	return fs
}

func build(oid uint32, name string, result types.OID, args []types.OID, sql func([]types.Arg) string) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result,
		Strict: true, Volatility: types.Stable, SQL: sql}
}

// value writes the JSON of an argument, NULL for NULL.
func value(a types.Arg) string {
	switch {
	case a.Type == nil && a.Present != "":
		return "iif(" + a.Present + ", " + object(a.Fields, ",") + ", NULL)"
	case a.Type == nil:
		return object(a.Fields, ",")
	case a.Type.JSONSQL != nil:
		return a.Type.JSONSQL(a.SQL)
	}
	return refusal("JSON of the type " + a.Type.SQLName)
}

// orNull writes the JSON of an argument, null for NULL.
func orNull(a types.Arg) string { return "coalesce(" + value(a) + ", 'null')" }

// binary writes the jsonb of an argument.
func binary(a types.Arg) string {
	if a.Type != nil && (a.Type.OID == types.JSONB || a.Type.OID == types.Bool ||
		a.Type.Category == 'N' && a.Type.Column == "INTEGER" || a.Type.Category == 'S') {
		return value(a) // JSON and jsonb are written alike
	}
	return canonical(value(a))
}

// canonical writes the jsonb of a JSON expression.
func canonical(sql string) string {
	return binaryHelper.CallSQL([]types.Arg{{SQL: sql}})
}

// binaryHelper names the function that conversions registers.
var binaryHelper = helper("jsonb", types.JSONB, types.JSON)

// object writes a row as an object.
func object(fields []types.Field, separator string) string {
	parts := make([]string, 0, 2*len(fields)+1)
	before := "{"
	for _, f := range fields {
		key := document.AppendString([]byte(before), f.Name)
		parts = append(parts, literal(string(key)+":"), orNull(types.Arg{SQL: f.SQL, Type: f.Type}))
		before = separator
	}
	if len(fields) == 0 {
		return "'{}'"
	}
	return join(append(parts, "'}'"))
}

// maxArguments keeps calls below SQLite's limit, and expressions shallow.
const maxArguments = 100

// join writes the concatenation of expressions.
func join(parts []string) string {
	for len(parts) > maxArguments {
		var outer []string
		for len(parts) > 0 {
			n := min(len(parts), maxArguments)
			outer = append(outer, "concat("+strings.Join(parts[:n], ", ")+")")
			parts = parts[n:]
		}
		parts = outer
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func buildArray(args []types.Arg) string {
	parts := []string{"'['"}
	for i, a := range args {
		if i > 0 {
			parts = append(parts, "', '")
		}
		parts = append(parts, orNull(a))
	}
	return join(append(parts, "']'"))
}

func buildObject(name string, args []types.Arg) string {
	if len(args)%2 != 0 {
		return failure("argument list must have even number of elements",
			"The arguments of "+name+"() must consist of alternating keys and values.")
	}
	parts := []string{}
	before := "{"
	for i := 0; i < len(args); i += 2 {
		parts = append(parts, literal(before), key(name, i+1, args[i]), "' : '", orNull(args[i+1]))
		before = ", "
	}
	return join(append(parts, "'}'"))
}

// key writes an argument as a key, which is a string whatever its type.
func key(function string, position int, a types.Arg) string {
	if a.Type == nil || a.Type.OID == types.JSON || a.Type.OID == types.JSONB {
		return failure("key value must be scalar, not array, composite, or json", "")
	}
	if s, ok := unquote(a.SQL); ok && a.Type.OID == types.Text {
		return literal(string(document.AppendString(nil, s)))
	}
	message, hint := "argument "+strconv.Itoa(position)+": key must not be null", ""
	switch function {
	case "json_build_object":
		message, hint = "argument "+strconv.Itoa(position)+" cannot be null", "Object keys should be text."
	case "":
		message = "field name must not be null"
	}
	return keyHelper.CallSQL([]types.Arg{{SQL: value(a)}, {SQL: literal(message)}, {SQL: literal(hint)}})
}

// unquote reads a string literal of SQLite.
func unquote(sql string) (string, bool) {
	if len(sql) < 2 || sql[0] != '\'' || sql[len(sql)-1] != '\'' {
		return "", false
	}
	s := sql[1 : len(sql)-1]
	if strings.Contains(strings.ReplaceAll(s, "''", ""), "'") {
		return "", false
	}
	return strings.ReplaceAll(s, "''", "'"), true
}
