package jsonpath

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// tokenKind is what a token is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenSign
	tokenName
	tokenString
	tokenVariable
	tokenNumber
	tokenKeyword
)

// token is a piece of a path: value is what it means, text what errors show of it,
// word how a name is written.
type token struct {
	kind  tokenKind
	value string
	text  string
	word  string
}

// keywords are known without regard to case, but for those of JSON.
var keywords = map[string]bool{
	"is": true, "to": true, "abs": true, "lax": true, "flag": true, "last": true, "true": true, "type": true, "with": true,
	"exists": true, "floor": true, "double": true, "starts": true, "strict": true, "ceiling": true, "keyvalue": true,
	"size": true, "datetime": true, "unknown": true, "like_regex": true, "null": true, "false": true,
}

const special = "?%$.[]{}()|&!=<>@#,*:-+/"

const blanks = " \t\n\r\f"

// lexer cuts a path into tokens.
type lexer struct {
	text string
	at   int
}

func syntax(t token) error {
	if t.text == "" {
		return fault.New(fault.SyntaxError, "syntax error at end of jsonpath input")
	}
	return fault.New(fault.SyntaxError, `syntax error at or near "%s" of jsonpath input`, t.text)
}

func (l *lexer) failure(what string, from int) error {
	return fault.New(fault.SyntaxError, `%s at or near "%s" of jsonpath input`, what, l.text[from:l.at])
}

func (l *lexer) skip() error {
	for l.at < len(l.text) {
		switch {
		case strings.IndexByte(blanks, l.text[l.at]) >= 0:
			l.at++
		case strings.HasPrefix(l.text[l.at:], "/*"):
			end := strings.Index(l.text[l.at+2:], "*/")
			if end < 0 {
				return fault.New(fault.SyntaxError, "unexpected end of comment at end of jsonpath input")
			}
			l.at += end + 4
		default:
			return nil
		}
	}
	return nil
}

// pairs are the signs of two characters.
var pairs = []string{"**", "&&", "||", "==", "!=", "<>", "<=", ">="}

func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil || l.at >= len(l.text) {
		return token{}, err
	}
	from, c := l.at, l.text[l.at]
	switch {
	case c == '"':
		value, err := l.quoted()
		return token{kind: tokenString, value: value, text: `"`}, err
	case c == '$':
		return l.variable()
	case c >= '0' && c <= '9', c == '.' && from+1 < len(l.text) && isDigit(l.text[from+1]):
		return l.number()
	case strings.IndexByte(special, c) < 0:
		return l.name()
	}
	for _, p := range pairs {
		if strings.HasPrefix(l.text[from:], p) {
			l.at += 2
			return token{kind: tokenSign, value: p, text: p}, nil
		}
	}
	l.at++
	return token{kind: tokenSign, value: l.text[from:l.at], text: l.text[from:l.at]}, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// inName tells whether a byte can stand in a name.
func inName(c byte) bool {
	return strings.IndexByte(special, c) < 0 && strings.IndexByte(blanks, c) < 0 && c != '"'
}

func (l *lexer) name() (token, error) {
	from := l.at
	value, err := l.plain()
	if err != nil {
		return token{}, err
	}
	text := l.text[from:l.at]
	lower := strings.ToLower(text)
	if keywords[lower] && (text == lower || lower != "true" && lower != "false" && lower != "null") {
		return token{tokenKeyword, lower, l.behind(), text}, nil
	}
	return token{tokenName, value, l.behind(), text}, nil
}

// behind is what errors show of a name: the blank that ends it, and else nothing.
func (l *lexer) behind() string {
	if l.at < len(l.text) && strings.IndexByte(blanks, l.text[l.at]) >= 0 {
		return l.text[l.at : l.at+1]
	}
	return ""
}

// plain reads a name without quotes, in which a backslash escapes.
func (l *lexer) plain() (string, error) {
	var b strings.Builder
	for l.at < len(l.text) && inName(l.text[l.at]) {
		if strings.HasPrefix(l.text[l.at:], "/*") {
			break
		}
		if l.text[l.at] == '\\' {
			if err := l.escape(&b); err != nil {
				return "", err
			}
			continue
		}
		b.WriteByte(l.text[l.at])
		l.at++
	}
	return b.String(), nil
}

func (l *lexer) quoted() (string, error) {
	var b strings.Builder
	for l.at++; l.at < len(l.text); {
		switch c := l.text[l.at]; c {
		case '"':
			l.at++
			return b.String(), nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	return "", fault.New(fault.SyntaxError, "unexpected end of quoted string at end of jsonpath input")
}

func (l *lexer) variable() (token, error) {
	from := l.at
	l.at++
	if l.at < len(l.text) && l.text[l.at] == '"' {
		value, err := l.quoted()
		return token{kind: tokenVariable, value: value, text: `"`}, err
	}
	value, err := l.plain()
	if err != nil || value == "" {
		return token{kind: tokenSign, value: "$", text: "$"}, err
	}
	return token{kind: tokenVariable, value: value, text: l.text[from:l.at]}, nil
}

var plainEscapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// escape reads what stands behind a backslash.
func (l *lexer) escape(b *strings.Builder) error {
	from := l.at
	l.at++
	if l.at >= len(l.text) {
		return l.failure("unexpected end after backslash", from)
	}
	c := l.text[l.at]
	switch {
	case c == 'u':
		return l.unicode(b)
	case c == 'x':
		code, n := l.hex(l.at+1, 2)
		if n < 2 {
			l.at += 1 + n
			return l.failure("invalid hexadecimal character sequence", from)
		}
		l.at += 3
		return put(b, code)
	}
	if plain, ok := plainEscapes[c]; ok {
		c = plain
	}
	if c < utf8.RuneSelf {
		b.WriteByte(c)
		l.at++
		return nil
	}
	_, size := utf8.DecodeRuneInString(l.text[l.at:])
	b.WriteString(l.text[l.at : l.at+size])
	l.at += size
	return nil
}

// unicode reads \uXXXX and \u{X…}, and a second one of a surrogate pair.
func (l *lexer) unicode(b *strings.Builder) error {
	code, err := l.codePoint()
	if err != nil {
		return err
	}
	switch {
	case code >= 0xd800 && code < 0xdc00:
		if !strings.HasPrefix(l.text[l.at:], `\u`) {
			return surrogate("low surrogate must follow a high surrogate")
		}
		l.at++
		low, err := l.codePoint()
		if err != nil {
			return err
		}
		if low < 0xdc00 || low > 0xdfff {
			if low >= 0xd800 && low < 0xdc00 {
				return surrogate("high surrogate must not follow a high surrogate")
			}
			return surrogate("low surrogate must follow a high surrogate")
		}
		code = 0x10000 + (code-0xd800)<<10 + (low - 0xdc00)
	case code >= 0xdc00 && code < 0xe000:
		return surrogate("low surrogate must follow a high surrogate")
	}
	return put(b, code)
}

func surrogate(what string) error {
	return fault.New(fault.InvalidText, "invalid input syntax for type jsonpath").WithDetail("Unicode %s.", what)
}

// codePoint reads what stands behind \, at the u.
func (l *lexer) codePoint() (rune, error) {
	from := l.at - 1
	l.at++
	braced := l.at < len(l.text) && l.text[l.at] == '{'
	if !braced {
		code, n := l.hex(l.at, 4)
		l.at += n
		if n < 4 {
			return 0, l.failure("invalid unicode sequence", from)
		}
		return code, nil
	}
	code, n := l.hex(l.at+1, 6)
	l.at += 1 + n
	if n == 0 || l.at >= len(l.text) || l.text[l.at] != '}' {
		return 0, l.failure("invalid unicode sequence", from)
	}
	l.at++
	return code, nil
}

// hex reads up to n digits.
func (l *lexer) hex(at, n int) (code rune, read int) {
	for read < n && at+read < len(l.text) {
		digit := strings.IndexByte("0123456789abcdef", l.text[at+read]|0x20)
		if digit < 0 {
			break
		}
		code = code<<4 | rune(digit)
		read++
	}
	return code, read
}

func put(b *strings.Builder, code rune) error {
	if code == 0 {
		return fault.New("22P05", "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
	}
	if code > utf8.MaxRune {
		return fault.New(fault.SyntaxError, "invalid Unicode code point")
	}
	b.WriteRune(code)
	return nil
}

// number reads digits with a fraction and an exponent. Nothing else may follow
// at once.
func (l *lexer) number() (token, error) {
	from := l.at
	digits := func() int {
		start := l.at
		for l.at < len(l.text) && isDigit(l.text[l.at]) {
			l.at++
		}
		return l.at - start
	}
	whole := digits()
	bad := false
	if whole > 1 && l.text[from] == '0' {
		return token{}, l.failure("trailing junk after numeric literal", from)
	}
	if l.at < len(l.text) && l.text[l.at] == '.' {
		l.at++
		if digits() == 0 && whole == 0 {
			bad = true
		}
	}
	if l.at < len(l.text) && l.text[l.at]|0x20 == 'e' {
		l.at++
		what := "trailing junk after"
		if l.at < len(l.text) && (l.text[l.at] == '+' || l.text[l.at] == '-') {
			what = "invalid"
			l.at++
		}
		if digits() == 0 {
			return token{}, l.failure(what+" numeric literal", from)
		}
	}
	if bad || l.at < len(l.text) && inName(l.text[l.at]) {
		if l.at < len(l.text) {
			l.at++
		}
		return token{}, l.failure("trailing junk after numeric literal", from)
	}
	return token{kind: tokenNumber, value: l.text[from:l.at], text: l.text[from:l.at]}, nil
}
