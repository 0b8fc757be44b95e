package integer

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// aggregates gives count, min, max, the sums that are bigint, and those over
// bits. sum(bigint) and avg are numeric and live with that type.
func aggregates() []*types.Aggregate {
	count := entry.Aggregate(2147, "count", Int8, entry.Args(types.Any), "")
	count.SQL = countSQL
	all := []*types.Aggregate{
		count,
		{OID: 2803, Name: "count", Result: Int8, Star: true,
			SQL: func([]types.Arg, string) string { return "count(*)" }},
		entry.Aggregate(2109, "sum", Int8, entry.Args(Int2), "sum($D$1)"),
		entry.Aggregate(2108, "sum", Int8, entry.Args(Int4), "sum($D$1)"),
	}
	for i, w := range []width{small, normal, big} {
		n := uint32(i)
		all = append(all,
			entry.Accumulate(2236+2*n, "bit_and", w.oid, w.oid, fold(func(a, b int64) int64 { return a & b })),
			entry.Accumulate(2237+2*n, "bit_or", w.oid, w.oid, fold(func(a, b int64) int64 { return a | b })),
			entry.Accumulate(6164+n, "bit_xor", w.oid, w.oid, fold(func(a, b int64) int64 { return a ^ b })))
	}
	return slices.Concat(all, entry.MinMax(Int2, "", 2133, 2117),
		entry.MinMax(Int4, "", 2132, 2116), entry.MinMax(Int8, "", 2131, 2115))
}

// countSQL counts values of any type; distinct ones are told apart under the
// collation of the type.
func countSQL(args []types.Arg, distinct string) string {
	value := args[0].SQL
	if args[0].Type == nil { // a whole row
		value = "1"
		if args[0].Present != "" {
			value = "iif(" + args[0].Present + ", 1, NULL)"
		}
		if distinct != "" {
			return distinctRowsSQL(args[0])
		}
	}
	if distinct != "" && args[0].Type != nil && args[0].Type.Collation != "" {
		value += " COLLATE " + args[0].Type.Collation
	}
	return "count(" + distinct + value + args[0].Order + ")"
}

// distinctRowsSQL counts different rows by the aggregate that gets them in order.
func distinctRowsSQL(row types.Arg) string {
	if len(row.Fields) == 0 || row.Order != "" || row.Present != "" {
		return ""
	}
	args, keys := make([]types.Arg, len(row.Fields)), make([]string, len(row.Fields))
	for i, f := range row.Fields {
		args[i] = types.Arg{SQL: f.SQL, Type: f.Type}
		keys[i] = f.SQL
		if f.Type.Collation != "" {
			keys[i] += " COLLATE " + f.Type.Collation
		}
	}
	return types.CountRowsSQL(args, keys)
}

// folder combines the values that are not null; of none it makes NULL.
type folder struct {
	combine func(a, b int64) int64
	value   int64
	seen    bool
}

func fold(combine func(a, b int64) int64) func(*sqlite.Conn) sqlite.Accumulator {
	return func(*sqlite.Conn) sqlite.Accumulator { return &folder{combine: combine} }
}

// Step implements sqlite.Accumulator.
func (f *folder) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	v := args[0].Int()
	if f.seen {
		v = f.combine(f.value, v)
	}
	f.value, f.seen = v, true
	return nil
}

// Running implements sqlite.Running: Final leaves everything for further rows.
func (*folder) Running() {}

// Final implements sqlite.Accumulator.
func (f *folder) Final() (sqlite.Value, error) {
	if !f.seen {
		return sqlite.Null, nil
	}
	return sqlite.Int(f.value), nil
}
