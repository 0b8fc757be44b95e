// Package tochar is the family of the formatting functions: to_char over
// timestamps, intervals and numbers, to_timestamp, to_date and to_number. The
// patterns are those of packages datepattern and numberpattern.
//
// Source: PostgreSQL documentation, 9.8 "Data Type Formatting Functions".
package tochar

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

const (
	date        types.OID = 1082
	timestamp   types.OID = 1114
	interval    types.OID = 1186
	float4      types.OID = 700
	float8      types.OID = 701
	timestamptz           = types.Timestamptz
)

// Family returns the catalogue entries. numericIn reads the text form of a
// numeric with a type modifier, which to_number makes of its pattern.
func Family(numericIn func(text string, mod int32) (sqlite.Value, error)) types.Family {
	return types.Family{Name: "tochar", Functions: slices.Concat(times(), numbers(numericIn))}
}

// of makes a function of a value and its pattern. PostgreSQL thinks that each
// depends on the session's language and time zone.
func of(oid uint32, name string, result, value types.OID, f func(value sqlite.Value, pattern string) (sqlite.Value, error)) *types.Function {
	fn := entry.Raises(oid, name, result, entry.Args(value, types.Text), func(_ *sqlite.Conn, a []sqlite.Value) (sqlite.Value, error) {
		return f(a[0], a[1].Text())
	})
	fn.Volatility = types.Stable
	return fn
}
