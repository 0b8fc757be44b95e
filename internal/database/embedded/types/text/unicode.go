package text

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// UnicodeVersion is the version of Unicode whose letters, cases and normal forms
// the functions know.
const UnicodeVersion = 14

// newer are the characters of Unicode 15; PostgreSQL 15 and the C library that it
// is tested with (glibc 2.36) know those of Unicode 14.
var newer = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0xcf3, Hi: 0xcf3, Stride: 1}, {Lo: 0xece, Hi: 0xece, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x10efd, Hi: 0x10eff, Stride: 1}, {Lo: 0x1123f, Hi: 0x11241, Stride: 1}, {Lo: 0x11b00, Hi: 0x11b09, Stride: 1},
		{Lo: 0x11f00, Hi: 0x11f10, Stride: 1}, {Lo: 0x11f12, Hi: 0x11f3a, Stride: 1}, {Lo: 0x11f3e, Hi: 0x11f59, Stride: 1},
		{Lo: 0x1342f, Hi: 0x1342f, Stride: 1}, {Lo: 0x13439, Hi: 0x13455, Stride: 1}, {Lo: 0x1b132, Hi: 0x1b132, Stride: 1},
		{Lo: 0x1b155, Hi: 0x1b155, Stride: 1}, {Lo: 0x1d2c0, Hi: 0x1d2d3, Stride: 1}, {Lo: 0x1df25, Hi: 0x1df2a, Stride: 1},
		{Lo: 0x1e030, Hi: 0x1e06d, Stride: 1}, {Lo: 0x1e08f, Hi: 0x1e08f, Stride: 1}, {Lo: 0x1e4d0, Hi: 0x1e4f9, Stride: 1},
		{Lo: 0x1f6dc, Hi: 0x1f6dc, Stride: 1}, {Lo: 0x1f774, Hi: 0x1f776, Stride: 1}, {Lo: 0x1f77b, Hi: 0x1f77f, Stride: 1},
		{Lo: 0x1f7d9, Hi: 0x1f7d9, Stride: 1}, {Lo: 0x1fa75, Hi: 0x1fa77, Stride: 1}, {Lo: 0x1fa87, Hi: 0x1fa88, Stride: 1},
		{Lo: 0x1faad, Hi: 0x1faaf, Stride: 1}, {Lo: 0x1fabb, Hi: 0x1fabd, Stride: 1}, {Lo: 0x1fabf, Hi: 0x1fabf, Stride: 1},
		{Lo: 0x1face, Hi: 0x1facf, Stride: 1}, {Lo: 0x1fada, Hi: 0x1fadb, Stride: 1}, {Lo: 0x1fae8, Hi: 0x1fae8, Stride: 1},
		{Lo: 0x1faf7, Hi: 0x1faf8, Stride: 1}, {Lo: 0x2b739, Hi: 0x2b739, Stride: 1}, {Lo: 0x31350, Hi: 0x323af, Stride: 1},
	},
}

// Newer tells whether a character came with Unicode 15, which PostgreSQL 15 does
// not know.
func Newer(r rune) bool { return r >= 0xcf3 && unicode.Is(newer, r) }

// forms gives what has to do with Unicode's normal forms and escapes.
func forms() []*types.Function {
	normalize := entry.Raises(4350, "normalize", types.Text, two, normalize)
	isNormalized := entry.Raises(4351, "is_normalized", types.Bool, two, isNormalized)
	for _, f := range []*types.Function{normalize, isNormalized} {
		f.Defaults, f.DefaultTexts = 1, []string{"NFC"}
	}
	return []*types.Function{normalize, isNormalized, entry.Raises(6198, "unistr", types.Text, one, unistr)}
}

// form reads the name of a normal form. A text with characters of Unicode 15 is
// refused: it would be brought to the form by rules that PostgreSQL does not know.
func form(s, name string) (norm.Form, error) {
	known := map[string]norm.Form{"nfc": norm.NFC, "nfd": norm.NFD, "nfkc": norm.NFKC, "nfkd": norm.NFKD}
	f, ok := known[strings.ToLower(name)]
	if !ok {
		return f, fault.New(fault.InvalidParameter, "invalid normalization form: %s", name)
	}
	switch {
	case strings.IndexFunc(s, Newer) >= 0:
		return f, entry.Unsupported("a normal form of characters of Unicode 15")
	case strings.ContainsRune(s, hangulBase): // PostgreSQL leaves it out behind a syllable
		return f, entry.Unsupported("a normal form of U+11A7")
	}
	return f, nil
}

// hangulBase is the character before the first final consonant.
const hangulBase = 0x11a7

func normalize(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s := args[0].Text()
	f, err := form(s, args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(normal(f, s)), nil
}

func isNormalized(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s := args[0].Text()
	f, err := form(s, args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Bool(normal(f, s) == s), nil
}

// normal brings a text to a form. The library cuts sequences of more than 30
// combining characters, as Unicode's stream-safe format does; PostgreSQL does not.
// Such a text is brought to the form here.
func normal(f norm.Form, s string) string {
	if !longSequence(s) {
		return f.String(s)
	}
	decomposed := norm.NFD
	if f == norm.NFKC || f == norm.NFKD {
		decomposed = norm.NFKD
	}
	var runes []rune
	for _, r := range s {
		runes = append(runes, []rune(decomposed.String(string(r)))...)
	}
	inOrder(runes)
	if f == norm.NFC || f == norm.NFKC {
		runes = composed(runes)
	}
	return string(runes)
}

// longSequence tells whether a text holds so many combining characters in a row.
func longSequence(s string) bool {
	n := 0
	for _, r := range s {
		if norm.NFKD.PropertiesString(string(r)).BoundaryBefore() && class(r) == 0 {
			n = 0
			continue
		}
		if n++; n >= 8 { // one character may stand for several
			return true
		}
	}
	return false
}

func class(r rune) uint8 { return norm.NFD.PropertiesString(string(r)).CCC() }

// inOrder sorts runs of combining characters by their classes.
func inOrder(runes []rune) {
	for i := 0; i < len(runes); {
		if class(runes[i]) == 0 {
			i++
			continue
		}
		end := i
		for end < len(runes) && class(runes[end]) != 0 {
			end++
		}
		slices.SortStableFunc(runes[i:end], func(a, b rune) int { return int(class(a)) - int(class(b)) })
		i = end
	}
}

// composed puts characters together (Unicode Standard Annex 15).
func composed(runes []rune) []rune {
	var out []rune
	starter, last := -1, -1
	for _, r := range runes {
		c := int(class(r))
		if starter >= 0 && (last < c && last >= 0 || last == -1) {
			if both := []rune(norm.NFC.String(string([]rune{out[starter], r}))); len(both) == 1 {
				out[starter] = both[0]
				continue
			}
		}
		out = append(out, r)
		if last = c; c == 0 {
			starter, last = len(out)-1, -1
		}
	}
	return out
}

// unistr reads Unicode escapes: \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX and \\.
func unistr(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	errPair := func() error { return fault.New(fault.SyntaxError, "invalid Unicode surrogate pair") }
	var b strings.Builder
	first := rune(0) // of a pair
	for s := args[0].Text(); s != ""; {
		r, size, escaped, err := unistrNext(s)
		if err != nil {
			return sqlite.Null, err
		}
		s = s[size:]
		second := escaped && r >= 0xDC00 && r < 0xE000
		if (first != 0) != second {
			return sqlite.Null, errPair()
		}
		switch {
		case second:
			b.WriteRune(utf16.DecodeRune(first, r))
			first = 0
		case escaped && utf16.IsSurrogate(r):
			first = r
		default:
			b.WriteRune(r)
		}
	}
	if first != 0 {
		return sqlite.Null, errPair()
	}
	return sqlite.Text(b.String()), nil
}

// unistrNext reads a character or an escape.
func unistrNext(s string) (r rune, size int, escaped bool, err error) {
	if s[0] != '\\' {
		r, size = utf8.DecodeRuneInString(s)
		return r, size, false, nil
	}
	if strings.HasPrefix(s, `\\`) {
		return '\\', 2, false, nil
	}
	for _, form := range []struct {
		prefix string
		digits int
	}{{`\u`, 4}, {`\`, 4}, {`\+`, 6}, {`\U`, 8}} {
		rest, ok := strings.CutPrefix(s, form.prefix)
		if !ok || len(rest) < form.digits || strings.Trim(rest[:form.digits], "0123456789abcdefABCDEF") != "" {
			continue
		}
		n, _ := strconv.ParseUint(rest[:form.digits], 16, 32)
		if n == 0 || n > utf8.MaxRune {
			return 0, 0, false, fault.New(fault.InvalidParameter, "invalid Unicode code point: %04X", n)
		}
		return rune(n), len(form.prefix) + form.digits, true, nil
	}
	return 0, 0, false, fault.New(fault.SyntaxError, "invalid Unicode escape").
		WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}
