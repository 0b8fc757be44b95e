package integer

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// bitwise gives & | # ~ << >>. SQLite's shifts differ (a negative count turns
// them round, a large one empties the value) and it has no exclusive or.
func bitwise() (fs []*types.Function, ops []*types.Operator) {
	for i, w := range []width{small, normal, big} {
		fn, op := uint32(1892+6*i), uint32(1874+6*i)
		two, one := entry.Args(w.oid, w.oid), entry.Args(w.oid)
		shift := entry.Args(w.oid, Int4)
		for k, f := range []struct {
			sign string
			f    *types.Function
		}{
			{"&", entry.Native(fn, w.name+"and", w.oid, two, "($1 & $2)")},
			{"|", entry.Native(fn+1, w.name+"or", w.oid, two, "($1 | $2)")},
			{"#", entry.Go(fn+2, w.name+"xor", w.oid, two, xor)},
			{"~", entry.Native(fn+3, w.name+"not", w.oid, one, "(~$1)")},
			{"<<", entry.Go(fn+4, w.name+"shl", w.oid, shift, w.shiftLeft)},
			{">>", entry.Go(fn+5, w.name+"shr", w.oid, shift, w.shiftRight)},
		} {
			fs, ops = append(fs, f.f), append(ops, entry.Operator(op+uint32(k), f.sign, f.f))
		}
	}
	return fs, ops
}

func xor(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Int(args[0].Int() ^ args[1].Int()), nil
}

// shiftLeft masks the count as the processor does under PostgreSQL: int2 is
// shifted as int4.
func (w width) shiftLeft(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	v := args[0].Int() << w.count(args[1].Int())
	return sqlite.Int(w.truncate(v)), nil
}

func (w width) shiftRight(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Int(args[0].Int() >> w.count(args[1].Int())), nil
}

func (w width) count(n int64) uint { return uint(n) & (max(w.bits, 32) - 1) }

func (w width) truncate(v int64) int64 {
	switch w.bits {
	case 16:
		return int64(int16(v))
	case 32:
		return int64(int32(v))
	}
	return v
}
