package pattern

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
)

// translator reads an advanced regular expression of PostgreSQL (9.7.3) and
// writes one of Go's with the same language.
type translator struct {
	rest  string
	fold  bool // without regard to case
	depth int
	out   strings.Builder
}

func unsupported(what string, args ...any) error {
	return fault.Unsupported("a regular expression "+what, args...)
}

// translate returns the Go expression, or refuses what is not surely the same.
func translate(pattern string, fold bool) (string, error) {
	if len(pattern) > 10_000 {
		return "", unsupported("of this size")
	}
	if strings.HasPrefix(pattern, "***") {
		return "", unsupported("with a director prefix")
	}
	t := &translator{rest: pattern, fold: fold}
	t.out.WriteString("(?s)")
	if err := t.branches(); err != nil {
		return "", err
	}
	if t.rest != "" {
		return "", unsupported("with unbalanced parentheses")
	}
	return t.out.String(), nil
}

func (t *translator) next() rune {
	r, size := utf8.DecodeRuneInString(t.rest)
	t.rest = t.rest[size:]
	return r
}

func (t *translator) skip(prefix string) bool {
	after, found := strings.CutPrefix(t.rest, prefix)
	t.rest = after
	return found
}

// branches reads alternatives up to the end or a closing parenthesis.
func (t *translator) branches() error {
	if t.depth++; t.depth > 50 {
		return unsupported("nested so deeply")
	}
	defer func() { t.depth-- }()
	for t.rest != "" && t.rest[0] != ')' {
		if t.skip("|") {
			t.out.WriteByte('|')
			continue
		}
		if err := t.piece(); err != nil {
			return err
		}
	}
	return nil
}

// piece reads an atom and its quantifier, or an anchor.
func (t *translator) piece() error {
	switch t.rest[0] {
	case '^', '$':
		t.out.WriteString(map[byte]string{'^': `\A`, '$': `\z`}[t.rest[0]])
		t.rest = t.rest[1:]
		if t.rest != "" && strings.IndexByte("*+?{", t.rest[0]) >= 0 {
			return unsupported("with a quantifier after an anchor")
		}
		return nil
	case '*', '+', '?', '{':
		return unsupported("with a quantifier after nothing")
	}
	if err := t.atom(); err != nil {
		return err
	}
	return t.quantifier()
}

func (t *translator) atom() error {
	switch {
	case t.skip("("):
		return t.group()
	case t.skip("."):
		t.out.WriteByte('.')
		return nil
	case t.skip("["):
		return t.bracket()
	case t.skip(`\`):
		return t.escape()
	}
	t.literal(t.next())
	return nil
}

func (t *translator) group() error {
	if !t.skip("?:") && strings.HasPrefix(t.rest, "?") {
		return unsupported("with (?")
	}
	t.out.WriteString("(?:")
	if err := t.branches(); err != nil {
		return err
	}
	if !t.skip(")") {
		return unsupported("with unbalanced parentheses")
	}
	t.out.WriteByte(')')
	return nil
}

// literal writes a character; without regard to case its small and large form,
// as PostgreSQL takes them, which is less than Go's folding.
func (t *translator) literal(r rune) {
	if !t.fold {
		fmt.Fprintf(&t.out, `\x{%x}`, r)
		return
	}
	low, up := cases(r)
	fmt.Fprintf(&t.out, `[\x{%x}\x{%x}]`, low, up)
}

func cases(r rune) (low, up rune) {
	low, _ = utf8.DecodeRuneInString(text.Lower(string(r)))
	up, _ = utf8.DecodeRuneInString(text.Upper(string(r)))
	return low, up
}

// escape reads what follows a backslash outside of brackets.
func (t *translator) escape() error {
	if t.rest == "" {
		return unsupported("that ends with a backslash")
	}
	r := t.next()
	if set, ok := classEscapes[r]; ok {
		t.out.WriteString("[" + set() + "]")
		return nil
	}
	if set, ok := classEscapes[r|0x20]; ok && r < 'a' {
		t.out.WriteString("[^" + set() + "]")
		return nil
	}
	c, err := character(r)
	if err == nil {
		t.literal(c)
	}
	return err
}

// character is the character that an escape stands for.
func character(r rune) (rune, error) {
	switch r {
	case 'n':
		return '\n', nil
	case 't':
		return '\t', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'v':
		return '\v', nil
	}
	if text.Alphanumeric(r) || r == '_' {
		return 0, unsupported(`with \%c`, r)
	}
	return r, nil
}

// quantifier reads * + ? {m} {m,} {m,n}, and the ? that makes one reluctant, to
// which matching or not is the same.
func (t *translator) quantifier() error {
	switch {
	case t.skip("*"):
		t.out.WriteByte('*')
	case t.skip("+"):
		t.out.WriteByte('+')
	case t.skip("?"):
		t.out.WriteByte('?')
	case t.skip("{"):
		if err := t.bound(); err != nil {
			return err
		}
	default:
		return nil
	}
	t.skip("?")
	if t.rest != "" && strings.IndexByte("*+?{", t.rest[0]) >= 0 {
		return unsupported("with a quantifier after a quantifier")
	}
	return nil
}

func (t *translator) bound() error {
	inside, after, found := strings.Cut(t.rest, "}")
	low, high, isRange := strings.Cut(inside, ",")
	m, errLow := strconv.ParseUint(low, 10, 8)
	n, errHigh := m, error(nil)
	if isRange && high != "" {
		n, errHigh = strconv.ParseUint(high, 10, 8)
	}
	if !found || errLow != nil || errHigh != nil || n < m {
		return unsupported("with {%s", inside)
	}
	t.rest = after
	t.out.WriteString("{" + inside + "}")
	return nil
}
