// Package regex matches PostgreSQL's advanced regular expressions: which text is
// matched, and what each pair of parentheses takes of it, is what PostgreSQL 15
// answers. That is neither the leftmost-longest rule of POSIX nor the order of
// alternatives of Perl: a whole expression is greedy or not by its first
// quantifier, and so is each part of it within what the whole takes.
//
//	re, err := regex.Compile(`(\d+)-(\d+)`, regex.Flags{})
//	m, err := re.Find([]rune("tel 12-34"), 0) // [4 9 4 6 7 9]
//
// An expression becomes a tree of the parts whose boundaries matter; each part is
// a plain automaton, which is asked for its longest or shortest match. Only back
// references need several attempts. The work of one search is bounded.
//
// Source: PostgreSQL documentation, 9.7.3 "POSIX Regular Expressions". Basic and
// extended expressions (flags b and e) are refused.
package regex

import (
	"errors"

	"github.com/galleyhq/galley/internal/fault"
)

// Flags are the options of an expression.
type Flags struct {
	Fold     bool // i: without regard to case
	LineStop bool // p: . and [^…] never match a line's end
	LineEnds bool // w: ^ and $ match at the ends of lines too
	Expanded bool // x: white space and comments are left out
	Literal  bool // q: no character has a meaning
}

// Regex is a compiled expression. It never changes and may be shared.
type Regex struct {
	root   *node
	groups int
	flags  Flags
	size   int
	search *program // any text, then the expression
}

// Groups is the number of capturing pairs of parentheses.
func (re *Regex) Groups() int { return re.groups }

// Size is the number of states of the expression's automata.
func (re *Regex) Size() int { return re.size }

// ErrRefused is what the errors of Compile and Find wrap that are no errors of
// PostgreSQL's: a form that is not supported, or more work than one search may do.
var ErrRefused = errors.New("refused")

// refused is an error that wraps ErrRefused.
type refused struct{ what string }

func (r refused) Error() string { return "a regular expression " + r.what }
func (r refused) Unwrap() error { return ErrRefused }

// maxPattern bounds an expression, in bytes.
const maxPattern = 10_000

// Compile reads an expression. An error is PostgreSQL's (SQLSTATE 2201B), or wraps
// ErrRefused.
func Compile(pattern string, flags Flags) (*Regex, error) {
	if len(pattern) > maxPattern {
		return nil, refused{"of this size"}
	}
	p := &parser{lexer: lexer{text: []rune(pattern), flags: flags}, groups: []*node{nil}}
	root, err := p.expression()
	if err != nil {
		return nil, err
	}
	re := &Regex{root: root, groups: len(p.groups) - 1, flags: p.flags}
	if err := re.assemble(root); err != nil {
		return nil, err
	}
	return re, nil
}

// assemble makes the automaton of each part, and that of the search.
func (re *Regex) assemble(root *node) error {
	budget := maxInstructions
	var all func(n *node) error
	all = func(n *node) (err error) {
		if n.program, err = assemble(n.language(), &budget); err != nil {
			return err
		}
		for _, c := range n.children {
			if err := all(c); err != nil {
				return err
			}
		}
		return nil
	}
	if err := all(root); err != nil {
		return err
	}
	anything := &expr{op: opRepeat, subs: []*expr{{op: opSet, set: &set{negated: true}}}, max: infinite}
	var err error
	re.search, err = assemble(&expr{op: opCat, subs: []*expr{anything, root.language()}}, &budget)
	re.size = maxInstructions - budget
	return err
}

// invalid is PostgreSQL's error of an expression it cannot read.
func invalid(reason string) error {
	return fault.New("2201B", "invalid regular expression: %s", reason)
}

// The reasons why an expression cannot be read.
const (
	badPattern   = "invalid regexp (reg version 0.8)"
	badCollating = "invalid collating element"
	badClass     = "invalid character class"
	badEscape    = `invalid escape \ sequence`
	badReference = "invalid backreference number"
	badBrackets  = "brackets [] not balanced"
	badParens    = "parentheses () not balanced"
	badBraces    = "braces {} not balanced"
	badCount     = "invalid repetition count(s)"
	badRange     = "invalid character range"
	badQuantity  = "quantifier operand invalid"
	badOption    = "invalid embedded option"
	badArgument  = "invalid argument to regex function"
)
