package govalue

import (
	"fmt"
	"reflect"
	"strings"
)

// storeArray reads the text form of an array (PostgreSQL documentation, 8.15.6). An
// array of several dimensions is slices of slices.
func storeArray(target reflect.Value, element, text string) error {
	if i := strings.Index(text, "={"); i >= 0 && strings.HasPrefix(text, "[") { // bounds other than 1
		text = text[i+1:]
	}
	p := arrayReader{text: text, element: element}
	if err := p.list(target); err != nil {
		return err
	}
	if p.at != len(p.text) {
		return p.wrong()
	}
	return nil
}

type arrayReader struct {
	text    string
	at      int
	element string // type of the elements
}

func (p *arrayReader) wrong() error { return fmt.Errorf("%q is no text of an array", p.text) }

// next takes a byte if it is there.
func (p *arrayReader) next(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *arrayReader) list(target reflect.Value) error {
	if !p.next('{') {
		return p.wrong()
	}
	out := reflect.MakeSlice(target.Type(), 0, 4)
	for !p.next('}') {
		if out.Len() > 0 && !p.next(',') {
			return p.wrong()
		}
		e := reflect.New(target.Type().Elem()).Elem()
		if err := p.one(e); err != nil {
			return err
		}
		out = reflect.Append(out, e)
	}
	target.Set(out)
	return nil
}

// one reads an element, or an array within.
func (p *arrayReader) one(target reflect.Value) error {
	if p.at < len(p.text) && p.text[p.at] == '{' {
		switch {
		case target.Kind() == reflect.Slice:
			return p.list(target)
		case target.Kind() == reflect.Interface:
			var inner []any
			if err := p.list(reflect.ValueOf(&inner).Elem()); err != nil {
				return err
			}
			target.Set(reflect.ValueOf(inner))
			return nil
		}
		return fmt.Errorf("it has more dimensions")
	}
	text, quoted, err := p.word()
	if err != nil {
		return err
	}
	if !quoted && strings.EqualFold(text, "null") {
		return store(target, p.element, nil)
	}
	return store(target, p.element, []byte(text))
}

func (p *arrayReader) word() (text string, quoted bool, err error) {
	var b strings.Builder
	quoted = p.next('"')
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case quoted && c == '"':
			p.at++
			return b.String(), true, nil
		case !quoted && (c == ',' || c == '}'):
			return b.String(), false, nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			c = p.text[p.at]
		}
		b.WriteByte(c)
		p.at++
	}
	return "", false, p.wrong()
}
