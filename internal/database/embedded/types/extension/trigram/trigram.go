// Package trigram is the extension pg_trgm: how similar texts are, by the groups
// of three characters that they share. Its index methods are not there.
//
// Source: PostgreSQL documentation, F.35 "pg_trgm"; contrib/pg_trgm.
package trigram

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// gram is three characters: three bytes of ASCII, else three of a checksum.
type gram [3]byte

// compare orders as PostgreSQL does, which takes bytes to be signed.
func compare(a, b gram) int {
	for i := range a {
		if c := cmp.Compare(int8(a[i]), int8(b[i])); c != 0 {
			return c
		}
	}
	return 0
}

// String writes the group, in hexadecimal where it is no plain text.
func (g gram) String() string {
	for _, c := range g {
		if c >= 0x80 || c != ' ' && !text.Alphanumeric(rune(c)) {
			return fmt.Sprintf("0x%06x", int(g[0])<<16|int(g[1])<<8|int(g[2]))
		}
	}
	return string(g[:])
}

// bounds tell whether a group begins or ends a word.
type bounds struct{ left, right bool }

// groups takes a text apart: its words in lower case, each with two spaces before
// and one behind.
func groups(s string) (list []gram, at []bounds) {
	words := strings.FieldsFunc(s, func(r rune) bool { return !text.Alphanumeric(r) })
	for _, word := range words {
		runes := []rune("  " + text.Lower(word) + " ")
		for i := range len(runes) - 2 {
			list = append(list, gramOf(string(runes[i:i+3])))
			at = append(at, bounds{left: i == 0, right: i == len(runes)-3})
		}
	}
	return list, at
}

func gramOf(s string) gram {
	if len(s) == 3 {
		return gram([]byte(s))
	}
	sum := checksum(s)
	return gram{byte(sum), byte(sum >> 8), byte(sum >> 16)}
}

// checksum is PostgreSQL's "legacy" CRC-32, which shifts the other way than the
// table is made for.
func checksum(s string) uint32 {
	sum := ^uint32(0)
	for i := range len(s) {
		sum = crc32.IEEETable[byte(sum>>24)^s[i]] ^ sum<<8
	}
	return ^sum
}

// set is the groups of a text in order, each once.
func set(s string) []gram {
	list, _ := groups(s)
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

// ratio is the share of common groups in all of both texts.
func ratio(common, a, b int) float32 { return float32(common) / float32(a+b-common) }

// similarity compares two texts as a whole.
func similarity(a, b string) float32 {
	x, y := set(a), set(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	common := 0
	for _, g := range x {
		if _, found := slices.BinarySearchFunc(y, g, compare); found {
			common++
		}
	}
	return ratio(common, len(x), len(y))
}

// extent looks for the part of a text that is most similar to a word.
type extent struct {
	strict  bool // the part begins and ends with words
	index   []int
	at      []bounds
	wanted  []bool // by index: the word has it
	size    int    // of the word, in different groups
	last    []int  // by index: where it was seen last, -1 for not
	lower   int
	count   int // of wanted groups in the part
	ulength int // of different groups in the part
}

// wordSimilarity is the greatest similarity of a to a part of b.
func wordSimilarity(a, b string, strict bool) float32 {
	x := set(a)
	list, at := groups(b)
	e := extent{strict: strict, at: at, size: len(x), lower: -1}
	if strict {
		e.lower = 0
	}
	numbers := map[gram]int{}
	for _, g := range list {
		if _, known := numbers[g]; !known {
			numbers[g] = len(numbers)
			_, found := slices.BinarySearchFunc(x, g, compare)
			e.wanted, e.last = append(e.wanted, found), append(e.last, -1)
		}
		e.index = append(e.index, numbers[g])
	}
	best := float32(0)
	for i := range e.index {
		if s, ends := e.extend(i); ends {
			best = max(best, s)
		}
	}
	return best
}

// extend takes one more group into the part, and where the part may end there
// finds the best beginning.
func (e *extent) extend(i int) (float32, bool) {
	n := e.index[i]
	if e.lower >= 0 || e.wanted[n] {
		if e.last[n] < 0 {
			e.ulength++
			if e.wanted[n] {
				e.count++
			}
		}
		e.last[n] = i
	}
	if e.strict && !e.at[i].right || !e.strict && !e.wanted[n] {
		return 0, false
	}
	if e.lower == -1 {
		e.lower, e.ulength = i, 1
	}
	return e.shorten(i), true
}

// shorten moves the beginning to where the part up to a place is most similar.
func (e *extent) shorten(upper int) float32 {
	best := ratio(e.count, e.size, e.ulength)
	count, ulength, first := e.count, e.ulength, e.lower
	for lower := first; lower <= upper; lower++ {
		if !e.strict || e.at[lower].left {
			if s := ratio(count, e.size, ulength); s > best {
				best, e.ulength, e.lower, e.count = s, ulength, lower, count
			}
		}
		if n := e.index[lower]; e.last[n] == lower {
			ulength--
			if e.wanted[n] {
				count--
			}
		}
	}
	for lower := first; lower < e.lower; lower++ {
		if n := e.index[lower]; e.last[n] == lower {
			e.last[n] = -1
		}
	}
	return best
}
