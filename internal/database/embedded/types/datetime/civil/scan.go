package civil

import (
	"strings"
)

// kind is what a field of a text looks like before its meaning is known.
type kind int

const (
	number  kind = iota // digits, perhaps with a decimal point
	word                // letters
	dated               // digits or letters with -, / or . between them
	timed               // digits with : between them
	zoned               // a sign and digits
	special             // a sign and letters
)

type field struct {
	text string // in lower case
	kind kind
}

// The limits of PostgreSQL's buffers.
const (
	maxFields = 25
	maxText   = 128 + maxFields
)

// scanner splits a text into fields.
type scanner struct {
	text   string
	at     int
	fields []field
	used   int
}

// scan splits the text form of a date or time; scanInterval that of an
// interval, where a number can follow a sign.
func scan(text string) ([]field, error) {
	s := scanner{text: text}
	for s.at < len(text) {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return s.fields, nil
}

func (s *scanner) next() error {
	c := s.text[s.at]
	switch {
	case isSpace(c):
		s.at++
		return nil
	case isDigit(c):
		return s.digits()
	case c == '.':
		return s.add(number, s.span(s.at+1, isDigit))
	case isAlpha(c):
		return s.letters()
	case c == '+' || c == '-':
		return s.signed()
	case isPunct(c):
		s.at++
		return nil
	}
	return errFormat
}

// add takes the text up to end as a field.
func (s *scanner) add(k kind, end int) error {
	return s.addText(k, s.text[s.at:end], end)
}

func (s *scanner) addText(k kind, text string, end int) error {
	s.used += len(text) + 1
	if len(s.fields) >= maxFields || s.used > maxText {
		return errFormat
	}
	s.fields = append(s.fields, field{strings.ToLower(text), k})
	s.at = end
	return nil
}

// span returns where the bytes from i on that satisfy ok end.
func (s *scanner) span(i int, ok func(byte) bool) int {
	for i < len(s.text) && ok(s.text[i]) {
		i++
	}
	return i
}

func (s *scanner) byteAt(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

func (s *scanner) digits() error {
	end := s.span(s.at, isDigit)
	delimiter := s.byteAt(end)
	switch delimiter {
	case ':':
		return s.add(timed, s.span(end, func(c byte) bool { return isDigit(c) || c == ':' || c == '.' }))
	case '-', '/', '.':
	default:
		return s.add(number, end)
	}
	if !isDigit(s.byteAt(end + 1)) {
		return s.add(dated, s.span(end+1, func(c byte) bool { return isAlnum(c) || c == delimiter }))
	}
	k := dated
	if delimiter == '.' {
		k = number
	}
	end = s.span(end+1, isDigit)
	if s.byteAt(end) == delimiter {
		k = dated
		end = s.span(end, func(c byte) bool { return isDigit(c) || c == delimiter })
	}
	return s.add(k, end)
}

// letters takes a word; one that goes on with punctuation is a date or the
// name of a time zone.
func (s *scanner) letters() error {
	end := s.span(s.at, isAlpha)
	goesOn := false
	switch c := s.byteAt(end); {
	case c == '-' || c == '/' || c == '.':
		goesOn = true
	case c == '+' || isDigit(c):
		_, known := words[cut(strings.ToLower(s.text[s.at:end]))]
		goesOn = !known
	}
	if !goesOn {
		return s.add(word, end)
	}
	return s.add(dated, s.span(end, func(c byte) bool { return isAlnum(c) || strings.IndexByte("+-/_.:", c) >= 0 }))
}

func (s *scanner) signed() error {
	start := s.span(s.at+1, isSpace)
	sign := s.text[s.at : s.at+1]
	switch c := s.byteAt(start); {
	case isDigit(c):
		end := s.span(start, func(c byte) bool { return isDigit(c) || c == ':' || c == '.' || c == '-' })
		return s.addText(zoned, sign+s.text[start:end], end)
	case isAlpha(c):
		end := s.span(start, isAlpha)
		return s.addText(special, sign+s.text[start:end], end)
	}
	return errFormat
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) }

// meaning is what a word of a date or time stands for.
type meaning int

const (
	ignored meaning = iota
	reserved
	monthName
	weekday
	meridiem
	era
	unitLabel
	isoTime
	daylightModifier
)

// Values of words.
const (
	wordNow = iota
	wordToday
	wordTomorrow
	wordYesterday
	wordAllBalls
	wordEpoch
	wordInfinity
	wordNegInfinity
)

// Labels before a number, as in y2001m02d04.
const (
	noLabel = iota
	labelYear
	labelMonth
	labelDay
	labelHour
	labelMinute
	labelSecond
	labelJulian
	labelTime
	labelOther
)

const (
	valueAM = iota + 1
	valuePM
)

const (
	valueAD = iota
	valueBC
)

type token struct {
	meaning meaning
	value   int
}

// maxWord is how many characters of a word PostgreSQL compares.
const maxWord = 10

func cut(word string) string { return word[:min(len(word), maxWord)] }

// words are the words of dates and times. Source: PostgreSQL documentation,
// B.3 "Date/Time Key Words".
var words = map[string]token{
	"-infinity": {reserved, wordNegInfinity}, "ad": {era, valueAD}, "allballs": {reserved, wordAllBalls},
	"am": {meridiem, valueAM}, "apr": {monthName, 4}, "april": {monthName, 4}, "at": {ignored, 0},
	"aug": {monthName, 8}, "august": {monthName, 8}, "bc": {era, valueBC}, "d": {unitLabel, labelDay},
	"dec": {monthName, 12}, "december": {monthName, 12}, "dow": {unitLabel, labelOther},
	"doy": {unitLabel, labelOther}, "dst": {daylightModifier, 3600}, "epoch": {reserved, wordEpoch},
	"feb": {monthName, 2}, "february": {monthName, 2}, "fri": {weekday, 5}, "friday": {weekday, 5},
	"h": {unitLabel, labelHour}, "infinity": {reserved, wordInfinity}, "isodow": {unitLabel, labelOther},
	"isoyear": {unitLabel, labelOther}, "j": {unitLabel, labelJulian}, "jan": {monthName, 1},
	"january": {monthName, 1}, "jd": {unitLabel, labelJulian}, "jul": {monthName, 7},
	"julian": {unitLabel, labelJulian}, "july": {monthName, 7}, "jun": {monthName, 6}, "june": {monthName, 6},
	"m": {unitLabel, labelMonth}, "mar": {monthName, 3}, "march": {monthName, 3}, "may": {monthName, 5},
	"mm": {unitLabel, labelMinute}, "mon": {weekday, 1}, "monday": {weekday, 1}, "nov": {monthName, 11},
	"november": {monthName, 11}, "now": {reserved, wordNow}, "oct": {monthName, 10}, "october": {monthName, 10},
	"on": {ignored, 0}, "pm": {meridiem, valuePM}, "s": {unitLabel, labelSecond}, "sat": {weekday, 6},
	"saturday": {weekday, 6}, "sep": {monthName, 9}, "sept": {monthName, 9}, "september": {monthName, 9},
	"sun": {weekday, 0}, "sunday": {weekday, 0}, "t": {isoTime, labelTime}, "thu": {weekday, 4},
	"thur": {weekday, 4}, "thurs": {weekday, 4}, "thursday": {weekday, 4}, "today": {reserved, wordToday},
	"tomorrow": {reserved, wordTomorrow}, "tue": {weekday, 2}, "tues": {weekday, 2}, "tuesday": {weekday, 2},
	"wed": {weekday, 3}, "wednesday": {weekday, 3}, "weds": {weekday, 3}, "y": {unitLabel, labelYear},
	"yesterday": {reserved, wordYesterday},
}
