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
// (glibc 2.36, Unicode 14): the letters of Unicode 15 are not among it.
func Alphanumeric(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nd, unicode.Nl, unicode.Other_Alphabetic) &&
		!unicode.Is(newerLetters, r)
}

var newerLetters = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0c04, Hi: 0x0c04, Stride: 1}, {Lo: 0x0cf3, Hi: 0x0cf3, Stride: 1}, {Lo: 0x0f82, Hi: 0x0f83, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x11080, Hi: 0x11081, Stride: 1}, {Lo: 0x1123f, Hi: 0x11241, Stride: 1},
		{Lo: 0x11f00, Hi: 0x11f10, Stride: 1}, {Lo: 0x11f12, Hi: 0x11f3a, Stride: 1},
		{Lo: 0x11f3e, Hi: 0x11f40, Stride: 1}, {Lo: 0x11f50, Hi: 0x11f59, Stride: 1},
		{Lo: 0x1342f, Hi: 0x1342f, Stride: 1}, {Lo: 0x13441, Hi: 0x13446, Stride: 1},
		{Lo: 0x1b132, Hi: 0x1b132, Stride: 1}, {Lo: 0x1b155, Hi: 0x1b155, Stride: 1},
		{Lo: 0x1df25, Hi: 0x1df2a, Stride: 1}, {Lo: 0x1e030, Hi: 0x1e06d, Stride: 1},
		{Lo: 0x1e08f, Hi: 0x1e08f, Stride: 1}, {Lo: 0x1e4d0, Hi: 0x1e4eb, Stride: 1},
		{Lo: 0x1e4f0, Hi: 0x1e4f9, Stride: 1}, {Lo: 0x2b739, Hi: 0x2b739, Stride: 1},
		{Lo: 0x31350, Hi: 0x323af, Stride: 1},
	},
}
