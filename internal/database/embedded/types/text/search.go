package text

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// search gives the functions that look for one text in another, and replace it.
func search() ([]*types.Function, []*types.Operator) {
	text := types.Text
	position := entry.Go(849, "position", types.Int4, two, position)
	starts := entry.Go(3696, "starts_with", types.Bool, two, startsWith)
	three := entry.Args(text, text, text)
	return []*types.Function{
			position, entry.Alias(868, "strpos", position), starts,
			entry.Go(2087, "replace", text, three, replace),
			entry.Go(878, "translate", text, three, translate),
		},
		[]*types.Operator{entry.Operator(3877, "^@", starts)}
}

// position counts characters from 1; 0 means not found.
func position(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	s := args[0].Text()
	i := strings.Index(s, args[1].Text())
	if i < 0 {
		return sqlite.Int(0), nil
	}
	return sqlite.Int(int64(utf8.RuneCountInString(s[:i]) + 1)), nil
}

func startsWith(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return sqlite.Bool(strings.HasPrefix(args[0].Text(), args[1].Text())), nil
}

func replace(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	from := args[1].Text()
	if from == "" {
		return args[0], nil
	}
	return sqlite.Text(strings.ReplaceAll(args[0].Text(), from, args[2].Text())), nil
}

// translate replaces each character that is in the second text by the one at its
// place in the third, and leaves it out where there is none.
func translate(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	to := []rune(args[2].Text())
	table := map[rune]rune{}
	for i, r := range []rune(args[1].Text()) {
		if _, known := table[r]; known {
			continue
		}
		table[r] = -1
		if i < len(to) {
			table[r] = to[i]
		}
	}
	return sqlite.Text(strings.Map(func(r rune) rune {
		if replacement, found := table[r]; found {
			return replacement
		}
		return r
	}, args[0].Text())), nil
}
