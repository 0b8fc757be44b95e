package syntax

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// plainStrings writes the string constants with escapes, and those in several
// parts, as plain ones, filled up with spaces so that everything else stays in
// its place: the grammar takes the bytes of E'\xc3\xa4' for characters, and
// knows no comment between parts.
func plainStrings(text string, tokens []token, base int) (string, error) {
	var out []byte
	for _, t := range tokens {
		raw := text[t.start-base : t.end-base]
		if t.kind != str || raw[0] != '\'' && raw[0]|0x20 != 'e' {
			continue
		}
		value, plain, err := stringValue(raw)
		if err != nil {
			return "", err
		}
		if plain {
			continue
		}
		if out == nil {
			out = []byte(text)
		}
		short := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		copy(out[t.start-base:], short+strings.Repeat(" ", len(raw)-len(short)))
	}
	if out == nil {
		return text, nil
	}
	return string(out), nil
}

// stringValue decodes a string constant, and tells whether it was a plain one.
func stringValue(raw string) (value string, plain bool, err error) {
	escapes := raw[0] != '\''
	s := scanner{sql: raw, pos: strings.IndexByte(raw, '\'') + 1}
	plain = !escapes
	d := decoder{}
	for s.pos < len(raw) {
		switch c := s.at(0); {
		case c == '\'' && s.at(1) == '\'':
			d.out = append(d.out, '\'')
			s.pos += 2
		case c == '\'':
			s.pos++
			if !s.continued() {
				s.pos = len(raw)
			} else {
				plain = false
			}
		case c == '\\' && escapes:
			n, err := d.escape(raw[s.pos+1:])
			if err != nil {
				return "", false, err
			}
			s.pos += 1 + n
		default:
			d.out = append(d.out, c)
			s.pos++
		}
	}
	if d.bytes {
		err = checkEncoding(string(d.out))
	}
	return string(d.out), plain, err
}

// decoder decodes backslash escapes (PostgreSQL documentation, 4.1.2.2).
type decoder struct {
	out   []byte
	bytes bool // some escape made a byte that need not be part of valid text
}

var singles = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape decodes what follows a backslash and returns its length.
func (d *decoder) escape(rest string) (int, error) {
	if rest == "" {
		return 0, nil
	}
	c := rest[0]
	switch {
	case c >= '0' && c <= '7':
		n := span(rest, 3, "01234567")
		v, _ := strconv.ParseUint(rest[:n], 8, 16)
		d.out, d.bytes = append(d.out, byte(v)), true
		return n, nil
	case c == 'x' && span(rest[1:], 2, hexDigits) > 0:
		n := span(rest[1:], 2, hexDigits)
		v, _ := strconv.ParseUint(rest[1:1+n], 16, 16)
		d.out, d.bytes = append(d.out, byte(v)), true
		return 1 + n, nil
	case c == 'u' || c == 'U':
		return d.unicode(rest)
	case singles[c] != 0:
		d.out = append(d.out, singles[c])
	default:
		d.out = append(d.out, c) // further bytes of the character follow by themselves
	}
	return 1, nil
}

const hexDigits = "0123456789abcdefABCDEF"

// span is how many of the first bytes of s, at most limit, are in set.
func span(s string, limit int, set string) int {
	n := 0
	for n < len(s) && n < limit && strings.IndexByte(set, s[n]) >= 0 {
		n++
	}
	return n
}

// unicode decodes \uXXXX and \UXXXXXXXX, and pairs of surrogates.
func (d *decoder) unicode(rest string) (int, error) {
	r, n, err := codePoint(rest)
	if err != nil {
		return 0, err
	}
	if utf16.IsSurrogate(r) {
		pair := fault.New(fault.SyntaxError, "invalid Unicode surrogate pair")
		if r >= 0xDC00 || len(rest) < n+2 || rest[n] != '\\' || rest[n+1]|0x20 != 'u' {
			return 0, pair
		}
		low, m, err := codePoint(rest[n+1:])
		if err != nil {
			return 0, err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return 0, pair
		}
		n += 1 + m
	}
	d.out = utf8.AppendRune(d.out, r)
	return n, nil
}

func codePoint(rest string) (rune, int, error) {
	digits := 4
	if rest[0] == 'U' {
		digits = 8
	}
	if span(rest[1:], digits, hexDigits) < digits {
		return 0, 0, fault.New("22025", "invalid Unicode escape").WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX.")
	}
	v, _ := strconv.ParseUint(rest[1:1+digits], 16, 64)
	if v == 0 || v > utf8.MaxRune {
		return 0, 0, fault.New(fault.SyntaxError, "invalid Unicode escape value")
	}
	return rune(v), 1 + digits, nil
}
