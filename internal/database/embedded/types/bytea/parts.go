package bytea

import (
	"bytes"
	"math"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// parts gives the functions that cut, search and trim.
func parts() []*types.Function {
	number := types.Int4
	from, fromFor := entry.Args(Bytea, number), entry.Args(Bytea, number, number)
	substr := entry.Go(2086, "substr", Bytea, from, substring)
	substrFor := entry.Raises(2085, "substr", Bytea, fromFor, substring)
	return []*types.Function{
		substr, entry.Alias(2013, "substring", substr),
		substrFor, entry.Alias(2012, "substring", substrFor),
		entry.Raises(752, "overlay", Bytea, entry.Args(Bytea, Bytea, number), overlay),
		entry.Raises(749, "overlay", Bytea, entry.Args(Bytea, Bytea, number, number), overlay),
		entry.Go(2014, "position", number, two, position),
		entry.Go(2015, "btrim", Bytea, two, perPair(func(b, set []byte) []byte { return trimRight(trimLeft(b, set), set) })),
		entry.Go(6195, "ltrim", Bytea, two, perPair(trimLeft)),
		entry.Go(6196, "rtrim", Bytea, two, perPair(trimRight)),
	}
}

// slice returns the bytes from start (from 1, may lie before) up to but without
// end.
func slice(b []byte, start, end int) []byte {
	start = min(max(start, 1)-1, len(b))
	return b[start:max(min(end-1, len(b)), start)]
}

func errNegativeLength() error {
	return fault.New("22011", "negative substring length not allowed")
}

func substring(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	start, end := int(args[1].Int()), math.MaxInt
	if len(args) == 3 {
		length := int(args[2].Int())
		if length < 0 {
			return sqlite.Null, errNegativeLength()
		}
		end = start + length
	}
	return blob(slice(args[0].Blob(), start, end)), nil
}

func overlay(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	b, with, start := args[0].Blob(), args[1].Blob(), int(args[2].Int())
	count := len(with)
	if len(args) == 4 {
		count = int(args[3].Int())
	}
	if start <= 0 {
		return sqlite.Null, errNegativeLength()
	}
	rest := start + count
	if rest > math.MaxInt32 || rest < math.MinInt32 {
		return sqlite.Null, fault.New(fault.NumericOutOfRange, "integer out of range")
	}
	return blob(slices.Concat(slice(b, 1, start), with, slice(b, rest, math.MaxInt))), nil
}

func position(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Int(int64(bytes.Index(args[0].Blob(), args[1].Blob()) + 1)), nil
}

func trimLeft(b, set []byte) []byte {
	for len(b) > 0 && bytes.IndexByte(set, b[0]) >= 0 {
		b = b[1:]
	}
	return b
}

func trimRight(b, set []byte) []byte {
	for len(b) > 0 && bytes.IndexByte(set, b[len(b)-1]) >= 0 {
		b = b[:len(b)-1]
	}
	return b
}
