// Package json is the family of json and jsonb. json is stored as it was
// written, jsonb in PostgreSQL's output form, under a collation that orders it
// as its btree operator class does.
//
// JSON is made as text from the static types of what goes in, never by SQLite's
// JSON functions: those lose their subtype on the way, and with it booleans and
// nested values.
//
// Source: PostgreSQL documentation, 8.14 "JSON Types" and 9.16 "JSON Functions
// and Operators".
package json

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

type o = [2]uint32

// collation is the name of jsonb's order.
const collation = "jsonb"

// Family returns the catalogue entries of json and jsonb.
func Family() types.Family {
	f := types.Family{
		Name:       "json",
		Types:      []*types.Type{jsonType(), jsonbType(), pathType()},
		Aggregates: aggregates(),
		Collations: []sqlite.Collation{{Name: collation, Compare: document.Compare}},
	}
	comparing, compareOps := entry.Comparisons(collation, entry.Comparison{Left: types.JSONB, Right: types.JSONB,
		Names: entry.CompareNames("jsonb_"),
		EQ:    o{3240, 4043}, NE: o{3241, 4038}, LT: o{3242, 4039}, GT: o{3243, 4040}, LE: o{3244, 4041}, GE: o{3245, 4042}})
	accessing, accessOps := access()
	changing, changeOps := changes()
	converting, casts := conversions()
	searching, searchOps := paths()
	keying, keyOps := keyed()
	f.Functions = slices.Concat(comparing, accessing, changing, converting, building(), searching, keying, pathSets(), helpers())
	f.Operators = slices.Concat(compareOps, accessOps, changeOps, searchOps, keyOps)
	f.Casts = casts
	return f
}

func jsonType() *types.Type {
	return &types.Type{
		OID: types.JSON, Name: "json", SQLName: "json", Category: 'U', Column: "TEXT", Unordered: true,
		In: func(text string, _ int32) (sqlite.Value, error) {
			if err := document.Validate(text); err != nil {
				return sqlite.Null, err
			}
			return sqlite.Text(text), nil
		},
		Out:     out,
		JSONSQL: entry.Wrap("$1"),
		JSON:    out,
	}
}

func jsonbType() *types.Type {
	return &types.Type{
		OID: types.JSONB, Name: "jsonb", SQLName: "jsonb", Category: 'U', Column: "TEXT", Collation: collation,
		In: func(text string, _ int32) (sqlite.Value, error) {
			return textOrError(document.Canonical(text))
		},
		Out:     out,
		JSONSQL: entry.Wrap("$1"),
		JSON:    out,
	}
}

func out(dst []byte, v sqlite.Value) []byte { return append(dst, v.Text()...) }

func textOrError(s string, err error) (sqlite.Value, error) {
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(s), nil
}
