// Package text is the family of character types. They are stored as UTF-8 and
// compared byte by byte, which is PostgreSQL's collation C.
//
// Source: PostgreSQL documentation, 9.4 "String Functions and Operators".
package text

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// Family returns the catalogue entries of the character types.
func Family() types.Family {
	type o = [2]uint32
	f := types.Family{Name: "text", Types: []*types.Type{textType(), varcharType(), bpcharType(), nameType(), charType()}}
	f.Functions, f.Operators = entry.Comparisons("", entry.Comparison{Left: types.Text, Right: types.Text,
		Names: [6]string{"texteq", "textne", "text_lt", "text_gt", "text_le", "text_ge"},
		EQ:    o{98, 67}, NE: o{531, 157}, LT: o{664, 740}, GT: o{666, 742}, LE: o{665, 741}, GE: o{667, 743}})
	for _, part := range []func() ([]*types.Function, []*types.Operator){concatenation, search, ordering} {
		fs, ops := part()
		f.Functions = append(f.Functions, fs...)
		f.Operators = append(f.Operators, ops...)
	}
	f.Functions = slices.Concat(f.Functions, casing(), lengths(), parts(), shape(), codes(), forms())
	for _, part := range []func() ([]*types.Function, []*types.Operator, []*types.Cast){nameEntries, bpcharEntries, charEntries} {
		fs, ops, casts := part()
		f.Functions = append(f.Functions, fs...)
		f.Operators = append(f.Operators, ops...)
		f.Casts = append(f.Casts, casts...)
	}
	fs, casts := varcharEntries()
	f.Functions = append(f.Functions, fs...)
	f.Casts = append(f.Casts, casts...)
	f.Aggregates = aggregates()
	return f
}

// text, text and so on: the argument lists used all over the family.
var (
	one = entry.Args(types.Text)
	two = entry.Args(types.Text, types.Text)
)

func textType() *types.Type {
	return &types.Type{
		OID: types.Text, Name: "text", SQLName: "text", Category: 'S', Preferred: true, Column: "TEXT",
		In: func(text string, _ int32) (sqlite.Value, error) {
			if err := Valid(text); err != nil {
				return sqlite.Null, err
			}
			return sqlite.Text(text), nil
		},
		Out:     func(dst []byte, v sqlite.Value) []byte { return append(dst, v.Text()...) },
		JSONSQL: JSONSQL,
		JSON:    func(dst []byte, v sqlite.Value) []byte { return document.AppendString(dst, v.Text()) },
	}
}

// JSONSQL writes the JSON string of a text expression. The concatenation takes
// off SQLite's JSON subtype, which would keep the string from being quoted
// again; nullif turns the JSON null of NULL back to NULL (a text 'null' has
// quotes by then).
func JSONSQL(sql string) string { return "nullif(json_quote(" + sql + ")||'', 'null')" }

func concatenation() ([]*types.Function, []*types.Operator) {
	cat := entry.Native(1258, "textcat", types.Text, two, "($1 || $2)")
	return []*types.Function{cat}, []*types.Operator{entry.Operator(654, "||", cat)}
}

func lengths() []*types.Function {
	length := entry.Native(1317, "length", types.Int4, one, "length($1)")
	return []*types.Function{
		length,
		entry.Alias(1257, "textlen", length),
		entry.Alias(1381, "char_length", length),
		entry.Alias(1369, "character_length", length),
		entry.Native(1374, "octet_length", types.Int4, one, "octet_length($1)"),
		entry.Native(1811, "bit_length", types.Int4, one, "(octet_length($1) * 8)"),
	}
}

func aggregates() []*types.Aggregate {
	return append(slices.Concat(entry.MinMax(types.Text, "", 2145, 2129), entry.MinMax(Bpchar, bpcharCollation, 2245, 2244)),
		stringAggregate())
}
