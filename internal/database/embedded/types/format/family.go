// Package format is the family of functions that compose text from values of any
// type, in their output form: concat, format, the quoting of SQL, and || of a text
// and something else. Those that count nulls among any values are here too.
//
// Source: PostgreSQL documentation, 9.4 "String Functions and Operators".
package format

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Family returns the catalogue entries of composing.
func Family() types.Family {
	fs, ops := concatenation()
	return types.Family{Name: "format", Functions: slices.Concat(fs, quoting(), formatting(), counts(), []*types.Function{identifiers()}), Operators: ops}
}
