// Package numberpattern writes numbers by a pattern and reads them back, as
// PostgreSQL's to_char and to_number do in the locale C.
//
//	p, err := numberpattern.Parse("FM999,990.00")
//	text := p.WriteDecimal("1234.5")
//
// Source: PostgreSQL documentation, 9.8 "Data Type Formatting Functions", tables
// 9.29 and 9.30.
package numberpattern

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// token is what a keyword of a pattern stands for.
type token int

const (
	literal token = iota // a character that stands for itself
	comma
	point
	zero
	nine
	blank
	currency // C is read and forgotten
	localPoint
	exponent
	fillMode
	group
	localCurrency
	minus
	plus
	brackets
	roman
	eitherSign
	spelled
	localSign
	ordinal
	shift
)

// keywords in the order in which they are tried; in upper case, as those in
// lower case mean the same but for rn and th.
var keywords = []struct {
	name  string
	token token
}{
	{",", comma}, {".", point}, {"0", zero}, {"9", nine}, {"B", blank}, {"C", currency}, {"D", localPoint},
	{"EEEE", exponent}, {"FM", fillMode}, {"G", group}, {"L", localCurrency}, {"MI", minus}, {"PL", plus},
	{"PR", brackets}, {"RN", roman}, {"SG", eitherSign}, {"SP", spelled}, {"S", localSign}, {"TH", ordinal}, {"V", shift},
}

type node struct {
	token token
	text  string // of a literal
	lower bool   // rn, th
}

// signPlace is where S puts the sign.
type signPlace int

const (
	signNone signPlace = iota
	signBefore
	signAfter
)

// shape is what the pattern as a whole says of the number.
type shape struct {
	before, after, shifted int // digits before and behind the point, and behind V
	zeroStart, zeroEnd     int // which digits are zeros rather than blanks
	sign                   signPlace
	signAt                 int // digits before S

	decimal, zeros, blank, fill, localSign, brackets bool
	plus, minus, roman, shift, exponent              bool
}

// Pattern is a pattern taken apart.
type Pattern struct {
	nodes []node
	shape shape
}

// Parse takes a pattern apart. Patterns that contradict themselves are errors.
func Parse(text string) (*Pattern, error) {
	p := &Pattern{}
	for text != "" {
		if n, size := find(text); size > 0 {
			if err := p.shape.take(n.token); err != nil {
				return nil, err
			}
			p.nodes = append(p.nodes, n)
			text = text[size:]
			continue
		}
		text = p.literals(text)
	}
	return p, nil
}

// find returns the keyword that a text begins with. Its letters are all of one
// case.
func find(text string) (node, int) {
	for _, k := range keywords {
		if strings.HasPrefix(text, k.name) {
			return node{token: k.token}, len(k.name)
		}
		if low := strings.ToLower(k.name); low != k.name && strings.HasPrefix(text, low) {
			return node{token: k.token, lower: true}, len(k.name)
		}
	}
	return node{}, 0
}

// literals takes a quoted text or a single character.
func (p *Pattern) literals(text string) string {
	if text[0] != '"' {
		if strings.HasPrefix(text, `\"`) {
			text = text[1:]
		}
		n := width(text)
		p.nodes = append(p.nodes, node{text: text[:n]})
		return text[n:]
	}
	for text = text[1:]; text != ""; {
		if text[0] == '"' {
			return text[1:]
		}
		if text[0] == '\\' && len(text) > 1 {
			text = text[1:]
		}
		n := width(text)
		p.nodes = append(p.nodes, node{text: text[:n]})
		text = text[n:]
	}
	return text
}

// width is how many bytes the first character has.
func width(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func contradiction(text string) error { return fault.New(fault.SyntaxError, "%s", text) }

// take adds a token to the shape.
func (s *shape) take(t token) error {
	if s.exponent && t != exponent {
		return contradiction(`"EEEE" must be the last pattern used`)
	}
	switch t {
	case nine, zero:
		return s.digit(t)
	case localPoint, point:
		return s.point()
	case localSign, minus, plus, eitherSign, brackets:
		return s.signed(t)
	case shift:
		if s.decimal {
			return contradiction(`cannot use "V" and decimal point together`)
		}
		s.shift = true
	case exponent:
		return s.scientific()
	case blank:
		if s.before == 0 && s.after == 0 && !s.zeros {
			s.blank = true
		}
	case fillMode:
		s.fill = true
	case roman:
		s.roman = true
	}
	return nil
}

func (s *shape) digit(t token) error {
	if s.brackets {
		return contradiction(map[token]string{nine: `"9" must be ahead of "PR"`, zero: `"0" must be ahead of "PR"`}[t])
	}
	if t == nine && s.shift {
		s.shifted++
		return nil
	}
	if t == zero && !s.zeros && !s.decimal {
		s.zeros, s.zeroStart = true, s.before+1
	}
	if s.decimal {
		s.after++
	} else {
		s.before++
	}
	if t == zero {
		s.zeroEnd = s.before + s.after
	}
	return nil
}

func (s *shape) point() error {
	switch {
	case s.decimal:
		return contradiction("multiple decimal points")
	case s.shift:
		return contradiction(`cannot use "V" and decimal point together`)
	}
	s.decimal = true
	return nil
}

func (s *shape) signed(t token) error {
	if t == localSign {
		switch {
		case s.localSign:
			return contradiction(`cannot use "S" twice`)
		case s.plus || s.minus || s.brackets:
			return contradiction(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
		}
		s.localSign = true
		if s.decimal {
			s.sign = signAfter
		} else {
			s.sign, s.signAt = signBefore, s.before
		}
		return nil
	}
	if t == brackets {
		if s.localSign || s.plus || s.minus {
			return contradiction(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		s.brackets = true
		return nil
	}
	if s.localSign {
		return contradiction(`cannot use "S" and "` + map[token]string{minus: "MI", plus: "PL", eitherSign: "SG"}[t] + `" together`)
	}
	s.minus = s.minus || t != plus
	s.plus = s.plus || t != minus
	return nil
}

func (s *shape) scientific() error {
	switch {
	case s.exponent:
		return contradiction(`cannot use "EEEE" twice`)
	case s.blank || s.fill || s.localSign || s.brackets || s.minus || s.plus || s.roman || s.shift:
		return fault.New(fault.SyntaxError, `"EEEE" is incompatible with other formats`).
			WithDetail(`"EEEE" may only be used together with digit and decimal point patterns.`)
	}
	s.exponent = true
	return nil
}

// Roman, Exponent and Shifted tell how a number is to be given to Write: as a
// Roman numeral (see Numeral), in scientific form, and how many places to the
// left.
func (p *Pattern) Roman() bool    { return p.shape.roman }
func (p *Pattern) Exponent() bool { return p.shape.exponent }

// Shifted is by how many digits V moves the point, and false without a V.
func (p *Pattern) Shifted() (int, bool) { return p.shape.shifted, p.shape.shift }

// Places is how many digits there are behind the point.
func (p *Pattern) Places() int { return p.shape.after }

// Size is how many digits there are before the point, those behind V included.
func (p *Pattern) Size() int { return p.shape.before + p.shape.shifted }
