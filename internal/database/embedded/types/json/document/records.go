package document

import "github.com/galleyhq/galley/internal/fault"

// Item is the value of a key of a record.
type Item struct {
	Kind    Kind
	Text    string // of String its characters, of anything else its JSON
	Present bool   // false when the record has no such key
}

// Records reads an array of objects and gives those values of each that keys
// name; items are valid during the call only. function is what the user called,
// for errors; binary tells that it was called on jsonb.
func Records(function, text string, binary bool, keys []string, row func(items []Item) error) error {
	p := recordParser{parser: parser{lexer: lexer{text: text, unescape: true}, discard: true}, keys: keys}
	p.items = make([]Item, len(keys))
	if err := p.next(); err != nil {
		return err
	}
	if !p.is('[') {
		return p.notArray(function, binary)
	}
	if err := p.next(); err != nil {
		return err
	}
	for !p.is(']') {
		if !p.is('{') {
			return fault.New(fault.InvalidParameter, "argument of %s must be an array of objects", function)
		}
		if err := p.record(); err != nil {
			return err
		}
		if err := row(p.items); err != nil {
			return err
		}
		if !p.is(',') {
			break
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

// Record reads one object as Records reads those of an array.
func Record(text string, keys []string, row func(items []Item) error) error {
	p := recordParser{parser: parser{lexer: lexer{text: text, unescape: true}, discard: true}, keys: keys}
	p.items = make([]Item, len(keys))
	if err := p.next(); err != nil {
		return err
	}
	if !p.is('{') {
		what := "a scalar"
		if p.is('[') {
			what = "an array"
		}
		return fault.New(fault.InvalidParameter, "cannot call populate_composite on %s", what)
	}
	if err := p.record(); err != nil {
		return err
	}
	return row(p.items)
}

type recordParser struct {
	parser
	keys  []string
	items []Item
	guess int // where the next key is likely to be
}

func (p *recordParser) notArray(function string, binary bool) error {
	what := "a scalar"
	switch {
	case binary:
		what = "a non-array"
	case p.is('{'):
		what = "an object"
	}
	return fault.New(fault.InvalidParameter, "cannot call %s on %s", function, what)
}

// record reads the object that begins with the current token.
func (p *recordParser) record() error {
	clear(p.items)
	p.guess = 0
	for {
		if err := p.next(); err != nil { // past { or ,
			return err
		}
		if p.kind != tokenString {
			break
		}
		if err := p.item(); err != nil {
			return err
		}
		if !p.is(',') {
			break
		}
	}
	if !p.is('}') {
		return p.expected(`"," or "}"`)
	}
	return p.next()
}

func (p *recordParser) item() error {
	at := p.find(p.value)
	if err := p.next(); err != nil {
		return err
	}
	if !p.is(':') {
		return p.expected(`":"`)
	}
	if err := p.next(); err != nil {
		return err
	}
	value, wasString := p.value, p.kind == tokenString
	var n Node
	if err := p.parse(&n); err != nil {
		return err
	}
	if at < 0 {
		return nil
	}
	if !wasString {
		value = n.Raw(p.text)
	}
	p.items[at] = Item{Kind: n.Kind, Text: value, Present: true}
	return nil
}

// find returns the position of a key; the keys of a record mostly come in
// order.
func (p *recordParser) find(key string) int {
	if p.guess < len(p.keys) && p.keys[p.guess] == key {
		p.guess++
		return p.guess - 1
	}
	for i, k := range p.keys {
		if k == key {
			p.guess = i + 1
			return i
		}
	}
	return -1
}
