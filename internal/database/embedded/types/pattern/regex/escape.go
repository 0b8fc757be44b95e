package regex

// escape reads what follows a backslash.
func (l *lexer) escape() {
	r := l.text[l.at]
	l.at++
	if !asciiLetter(r) && !decimal(r) {
		l.tok = token{kind: tPlain, value: r}
		return
	}
	if c, ok := controls[r]; ok {
		l.tok = token{kind: tPlain, value: c}
		return
	}
	if k, ok := constraints[r]; ok {
		l.tok = token{kind: k}
		return
	}
	if class, ok := shorthands[r|0x20]; ok {
		l.tok = token{kind: tSet, class: class}
		if r < 'a' {
			l.tok.kind = tOthers
		}
		return
	}
	switch {
	case r == 'c' && !l.atEnd():
		l.tok = token{kind: tPlain, value: l.text[l.at] & 037}
		l.at++
	case r == 'u':
		l.code(4, 4)
	case r == 'U':
		l.code(8, 8)
	case r == 'x':
		l.code(1, 255)
	case decimal(r):
		l.at--
		l.numbered(r)
	default:
		l.fail(invalid(badEscape))
	}
}

var controls = map[rune]rune{
	'a': '\a', 'b': '\b', 'B': '\\', 'e': 033, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

var constraints = map[rune]kind{
	'A': tStart, 'm': tWordStart, 'M': tWordEnd, 'y': tBoundary, 'Y': tInside, 'Z': tFinish,
}

var shorthands = map[rune]string{'d': "digit", 's': "space", 'w': "word"}

// digits reads digits of a base; the number saturates.
func (l *lexer) digits(base rune, least, most int) (value rune, ok bool) {
	n := 0
	for ; n < most && !l.atEnd(); n++ {
		d := digit(l.text[l.at])
		if d >= base {
			break
		}
		if value = value*base + d; value > 1<<24 {
			value = 1 << 24
		}
		l.at++
	}
	return value, n >= least
}

func digit(r rune) rune {
	switch {
	case decimal(r):
		return r - '0'
	case r >= 'a' && r <= 'f':
		return r - 'a' + 10
	case r >= 'A' && r <= 'F':
		return r - 'A' + 10
	}
	return 99
}

// code reads a character by its number in hexadecimal. One that no text can hold
// never matches.
func (l *lexer) code(least, most int) {
	value, ok := l.digits(16, least, most)
	switch {
	case !ok:
		l.fail(invalid(badEscape))
	case !validRune(value):
		l.fail(refused{"with a character that is none"})
	default:
		l.tok = token{kind: tPlain, value: value}
	}
}

// numbered reads a back reference, or a character by its number in octal.
func (l *lexer) numbered(first rune) {
	start := l.at
	if first != '0' {
		value, _ := l.digits(10, 1, 255)
		if l.at == start+1 || value > 0 && int(value) <= l.open {
			l.tok = token{kind: tReference, value: value}
			return
		}
		l.at = start
	}
	value, ok := l.digits(8, 1, 3)
	if !ok { // \8 and \9 are back references
		l.fail(invalid(badEscape))
		return
	}
	if value > 0xff {
		l.at--
		value >>= 3
	}
	l.tok = token{kind: tPlain, value: value}
}
