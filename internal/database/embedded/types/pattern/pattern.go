// Package pattern is the family of pattern matching: LIKE and POSIX regular
// expressions over the character types.
//
// Source: PostgreSQL documentation, 9.7 "Pattern Matching".
package pattern

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

var (
	one = entry.Args(types.Text)
	two = entry.Args(types.Text, types.Text)
)

// Family returns the catalogue entries of pattern matching.
func Family() types.Family {
	fs, ops := likes()
	regular, regularOps := regulars()
	return types.Family{Name: "pattern", Functions: slices.Concat(fs, regular, similars()), Operators: slices.Concat(ops, regularOps)}
}
