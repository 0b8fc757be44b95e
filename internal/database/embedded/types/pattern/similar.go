package pattern

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// similars gives the functions that turn a pattern of SIMILAR TO into a regular
// expression.
func similars() []*types.Function {
	either := entry.Raises(1623, "similar_escape", types.Text, two, similar)
	either.Strict = false
	return []*types.Function{
		entry.Raises(1987, "similar_to_escape", types.Text, one, similar),
		entry.Raises(1986, "similar_to_escape", types.Text, two, similar),
		either,
	}
}

func errEscape() error {
	return fault.New("22025", "invalid escape string").WithHint("Escape string must be empty or one character.")
}

// similar takes the pattern and the escape character, which is the backslash when
// there is none.
func similar(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	escape := `\`
	if len(args) == 2 && !args[1].IsNull() {
		escape = args[1].Text()
	}
	if charLen(escape) != len(escape) {
		return sqlite.Null, errEscape()
	}
	s, err := similarToRegular(args[0].Text(), escape)
	return sqlite.Text(s), err
}

// similarToRegular writes the regular expression. Two escaped quotation marks make
// three parts, of which substring() takes the middle one; the first part is to be
// as short as can be, then the middle one as long.
func similarToRegular(pattern, escape string) (string, error) {
	var b strings.Builder
	b.WriteString("^(?:")
	escaped, inBrackets := false, false
	separators := []string{"){1,1}?(", "){1,1}(?:"}
	for _, r := range pattern {
		switch c := string(r); {
		case escaped && c == `"` && !inBrackets:
			if len(separators) == 0 {
				return "", fault.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
			}
			b.WriteString(separators[0])
			separators = separators[1:]
			escaped = false
		case escaped:
			b.WriteString(`\` + c)
			escaped = false
		case c == escape:
			escaped = true
		case inBrackets:
			if c == `\` {
				b.WriteByte('\\')
			}
			b.WriteString(c)
			inBrackets = c != "]"
		default:
			b.WriteString(similarCharacter(c))
			inBrackets = c == "["
		}
	}
	return b.String() + ")$", nil
}

// similarCharacter is the regular expression of a character outside of brackets.
func similarCharacter(c string) string {
	switch c {
	case "%":
		return ".*"
	case "_":
		return "."
	case "(":
		return "(?:"
	case `\`, ".", "^", "$":
		return `\` + c
	}
	return c
}
