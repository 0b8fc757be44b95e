package format

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// concatenation gives concat and concat_ws, which take arguments of any type in their
// output form and leave out the nulls, and || of a text and another type.
func concatenation() ([]*types.Function, []*types.Operator) {
	variadic := func(oid uint32, name string, args []types.OID, sql func([]types.Arg) string) *types.Function {
		return &types.Function{OID: oid, Name: name, Args: args, Variadic: true, Result: types.Text,
			Volatility: types.Stable, SQL: sql}
	}
	concat := variadic(3058, "concat", entry.Args(types.Any), func(args []types.Arg) string {
		return "concat(" + strings.Join(outputs(args), ", ") + ")"
	})
	concatWS := variadic(3059, "concat_ws", entry.Args(types.Text, types.Any), nil)
	concatWS.SQL = func(args []types.Arg) string {
		return concatWS.SQLiteName() + "(" + strings.Join(outputs(args), ", ") + ")"
	}
	concatWS.Call = joinTexts
	before := entry.Native(2004, "anytextcat", types.Text, entry.Args(anyNonArray, types.Text), "")
	after := entry.Native(2003, "textanycat", types.Text, entry.Args(types.Text, anyNonArray), "")
	for _, f := range []*types.Function{before, after} {
		f.Volatility = types.Stable
		f.SQL = func(args []types.Arg) string { return "(" + cast(args[0]) + " || " + cast(args[1]) + ")" }
	}
	return []*types.Function{concat, concatWS, before, after},
		[]*types.Operator{entry.Operator(2780, "||", before), entry.Operator(2779, "||", after)}
}

const anyNonArray = types.AnyNonArray

// cast gives the expression of an argument cast to text. That is its output form
// but for two types whose cast says something else.
func cast(a types.Arg) string {
	switch {
	case a.Type != nil && a.Type.OID == types.Bool:
		return "(CASE " + a.SQL + " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
	case a.Type != nil && a.Type.OID == text.Bpchar:
		return "rtrim(" + a.SQL + ", ' ')"
	}
	return outputs([]types.Arg{a})[0]
}

// outputs gives the expressions of the arguments' output forms.
func outputs(args []types.Arg) []string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a.SQL
		if a.Type != nil && a.Type.TextSQL != nil {
			list[i] = a.Type.TextSQL(a.SQL)
		}
	}
	return list
}

// joinTexts joins texts by the first, leaving out nulls. (SQLite's own concat_ws
// loses the separator after an empty text at the front.)
func joinTexts(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	var list []string
	for _, a := range args[1:] {
		if !a.IsNull() {
			list = append(list, a.Text())
		}
	}
	return sqlite.Text(strings.Join(list, args[0].Text())), nil
}
