package text

import (
	"strings"
	"unicode"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

func casing() []*types.Function {
	return []*types.Function{
		entry.Go(870, "lower", types.Text, one, PerText(Lower)),
		entry.Go(871, "upper", types.Text, one, PerText(Upper)),
		entry.Go(872, "initcap", types.Text, one, PerText(initcap)),
	}
}

// PerText lifts a function over strings.
func PerText(f func(string) string) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(f(args[0].Text())), nil
	}
}

// Lower and Upper map character by character, as the C library does under
// PostgreSQL: 'ß' has no upper case. Both agree on every code point (Unicode
// 15; a test asks for them all).
func Lower(s string) string { return strings.Map(unicode.ToLower, s) }

// Upper is the counterpart of Lower.
func Upper(s string) string { return strings.Map(unicode.ToUpper, s) }

// initcap makes the first character of each word a capital and the others
// small; a word is a run of letters and digits.
func initcap(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		defer func() { inWord = Alphanumeric(r) }()
		if inWord {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// Alphanumeric is iswalnum of the C library that PostgreSQL 15 is tested with
// (glibc 2.36, Unicode 14): what became a letter with Unicode 15 is none.
func Alphanumeric(r rune) bool {
	switch r {
	case 0x0c04, 0x0f82, 0x0f83, 0x11080, 0x11081:
		return false
	}
	return unicode.In(r, unicode.L, unicode.Nd, unicode.Nl, unicode.Other_Alphabetic) &&
		!Newer(r)
}
