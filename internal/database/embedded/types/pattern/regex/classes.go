package regex

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// span is a range of characters.
type span struct{ low, high rune }

// table is a set of characters: spans in order.
type table []span

func (t table) has(r rune) bool {
	_, found := slices.BinarySearchFunc(t, r, func(s span, r rune) int {
		switch {
		case s.high < r:
			return -1
		case s.low > r:
			return 1
		}
		return 0
	})
	return found
}

// tabulate makes the table of what a test accepts.
func tabulate(test func(rune) bool) table {
	var t table
	for r := rune(1); r <= utf8.MaxRune; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		if !test(r) {
			continue
		}
		if n := len(t); n > 0 && t[n-1].high == r-1 {
			t[n-1].high = r
		} else {
			t = append(t, span{r, r})
		}
	}
	return t
}

// classes are the tables of [:alpha:] and its kind, made when first used. They are
// those of the C library that PostgreSQL 15 is tested with (glibc 2.36, Unicode
// 14); a test compares all characters.
type classes struct {
	mu     sync.Mutex
	tables map[string]table
}

func (c *classes) table(name string) (table, bool) {
	test, known := classTests[name]
	if !known {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, made := c.tables[name]; !made {
		if c.tables == nil {
			c.tables = map[string]table{}
		}
		c.tables[name] = tabulate(test)
	}
	return c.tables[name], true
}

// known holds the tables for all expressions of the process; it is filled from
// facts that never change.
var known classes

var classTests = map[string]func(rune) bool{
	"alnum":  text.Alphanumeric,
	"alpha":  func(r rune) bool { return text.Alphanumeric(r) && !decimal(r) },
	"ascii":  func(r rune) bool { return r < utf8.RuneSelf },
	"blank":  func(r rune) bool { return r == ' ' || r == '\t' },
	"cntrl":  func(r rune) bool { return unicode.Is(unicode.Cc, r) },
	"digit":  decimal,
	"graph":  func(r rune) bool { return printable(r) && !space(r) },
	"lower":  lower,
	"print":  printable,
	"punct":  func(r rune) bool { return printable(r) && !space(r) && !text.Alphanumeric(r) },
	"space":  space,
	"upper":  upper,
	"xdigit": func(r rune) bool { return decimal(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' },
	"word":   func(r rune) bool { return text.Alphanumeric(r) || r == '_' },
}

func decimal(r rune) bool { return r >= '0' && r <= '9' }

func lower(r rune) bool {
	switch r {
	case 0x10fc, 0xa7f2, 0xa7f3, 0xa7f4, 0xab69: // lower case since Unicode 15
		return false
	}
	return (unicode.ToUpper(r) != r || unicode.In(r, unicode.Ll, unicode.Other_Lowercase)) && !text.Newer(r)
}

func upper(r rune) bool {
	return unicode.ToLower(r) != r || unicode.In(r, unicode.Lu, unicode.Other_Uppercase)
}

func space(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r == ' ', r == 0x1680, r >= 0x2000 && r <= 0x200a && r != 0x2007,
		r == 0x2028, r == 0x2029, r == 0x205f, r == 0x3000:
		return true
	}
	return false
}

func printable(r rune) bool {
	return r != 0x2028 && r != 0x2029 && !text.Newer(r) && unicode.In(r, unicode.L, unicode.M, unicode.N,
		unicode.P, unicode.S, unicode.Z, unicode.Cf, unicode.Co)
}

// set is the characters that one place of an expression accepts.
type set struct {
	ascii   [2]uint64
	members table   // beyond ASCII, in no order
	tables  []table // classes
	without []table // complements of classes
	negated bool
	noLine  bool // never the end of a line
}

func (s *set) add(low, high rune) {
	for r := low; r <= high && r < utf8.RuneSelf; r++ {
		s.ascii[r/64] |= 1 << (r % 64)
	}
	if low = max(low, utf8.RuneSelf); low <= high {
		s.members = append(s.members, span{low, high})
	}
}

func (s *set) addTable(t table) {
	for _, m := range t {
		for r := m.low; r <= m.high && r < utf8.RuneSelf; r++ {
			s.ascii[r/64] |= 1 << (r % 64)
		}
	}
	s.tables = append(s.tables, t)
}

// addOthers adds what is not in a table.
func (s *set) addOthers(t table) {
	for r := rune(1); r < utf8.RuneSelf; r++ {
		if !t.has(r) {
			s.ascii[r/64] |= 1 << (r % 64)
		}
	}
	s.without = append(s.without, t)
}

func (s *set) has(r rune) bool {
	if s.noLine && r == '\n' {
		return false
	}
	if r < utf8.RuneSelf {
		return s.ascii[r/64]&(1<<(r%64)) != 0 != s.negated
	}
	return s.beyond(r) != s.negated
}

func (s *set) beyond(r rune) bool {
	for _, m := range s.members {
		if r >= m.low && r <= m.high {
			return true
		}
	}
	for _, t := range s.tables {
		if t.has(r) {
			return true
		}
	}
	for _, t := range s.without {
		if !t.has(r) {
			return true
		}
	}
	return false
}
