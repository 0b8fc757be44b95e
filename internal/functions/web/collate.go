package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// collators are those of an instance, which nobody else uses meanwhile. There are as many as
// languages and options, at most.
type collators struct {
	all   []*collator
	named map[string]int
}

// collator compares texts as people of a language sort them.
type collator struct {
	whole *collate.Collator
	// same does not see case; nil where case needs no look of its own.
	same    *collate.Collator
	numeric bool
	plain   bool // ASCII has its order by Unicode's root, letter by letter
	cased   bool // case counts
	upper   bool // and upper case comes first
}

// plainly are the languages in whose order no letters of ASCII belong together, as ch does in
// Czech.
var plainly = strings.Fields("en de fr es it nl pt pl ro ca id ms he ga")

// ranks are the places of ASCII's characters in the order of Unicode's root; 0 is of those
// that do not count.
var ranks = sync.OnceValue(func() (out [128]uint8) {
	root := collate.New(language.English, collate.IgnoreCase)
	var all []string
	for c := ' '; c < 0x7f; c++ {
		all = append(all, string(c))
	}
	slices.SortFunc(all, root.CompareString)
	for k, c := range all {
		out[c[0]] = uint8(k + 1)
		if k > 0 && root.CompareString(all[k-1], c) == 0 {
			out[c[0]] = out[all[k-1][0]]
		}
	}
	return out
})

// mostCollated bounds a text: nothing ends the comparison of one that is longer.
const mostCollated = 1 << 20

// collator is intl.collator(language, options): the number of one for compare. The options
// are letters: n for numbers by their value, b or a for a sensitivity of base or accent, and
// U for upper case first.
func (c *collators) collator(_ context.Context, given []engine.Value) (engine.Value, error) {
	a := engine.Args(given)
	key := a.Text(0) + " " + a.Text(1)
	if n, ok := c.named[key]; ok {
		return float64(n), nil
	}
	tag, err := language.Parse(a.Text(0))
	if err != nil {
		return nil, err
	}
	c.named[key] = len(c.all)
	c.all = append(c.all, newCollator(tag, a.Text(1)))
	return float64(len(c.all) - 1), nil
}

// compare is intl.compare(collator, a, b): below, at or above zero.
func (c *collators) compare(_ context.Context, given []engine.Value) (engine.Value, error) {
	a := engine.Args(given)
	one, other := a.Text(1), a.Text(2)
	if len(one) > mostCollated || len(other) > mostCollated {
		return nil, fault.New(fault.ProgramLimitExceeded, "texts of more than %d bytes are not compared by a language", mostCollated).
			WithHint("Compare them by < and >.")
	}
	return float64(c.all[int(a.Number(0))].compare(one, other)), nil
}

func newCollator(tag language.Tag, options string) *collator {
	base, _ := tag.Base()
	c := &collator{numeric: strings.Contains(options, "n"), plain: slices.Contains(plainly, base.String()),
		cased: !strings.ContainsAny(options, "ab"), upper: strings.Contains(options, "U")}
	switch {
	case strings.Contains(options, "b"):
		c.whole = collate.New(tag, collate.IgnoreCase, collate.IgnoreDiacritics)
	case strings.Contains(options, "a"):
		c.whole = collate.New(tag, collate.IgnoreCase)
	default:
		c.whole = collate.New(tag)
		if strings.Contains(options, "U") {
			c.same = collate.New(tag, collate.IgnoreCase)
		}
	}
	return c
}

func (c *collator) compare(a, b string) int {
	if c.numeric {
		a, b = byValue(a), byValue(b)
	}
	if c.plain {
		if order, ok := c.ascii(a, b); ok {
			return order
		}
	}
	if c.same != nil {
		if order := c.same.CompareString(a, b); order != 0 {
			return order
		}
		a, b = swapped(a), swapped(b)
	}
	return c.whole.CompareString(a, b)
}

// ascii compares texts of printable ASCII, and tells whether they are that: by their letters
// first, then by the first that differs in case.
func (c *collator) ascii(a, b string) (order int, ok bool) {
	rank := ranks()
	for k := range max(len(a), len(b)) {
		var one, other byte
		if k < len(a) {
			if one = a[k]; one >= 128 || rank[one] == 0 {
				return 0, false
			}
		}
		if k < len(b) {
			if other = b[k]; other >= 128 || rank[other] == 0 {
				return 0, false
			}
		}
		switch {
		case rank[one] != rank[other]:
			return cmp.Compare(rank[one], rank[other]), isPlain(a[k:], &rank) && isPlain(b[k:], &rank)
		case one != other && order == 0 && c.cased:
			order = cmp.Compare(other, one) // ASCII has upper case first
			if c.upper {
				order = -order
			}
		}
	}
	return order, true
}

func isPlain(s string, rank *[128]uint8) bool {
	for k := range len(s) {
		if s[k] >= 128 || rank[s[k]] == 0 {
			return false
		}
	}
	return true
}

// swapped has upper case for lower case, and the other way round.
func swapped(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// byValue writes before each number in a text how many digits it has, so that it sorts by
// its value.
func byValue(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	var b strings.Builder
	for s != "" {
		start := strings.IndexAny(s, "0123456789")
		if start < 0 {
			break
		}
		b.WriteString(s[:start])
		s = s[start:]
		digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
		s = s[len(digits):]
		digits = strings.TrimLeft(digits, "0")
		fmt.Fprintf(&b, "%07d%s", len(digits), digits) // as many as mostCollated allows
	}
	return b.String() + s
}
