package bytea

import (
	mathbits "math/bits"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// bits gives the functions on single bytes and bits; bits count from the lowest
// of the first byte.
func bits() []*types.Function {
	four, eight := types.Int4, types.Int8
	return []*types.Function{
		entry.Raises(721, "get_byte", four, entry.Args(Bytea, four), getByte),
		entry.Raises(722, "set_byte", Bytea, entry.Args(Bytea, four, four), setByte),
		entry.Raises(723, "get_bit", four, entry.Args(Bytea, eight), getBit),
		entry.Raises(724, "set_bit", Bytea, entry.Args(Bytea, eight, four), setBit),
		entry.Go(6163, "bit_count", eight, one, countBits),
	}
}

// check returns the error of an index that is not within n.
func check(index int64, n int) error {
	if index < 0 || index >= int64(n) {
		return fault.New("2202E", "index %d out of valid range, 0..%d", index, n-1)
	}
	return nil
}

func getByte(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, i := args[0].Blob(), args[1].Int()
	if err := check(i, len(b)); err != nil {
		return sqlite.Null, err
	}
	return sqlite.Int(int64(b[i])), nil
}

func setByte(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, i := args[0].Blob(), args[1].Int()
	if err := check(i, len(b)); err != nil {
		return sqlite.Null, err
	}
	b = slices.Clone(b)
	b[i] = byte(args[2].Int())
	return blob(b), nil
}

func getBit(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, i := args[0].Blob(), args[1].Int()
	if err := check(i, len(b)*8); err != nil {
		return sqlite.Null, err
	}
	return sqlite.Int(int64(b[i/8] >> (i % 8) & 1)), nil
}

func setBit(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, i, bit := args[0].Blob(), args[1].Int(), args[2].Int()
	if err := check(i, len(b)*8); err != nil {
		return sqlite.Null, err
	}
	if bit != 0 && bit != 1 {
		return sqlite.Null, fault.New(fault.InvalidParameter, "new bit must be 0 or 1")
	}
	b = slices.Clone(b)
	b[i/8] = b[i/8]&^(1<<(i%8)) | byte(bit)<<(i%8)
	return blob(b), nil
}

func countBits(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n := 0
	for _, c := range args[0].Blob() {
		n += mathbits.OnesCount8(c)
	}
	return sqlite.Int(int64(n)), nil
}
