package text

import (
	"strings"
	"unicode"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

func casing() []*types.Function {
	return []*types.Function{
		entry.Go(870, "lower", types.Text, one, perText(lower)),
		entry.Go(871, "upper", types.Text, one, perText(upper)),
	}
}

// perText lifts a function over strings.
func perText(f func(string) string) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(f(args[0].Text())), nil
	}
}

func lower(s string) string { return strings.Map(unicode.ToLower, s) }

func upper(s string) string { return strings.Map(unicode.ToUpper, s) }
