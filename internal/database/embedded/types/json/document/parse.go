package document

import (
	"github.com/galleyhq/galley/internal/fault"
)

// maxDepth bounds nesting. PostgreSQL's bound is the size of its stack, about
// the same.
const maxDepth = 6000

// parser reads a document by recursive descent.
type parser struct {
	lexer
	canonical bool // numbers and objects as jsonb keeps them
	discard   bool // only check the syntax
	depth     int
}

// Validate checks the syntax as the type json does on input, which takes any
// \u escape.
func Validate(text string) error {
	p := parser{lexer: lexer{text: text}, discard: true}
	_, err := p.document()
	return err
}

// Parse reads a text of the type json: keys and numbers stay as they are
// written.
func Parse(text string) (*Node, error) {
	p := parser{lexer: lexer{text: text, unescape: true}}
	return p.document()
}

// ParseBinary reads a text as jsonb does on input.
func ParseBinary(text string) (*Node, error) {
	p := parser{lexer: lexer{text: text, unescape: true}, canonical: true}
	return p.document()
}

func (p *parser) document() (*Node, error) {
	var n Node
	if err := p.next(); err != nil {
		return nil, err
	}
	if err := p.parse(&n); err != nil {
		return nil, err
	}
	if p.kind != tokenEnd {
		return nil, p.expected("end of input")
	}
	return &n, nil
}

// expected is the error for a token out of place.
func (p *parser) expected(what string) error {
	if p.kind == tokenEnd {
		return invalid("The input string ended unexpectedly.")
	}
	return invalid(`Expected %s, but found "%s".`, what, p.token())
}

// parse reads the value that begins with the current token.
func (p *parser) parse(n *Node) error {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return fault.New(fault.StatementTooComplex, "stack depth limit exceeded")
	}
	n.start = p.start
	var err error
	switch {
	case p.is('{'):
		err = p.object(n)
	case p.is('['):
		err = p.array(n)
	default:
		err = p.scalar(n)
	}
	n.end = p.previous
	return err
}

// scalar reads on before it looks at the value, since an error in the next
// token comes first.
func (p *parser) scalar(n *Node) error {
	kind, token, value := p.kind, p.token(), p.value
	switch kind {
	case tokenString:
		n.Kind, n.Text = String, value
	case tokenNumber:
		n.Kind, n.Text = Number, token
	case tokenTrue, tokenFalse:
		n.Kind, n.True = Bool, kind == tokenTrue
	case tokenNull:
	default:
		return p.expected("JSON value")
	}
	err := p.next()
	if err == nil && kind == tokenNumber && p.canonical {
		n.Text, err = CanonicalNumber(token)
	}
	return err
}

func (p *parser) object(n *Node) error {
	n.Kind = Object
	if err := p.next(); err != nil {
		return err
	}
	if p.kind != tokenString && !p.is('}') {
		return p.expected(`string or "}"`)
	}
	for p.kind == tokenString {
		if err := p.field(n); err != nil {
			return err
		}
		if !p.is(',') {
			break
		}
		if err := p.next(); err != nil {
			return err
		}
		if p.kind != tokenString {
			return p.expected("string")
		}
	}
	if !p.is('}') {
		return p.expected(`"," or "}"`)
	}
	if p.canonical {
		n.SortKeys()
	}
	return p.next()
}

func (p *parser) field(n *Node) error {
	key := p.value
	if err := p.next(); err != nil {
		return err
	}
	if !p.is(':') {
		return p.expected(`":"`)
	}
	if err := p.next(); err != nil {
		return err
	}
	var item Node
	if err := p.parse(&item); err != nil {
		return err
	}
	if !p.discard {
		n.Keys, n.Items = append(n.Keys, key), append(n.Items, item)
	}
	return nil
}

func (p *parser) array(n *Node) error {
	n.Kind = Array
	if err := p.next(); err != nil {
		return err
	}
	for first := true; first && !p.is(']') || p.is(','); first = false {
		if !first {
			if err := p.next(); err != nil {
				return err
			}
		}
		var item Node
		if err := p.parse(&item); err != nil {
			return err
		}
		if !p.discard {
			n.Items = append(n.Items, item)
		}
	}
	if !p.is(']') {
		return p.expected(`"," or "]"`)
	}
	return p.next()
}

// ParseLoose is Parse without a look at escapes, which do not matter to the
// shape of a document. Strings come out unread.
func ParseLoose(text string) (*Node, error) {
	p := parser{lexer: lexer{text: text}}
	return p.document()
}
