package setting

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// user stands in a search path for the schema that has the role's name.
const user = "$user"

// splitNames reads a list of names as PostgreSQL's SplitIdentifierString does;
// ok is false when it is none.
func splitNames(text string) (names []string, ok bool) {
	rest := strings.TrimLeft(text, " \t\n\r\f")
	if rest == "" {
		return nil, true
	}
	for {
		var name string
		if name, rest, ok = firstName(rest); !ok {
			return nil, false
		}
		names = append(names, name)
		rest = strings.TrimLeft(rest, " \t\n\r\f")
		if rest == "" {
			return names, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		rest = strings.TrimLeft(rest[1:], " \t\n\r\f")
	}
}

func firstName(text string) (name, rest string, ok bool) {
	if text == "" {
		return "", "", false
	}
	if text[0] != '"' {
		end := strings.IndexAny(text, ", \t\n\r\f")
		if end < 0 {
			end = len(text)
		}
		return syntax.Truncate(lower(text[:end])), text[end:], end > 0
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			return syntax.Truncate(b.String()), text[i+1:], true
		}
	}
	return "", "", false
}

// lower folds the ASCII letters of a name, as PostgreSQL does in UTF-8.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// joinNames writes a list of names as SET stores it.
func joinNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		if quoted[i] = syntax.QuoteIdent(n); n == "" {
			quoted[i] = `""`
		}
	}
	return strings.Join(quoted, ", ")
}

// quotedNames writes a search path that the caller of the boundary gave, as the
// engine on PostgreSQL sets it.
func quotedNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ", ")
}

// path is the search path as it counts for a role.
func path(names []string, role string) []string {
	out := slices.Clone(names)
	for i := range out {
		if out[i] == user {
			out[i] = role
		}
	}
	if len(out) == 0 {
		return []string{""} // no schema has this name: the path is empty
	}
	return out
}
