// Package integer is the family of int2, int4 and int8. They are stored as
// SQLite integers.
//
// Comparisons and operations that cannot fail are native. Other arithmetic is in
// Go, because SQLite goes over to floats on overflow and answers NULL to a
// division by zero. A native guard (iif(v + 1 BETWEEN … AND …, v + 1, …)) saves
// little and doubles its operand: over stored integers a row takes 38 ns without
// arithmetic, 45 with SQLite's own sum, 57 with a guarded one, 70 with the call
// (BenchmarkArithmetic of package typestest).
//
// Source: PostgreSQL documentation, 9.3 "Mathematical Functions and Operators".
package integer

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// The types of the family.
const (
	Int2 types.OID = 21
	Int4           = types.Int4
	Int8           = types.Int8
)

// Family returns the catalogue entries of the integers.
func Family() types.Family {
	f := types.Family{Name: "integer", Types: []*types.Type{
		newType(small), newType(normal), newType(big),
	}}
	for _, part := range []func() ([]*types.Function, []*types.Operator){
		comparisons, arithmetic, unary, bitwise,
	} {
		fs, ops := part()
		f.Functions = append(f.Functions, fs...)
		f.Operators = append(f.Operators, ops...)
	}
	fs, casts := conversions()
	f.Functions = slices.Concat(f.Functions, fs, named(), series())
	f.Casts = casts
	f.Aggregates = aggregates()
	return f
}
