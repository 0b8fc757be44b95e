package text

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// parts gives the functions that take a text apart by position.
func parts() []*types.Function {
	text, number := types.Text, types.Int4
	from, fromFor := entry.Args(text, number), entry.Args(text, number, number)
	substr := entry.Go(883, "substr", text, from, substringFrom)
	substrFor := entry.Raises(877, "substr", text, fromFor, substringFor)
	return []*types.Function{
		substr, entry.Alias(937, "substring", substr),
		substrFor, entry.Alias(936, "substring", substrFor),
		entry.Go(3060, "left", text, from, left),
		entry.Go(3061, "right", text, from, right),
		entry.Raises(2088, "split_part", text, entry.Args(text, text, number), splitPart),
		entry.Raises(1405, "overlay", text, entry.Args(text, text, number), overlay),
		entry.Raises(1404, "overlay", text, entry.Args(text, text, number, number), overlay),
	}
}

// offset returns where the n-th character (from 0) of s begins; len(s) when s
// has fewer.
func offset(s string, n int) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

// slice returns the characters from start (from 1, may lie before the text) up
// to but without end.
func slice(s string, start, end int) string {
	s = s[offset(s, max(start, 1)-1):]
	return s[:offset(s, max(end-max(start, 1), 0))]
}

func substringFrom(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Text(slice(args[0].Text(), int(args[1].Int()), math.MaxInt)), nil
}

func substringFor(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	start, length := int(args[1].Int()), int(args[2].Int())
	if length < 0 {
		return sqlite.Null, errNegativeLength()
	}
	return sqlite.Text(slice(args[0].Text(), start, start+length)), nil
}

func errNegativeLength() error {
	return fault.New("22011", "negative substring length not allowed")
}

// left returns the first n characters, or all but the last -n.
func left(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, n := args[0].Text(), int(args[1].Int())
	if n < 0 {
		n = max(utf8.RuneCountInString(s)+n, 0)
	}
	return sqlite.Text(s[:offset(s, n)]), nil
}

// right returns the last n characters, or all but the first -n; as in PostgreSQL
// the smallest integer, which has no opposite, leaves nothing out.
func right(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, n := args[0].Text(), int(args[1].Int())
	skip := int(-int32(n))
	if n >= 0 {
		skip = max(utf8.RuneCountInString(s)-n, 0)
	}
	return sqlite.Text(s[offset(s, skip):]), nil
}

// splitPart returns the n-th field, from the end when n is negative.
func splitPart(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, delimiter, n := args[0].Text(), args[1].Text(), int(args[2].Int())
	if n == 0 {
		return sqlite.Null, fault.New(fault.InvalidParameter, "field position must not be zero")
	}
	fields := []string{s}
	if delimiter != "" {
		fields = strings.Split(s, delimiter)
	}
	if n < 0 {
		n += len(fields) + 1
	}
	if n < 1 || n > len(fields) {
		return sqlite.Text(""), nil
	}
	return sqlite.Text(fields[n-1]), nil
}

// overlay replaces the characters from a position on by another text; without a
// count as many as that has.
func overlay(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, with, start := args[0].Text(), args[1].Text(), int(args[2].Int())
	count := utf8.RuneCountInString(with)
	if len(args) == 4 {
		count = int(args[3].Int())
	}
	if start <= 0 {
		return sqlite.Null, errNegativeLength()
	}
	rest := start + count
	if rest > math.MaxInt32 || rest < math.MinInt32 {
		return sqlite.Null, fault.New(fault.NumericOutOfRange, "integer out of range")
	}
	return sqlite.Text(slice(s, 1, start) + with + slice(s, rest, math.MaxInt)), nil
}
