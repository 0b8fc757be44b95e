package integer

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// series gives generate_series over integer and bigint.
func series() []*types.Function {
	i4, i8 := types.Int4, types.Int8
	return []*types.Function{
		entry.Set(1067, "generate_series", i4, entry.Args(i4, i4), generate),
		entry.Set(1066, "generate_series", i4, entry.Args(i4, i4, i4), generate),
		entry.Set(1069, "generate_series", i8, entry.Args(i8, i8), generate),
		entry.Set(1068, "generate_series", i8, entry.Args(i8, i8, i8), generate),
	}
}

// generate counts from the first argument to the second, by the third or 1. It
// ends before a sum that 64 bits cannot hold; one that 32 bits cannot hold is
// beyond the end of a series of integer.
func generate(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
	at, end, step := args[0].Int(), args[1].Int(), int64(1)
	if len(args) > 2 {
		step = args[2].Int()
	}
	if step == 0 {
		return nil, types.ErrStepZero()
	}
	over := false
	return types.Series(func() (sqlite.Value, bool, error) {
		if over || step > 0 && at > end || step < 0 && at < end {
			return sqlite.Null, false, nil
		}
		v := at
		at += step
		over = (at < v) != (step < 0)
		return sqlite.Int(v), true, nil
	}), nil
}
