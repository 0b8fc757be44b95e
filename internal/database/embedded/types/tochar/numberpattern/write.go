package numberpattern

import (
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types/tochar/datepattern"
	"github.com/galleyhq/galley/internal/fault"
)

// Digits writes a number given as its digits, with a point if it has one, and
// its sign. places are the digits behind the point that the number has. Too large
// a number shows as #.
func (p *Pattern) Digits(digits string, negative bool, places int) (string, error) {
	s := p.shape
	s.before += s.shifted
	s.after = places
	whole := digits
	if i := strings.IndexByte(digits, '.'); i >= 0 {
		whole = digits[:i]
	}
	spaces := 0
	switch {
	case len(whole) < s.before:
		spaces = s.before - len(whole)
	case len(whole) > s.before:
		digits = strings.Repeat("#", s.before) + "." + strings.Repeat("#", s.after)
	}
	return p.run(s, digits, negative, spaces)
}

// Filled is the number # of the pattern's size, for what has no digits in
// scientific form.
func (p *Pattern) Filled() string {
	return " " + strings.Repeat("#", p.shape.before) + "." + strings.Repeat("#", p.shape.after+4)
}

// Numeral writes a number in Roman numerals, from 1 to 3999.
func (p *Pattern) Numeral(n int64) (string, error) {
	s := p.shape
	s = shape{fill: s.fill, roman: true, zeroStart: s.zeroStart, zeroEnd: s.zeroEnd, shifted: s.shifted}
	return p.run(s, romanNumeral(n), false, 0)
}

func romanNumeral(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	var b strings.Builder
	for _, step := range []struct {
		value int64
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"},
		{10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			b.WriteString(step.text)
		}
	}
	return b.String()
}

// writer writes one number.
type writer struct {
	shape
	out      []byte
	number   string
	at       int // in number
	last     int // the last digit behind the point that counts; -1 for all
	spaces   int // digits of the pattern that the number does not have
	current  int // digits of the pattern done
	count    int
	negative bool
	signDone bool
	err      error
	inNumber bool // a digit has been written just before
}

func (p *Pattern) run(s shape, number string, negative bool, spaces int) (string, error) {
	w := writer{shape: s, number: number, negative: negative, spaces: spaces, last: -1}
	w.begin()
	for i := range p.nodes {
		w.node(&p.nodes[i])
	}
	// A digit that the number does not have ends the text.
	text, _, _ := strings.Cut(string(w.out), "\x00")
	return text, w.err
}

func (w *writer) begin() {
	if w.zeroStart > 0 {
		w.zeroStart--
	}
	switch {
	case w.plus || w.minus: // the sign is written on its own
		w.signDone = !w.plus || w.minus
	default:
		if !w.negative && w.fill {
			w.brackets = false
		}
		w.signDone = !w.negative && w.fill && !w.localSign
		if w.sign == signBefore && w.before == w.signAt {
			w.sign = signAfter
		}
	}
	w.count = w.after + w.before - 1
	if w.fill && w.decimal {
		w.last = lastRelevant(w.number)
		if w.last >= 0 && w.zeroEnd > w.spaces {
			w.last = max(w.last, min(len(w.number)-1, w.zeroEnd-w.spaces))
		}
	}
	if !w.signDone && w.spaces == 0 {
		w.count++
	}
}

// lastRelevant finds the last digit behind the point that is not 0, or the
// point; -1 without a point.
func lastRelevant(number string) int {
	i := strings.IndexByte(number, '.')
	if i < 0 {
		return -1
	}
	return i + len(strings.TrimRight(number[i:], "0")) - 1
}

func (w *writer) put(s string) { w.out = append(w.out, s...) }

// byteAt returns a byte of the number, 0 past its end.
func (w *writer) byteAt(i int) byte {
	if i < len(w.number) {
		return w.number[i]
	}
	return 0
}

func (w *writer) node(n *node) {
	switch n.token {
	case literal:
		w.put(n.text)
	case nine, zero, point, localPoint:
		if !w.roman {
			w.digit(n.token)
		}
	case comma, group:
		switch {
		case w.inNumber:
			w.put(",")
		case !w.fill:
			w.put(" ")
		}
	case localCurrency:
		w.put(" ")
	case roman:
		w.numeral(n.lower)
	case ordinal:
		w.ordinal(n)
	case minus, plus, eitherSign:
		w.ownSign(n.token)
	}
}

func (w *writer) ordinal(n *node) {
	switch {
	case w.roman || w.byteAt(0) == '#' || w.negative || w.decimal:
	case !isDigit(w.byteAt(len(w.number) - 1)):
		w.err = fault.New(fault.InvalidText, `"%s" is not a number`, w.number)
	default:
		w.put(datepattern.Ordinal(w.number, !n.lower))
	}
}

// ownSign writes MI, PL and SG.
func (w *writer) ownSign(t token) {
	switch {
	case t != plus && w.negative:
		w.put("-")
	case t != minus && !w.negative && !w.roman:
		w.put("+")
	case t == eitherSign: // a Roman numeral has no sign, and ends here
		w.put("\x00")
	case !w.fill:
		w.put(" ")
	}
}

func (w *writer) numeral(lower bool) {
	text := w.number
	if lower {
		text = strings.ToLower(text)
	}
	if w.fill {
		w.put(text)
		return
	}
	w.put(fmt.Sprintf("%15s", text))
}

// digit writes what stands at a place of the number: a digit, a point, a blank.
func (w *writer) digit(t token) {
	w.inNumber = false
	w.signBefore()
	switch {
	case w.current < w.spaces && (w.zeroStart > w.current || !w.zeros):
		if !w.fill {
			w.put(" ")
		}
	case w.zeros && w.current < w.spaces:
		w.put("0")
		w.inNumber = true
	default:
		w.place(t)
		if w.at < len(w.number) {
			w.at++
		}
	}
	w.signAfter()
	w.current++
}

// leadingZero tells whether the next digit is a 0 before the point that is not
// written.
func (w *writer) leadingZero() bool {
	return !w.zeros && w.at == 0 && w.byteAt(0) == '0' && w.after != 0
}

func (w *writer) lastIsPoint() bool { return w.last >= 0 && w.byteAt(w.last) == '.' }

// place writes a digit or the point of the number.
func (w *writer) place(t token) {
	c := w.byteAt(w.at)
	switch {
	case c == '.':
		if w.last < 0 || !w.lastIsPoint() || w.fill {
			w.put(".")
		}
	case w.last >= 0 && w.at > w.last && t != zero:
	case w.leadingZero():
		switch {
		case !w.fill:
			w.put(" ")
		case w.lastIsPoint():
			w.put("0")
		}
	default:
		w.out = append(w.out, c)
		w.inNumber = true
	}
}

// signBefore writes the sign once the number begins.
func (w *writer) signBefore() {
	begins := w.current >= w.spaces || w.zeros && w.zeroStart == w.current
	if w.signDone || !begins || w.leadingZero() && !w.lastIsPoint() {
		return
	}
	switch {
	case w.localSign:
		if w.sign != signBefore {
			return
		}
		w.put(map[bool]string{true: "-", false: "+"}[w.negative])
	case w.brackets:
		w.put(map[bool]string{true: "<", false: " "}[w.negative])
	case w.negative:
		w.put("-")
	case !w.fill:
		w.put(" ")
	}
	w.signDone = true
}

// signAfter writes what closes the number behind its last digit.
func (w *writer) signAfter() {
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.decimal {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.current
	}
	if w.current+1 != end {
		return
	}
	switch {
	case w.signDone && w.brackets:
		w.put(map[bool]string{true: ">", false: " "}[w.negative])
	case w.localSign && w.sign == signAfter:
		w.put(map[bool]string{true: "-", false: "+"}[w.negative])
	}
}
