package array

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Parse reads the text form of an array, as PostgreSQL's array_in does. The error
// is its SQLSTATE 22P02, or 0A000 for an array that is not one-dimensional or does
// not begin at 1.
func Parse(text string) ([]Element, error) {
	p := &parser{text: text, rest: strings.TrimLeft(text, spaces)}
	upper, err := p.bounds()
	if err != nil {
		return nil, err
	}
	list, err := p.elements()
	switch {
	case err != nil:
		return nil, err
	case strings.Trim(p.rest, spaces) != "":
		return nil, p.malformed("Junk after closing right brace.")
	case upper >= 0 && upper != len(list):
		return nil, p.malformed("Specified array dimensions do not match array contents.")
	}
	return list, nil
}

const spaces = " \t\n\v\f\r"

type parser struct{ text, rest string }

func (p *parser) malformed(detail string, args ...any) error {
	return fault.New(fault.InvalidText, `malformed array literal: "%s"`, p.text).WithDetail(detail, args...)
}

func refused(what string) error {
	return fault.Unsupported("an array %s is not supported by the embedded engine", what).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// bounds reads [1:3]= and returns the 3, -1 when there is none.
func (p *parser) bounds() (int, error) {
	if !strings.HasPrefix(p.rest, "[") {
		return -1, nil
	}
	low, rest := number(strings.TrimLeft(p.rest[1:], spaces))
	if low == "" {
		return 0, p.malformed(`"[" must introduce explicitly-specified array dimensions.`)
	}
	high := low
	if strings.HasPrefix(rest, ":") {
		if high, rest = number(rest[1:]); high == "" {
			return 0, p.malformed("Missing array dimension value.")
		}
	} else {
		low = "1"
	}
	if !strings.HasPrefix(rest, "]") {
		return 0, p.malformed(`Missing "%s" after array dimensions.`, "]")
	}
	lower, errLow := strconv.ParseInt(low, 10, 32)
	upper, errHigh := strconv.ParseInt(high, 10, 32)
	after := strings.TrimLeft(rest[1:], spaces)
	switch {
	case errLow != nil || errHigh != nil:
		return 0, refused("with such bounds")
	case upper < lower:
		return 0, fault.New("2202E", "upper bound cannot be less than lower bound")
	case strings.HasPrefix(after, "["):
		return 0, refused("of several dimensions")
	case !strings.HasPrefix(after, "="):
		return 0, p.malformed(`Missing "%s" after array dimensions.`, "=")
	case lower != 1:
		return 0, refused("that does not begin at 1")
	}
	p.rest = strings.TrimLeft(after[1:], spaces)
	return int(upper), nil
}

// number takes the digits and signs at the beginning off.
func number(s string) (digits, rest string) {
	n := len(s) - len(strings.TrimLeft(s, "0123456789+-"))
	return s[:n], s[n:]
}

func (p *parser) elements() ([]Element, error) {
	if !strings.HasPrefix(p.rest, "{") {
		return nil, p.malformed(`Array value must start with "{" or dimension information.`)
	}
	p.rest = strings.TrimLeft(p.rest[1:], spaces)
	if strings.HasPrefix(p.rest, "}") {
		p.rest = p.rest[1:]
		return nil, nil
	}
	var list []Element
	for {
		e, err := p.element()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if len(list) > maxElements {
			return nil, fault.New("54000", "array size exceeds the maximum allowed (%d)", maxElements)
		}
		end := p.rest[0]
		p.rest = p.rest[1:]
		if end == '}' {
			return list, nil
		}
	}
}

// element reads an element up to the comma or brace behind it.
func (p *parser) element() (Element, error) {
	p.rest = strings.TrimLeft(p.rest, spaces)
	switch {
	case p.rest == "":
		return Element{}, p.malformed("Unexpected end of input.")
	case p.rest[0] == '{':
		return Element{}, refused("of several dimensions")
	case p.rest[0] == '"':
		return p.quoted()
	}
	return p.bare()
}

func (p *parser) quoted() (Element, error) {
	var b strings.Builder
	i := 1
	for ; i < len(p.rest) && p.rest[i] != '"'; i++ {
		if p.rest[i] == '\\' {
			i++
		}
		if i < len(p.rest) {
			b.WriteByte(p.rest[i])
		}
	}
	if i >= len(p.rest) {
		return Element{}, p.malformed("Unexpected end of input.")
	}
	p.rest = strings.TrimLeft(p.rest[i+1:], spaces)
	switch {
	case p.rest == "":
		return Element{}, p.malformed("Unexpected end of input.")
	case p.rest[0] != ',' && p.rest[0] != '}':
		return Element{}, p.malformed("Unexpected array element.")
	}
	return Element{Text: b.String()}, nil
}

// bare reads an element without quotes, whose spaces at the end do not count
// unless a backslash stands before them.
func (p *parser) bare() (Element, error) {
	var b strings.Builder
	i, end, escaped := 0, 0, false
	for ; i < len(p.rest) && p.rest[i] != ',' && p.rest[i] != '}'; i++ {
		c := p.rest[i]
		switch {
		case c == '"':
			return Element{}, p.malformed("Unexpected array element.")
		case c == '{':
			return Element{}, p.malformed(`Unexpected "%c" character.`, c)
		case c == '\\':
			if i++; i >= len(p.rest) {
				return Element{}, p.malformed("Unexpected end of input.")
			}
			escaped = true
			b.WriteByte(p.rest[i])
			end = b.Len()
			continue
		}
		b.WriteByte(c)
		if !isSpace(c) {
			end = b.Len()
		}
	}
	if i >= len(p.rest) {
		return Element{}, p.malformed("Unexpected end of input.")
	}
	text := b.String()[:end]
	if text == "" {
		return Element{}, p.malformed(`Unexpected "%c" character.`, p.rest[i])
	}
	p.rest = p.rest[i:]
	return Element{Text: text, Null: !escaped && strings.EqualFold(text, "null")}, nil
}
