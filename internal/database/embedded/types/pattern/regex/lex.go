package regex

import (
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// kind is a kind of token.
type kind rune

// The tokens that are no character of their own.
const (
	tEnd kind = iota + 1
	tPlain
	tSet       // \d and its kind, outside of brackets or within
	tOthers    // \D
	tReference // \1
	tLook      // (?= and its kind
	tStart     // \A
	tFinish    // \Z
	tBoundary  // \y
	tInside    // \Y
	tWordStart // \m
	tWordEnd   // \M
)

// token is a token with its value: a character, the number of a group, 1 for a
// greedy quantifier or a capturing parenthesis or a bracket without ^, the kind of
// a look.
type token struct {
	kind  kind
	value rune
	class string
}

// The looks around.
const (
	lookAhead rune = iota
	lookNotAhead
	lookBehind
	lookNotBehind
)

// lexer takes an expression apart. After an error it yields the end only.
type lexer struct {
	text  []rune
	at    int
	flags Flags
	open  int // capturing parentheses so far
	bound bool
	tok   token
	err   error
}

func (l *lexer) fail(err error) {
	if l.err == nil {
		l.err = err
	}
	l.at = len(l.text)
	l.tok = token{kind: tEnd}
}

func (l *lexer) atEnd() bool { return l.at >= len(l.text) }

// eat takes one character if it comes next.
func (l *lexer) eat(r rune) bool {
	if l.atEnd() || l.text[l.at] != r {
		return false
	}
	l.at++
	return true
}

func (l *lexer) hasPrefix(s string) bool {
	return len(l.text)-l.at >= len(s) && string(l.text[l.at:l.at+len(s)]) == s
}

// prefixes reads what stands before an expression: a director, then options.
func (l *lexer) prefixes() {
	if l.flags.Literal {
		return
	}
	if l.hasPrefix("***") && len(l.text) > 3 {
		switch l.text[3] {
		case '?':
			l.fail(invalid(badPattern))
		case '=':
			l.flags.Literal, l.flags.Expanded, l.flags.LineStop, l.flags.LineEnds = true, false, false, false
			l.at = 4
			return
		case ':':
			l.at = 4
		default:
			l.fail(invalid(badQuantity))
		}
	}
	if len(l.text)-l.at >= 3 && l.hasPrefix("(?") && letter(l.text[l.at+2]) {
		l.at += 2
		l.options()
	}
}

func letter(r rune) bool { return text.Alphanumeric(r) && !decimal(r) }

func asciiLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func (l *lexer) options() {
	for !l.atEnd() && letter(l.text[l.at]) {
		if err := l.flags.embedded(l.text[l.at]); err != nil {
			l.fail(err)
			return
		}
		l.at++
	}
	if !l.eat(')') {
		l.fail(invalid(badOption))
		return
	}
	if l.flags.Literal {
		l.flags.Expanded, l.flags.LineStop, l.flags.LineEnds = false, false, false
	}
}

func (f *Flags) embedded(option rune) error {
	switch known, err := f.Set(option); {
	case err != nil:
		return err
	case !known:
		return invalid(badOption)
	}
	return nil
}

// Set sets the option that a letter means; false tells that there is none. The
// letter g belongs to the functions, not to the expression.
func (f *Flags) Set(option rune) (known bool, err error) {
	switch option {
	case 'b', 'e':
		return true, refused{"of the basic or extended kind"}
	case 'c':
		f.Fold = false
	case 'i':
		f.Fold = true
	case 'm', 'n':
		f.LineStop, f.LineEnds = true, true
	case 'p':
		f.LineStop, f.LineEnds = true, false
	case 's':
		f.LineStop, f.LineEnds = false, false
	case 't':
		f.Expanded = false
	case 'w':
		f.LineStop, f.LineEnds = false, true
	case 'x':
		f.Expanded = true
	case 'q':
		f.Literal = true
	default:
		return false, nil
	}
	return true, nil
}

// skip passes white space and comments of an expanded expression.
func (l *lexer) skip() {
	for {
		for !l.atEnd() && (l.text[l.at] == ' ' || l.text[l.at] >= '\t' && l.text[l.at] <= '\r') {
			l.at++
		}
		if l.atEnd() || l.text[l.at] != '#' {
			return
		}
		for !l.atEnd() && l.text[l.at] != '\n' {
			l.at++
		}
	}
}

// next reads the next token.
func (l *lexer) next() {
	if l.err != nil {
		return
	}
	if l.flags.Expanded && !l.flags.Literal {
		l.skip()
	}
	switch {
	case l.atEnd() && l.bound:
		l.fail(invalid(badBraces))
	case l.atEnd():
		l.tok = token{kind: tEnd}
	case l.bound:
		l.nextInBound()
	default:
		r := l.text[l.at]
		l.at++
		l.outside(r)
	}
}

func (l *lexer) nextInBound() {
	r := l.text[l.at]
	l.at++
	switch {
	case decimal(r), r == ',':
		l.tok = token{kind: kind(r), value: r}
	case r == '}':
		l.bound = false
		l.tok = token{kind: '}', value: l.greedy()}
	default:
		l.fail(invalid(badCount))
	}
}

// greedy is 0 where a ? follows, which it takes.
func (l *lexer) greedy() rune {
	if l.eat('?') {
		return 0
	}
	return 1
}

func (l *lexer) outside(r rune) {
	if l.flags.Literal {
		l.tok = token{kind: tPlain, value: r}
		return
	}
	switch r {
	case '|', '^', '$', '.', ')':
		l.tok = token{kind: kind(r), value: r}
	case '*', '+', '?':
		l.tok = token{kind: kind(r), value: l.greedy()}
	case '{':
		l.brace()
	case '(':
		l.parenthesis()
	case '[':
		l.bracket()
	case '\\':
		if l.atEnd() {
			l.fail(invalid(badEscape))
			return
		}
		l.escape()
	default:
		l.tok = token{kind: tPlain, value: r}
	}
}

// brace begins a bound where a digit follows.
func (l *lexer) brace() {
	if l.flags.Expanded {
		l.skip()
	}
	if l.atEnd() || !decimal(l.text[l.at]) {
		l.tok = token{kind: tPlain, value: '{'}
		return
	}
	l.bound = true
	l.tok = token{kind: '{'}
}

func (l *lexer) bracket() {
	if l.hasPrefix("[:<:]]") || l.hasPrefix("[:>:]]") {
		l.tok = token{kind: tWordStart}
		if l.text[l.at+2] == '>' {
			l.tok.kind = tWordEnd
		}
		l.at += 6
		return
	}
	l.tok = token{kind: '[', value: 1}
	if l.eat('^') {
		l.tok.value = 0
	}
}

func (l *lexer) parenthesis() {
	if !l.eat('?') {
		l.tok = token{kind: '(', value: 1}
		return
	}
	switch {
	case l.eat(':'):
		l.tok = token{kind: '('}
	case l.eat('#'):
		for !l.atEnd() && l.text[l.at] != ')' {
			l.at++
		}
		l.eat(')')
		l.next()
	case l.eat('='):
		l.tok = token{kind: tLook, value: lookAhead}
	case l.eat('!'):
		l.tok = token{kind: tLook, value: lookNotAhead}
	case l.hasPrefix("<="):
		l.at += 2
		l.tok = token{kind: tLook, value: lookBehind}
	case l.hasPrefix("<!"):
		l.at += 2
		l.tok = token{kind: tLook, value: lookNotBehind}
	default:
		l.fail(invalid(badQuantity))
	}
}

func validRune(r rune) bool { return r > 0 && r <= utf8.MaxRune }
