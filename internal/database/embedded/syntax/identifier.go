package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/multigres/multigres/go/common/parser"
)

// cutIdentifiers cuts identifiers that are too long, as PostgreSQL does, and
// fills up with spaces so that everything else stays in its place. base is where
// text begins in what the tokens were read from.
func cutIdentifiers(text string, tokens []token, base int) (string, error) {
	var out []byte
	for _, t := range tokens {
		if t.end-t.start <= maxIdentifier || t.kind != word && t.kind != quoted {
			continue
		}
		raw := text[t.start-base : t.end-base]
		name := identifier(raw)
		if raw[0] != '"' && t.kind == quoted {
			return "", unsupported("a long identifier with Unicode escapes is")
		}
		if len(name) <= maxIdentifier {
			continue
		}
		if out == nil {
			out = []byte(text)
		}
		short := Truncate(name)
		if t.kind == quoted {
			short = `"` + strings.ReplaceAll(short, `"`, `""`) + `"`
		}
		copy(out[t.start-base:], short+strings.Repeat(" ", len(raw)-len(short)))
	}
	if out == nil {
		return text, nil
	}
	return string(out), nil
}

// Truncate cuts a name to 63 bytes, whole characters only.
func Truncate(name string) string { return Clip(name, maxIdentifier) }

// Clip cuts a name to a number of bytes, whole characters only.
func Clip(name string, length int) string {
	if len(name) <= length {
		return name
	}
	for length > 0 && !utf8.RuneStart(name[length]) {
		length--
	}
	return name[:length]
}

// identifier is the name that a token means: folded to lower case (ASCII only)
// unless quoted.
func identifier(raw string) string {
	if strings.HasPrefix(raw, `"`) {
		return strings.ReplaceAll(raw[1:len(raw)-1], `""`, `"`)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, raw)
}

// Locate finds an identifier or operator in a text: the position (1-based, in characters)
// of its nth occurrence, counted from 0; 0 when there is none. The tree has no
// locations, so this is a guess for error messages only.
func Locate(sql string, name string, nth int) int {
	tokens, _ := scan(sql)
	for _, t := range tokens {
		if sql[t.start:t.end] != name && (t.kind != word && t.kind != quoted || Truncate(identifier(sql[t.start:t.end])) != name) {
			continue
		}
		if nth == 0 {
			return position(sql, t.start)
		}
		nth--
	}
	return 0
}

// QuoteIdent writes a name as an identifier, in quotes where it needs them, as
// PostgreSQL's quote_identifier does.
func QuoteIdent(name string) string {
	safe := name != "" && (name[0] >= 'a' && name[0] <= 'z' || name[0] == '_')
	for i := 0; i < len(name) && safe; i++ {
		c := name[i]
		safe = c >= 'a' && c <= 'z' || isDigit(c) || c == '_'
	}
	if safe {
		if k := parser.LookupKeyword(name); k == nil || k.Category == parser.UnreservedKeyword {
			return name
		}
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
