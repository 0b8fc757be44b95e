package text

import (
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// Char is "char", one byte: the type of columns of PostgreSQL's own catalogue. It
// is stored as a text of at most one character; bytes beyond ASCII are refused.
const Char types.OID = 18

func charType() *types.Type {
	t := textType()
	t.OID, t.Name, t.SQLName, t.Category, t.Preferred = Char, "char", `"char"`, 'Z', false
	t.In = func(text string, _ int32) (sqlite.Value, error) {
		if err := Valid(text); err != nil {
			return sqlite.Null, err
		}
		return charOf(text)
	}
	return t
}

// charOf takes the first byte of a text.
func charOf(s string) (sqlite.Value, error) {
	if s == "" {
		return sqlite.Text(""), nil
	}
	return charOfByte(s[0])
}

func charOfByte(b byte) (sqlite.Value, error) {
	switch {
	case b == 0:
		return sqlite.Text(""), nil
	case b >= utf8.RuneSelf:
		return sqlite.Null, entry.Unsupported(`a value of type "char" beyond ASCII`)
	}
	return sqlite.Text(string(rune(b))), nil
}

func charEntries() (fs []*types.Function, ops []*types.Operator, casts []*types.Cast) {
	type o = [2]uint32
	fs, ops = entry.Comparisons("", entry.Comparison{Left: Char, Right: Char, Names: entry.CompareNames("char"),
		EQ: o{92, 61}, NE: o{630, 70}, LT: o{631, 1246}, GT: o{633, 73}, LE: o{632, 72}, GE: o{634, 74}})
	arg := entry.Args(Char)
	toInt := entry.Native(77, "int4", types.Int4, arg, "coalesce(unicode($1), iif($1 IS NULL, NULL, 0))")
	fromInt := entry.Raises(78, "char", Char, entry.Args(types.Int4), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		n := args[0].Int()
		if int64(int8(n)) != n {
			return sqlite.Null, fault.New(fault.NumericOutOfRange, `"char" out of range`)
		}
		return charOfByte(byte(n))
	})
	toText := entry.Native(946, "text", types.Text, arg, "$1")
	fromText := entry.Raises(944, "char", Char, one, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return charOf(args[0].Text())
	})
	toBpchar := entry.Native(860, "bpchar", Bpchar, arg, "$1")
	return append(fs, toInt, fromInt, toText, fromText, toBpchar), ops, []*types.Cast{
		{Source: Char, Target: types.Int4, Context: types.Explicit, Function: toInt},
		{Source: types.Int4, Target: Char, Context: types.Explicit, Function: fromInt},
		{Source: Char, Target: types.Text, Context: types.Implicit, Function: toText},
		{Source: Char, Target: Varchar, Context: types.Assignment, Function: toText},
		{Source: Char, Target: Bpchar, Context: types.Assignment, Function: toBpchar},
		{Source: types.Text, Target: Char, Context: types.Assignment, Function: fromText},
		{Source: Varchar, Target: Char, Context: types.Assignment, Function: fromText},
		{Source: Bpchar, Target: Char, Context: types.Assignment, Function: fromText},
	}
}
