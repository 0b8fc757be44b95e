package integer

import (
	"math"
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// named gives the functions that are no operator.
func named() []*types.Function {
	four, eight := entry.Args(Int4, Int4), entry.Args(Int8, Int8)
	fs := []*types.Function{
		entry.Raises(5044, "gcd", Int4, four, divisor(normal)),
		entry.Raises(5045, "gcd", Int8, eight, divisor(big)),
		entry.Raises(5046, "lcm", Int4, four, multiple(normal)),
		entry.Raises(5047, "lcm", Int8, eight, multiple(big)),
		entry.Go(2089, "to_hex", types.Text, entry.Args(Int4), hex(math.MaxUint32)),
		entry.Go(2090, "to_hex", types.Text, entry.Args(Int8), hex(math.MaxUint64)),
	}
	for _, l := range []struct {
		w               width
		larger, smaller uint32
	}{{small, 770, 771}, {normal, 768, 769}, {big, 1236, 1237}} {
		args := entry.Args(l.w.oid, l.w.oid)
		fs = append(fs, entry.Native(l.larger, l.w.name+"larger", l.w.oid, args, "max($1, $2)"),
			entry.Native(l.smaller, l.w.name+"smaller", l.w.oid, args, "min($1, $2)"))
	}
	for _, c := range []struct {
		oid         uint32
		name        string
		left, right types.OID
	}{
		{351, "btint4cmp", Int4, Int4}, {842, "btint8cmp", Int8, Int8},
		{2188, "btint48cmp", Int4, Int8}, {2189, "btint84cmp", Int8, Int4}, {2190, "btint24cmp", Int2, Int4},
		{2191, "btint42cmp", Int4, Int2}, {2192, "btint28cmp", Int2, Int8}, {2193, "btint82cmp", Int8, Int2},
	} {
		fs = append(fs, entry.Go(c.oid, c.name, Int4, entry.Args(c.left, c.right), compare))
	}
	// This one gives the difference, not its sign.
	return append(fs, entry.Native(350, "btint2cmp", Int4, entry.Args(Int2, Int2), "($1 - $2)"))
}

func compare(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	a, b := args[0].Int(), args[1].Int()
	switch {
	case a < b:
		return sqlite.Int(-1), nil
	case a > b:
		return sqlite.Int(1), nil
	}
	return sqlite.Int(0), nil
}

// magnitude is |v|, also of the smallest integer.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// gcd is the greatest common divisor by Euclid.
func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func divisor(w width) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		g := gcd(magnitude(args[0].Int()), magnitude(args[1].Int()))
		return w.check(int64(g), g <= math.MaxInt64)
	}
}

// multiple is the least common multiple; 0 when either is 0.
func multiple(w width) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		a, b := magnitude(args[0].Int()), magnitude(args[1].Int())
		if a == 0 || b == 0 {
			return sqlite.Int(0), nil
		}
		a /= gcd(a, b)
		m := a * b
		return w.check(int64(m), m/b == a && m <= math.MaxInt64)
	}
}

// hex writes the two's complement under a mask.
func hex(mask uint64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(strconv.FormatUint(uint64(args[0].Int())&mask, 16)), nil
	}
}
