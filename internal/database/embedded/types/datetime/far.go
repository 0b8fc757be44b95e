package datetime

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/datetime/civil"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// Within the years 1 to 9999 the storage forms of date, timestamp and
// timestamptz are cut and joined by SQLite itself; Go does it for the others and
// the infinities. A column may stand twice in an expression, to tell which it
// is; anything else goes to Go as it is.

// schemaName holds the functions that expressions of this family call and that
// PostgreSQL does not have.
const schemaName = "galley"

// textHelper and jsonHelper name the functions that write any storage form of a
// type.
func textHelper(t types.OID) *types.Function { return helper("time_text", t, types.Text) }
func jsonHelper(t types.OID) *types.Function { return helper("time_json", t, types.Text) }

func helper(name string, arg, result types.OID) *types.Function {
	return &types.Function{Schema: schemaName, Name: name, Args: entry.Args(arg), Result: result,
		Strict: true, Volatility: types.Immutable}
}

func helpers() (fs []*types.Function) {
	for _, t := range []types.OID{Date, Timestamp, types.Timestamptz} {
		text, json := textHelper(t), jsonHelper(t)
		text.Call = call(func(a values) (sqlite.Value, error) {
			return sqlite.Text(string(civil.AppendText(nil, a[0].Text()))), nil
		})
		json.Call = call(func(a values) (sqlite.Value, error) {
			return sqlite.Text(string(civil.AppendJSON(nil, a[0].Text()))), nil
		})
		fs = append(fs, text, json)
	}
	return fs
}

// quick makes SQLite compute a function of one argument by a template for the
// years 1 to 9999.
func quick(f *types.Function, template string) *types.Function {
	native := entry.SQL(template)
	f.SQL = func(args []types.Arg) string { return either(args, native, f) }
	return f
}

func wrapped(native func([]types.Arg) string, f *types.Function) func(string) string {
	return func(sql string) string { return either([]types.Arg{{SQL: sql}}, native, f) }
}

// either writes the choice between a native expression and the call of a
// function. What is no digit sorts before 0 or from : on.
func either(args []types.Arg, native func([]types.Arg) string, f *types.Function) string {
	if !repeatable(args[0].SQL) {
		return f.CallSQL(args)
	}
	return "(CASE WHEN " + args[0].SQL + " BETWEEN '0' AND ':' THEN " + native(args) + " ELSE " + f.CallSQL(args) + " END)"
}

// repeatable tells whether an expression is a column or a parameter.
func repeatable(sql string) bool {
	return strings.IndexFunc(sql, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(`_.?"`, r)
	}) < 0
}
