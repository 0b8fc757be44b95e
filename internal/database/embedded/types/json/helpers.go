package json

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// schemaName holds the functions that expressions of this family call and that
// PostgreSQL does not have.
const schemaName = "galley"

func helper(name string, result types.OID, args ...types.OID) *types.Function {
	return &types.Function{Schema: schemaName, Name: name, Args: entry.Args(args...), Result: result,
		Volatility: types.Immutable}
}

// keyHelper(json, message, hint) names the function that makes a key of JSON,
// and fails for NULL.
var keyHelper = helper("json_key", types.Text, types.Text, types.Text, types.Text)

// failHelper(code, message, hint) names the function that always fails.
var failHelper = helper("json_fail", types.Text, types.Text, types.Text, types.Text)

// linesHelper(json) names the function that writes each element of an array on a
// line of its own.
var linesHelper = helper("json_lines", types.JSON, types.JSON)

func helpers() []*types.Function {
	key, fail, lines := *keyHelper, *failHelper, *linesHelper
	lines.Call, lines.Strict = writeLines, true
	key.Call, key.MayRaise = makeKey, true
	// Volatile, for else SQLite would evaluate it before the first row.
	fail.Call, fail.MayRaise, fail.Volatility = raise, true, types.Volatile
	return []*types.Function{&key, &fail, &lines}
}

func writeLines(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n, err := document.ParseLoose(args[0].Text())
	if err != nil {
		return sqlite.Null, err
	}
	parts := make([]string, len(n.Items))
	for i := range n.Items {
		parts[i] = n.Items[i].Raw(args[0].Text())
	}
	return sqlite.Text("[" + strings.Join(parts, ",\n ") + "]"), nil
}

func makeKey(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, fault.New(fault.InvalidParameter, "%s", args[1].Text()).WithHint("%s", args[2].Text())
	}
	s := args[0].Text()
	if s == "" || s[0] != '"' {
		s = string(document.AppendString(nil, s))
	}
	return sqlite.Text(s), nil
}

func raise(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Null, fault.New(strings.Clone(args[0].Text()), "%s", args[1].Text()).WithHint("%s", args[2].Text())
}

func failure(message, hint string) string {
	return failHelper.CallSQL([]types.Arg{{SQL: literal(fault.InvalidParameter)}, {SQL: literal(message)}, {SQL: literal(hint)}})
}

func refusal(what string) string {
	return failHelper.CallSQL([]types.Arg{{SQL: literal(fault.FeatureNotSupported)},
		{SQL: literal(what + " is not supported by the embedded engine")}, {SQL: literal("PostgreSQL supports it.")}})
}
