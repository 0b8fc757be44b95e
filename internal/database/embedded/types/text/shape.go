package text

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// maxAlloc is the size in bytes that no value of PostgreSQL exceeds, header
// included.
const maxAlloc = 0x3fffffff

// shape gives the functions that trim, fill, repeat and turn round.
func shape() []*types.Function {
	text, number := types.Text, types.Int4
	fill, fillWith := entry.Args(text, number), entry.Args(text, number, text)
	fs := []*types.Function{
		entry.Raises(879, "lpad", text, fill, pad(true)),
		entry.Raises(873, "lpad", text, fillWith, pad(true)),
		entry.Raises(880, "rpad", text, fill, pad(false)),
		entry.Raises(874, "rpad", text, fillWith, pad(false)),
		entry.Raises(1622, "repeat", text, fill, repeat),
		entry.Go(3062, "reverse", text, one, PerText(reverse)),
	}
	for _, t := range []struct {
		name       string
		plain, set uint32
		trim       func(s, set string) string
	}{
		{"btrim", 885, 884, strings.Trim}, {"ltrim", 881, 875, strings.TrimLeft}, {"rtrim", 882, 876, strings.TrimRight},
	} {
		fs = append(fs,
			entry.Go(t.plain, t.name, text, one, PerText(func(s string) string { return t.trim(s, " ") })),
			entry.Go(t.set, t.name, text, two, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
				return sqlite.Text(t.trim(args[0].Text(), args[1].Text())), nil
			}))
	}
	return fs
}

// pad fills up to a number of characters, or cuts down to it at the end. With
// nothing to fill with it only cuts.
func pad(front bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		s, length, with := args[0].Text(), max(int(args[1].Int()), 0), " "
		if len(args) == 3 {
			with = args[2].Text()
		}
		kept := s[:offset(s, length)]
		missing := length - utf8.RuneCountInString(kept)
		if with == "" {
			missing, length = 0, length-missing
		}
		if length*utf8.UTFMax+4 > maxAlloc {
			return sqlite.Null, errTooLong()
		}
		filling := fill(with, missing)
		if front {
			return sqlite.Text(filling + kept), nil
		}
		return sqlite.Text(kept + filling), nil
	}
}

// fill repeats s up to n characters.
func fill(s string, n int) string {
	if n == 0 {
		return ""
	}
	count := utf8.RuneCountInString(s)
	return strings.Repeat(s, n/count) + s[:offset(s, n%count)]
}

func repeat(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s, n := args[0].Text(), max(int(args[1].Int()), 0)
	if len(s)*n+4 > maxAlloc {
		return sqlite.Null, errTooLong()
	}
	if s == "" {
		return args[0], nil
	}
	return sqlite.Text(strings.Repeat(s, n)), nil
}

func errTooLong() error { return fault.New(programLimitExceeded, "requested length too large") }

func reverse(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}
