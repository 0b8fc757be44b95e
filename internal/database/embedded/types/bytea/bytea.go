// Package bytea is the family of byte strings, stored as SQLite BLOBs and
// compared byte by byte.
//
// Source: PostgreSQL documentation, 8.4 "Binary Data Types" and 9.5 "Binary
// String Functions and Operators".
package bytea

import (
	"encoding/hex"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// Bytea is the type of the family.
const Bytea types.OID = 17

var (
	one = entry.Args(Bytea)
	two = entry.Args(Bytea, Bytea)
)

// Family returns the catalogue entries of bytea.
func Family() types.Family {
	type o = [2]uint32
	fs, ops := entry.Comparisons("", entry.Comparison{Left: Bytea, Right: Bytea, Names: entry.CompareNames("bytea"),
		EQ: o{1955, 1948}, NE: o{1956, 1953}, LT: o{1957, 1949}, GT: o{1959, 1951}, LE: o{1958, 1950}, GE: o{1960, 1952}})
	cat := entry.Go(2011, "byteacat", Bytea, two, perPair(func(a, b []byte) []byte { return slices.Concat(a, b) }))
	return types.Family{
		Name:       "bytea",
		Types:      []*types.Type{byteaType()},
		Functions:  slices.Concat(fs, []*types.Function{cat}, lengths(), parts(), bits(), digests(), encodings(), conversions()),
		Operators:  append(ops, entry.Operator(2018, "||", cat)),
		Aggregates: []*types.Aggregate{aggregate()},
	}
}

func byteaType() *types.Type {
	return &types.Type{
		OID: Bytea, Name: "bytea", SQLName: "bytea", Category: 'U', Column: "BLOB",
		In: func(text string, _ int32) (sqlite.Value, error) {
			b, err := parse(text)
			return blob(b), err
		},
		Out: func(dst []byte, v sqlite.Value) []byte {
			return hex.AppendEncode(append(dst, `\x`...), v.Blob())
		},
		JSON: func(dst []byte, v sqlite.Value) []byte {
			return append(hex.AppendEncode(append(dst, `"\\x`...), v.Blob()), '"')
		},
		TextSQL: entry.Wrap(`(CASE WHEN $1 IS NOT NULL THEN '\x' || lower(hex($1)) END)`),
		JSONSQL: entry.Wrap(`(CASE WHEN $1 IS NOT NULL THEN '"\\x' || lower(hex($1)) || '"' END)`),
	}
}

// blob returns a value of bytes; SQLite takes no bytes at all for NULL.
func blob(b []byte) sqlite.Value {
	if b == nil {
		b = []byte{}
	}
	return sqlite.Blob(b)
}

// perPair lifts a function over two byte strings.
func perPair(f func(a, b []byte) []byte) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return blob(f(args[0].Blob(), args[1].Blob())), nil
	}
}

func lengths() []*types.Function {
	length := entry.Native(2010, "length", types.Int4, one, "length($1)")
	return []*types.Function{
		length, entry.Alias(720, "octet_length", length),
		entry.Native(1810, "bit_length", types.Int4, one, "(length($1) * 8)"),
	}
}

func aggregate() *types.Aggregate {
	return &types.Aggregate{OID: 3545, Name: "string_agg", Args: two, Result: Bytea,
		New: func(*sqlite.Conn) sqlite.Accumulator { return &joined{} }}
}

// joined puts byte strings together, each but the first behind its delimiter.
type joined struct {
	bytes []byte
	seen  bool
}

// Step implements sqlite.Accumulator.
func (j *joined) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	if j.seen {
		j.bytes = append(j.bytes, args[1].Blob()...)
	}
	j.bytes, j.seen = append(j.bytes, args[0].Blob()...), true
	return nil
}

// Final implements sqlite.Accumulator.
func (j *joined) Final() (sqlite.Value, error) {
	if !j.seen {
		return sqlite.Null, nil
	}
	return blob(j.bytes), nil
}
