package datepattern

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// scanned is what a text gave for each field; 0 is nothing.
type scanned struct {
	calendar                convention
	hour, minute, second    int32
	sinceMidnight           int32
	day, dayOfYear, weekday int32 // weekday 1 is Sunday
	month, year, century    int32
	yearDigits              int
	week, weekOfMonth       int32
	julian                  int32
	bc, pm                  int32
	millis, micros          int32
	fractionDigits          int
	twelveHours             bool
	zoneSign                int
	zoneHours, zoneMinutes  int32
}

// scanner reads a text by a pattern.
type scanner struct {
	pattern Pattern
	text    string
	at      int
	exact   bool // FX
	skipped int  // characters skipped beyond those of the pattern
	out     scanned
}

// rest is what is left to read.
func (s *scanner) rest() string { return s.text[s.at:] }

// byteAt returns a byte of the text, 0 past its end.
func (s *scanner) byteAt(i int) byte {
	if i >= 0 && i < len(s.text) {
		return s.text[i]
	}
	return 0
}

func (s *scanner) skipSpaces() {
	for isSpace(s.byteAt(s.at)) {
		s.at++
		s.skipped++
	}
}

func (s *scanner) skipCharacter() { s.at += width(s.rest()) }

// scan reads the text until it or the pattern ends.
func (s *scanner) scan() error {
	for i := range s.pattern {
		if s.at >= len(s.text) {
			return nil
		}
		n := &s.pattern[i]
		fx := n.kind == action && n.keyword.id == fieldFX
		if !s.exact && !fx && (n.kind == action || i == 0) {
			s.skipSpaces()
		}
		if n.kind != action {
			s.literal(n)
			continue
		}
		if err := s.field(n, i); err != nil {
			return err
		}
		if !s.exact {
			s.skipped = 0
			s.skipSpaces()
		}
	}
	return nil
}

// literal passes over what the pattern has between its fields. Which character
// the text has there does not matter.
func (s *scanner) literal(n *node) {
	switch {
	case s.exact:
		s.skipCharacter()
	case n.kind == character && s.skipped > 0:
		s.skipped--
	case n.kind == character:
		s.skipCharacter()
	default:
		s.skipped--
		if c := s.byteAt(s.at); isSpace(c) || isSeparator(c) {
			s.at++
			s.skipped++
		}
	}
}

// field reads a field.
func (s *scanner) field(n *node, i int) error {
	if c := n.keyword.calendar; c != anyCalendar {
		if s.out.calendar != anyCalendar && s.out.calendar != c {
			return fault.New(fault.InvalidDatetime, "invalid combination of date conventions").
				WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
		}
		s.out.calendar = c
	}
	switch n.keyword.id {
	case fieldFX:
		s.exact = true
		return nil
	case fieldAM, fieldAMDots:
		return s.halfDay(n)
	case fieldAD, fieldADDots:
		return s.era(n)
	case fieldMonth, fieldMon, fieldRM:
		return s.monthName(n)
	case fieldDay, fieldDy:
		return s.dayName(n)
	case fieldHH12:
		return s.twelve(n, i)
	case fieldMS, fieldUS, fieldFraction:
		return s.fraction(n, i)
	case fieldTZ, fieldOF:
		return fault.New(fault.FeatureNotSupported, `formatting field "%s" is only supported in to_char`, n.keyword.name)
	case fieldTZH:
		return s.zoneHours(n, i)
	case fieldTZM:
		return s.zoneMinutes(n, i)
	case fieldID:
		return s.isoWeekday(n, i)
	case fieldYCommaYYY:
		return s.yearWithComma(n)
	case fieldYear, fieldISOYear:
		return s.year(n, i)
	}
	return s.plain(n, i)
}

// plain reads a field that is a number of at most so many digits as the keyword
// has letters.
func (s *scanner) plain(n *node, i int) error {
	digits := len(n.keyword.name)
	switch n.keyword.id {
	case fieldHH24:
		digits = 2
	case fieldIDDD:
		digits = 3
	}
	if _, err := s.number(s.out.of(n.keyword.id), digits, n, i); err != nil {
		return err
	}
	s.skipOrdinal(n)
	return nil
}

// of is where a plain number goes; nil for Q, which is read and forgotten.
func (o *scanned) of(id field) *int32 {
	switch id {
	case fieldHH24:
		return &o.hour
	case fieldMI:
		return &o.minute
	case fieldSS:
		return &o.second
	case fieldSSSS:
		return &o.sinceMidnight
	case fieldMM:
		return &o.month
	case fieldDDD, fieldIDDD:
		return &o.dayOfYear
	case fieldDD:
		return &o.day
	case fieldD:
		return &o.weekday
	case fieldWW, fieldIW:
		return &o.week
	case fieldCC:
		return &o.century
	case fieldW:
		return &o.weekOfMonth
	case fieldJ:
		return &o.julian
	}
	return nil
}

func (s *scanner) skipOrdinal(n *node) {
	if !n.ordinal() {
		return
	}
	s.skipCharacter()
	s.skipCharacter()
}

// set stores a value; another one for the same field is an error.
func set(into *int32, value int32, n *node) error {
	if *into != 0 && *into != value {
		return fault.New(fault.InvalidDatetime, `conflicting values for "%s" field in formatting string`, n.keyword.name).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*into = value
	return nil
}

// number reads an integer of digits characters, or of any length where what
// follows in the pattern is no digit. It returns how many characters it read.
func (s *scanner) number(into *int32, digits int, n *node, i int) (int, error) {
	start := s.at
	for isSpace(s.byteAt(s.at)) {
		s.at++
	}
	rest := s.rest()
	field := rest[:min(len(rest), digits)]
	var value int64
	var used int
	var fits bool
	if n.fill || s.separatorFollows(i) {
		// From the beginning, as spaces may be read twice.
		value, used, fits = leadingInt(s.text[start:])
		s.at = start + used
	} else {
		if len(rest) < digits {
			return 0, fault.New(fault.InvalidDatetime, `source string too short for "%s" formatting field`, n.keyword.name).
				WithDetail("Field requires %d characters, but only %d remain.", digits, len(rest)).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
		value, used, fits = leadingInt(field)
		if used > 0 && used < digits {
			return 0, fault.New(fault.InvalidDatetime, `invalid value "%s" for "%s"`, field, n.keyword.name).
				WithDetail("Field requires %d characters, but only %d could be parsed.", digits, used).
				WithHint(`If your source string is not fixed-width, try using the "FM" modifier.`)
		}
		s.at += used
	}
	if s.at == start {
		return 0, fault.New(fault.InvalidDatetime, `invalid value "%s" for "%s"`, field, n.keyword.name).
			WithDetail("Value must be an integer.")
	}
	if !fits {
		return 0, fault.New(fault.DatetimeOverflow, `value for "%s" in source string is out of range`, n.keyword.name).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	if into == nil {
		return s.at - start, nil
	}
	return s.at - start, set(into, int32(value), n)
}

// leadingInt reads an integer with leading spaces and a sign as C's strtol
// does: the value, how much was read, and false if it has more than 32 bits.
func leadingInt(s string) (value int64, used int, fits bool) {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	from := i
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	first := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == first {
		return 0, 0, true
	}
	v, err := strconv.ParseInt(s[from:i], 10, 32)
	return v, i, err == nil
}

// separatorFollows tells whether what follows a field is no digit.
func (s *scanner) separatorFollows(i int) bool {
	if s.pattern[i].ordinal() || i+1 == len(s.pattern) {
		return true
	}
	next := &s.pattern[i+1]
	if next.kind == action {
		return !next.keyword.digits
	}
	return len(next.text) != 1 || !isDigit(next.text[0])
}

// oneOf reads one of the words, in any case.
func (s *scanner) oneOf(words []string, n *node) (int32, error) {
	rest := s.rest()
	for i, word := range words {
		if len(rest) >= len(word) && strings.EqualFold(asciiOnly(rest[:len(word)]), word) {
			s.at += len(word)
			return int32(i), nil
		}
	}
	if end := strings.IndexFunc(rest, func(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' && r != '\v' }); end >= 0 {
		rest = rest[:end]
	}
	return 0, fault.New(fault.InvalidDatetime, `invalid value "%s" for "%s"`, rest, n.keyword.name).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

// asciiOnly keeps letters beyond ASCII from being equal to one within it.
func asciiOnly(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return ""
		}
	}
	return s
}

func (s *scanner) halfDay(n *node) error {
	words := []string{"am", "pm"}
	if n.keyword.id == fieldAMDots {
		words = []string{"a.m.", "p.m."}
	}
	v, err := s.oneOf(words, n)
	if err != nil {
		return err
	}
	err = set(&s.out.pm, v, n)
	s.out.twelveHours = true
	return err
}

func (s *scanner) era(n *node) error {
	words := []string{"ad", "bc"}
	if n.keyword.id == fieldADDots {
		words = []string{"a.d.", "b.c."}
	}
	v, err := s.oneOf(words, n)
	if err != nil {
		return err
	}
	return set(&s.out.bc, v, n)
}

func (s *scanner) monthName(n *node) error {
	words := monthNames
	switch n.keyword.id {
	case fieldMon:
		words = shortened(monthNames)
	case fieldRM:
		words = romanMonths
	}
	v, err := s.oneOf(words, n)
	if err != nil {
		return err
	}
	if n.keyword.id == fieldRM {
		return set(&s.out.month, 12-v, n)
	}
	return set(&s.out.month, v+1, n)
}

func shortened(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name[:3]
	}
	return out
}

func (s *scanner) dayName(n *node) error {
	words := dayNames
	if n.keyword.id == fieldDy {
		words = shortened(dayNames)
	}
	v, err := s.oneOf(words, n)
	if err != nil {
		return err
	}
	if err := set(&s.out.weekday, v, n); err != nil {
		return err
	}
	s.out.weekday++
	return nil
}

func (s *scanner) twelve(n *node, i int) error {
	_, err := s.number(&s.out.hour, 2, n, i)
	s.out.twelveHours = true
	s.skipOrdinal(n)
	return err
}

// fraction reads digits behind the point: fewer than asked for are taken to be
// the first ones.
func (s *scanner) fraction(n *node, i int) error {
	into, digits := &s.out.micros, 6
	switch n.keyword.id {
	case fieldMS:
		into, digits = &s.out.millis, 3
	case fieldFraction:
		digits = int(n.keyword.name[2] - '0')
		s.out.fractionDigits = digits
	}
	used, err := s.number(into, digits, n, i)
	if err != nil {
		return err
	}
	full := 6
	if n.keyword.id == fieldMS {
		full = 3
	}
	for range full - used {
		*into *= 10
	}
	s.skipOrdinal(n)
	return nil
}

// zoneHours reads hours with a sign, which may have been taken for a separator
// before.
func (s *scanner) zoneHours(n *node, i int) error {
	switch s.byteAt(s.at) {
	case '-':
		s.out.zoneSign = -1
		s.at++
	case '+', ' ':
		s.out.zoneSign = 1
		s.at++
	default:
		s.out.zoneSign = 1
		if s.skipped > 0 && s.byteAt(s.at-1) == '-' {
			s.out.zoneSign = -1
		}
	}
	_, err := s.number(&s.out.zoneHours, 2, n, i)
	return err
}

func (s *scanner) zoneMinutes(n *node, i int) error {
	if s.out.zoneSign == 0 {
		s.out.zoneSign = 1
	}
	_, err := s.number(&s.out.zoneMinutes, 2, n, i)
	return err
}

// isoWeekday reads 1 for Monday to 7 for Sunday.
func (s *scanner) isoWeekday(n *node, i int) error {
	if _, err := s.number(&s.out.weekday, 1, n, i); err != nil {
		return err
	}
	if s.out.weekday++; s.out.weekday > 7 {
		s.out.weekday = 1
	}
	s.skipOrdinal(n)
	return nil
}

// yearWithComma reads 1,999.
func (s *scanner) yearWithComma(n *node) error {
	invalid := fault.New(fault.InvalidDatetime, `invalid input string for "Y,YYY"`)
	thousands, used, fits := leadingInt(s.rest())
	if used == 0 || s.byteAt(s.at+used) != ',' {
		return invalid
	}
	rest := s.text[s.at+used+1:]
	spaces := len(rest) - len(strings.TrimLeft(rest, " \t\n\v\f\r"))
	years, more, _ := leadingInt(rest[:min(len(rest), spaces+3)])
	if more == 0 {
		return invalid
	}
	total := thousands*1000 + years
	if !fits || total != int64(int32(total)) {
		return fault.New(fault.DatetimeOverflow, `value for "%s" in source string is out of range`, n.keyword.name)
	}
	s.at += used + 1 + more
	s.out.yearDigits = 4
	if err := set(&s.out.year, int32(total), n); err != nil {
		return err
	}
	s.skipOrdinal(n)
	return nil
}

// year reads a year, of which fewer than four digits mean the one nearest to
// 2020.
func (s *scanner) year(n *node, i int) error {
	digits := len(n.keyword.name)
	used, err := s.number(&s.out.year, digits, n, i)
	if err != nil {
		return err
	}
	if digits < 4 && used < 4 {
		s.out.year = nearest2020(s.out.year)
	}
	s.out.yearDigits = digits
	s.skipOrdinal(n)
	return nil
}

func nearest2020(year int32) int32 {
	switch {
	case year < 70:
		return year + 2000
	case year < 100:
		return year + 1900
	case year < 520:
		return year + 2000
	case year < 1000:
		return year + 1000
	}
	return year
}
