// Package datepattern writes dates, times and intervals by a pattern and reads
// them back, as PostgreSQL's to_char, to_timestamp and to_date do.
//
//	text, ok, err := datepattern.Parse("FMDD Month YYYY").Write(datepattern.Parts{…})
//
// A pattern is never wrong: what is no field stands for itself. Which field a
// pattern means, how wide it is written and how much of a text it reads follow
// PostgreSQL exactly, oddities included.
//
// Source: PostgreSQL documentation, 9.8 "Data Type Formatting Functions", tables
// 9.27 and 9.28.
package datepattern

import "strings"

// convention is the calendar that a field belongs to.
type convention int

const (
	anyCalendar convention = iota
	gregorian
	isoWeeks
)

// keyword is a field of a pattern.
type keyword struct {
	name     string
	id       field
	digits   bool // its value begins with a digit
	calendar convention
}

// field tells what a keyword stands for, whatever its letters' case.
type field int

const (
	fieldAM field = iota // AM, am
	fieldAMDots
	fieldAD
	fieldADDots
	fieldCC
	fieldMonth
	fieldMon
	fieldMM
	fieldDay
	fieldDy
	fieldDDD
	fieldDD
	fieldD
	fieldIDDD
	fieldID
	fieldFraction // FF1 to FF6; digits is in the last character
	fieldMS
	fieldUS
	fieldFX
	fieldHH12
	fieldHH24
	fieldMI
	fieldSS
	fieldSSSS
	fieldIW
	fieldWW
	fieldW
	fieldJ
	fieldQ
	fieldRM
	fieldTZ
	fieldTZH
	fieldTZM
	fieldOF
	fieldYCommaYYY
	fieldYear    // YYYY to Y
	fieldISOYear // IYYY to I
)

// keywords in the order in which PostgreSQL tries them; of those beginning alike
// the longer ones stand first. Names are in upper case, but for those that mean
// another way of writing.
var keywords = []keyword{
	{"A.D.", fieldADDots, false, anyCalendar}, {"A.M.", fieldAMDots, false, anyCalendar},
	{"AD", fieldAD, false, anyCalendar}, {"AM", fieldAM, false, anyCalendar},
	{"B.C.", fieldADDots, false, anyCalendar}, {"BC", fieldAD, false, anyCalendar},
	{"CC", fieldCC, true, anyCalendar},
	{"DAY", fieldDay, false, anyCalendar}, {"DDD", fieldDDD, true, gregorian}, {"DD", fieldDD, true, gregorian},
	{"DY", fieldDy, false, anyCalendar}, {"Day", fieldDay, false, anyCalendar}, {"Dy", fieldDy, false, anyCalendar},
	{"D", fieldD, true, gregorian},
	{"FF1", fieldFraction, true, anyCalendar}, {"FF2", fieldFraction, true, anyCalendar},
	{"FF3", fieldFraction, true, anyCalendar}, {"FF4", fieldFraction, true, anyCalendar},
	{"FF5", fieldFraction, true, anyCalendar}, {"FF6", fieldFraction, true, anyCalendar},
	{"FX", fieldFX, false, anyCalendar},
	{"HH24", fieldHH24, true, anyCalendar}, {"HH12", fieldHH12, true, anyCalendar}, {"HH", fieldHH12, true, anyCalendar},
	{"IDDD", fieldIDDD, true, isoWeeks}, {"ID", fieldID, true, isoWeeks}, {"IW", fieldIW, true, isoWeeks},
	{"IYYY", fieldISOYear, true, isoWeeks}, {"IYY", fieldISOYear, true, isoWeeks},
	{"IY", fieldISOYear, true, isoWeeks}, {"I", fieldISOYear, true, isoWeeks},
	{"J", fieldJ, true, anyCalendar},
	{"MI", fieldMI, true, anyCalendar}, {"MM", fieldMM, true, gregorian}, {"MONTH", fieldMonth, false, gregorian},
	{"MON", fieldMon, false, gregorian}, {"MS", fieldMS, true, anyCalendar},
	{"Month", fieldMonth, false, gregorian}, {"Mon", fieldMon, false, gregorian},
	{"OF", fieldOF, false, anyCalendar},
	{"P.M.", fieldAMDots, false, anyCalendar}, {"PM", fieldAM, false, anyCalendar},
	{"Q", fieldQ, true, anyCalendar},
	{"RM", fieldRM, false, gregorian},
	{"SSSSS", fieldSSSS, true, anyCalendar}, {"SSSS", fieldSSSS, true, anyCalendar}, {"SS", fieldSS, true, anyCalendar},
	{"TZH", fieldTZH, false, anyCalendar}, {"TZM", fieldTZM, true, anyCalendar}, {"TZ", fieldTZ, false, anyCalendar},
	{"US", fieldUS, true, anyCalendar},
	{"WW", fieldWW, true, gregorian}, {"W", fieldW, true, gregorian},
	{"Y,YYY", fieldYCommaYYY, true, gregorian}, {"YYYY", fieldYear, true, gregorian},
	{"YYY", fieldYear, true, gregorian}, {"YY", fieldYear, true, gregorian}, {"Y", fieldYear, true, gregorian},

	{"a.d.", fieldADDots, false, anyCalendar}, {"a.m.", fieldAMDots, false, anyCalendar},
	{"ad", fieldAD, false, anyCalendar}, {"am", fieldAM, false, anyCalendar},
	{"b.c.", fieldADDots, false, anyCalendar}, {"bc", fieldAD, false, anyCalendar},
	{"cc", fieldCC, true, anyCalendar},
	{"day", fieldDay, false, anyCalendar}, {"ddd", fieldDDD, true, gregorian}, {"dd", fieldDD, true, gregorian},
	{"dy", fieldDy, false, anyCalendar}, {"d", fieldD, true, gregorian},
	{"ff1", fieldFraction, true, anyCalendar}, {"ff2", fieldFraction, true, anyCalendar},
	{"ff3", fieldFraction, true, anyCalendar}, {"ff4", fieldFraction, true, anyCalendar},
	{"ff5", fieldFraction, true, anyCalendar}, {"ff6", fieldFraction, true, anyCalendar},
	{"fx", fieldFX, false, anyCalendar},
	{"hh24", fieldHH24, true, anyCalendar}, {"hh12", fieldHH12, true, anyCalendar}, {"hh", fieldHH12, true, anyCalendar},
	{"iddd", fieldIDDD, true, isoWeeks}, {"id", fieldID, true, isoWeeks}, {"iw", fieldIW, true, isoWeeks},
	{"iyyy", fieldISOYear, true, isoWeeks}, {"iyy", fieldISOYear, true, isoWeeks},
	{"iy", fieldISOYear, true, isoWeeks}, {"i", fieldISOYear, true, isoWeeks},
	{"j", fieldJ, true, anyCalendar},
	{"mi", fieldMI, true, anyCalendar}, {"mm", fieldMM, true, gregorian}, {"month", fieldMonth, false, gregorian},
	{"mon", fieldMon, false, gregorian}, {"ms", fieldMS, true, anyCalendar},
	{"of", fieldOF, false, anyCalendar},
	{"p.m.", fieldAMDots, false, anyCalendar}, {"pm", fieldAM, false, anyCalendar},
	{"q", fieldQ, true, anyCalendar},
	{"rm", fieldRM, false, gregorian},
	{"sssss", fieldSSSS, true, anyCalendar}, {"ssss", fieldSSSS, true, anyCalendar}, {"ss", fieldSS, true, anyCalendar},
	{"tzh", fieldTZH, false, anyCalendar}, {"tzm", fieldTZM, true, anyCalendar}, {"tz", fieldTZ, false, anyCalendar},
	{"us", fieldUS, true, anyCalendar},
	{"ww", fieldWW, true, gregorian}, {"w", fieldW, true, gregorian},
	{"y,yyy", fieldYCommaYYY, true, gregorian}, {"yyyy", fieldYear, true, gregorian},
	{"yyy", fieldYear, true, gregorian}, {"yy", fieldYear, true, gregorian}, {"y", fieldYear, true, gregorian},
}

// kind is what a node of a pattern is.
type kind int

const (
	action    kind = iota // a field
	character             // a character that stands for itself
	space
	separator
)

// node is a part of a pattern.
type node struct {
	kind    kind
	keyword *keyword
	text    string // of all but a field

	fill    bool // FM: no padding
	names   bool // TM: names in the language of the locale, without padding
	upperTH bool
	lowerTH bool
}

func (n *node) ordinal() bool { return n.upperTH || n.lowerTH }

// Pattern is a pattern taken apart.
type Pattern []node

// Parse takes a pattern apart.
func Parse(text string) Pattern {
	var p Pattern
	for text != "" {
		n := node{}
		text = n.prefix(text)
		if k := find(text); k != nil {
			n.kind, n.keyword = action, k
			text = n.postfix(text[len(k.name):])
			p = append(p, n)
			continue
		}
		if text != "" {
			p, text = p.literal(text)
		}
	}
	return p
}

func (n *node) prefix(text string) string {
	switch {
	case strings.HasPrefix(text, "FM"), strings.HasPrefix(text, "fm"):
		n.fill = true
	case strings.HasPrefix(text, "TM"), strings.HasPrefix(text, "tm"):
		n.names = true
	default:
		return text
	}
	return text[2:]
}

func (n *node) postfix(text string) string {
	switch {
	case strings.HasPrefix(text, "TH"):
		n.upperTH = true
	case strings.HasPrefix(text, "th"):
		n.lowerTH = true
	case strings.HasPrefix(text, "SP"): // spelling out is not implemented in PostgreSQL either
	default:
		return text
	}
	return text[2:]
}

func find(text string) *keyword {
	for i := range keywords {
		if strings.HasPrefix(text, keywords[i].name) {
			return &keywords[i]
		}
	}
	return nil
}

// literal takes a quoted text or a single character.
func (p Pattern) literal(text string) (Pattern, string) {
	if text[0] != '"' {
		if strings.HasPrefix(text, `\"`) {
			text = text[1:]
		}
		n := width(text)
		k := character
		switch {
		case isSeparator(text[0]):
			k = separator
		case isSpace(text[0]):
			k = space
		}
		return append(p, node{kind: k, text: text[:n]}), text[n:]
	}
	for text = text[1:]; text != ""; {
		if text[0] == '"' {
			return p, text[1:]
		}
		if text[0] == '\\' && len(text) > 1 {
			text = text[1:]
		}
		n := width(text)
		p = append(p, node{kind: character, text: text[:n]})
		text = text[n:]
	}
	return p, text
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

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isSeparator tells punctuation.
func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !isDigit(c) && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}
