package pattern

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// The sets of characters of the C library that PostgreSQL 15 is tested with,
// written for Go's brackets.
const (
	digits = `0-9`
	spaces = `\x{9}-\x{d}\x{20}\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}`
)

// letters are what is alphanumeric and no ASCII digit.
var letters = sync.OnceValue(func() string {
	var b strings.Builder
	first := rune(-1)
	for r := rune('9' + 1); r <= utf8.MaxRune+1; r++ {
		switch in := text.Alphanumeric(r); {
		case in && first < 0:
			first = r
		case !in && first >= 0:
			fmt.Fprintf(&b, `\x{%x}-\x{%x}`, first, r-1)
			first = -1
		}
	}
	return b.String()
})

func constant(set string) func() string { return func() string { return set } }

func words() string { return letters() + digits + "_" }

// classEscapes are \d, \s and \w.
var classEscapes = map[rune]func() string{'d': constant(digits), 's': constant(spaces), 'w': words}

// classes are those that may be named within brackets: [:alpha:].
var classes = map[string]func() string{
	"digit": constant(digits),
	"space": constant(spaces),
	"alpha": func() string { return letters() },
	"alnum": func() string { return letters() + digits },
}

// bracket reads a bracket expression, its opening bracket being read.
func (t *translator) bracket() error {
	t.out.WriteByte('[')
	if t.skip("^") {
		t.out.WriteByte('^')
	}
	for first := true; ; first = false {
		switch {
		case t.rest == "":
			return unsupported("with unbalanced brackets")
		case !first && t.skip("]"):
			t.out.WriteByte(']')
			return nil
		case t.skip("[:"):
			if err := t.class(); err != nil {
				return err
			}
		case t.rest[0] == '[':
			return unsupported("with [ within brackets")
		default:
			if err := t.member(first); err != nil {
				return err
			}
		}
	}
}

func (t *translator) class() error {
	name, after, _ := strings.Cut(t.rest, ":]")
	set, ok := classes[name]
	if !ok {
		return unsupported("with the class %s", name)
	}
	t.rest = after
	t.out.WriteString(set())
	return nil
}

// member reads a character, a range or a class escape.
func (t *translator) member(first bool) error {
	if dash := t.rest[0] == '-'; dash && (strings.HasPrefix(t.rest, "--") || !first && !strings.HasPrefix(t.rest, "-]")) {
		return unsupported("with such a range")
	}
	low, err := t.end()
	if err != nil || low < 0 {
		return err
	}
	if !strings.HasPrefix(t.rest, "-") || strings.HasPrefix(t.rest, "-]") {
		t.span(low, low)
		return nil
	}
	t.rest = t.rest[1:]
	if t.rest == "" || t.rest[0] == '[' || strings.HasPrefix(t.rest, `\`) {
		return unsupported("with such a range")
	}
	high := t.next()
	if high < low || high-low > 0x3000 {
		return unsupported("with such a range")
	}
	t.span(low, high)
	return nil
}

// end reads one end of a range; it is -1 for a class escape, which is written at
// once.
func (t *translator) end() (rune, error) {
	if !t.skip(`\`) {
		return t.next(), nil
	}
	if t.rest == "" {
		return 0, unsupported("that ends with a backslash")
	}
	r := t.next()
	if set, ok := classEscapes[r]; ok {
		t.out.WriteString(set())
		if strings.HasPrefix(t.rest, "-") && !strings.HasPrefix(t.rest, "-]") {
			return 0, unsupported("with such a range")
		}
		return -1, nil
	}
	return character(r)
}

// span writes a range, and without regard to case what its members become.
func (t *translator) span(low, high rune) {
	fmt.Fprintf(&t.out, `\x{%x}-\x{%x}`, low, high)
	if !t.fold {
		return
	}
	for r := low; r <= high; r++ {
		small, large := cases(r)
		for _, c := range []rune{small, large} {
			if c < low || c > high {
				fmt.Fprintf(&t.out, `\x{%x}`, c)
			}
		}
	}
}
