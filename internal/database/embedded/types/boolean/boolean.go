// Package boolean is the family of bool, stored as the SQLite integers 0 and 1.
//
// Source: PostgreSQL documentation, 8.6 "Boolean Type".
package boolean

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

const varchar, bpchar types.OID = 1043, 1042

// Family returns the catalogue entries of bool.
func Family() types.Family {
	type o = [2]uint32
	fs, ops := entry.Comparisons("", entry.Comparison{Left: types.Bool, Right: types.Bool,
		Names: entry.CompareNames("bool"),
		EQ:    o{91, 60}, NE: o{85, 84}, LT: o{58, 56}, GT: o{59, 57}, LE: o{1694, 1691}, GE: o{1695, 1692}})
	converting, casts := conversions()
	return types.Family{
		Name:       "boolean",
		Types:      []*types.Type{boolType()},
		Functions:  slices.Concat(fs, converting, functions()),
		Operators:  ops,
		Casts:      casts,
		Aggregates: aggregates(),
	}
}

func boolType() *types.Type {
	return &types.Type{
		OID: types.Bool, Name: "bool", SQLName: "boolean", Category: 'B', Preferred: true, Column: "INTEGER",
		In: in,
		Out: func(dst []byte, v sqlite.Value) []byte {
			if v.Int() != 0 {
				return append(dst, 't')
			}
			return append(dst, 'f')
		},
		TextSQL: entry.Wrap("(CASE $1 WHEN 1 THEN 't' WHEN 0 THEN 'f' END)"),
		JSONSQL: entry.Wrap("(CASE $1 WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"),
		JSON:    func(dst []byte, v sqlite.Value) []byte { return strconv.AppendBool(dst, v.Int() != 0) },
	}
}

// in accepts true, false, yes, no, on, off and their unambiguous beginnings in
// any case, and 1 and 0.
func in(text string, _ int32) (sqlite.Value, error) {
	s := strings.ToLower(strings.Trim(text, " \t\n\v\f\r"))
	if s != "" {
		for _, word := range []string{"true", "yes", "on", "1"} {
			if begins(word, s) {
				return sqlite.Int(1), nil
			}
		}
		for _, word := range []string{"false", "no", "off", "0"} {
			if begins(word, s) {
				return sqlite.Int(0), nil
			}
		}
	}
	return sqlite.Null, fault.New(fault.InvalidText, `invalid input syntax for type boolean: "%s"`, text)
}

// begins tells whether s is a beginning of word that no other word shares.
func begins(word, s string) bool { return strings.HasPrefix(word, s) && s != "o" }

// conversions gives bool to and from int4, and to text as 'true' and 'false'
// (which is not the output form).
func conversions() (fs []*types.Function, casts []*types.Cast) {
	toInt := entry.Native(2558, "int4", types.Int4, entry.Args(types.Bool), "$1")
	fromInt := entry.Native(2557, "bool", types.Bool, entry.Args(types.Int4), "($1 <> 0)")
	toText := entry.Native(2971, "text", types.Text, entry.Args(types.Bool),
		"(CASE $1 WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)")
	return []*types.Function{toInt, fromInt, toText}, []*types.Cast{
		{Source: types.Bool, Target: types.Int4, Context: types.Explicit, Function: toInt},
		{Source: types.Int4, Target: types.Bool, Context: types.Explicit, Function: fromInt},
		{Source: types.Bool, Target: types.Text, Context: types.Assignment, Function: toText},
		{Source: types.Bool, Target: varchar, Context: types.Assignment, Function: toText},
		{Source: types.Bool, Target: bpchar, Context: types.Assignment, Function: toText},
	}
}

// functions gives those behind aggregates and indexes.
func functions() []*types.Function {
	two := entry.Args(types.Bool, types.Bool)
	return []*types.Function{
		entry.Native(2515, "booland_statefunc", types.Bool, two, "min($1, $2)"),
		entry.Native(2516, "boolor_statefunc", types.Bool, two, "max($1, $2)"),
		entry.Native(1693, "btboolcmp", types.Int4, two, "($1 - $2)"),
	}
}

func aggregates() []*types.Aggregate {
	args := entry.Args(types.Bool)
	return []*types.Aggregate{
		entry.Aggregate(2517, "bool_and", types.Bool, args, "min($D$1)"),
		entry.Aggregate(2518, "bool_or", types.Bool, args, "max($D$1)"),
		entry.Aggregate(2519, "every", types.Bool, args, "min($D$1)"),
	}
}
