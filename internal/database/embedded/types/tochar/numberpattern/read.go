package numberpattern

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Read takes the number out of a text: its sign or a space, digits and perhaps a
// point. places is how many digits behind the point were read.
func (p *Pattern) Read(text string) (number string, places int, err error) {
	switch {
	case p.shape.exponent:
		return "", 0, fault.New(fault.FeatureNotSupported, `"EEEE" not supported for input`)
	case p.shape.roman:
		return "", 0, fault.New(fault.FeatureNotSupported, `"RN" not supported for input`)
	}
	r := reader{shape: p.shape, text: text, sign: ' '}
	for i := range p.nodes {
		if r.done() {
			break
		}
		if r.node(&p.nodes[i]) {
			r.at++
		}
	}
	return string(r.sign) + strings.TrimSuffix(string(r.digits), "."), r.after, nil
}

// reader reads one number.
type reader struct {
	shape
	text      string
	at        int
	sign      byte
	digits    []byte
	before    int // digits read before the point
	after     int // and behind it
	pointSeen bool
}

func (r *reader) done() bool { return r.at >= len(r.text) }

// is tells whether the text goes on with s.
func (r *reader) is(s string) bool { return !r.done() && strings.HasPrefix(r.text[r.at:], s) }

// node reads what a part of the pattern stands for, and tells whether it stopped
// at the last byte it took.
func (r *reader) node(n *node) bool {
	switch n.token {
	case literal:
		r.at += width(r.text[r.at:])
		return false
	case nine, zero, point, localPoint:
		r.place(n.token)
		return true
	case comma, group:
		return !r.fill && r.is(",") // with FM it is not passed over
	case localCurrency:
		r.skip(1)
	case ordinal:
		if !r.decimal {
			r.skip(2)
		}
	case minus, plus, eitherSign:
		return r.ownSign(n.token)
	}
	return false
}

// ownSign reads MI, PL and SG.
func (r *reader) ownSign(t token) bool {
	switch c := r.text[r.at]; {
	case c == '-' && t != plus, c == '+' && t != minus:
		r.sign = c
		return true
	}
	r.skip(1)
	return false
}

// skip passes over characters that cannot belong to a number.
func (r *reader) skip(n int) {
	for ; n > 0 && !r.done() && strings.IndexByte("0123456789.,+-\x00", r.text[r.at]) < 0; n-- {
		r.at += width(r.text[r.at:])
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// place reads a digit or the point, and the sign around the number.
func (r *reader) place(t token) {
	if r.text[r.at] == ' ' {
		r.at++
	}
	if r.done() {
		return
	}
	if r.sign == ' ' && (t == zero || t == nine) && r.before+r.after == 0 {
		r.signBefore()
	}
	if r.done() {
		return
	}
	took := false
	switch {
	case isDigit(r.text[r.at]):
		if r.pointSeen && r.after == r.shape.after {
			return
		}
		r.digits = append(r.digits, r.text[r.at])
		if r.pointSeen {
			r.after++
		} else {
			r.before++
		}
		took = true
	case r.decimal && !r.pointSeen && r.is("."):
		r.digits = append(r.digits, '.')
		r.pointSeen, took = true, true
	}
	if r.sign == ' ' && r.before+r.after > 0 {
		r.signAfter(took)
	}
}

func (r *reader) signBefore() {
	c := r.text[r.at]
	switch {
	case c == '-' || r.brackets && c == '<':
		r.sign = '-'
	case c == '+':
		r.sign = '+'
	default:
		return
	}
	r.at++
}

// signAfter reads a sign behind the last digit: that of S, or one that the
// pattern has no place for.
func (r *reader) signAfter(took bool) {
	switch {
	case r.localSign && took:
		if r.at+1 < len(r.text) && (r.text[r.at+1] == '-' || r.text[r.at+1] == '+') {
			r.at++
			r.sign = r.text[r.at]
		}
	case !took && (r.plus || r.minus):
		if c := r.text[r.at]; c == '-' || c == '+' {
			r.sign = c
		}
	}
}
