package text

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// Bpchar is character(n). It is stored with its padding, as it is written, and
// compared under SQLite's collation RTRIM, which leaves out spaces at the end
// as PostgreSQL does.
const Bpchar types.OID = 1042

const bpcharCollation = "RTRIM"

func bpcharType() *types.Type {
	t := textType()
	t.OID, t.Name, t.SQLName, t.Preferred = Bpchar, "bpchar", "character", false
	t.Collation = bpcharCollation
	t.ModIn, t.ModOut = modIn("char"), modOut
	t.In = func(text string, mod int32) (sqlite.Value, error) {
		if err := Valid(text); err != nil {
			return sqlite.Null, err
		}
		return padded(text, mod, false)
	}
	return t
}

// padded brings a text to exactly the length of a modifier.
func padded(s string, mod int32, explicit bool) (sqlite.Value, error) {
	s, err := fit(s, mod, explicit, "character")
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(s + strings.Repeat(" ", max(int(mod)-header-utf8.RuneCountInString(s), 0))), nil
}

// trimmed is the value as a text: without the padding.
func trimmed(s string) string { return strings.TrimRight(s, " ") }

func bpcharEntries() (fs []*types.Function, ops []*types.Operator, casts []*types.Cast) {
	type o = [2]uint32
	fs, ops = entry.Comparisons(bpcharCollation, entry.Comparison{Left: Bpchar, Right: Bpchar,
		Names: entry.CompareNames("bpchar"),
		EQ:    o{1054, 1048}, NE: o{1057, 1053}, LT: o{1058, 1049}, GT: o{1060, 1051}, LE: o{1059, 1050}, GE: o{1061, 1052}})
	more, casts := bpcharCasts()
	patterns, patternOps := bpcharPatterns()
	return slices.Concat(fs, more, bpcharLengths(), patterns), append(ops, patternOps...), casts
}

// bpcharPatterns gives the comparisons byte by byte, which leave out the padding
// too, and those behind min and max. Of equal values SQLite's max gives the first,
// its min the last.
func bpcharPatterns() (fs []*types.Function, ops []*types.Operator) {
	two := entry.Args(Bpchar, Bpchar)
	for _, o := range []struct {
		op, fn             uint32
		sign, name, native string
	}{
		{2326, 2174, "~<~", "bpchar_pattern_lt", "<"}, {2327, 2175, "~<=~", "bpchar_pattern_le", "<="},
		{2329, 2177, "~>=~", "bpchar_pattern_ge", ">="}, {2330, 2178, "~>~", "bpchar_pattern_gt", ">"},
	} {
		f := entry.Native(o.fn, o.name, types.Bool, two, "($1 COLLATE "+bpcharCollation+" "+o.native+" $2)")
		fs, ops = append(fs, f), append(ops, entry.Operator(o.op, o.sign, f))
	}
	return append(fs,
		entry.Native(1063, "bpchar_larger", Bpchar, two, "max($1 COLLATE "+bpcharCollation+", $2)"),
		entry.Native(1064, "bpchar_smaller", Bpchar, two, "min($2 COLLATE "+bpcharCollation+", $1)"),
	), ops
}

func bpcharLengths() []*types.Function {
	arg := entry.Args(Bpchar)
	length := entry.Native(1318, "length", types.Int4, arg, "length(rtrim($1, ' '))")
	return []*types.Function{
		length, entry.Alias(1367, "character_length", length), entry.Alias(1372, "char_length", length),
		entry.Native(1375, "octet_length", types.Int4, arg, "octet_length($1)"),
	}
}

func bpcharCasts() ([]*types.Function, []*types.Cast) {
	toText := entry.Native(401, "text", types.Text, entry.Args(Bpchar), "rtrim($1, ' ')")
	resize := entry.Raises(668, "bpchar", Bpchar, entry.Args(Bpchar, types.Int4, types.Bool),
		func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			return padded(args[0].Text(), int32(args[1].Int()), args[2].Int() != 0)
		})
	return []*types.Function{toText, resize}, []*types.Cast{
		{Source: Bpchar, Target: Bpchar, Context: types.Implicit, Function: resize},
		{Source: Bpchar, Target: types.Text, Context: types.Implicit, Function: toText},
		{Source: Bpchar, Target: Varchar, Context: types.Implicit, Function: toText},
		{Source: types.Text, Target: Bpchar, Context: types.Implicit},
		{Source: Varchar, Target: Bpchar, Context: types.Implicit},
	}
}
