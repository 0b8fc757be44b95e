package jsonpath

import (
	"errors"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
	"github.com/galleyhq/galley/internal/fault"
)

// maxDepth bounds nesting, as PostgreSQL's stack does.
const maxDepth = 1000

// parser reads a path by recursive descent, one token ahead.
type parser struct {
	lexer
	token     token
	depth     int
	filters   int // how many filters stand around
	subscript int // how many subscripts stand around
}

// Parse reads a path. Errors are PostgreSQL's.
func Parse(text string) (*Path, error) {
	p := &parser{lexer: lexer{text: text}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == tokenEnd {
		return nil, fault.New(fault.InvalidText, `invalid input syntax for type jsonpath: "%s"`, text)
	}
	path := &Path{strict: p.isWord("strict")}
	if path.strict || p.isWord("lax") {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var err error
	if path.root, err = p.expression(); err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, syntax(p.token)
	}
	return path, nil
}

func (p *parser) advance() (err error) {
	p.token, err = p.next()
	return err
}

func (p *parser) isSign(s string) bool { return p.token.kind == tokenSign && p.token.value == s }
func (p *parser) isWord(s string) bool { return p.token.kind == tokenKeyword && p.token.value == s }

// expect reads past a sign.
func (p *parser) expect(sign string) error {
	if !p.isSign(sign) {
		return syntax(p.token)
	}
	return p.advance()
}

func (p *parser) expectWord(word string) error {
	if !p.isWord(word) {
		return syntax(p.token)
	}
	return p.advance()
}

// expression reads whatever binds least: a value or a predicate.
func (p *parser) expression() (*item, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	return p.logic(kindOr, func() (*item, error) { return p.logic(kindAnd, p.negation) })
}

// predicate reads an expression that must be one.
func (p *parser) predicateIn() (*item, error) {
	i, err := p.expression()
	if err == nil && !i.isPredicate() {
		err = syntax(p.token)
	}
	return i, err
}

// isPredicate tells whether an item is one as a whole: with nothing that follows.
func (i *item) isPredicate() bool { return i.predicate() && i.next == nil }

func (p *parser) logic(k kind, operand func() (*item, error)) (*item, error) {
	left, err := operand()
	for err == nil && p.isSign(signs[k]) {
		if !left.isPredicate() {
			return nil, syntax(p.token)
		}
		if err = p.advance(); err != nil {
			return nil, err
		}
		var right *item
		if right, err = operand(); err != nil {
			return nil, err
		}
		if !right.isPredicate() {
			return nil, syntax(p.token)
		}
		left = &item{kind: k, left: left, right: right}
	}
	return left, err
}

// negation reads ! before a predicate in parentheses or exists.
func (p *parser) negation() (*item, error) {
	if !p.isSign("!") {
		return p.comparison()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isWord("exists") {
		inner, err := p.exists()
		return &item{kind: kindNot, left: inner}, err
	}
	inner, err := p.parenthesized(p.predicateIn)
	return &item{kind: kindNot, left: inner}, err
}

func (p *parser) parenthesized(inner func() (*item, error)) (*item, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	i, err := inner()
	if err != nil {
		return nil, err
	}
	return i, p.expect(")")
}

func (p *parser) exists() (*item, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	inner, err := p.parenthesized(p.value)
	return &item{kind: kindExists, left: inner}, err
}

// value reads an expression that is no predicate.
func (p *parser) value() (*item, error) {
	i, err := p.sum()
	if err == nil && i.isPredicate() {
		err = syntax(p.token)
	}
	return i, err
}

var comparisons = map[string]kind{"==": kindEqual, "!=": kindNotEqual, "<>": kindNotEqual, "<": kindLess, ">": kindGreater,
	"<=": kindLessEqual, ">=": kindGreaterEqual}

func (p *parser) comparison() (*item, error) {
	if p.isWord("exists") {
		return p.exists()
	}
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	k, compares := comparisons[p.token.value]
	compares = compares && p.token.kind == tokenSign
	if left.isPredicate() {
		if compares || p.isWord("starts") || p.isWord("like_regex") {
			return nil, syntax(p.token)
		}
		return left, nil
	}
	switch {
	case compares:
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := p.sum()
		if err == nil && right.isPredicate() {
			err = syntax(p.token)
		}
		return &item{kind: k, left: left, right: right}, err
	case p.isWord("starts"):
		return p.startsWith(left)
	case p.isWord("like_regex"):
		return p.like(left)
	}
	return left, nil
}

func (p *parser) startsWith(left *item) (*item, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expectWord("with"); err != nil {
		return nil, err
	}
	right := &item{kind: kindVariable, name: p.token.value}
	switch p.token.kind {
	case tokenString:
		right = stringItem(p.token.value)
	case tokenVariable:
	default:
		return nil, syntax(p.token)
	}
	return &item{kind: kindStartsWith, left: left, right: right}, p.advance()
}

func stringItem(s string) *item {
	return &item{kind: kindLiteral, literal: document.Node{Kind: document.String, Text: s}}
}

func (p *parser) like(left *item) (*item, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind != tokenString {
		return nil, syntax(p.token)
	}
	i := &item{kind: kindLike, left: left, right: stringItem(p.token.value)}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isWord("flag") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.token.kind != tokenString {
			return nil, syntax(p.token)
		}
		i.name = p.token.value
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return i, i.compile()
}

// compile reads flags and pattern of like_regex.
func (i *item) compile() error {
	flags := regex.Flags{LineStop: true}
	names := ""
	for _, c := range i.name {
		switch c {
		case 'i':
			flags.Fold = true
		case 's':
			flags.LineStop = false
		case 'm':
			flags.LineEnds = true
		case 'x':
			flags.Expanded = true
		case 'q':
			flags.Literal = true
		default:
			return fault.New(fault.SyntaxError, "invalid input syntax for type jsonpath").
				WithDetail(`Unrecognized flag character "%c" in LIKE_REGEX predicate.`, c)
		}
	}
	if flags.Literal {
		if flags.Expanded {
			flags.Expanded = false
		}
		flags.LineStop, flags.LineEnds = false, false
	} else if flags.Expanded {
		return fault.New(fault.FeatureNotSupported, `XQuery "x" flag (expanded regular expressions) is not implemented`)
	}
	for _, c := range "ismxq" { // each once, as it is written out
		if strings.ContainsRune(i.name, c) {
			names += string(c)
		}
	}
	i.name = names
	var err error
	i.pattern, err = regex.Compile(i.right.literal.Text, flags)
	if errors.Is(err, regex.ErrRefused) {
		err = fault.Unsupported("this regular expression is not supported by the embedded engine").
			WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
	}
	return err
}

// sum reads + and -.
func (p *parser) sum() (*item, error) {
	return p.arithmetic(map[string]kind{"+": kindAdd, "-": kindSubtract}, p.product)
}

func (p *parser) product() (*item, error) {
	return p.arithmetic(map[string]kind{"*": kindMultiply, "/": kindDivide, "%": kindModulo}, p.unary)
}

func (p *parser) arithmetic(operators map[string]kind, operand func() (*item, error)) (*item, error) {
	left, err := operand()
	for err == nil {
		k, ok := operators[p.token.value]
		if !ok || p.token.kind != tokenSign {
			return left, nil
		}
		if left.isPredicate() {
			return nil, syntax(p.token)
		}
		if err = p.advance(); err != nil {
			return nil, err
		}
		var right *item
		if right, err = operand(); err == nil && right.isPredicate() {
			err = syntax(p.token)
		}
		left = &item{kind: k, left: left, right: right}
	}
	return left, err
}

func (p *parser) unary() (*item, error) {
	k := kindPlus
	switch {
	case p.isSign("-"):
		k = kindMinus
	case !p.isSign("+"):
		return p.accessors()
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.depth++; p.depth > maxDepth {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	operand, err := p.unary()
	if err != nil {
		return nil, err
	}
	if operand.isPredicate() {
		return nil, syntax(p.token)
	}
	if operand.kind == kindLiteral && operand.literal.Kind == document.Number && operand.next == nil {
		if k == kindMinus {
			operand.literal.Text = negated(operand.literal.Text)
		}
		return operand, nil
	}
	return &item{kind: k, left: operand}, nil
}

// negated changes the sign of a canonical number.
func negated(s string) string {
	if strings.Trim(s, "0.") == "" {
		return s
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return rest
	}
	return "-" + s
}

// accessors reads a value and the steps that follow it.
func (p *parser) accessors() (*item, error) {
	first, err := p.primary()
	if err != nil {
		return nil, err
	}
	end := first
	for end.next != nil {
		end = end.next
	}
	for {
		step, err := p.accessor()
		if err != nil {
			return nil, err
		}
		if step == nil {
			break
		}
		end.next = step
		end = step
	}
	if first.isPredicate() && p.isWord("is") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		return &item{kind: kindUnknown, left: first}, p.expectWord("unknown")
	}
	return first, nil
}

func (p *parser) primary() (*item, error) {
	t := p.token
	i := &item{}
	switch {
	case p.isSign("("):
		return p.parenthesized(p.expression)
	case p.isSign("$"):
	case p.isSign("@"):
		i.kind = kindCurrent
		if p.filters == 0 {
			return nil, fault.New(fault.SyntaxError, "@ is not allowed in root expressions")
		}
	case p.isWord("last"):
		i.kind = kindLast
		if p.subscript == 0 {
			return nil, fault.New(fault.SyntaxError, "LAST is allowed only in array subscripts")
		}
	case t.kind == tokenVariable:
		i.kind, i.name = kindVariable, t.value
	case t.kind == tokenString:
		i = stringItem(t.value)
	case t.kind == tokenNumber:
		text, err := canonical(t.value)
		if err != nil {
			return nil, err
		}
		i.kind, i.literal = kindLiteral, document.Node{Kind: document.Number, Text: text}
	case p.isWord("true"), p.isWord("false"):
		i.kind, i.literal = kindLiteral, document.Node{Kind: document.Bool, True: t.value == "true"}
	case p.isWord("null"):
		i.kind = kindLiteral
	default:
		return nil, syntax(t)
	}
	return i, p.advance()
}

// canonical writes a number as numeric does.
func canonical(s string) (string, error) {
	if s[0] == '.' {
		s = "0" + s
	}
	s = strings.Replace(strings.Replace(s, ".e", "e", 1), ".E", "E", 1)
	return document.CanonicalNumber(strings.TrimSuffix(s, "."))
}

// accessor reads one step; nil when there is none.
func (p *parser) accessor() (*item, error) {
	switch {
	case p.isSign("."):
		return p.member()
	case p.isSign("["):
		return p.subscripts()
	case p.isSign("?"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		p.filters++
		defer func() { p.filters-- }()
		condition, err := p.parenthesized(p.predicateIn)
		return &item{kind: kindFilter, left: condition}, err
	}
	return nil, nil
}

// methods are the functions of values.
var methods = map[string]bool{"abs": true, "size": true, "type": true, "floor": true, "double": true, "ceiling": true,
	"keyvalue": true, "datetime": true}

func (p *parser) member() (*item, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	t := p.token
	switch {
	case p.isSign("*"):
		return &item{kind: kindAnyKey}, p.advance()
	case p.isSign("**"):
		return p.levels()
	case t.kind != tokenName && t.kind != tokenString && t.kind != tokenKeyword:
		return nil, syntax(t)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if t.kind == tokenKeyword && methods[t.value] && p.isSign("(") {
		return p.method(t.value)
	}
	name := t.value
	if t.kind == tokenKeyword {
		name = t.word
	}
	return &item{kind: kindKey, name: name}, nil
}

func (p *parser) method(name string) (*item, error) {
	if name == "datetime" || name == "keyvalue" {
		return nil, fault.Unsupported("the jsonpath method %s() is not supported by the embedded engine", name).
			WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return &item{kind: kindMethod, name: name}, p.expect(")")
}

// levels reads ** with the levels it reaches.
func (p *parser) levels() (*item, error) {
	i := &item{kind: kindAny, last: maxLevel}
	if err := p.advance(); err != nil || !p.isSign("{") {
		return i, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err error
	if i.first, err = p.level(); err != nil {
		return nil, err
	}
	i.last = i.first
	if p.isWord("to") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		if i.last, err = p.level(); err != nil {
			return nil, err
		}
	}
	return i, p.expect("}")
}

func (p *parser) level() (uint32, error) {
	if p.isWord("last") {
		return maxLevel, p.advance()
	}
	n, err := strconv.ParseInt(p.token.value, 10, 32)
	if p.token.kind != tokenNumber || err != nil {
		return 0, syntax(p.token)
	}
	return uint32(n), p.advance()
}

func (p *parser) subscripts() (*item, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.isSign("*") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		return &item{kind: kindAnyArray}, p.expect("]")
	}
	p.subscript++
	defer func() { p.subscript-- }()
	i := &item{kind: kindIndex}
	for {
		from, err := p.value()
		if err != nil {
			return nil, err
		}
		s := subscript{from: from}
		if p.isWord("to") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			if s.to, err = p.value(); err != nil {
				return nil, err
			}
		}
		i.subscripts = append(i.subscripts, s)
		if !p.isSign(",") {
			return i, p.expect("]")
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}
