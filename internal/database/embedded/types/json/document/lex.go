package document

import (
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenString
	tokenNumber
	tokenTrue
	tokenFalse
	tokenNull
	tokenPunctuation // one of { } [ ] , :
)

// lexer reads tokens. With unescape it also reads what strings contain, and so
// finds the escapes that only some functions mind.
type lexer struct {
	text     string
	unescape bool

	kind       tokenKind
	start, end int
	previous   int // where the token before ended
	value      string
	scratch    []byte
}

func invalid(detail string, args ...any) error {
	return fault.New(fault.InvalidText, "invalid input syntax for type json").WithDetail(detail, args...)
}

func (l *lexer) token() string { return l.text[l.start:l.end] }

func (l *lexer) is(c byte) bool { return l.kind == tokenPunctuation && l.text[l.start] == c }

// next reads the next token.
func (l *lexer) next() error {
	l.previous = l.end
	i := l.end
	for i < len(l.text) && (l.text[i] == ' ' || l.text[i] == '\t' || l.text[i] == '\n' || l.text[i] == '\r') {
		i++
	}
	l.start, l.end = i, i
	if i == len(l.text) {
		l.kind = tokenEnd
		return nil
	}
	switch c := l.text[i]; {
	case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':':
		l.kind, l.end = tokenPunctuation, i+1
		return nil
	case c == '"':
		l.kind = tokenString
		return l.lexString()
	case c == '-' || isDigit(c):
		l.kind = tokenNumber
		return l.lexNumber()
	}
	return l.lexWord()
}

func (l *lexer) invalidToken(end int) error {
	l.end = end
	return invalid(`Token "%s" is invalid.`, l.token())
}

func (l *lexer) lexWord() error {
	end := l.start
	for end < len(l.text) && isAlnum(l.text[end]) {
		end++
	}
	if end == l.start {
		return l.invalidToken(end + 1)
	}
	l.end = end
	switch l.token() {
	case "true":
		l.kind = tokenTrue
	case "false":
		l.kind = tokenFalse
	case "null":
		l.kind = tokenNull
	default:
		return l.invalidToken(end)
	}
	return nil
}

func (l *lexer) lexNumber() error {
	i, ok := l.start, true
	if l.text[i] == '-' {
		i++
	}
	if i < len(l.text) && l.text[i] == '0' {
		i++
	} else {
		i, ok = l.lexDigits(i)
	}
	if i < len(l.text) && l.text[i] == '.' {
		var more bool
		i, more = l.lexDigits(i + 1)
		ok = ok && more
	}
	if i < len(l.text) && (l.text[i] == 'e' || l.text[i] == 'E') {
		i++
		if i < len(l.text) && (l.text[i] == '+' || l.text[i] == '-') {
			i++
		}
		var more bool
		i, more = l.lexDigits(i)
		ok = ok && more
	}
	for i < len(l.text) && isAlnum(l.text[i]) {
		i, ok = i+1, false
	}
	if !ok {
		return l.invalidToken(i)
	}
	l.end = i
	return nil
}

// lexDigits returns where digits from i on end, and whether there were any.
func (l *lexer) lexDigits(i int) (int, bool) {
	start := i
	for i < len(l.text) && isDigit(l.text[i]) {
		i++
	}
	return i, i > start
}

// lexString reads a string; one without escapes is part of the text.
func (l *lexer) lexString() error {
	for i := l.start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '"':
			l.value, l.end = l.text[l.start+1:i], i+1
			return nil
		case c == '\\':
			return l.lexEscaped(i)
		case c < ' ':
			return l.mustEscape(i)
		}
	}
	return l.invalidToken(len(l.text))
}

func (l *lexer) mustEscape(i int) error {
	l.end = i
	return invalid("Character with value 0x%02x must be escaped.", l.text[i])
}

// lexEscaped reads on from the first escape.
func (l *lexer) lexEscaped(i int) error {
	dst, high := append(l.scratch[:0], l.text[l.start+1:i]...), rune(0)
	for i < len(l.text) {
		c := l.text[i]
		if c == '\\' {
			var err error
			if i, dst, high, err = l.escape(i+1, dst, high); err != nil {
				return err
			}
			continue
		}
		if c != '"' && c < ' ' {
			return l.mustEscape(i)
		}
		if high != 0 {
			return l.loneSurrogate()
		}
		if c == '"' {
			l.scratch, l.end = dst, i+1
			l.value = string(dst)
			return nil
		}
		dst = append(dst, c)
		i++
	}
	return l.invalidToken(len(l.text))
}

func (l *lexer) loneSurrogate() error {
	return invalid("Unicode low surrogate must follow a high surrogate.")
}

// escape reads what stands behind a backslash, at i. high is a first half of a
// surrogate pair that waits for its second.
func (l *lexer) escape(i int, dst []byte, high rune) (int, []byte, rune, error) {
	if i >= len(l.text) {
		return i, dst, 0, l.invalidToken(i)
	}
	c := l.text[i]
	if c == 'u' {
		return l.unicodeEscape(i+1, dst, high)
	}
	if high != 0 {
		return i, dst, 0, l.loneSurrogate()
	}
	plain, ok := escapes[c]
	if !ok {
		_, size := utf8.DecodeRuneInString(l.text[i:])
		l.start, l.end = i, i+size
		return i, dst, 0, invalid(`Escape sequence "\%s" is invalid.`, l.token())
	}
	return i + 1, append(dst, plain), 0, nil
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (l *lexer) unicodeEscape(i int, dst []byte, high rune) (int, []byte, rune, error) {
	code := rune(0)
	for range 4 {
		if i >= len(l.text) {
			return i, dst, 0, l.invalidToken(i)
		}
		digit, ok := hexValue(l.text[i])
		if !ok {
			return i, dst, 0, invalid(`"\u" must be followed by four hexadecimal digits.`)
		}
		code = code<<4 | digit
		i++
	}
	if !l.unescape {
		return i, dst, 0, nil
	}
	switch isHigh, isLow := code >= 0xd800 && code < 0xdc00, code >= 0xdc00 && code < 0xe000; {
	case isHigh && high != 0:
		return i, dst, 0, invalid("Unicode high surrogate must not follow a high surrogate.")
	case isHigh:
		return i, dst, code, nil
	case isLow != (high != 0):
		return i, dst, 0, l.loneSurrogate()
	case isLow:
		code = 0x10000 + (high-0xd800)<<10 + (code - 0xdc00)
	case code == 0:
		return i, dst, 0, fault.New("22P05", "unsupported Unicode escape sequence").
			WithDetail(`\u0000 cannot be converted to text.`)
	}
	return i, utf8.AppendRune(dst, code), 0, nil
}

func hexValue(c byte) (rune, bool) {
	switch {
	case isDigit(c):
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
