package pattern

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// maxNativePattern is SQLITE_MAX_LIKE_PATTERN_LENGTH, in bytes.
const maxNativePattern = 50000

// nativeLike lets SQLite decide LIKE where it gives PostgreSQL's answer, because
// it then finds a prefix by index: the pattern must not end within an escape.
// Of a literal this is seen here; of a parameter by a guard that SQLite
// evaluates once for the statement; any other pattern is matched in Go.
// The connection must have case_sensitive_like=1.
func nativeLike(f *types.Function, not string) func(args []types.Arg) string {
	return func(args []types.Arg) string {
		value, pattern := args[0].SQL, args[1].SQL
		native := value + not + " LIKE " + pattern + ` ESCAPE '\'`
		switch {
		case isLiteral(pattern) && nativePattern(strings.ReplaceAll(pattern[1:len(pattern)-1], "''", "'")):
			return "(" + native + ")"
		case isParameter(pattern):
			return "(" + patternGuard.SQLiteName() + "(" + pattern + ") AND " + native + ")"
		}
		return f.CallSQL(args)
	}
}

// patternGuard is 1 for a pattern that SQLite matches as PostgreSQL does, and an
// error for any other: PostgreSQL would raise 22025 for some values and answer
// for others.
var patternGuard = &types.Function{
	Schema: "galley_internal", Name: "like_guard", Args: one, Result: types.Bool,
	Strict: true, Volatility: types.Immutable, MayRaise: true,
	Call: func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		if !nativePattern(args[0].Text()) {
			return sqlite.Null, entry.Unsupported("a LIKE pattern as parameter that ends with an escape character or is longer than %d bytes", maxNativePattern)
		}
		return sqlite.Bool(true), nil
	},
}

func nativePattern(p string) bool {
	backslashes := len(p) - len(strings.TrimRight(p, `\`))
	return backslashes%2 == 0 && len(p) <= maxNativePattern
}

// prefixed is the range of texts that begin as a pattern does before its first
// wildcard, which an index serves. SQLite's own range for LIKE is planned anew
// for each pattern, and not seen where a policy must be looked at first.
func prefixed(args []types.Arg) string {
	value, pattern := args[0], args[1].SQL
	if value.Type == nil || value.Type.Collation != "" || !isLiteral(pattern) && !isParameter(pattern) {
		return ""
	}
	return "(" + value.SQL + " >= " + prefixStart.SQLiteName() + "(" + pattern + ") AND " + value.SQL + " < " + prefixEnd.SQLiteName() + "(" + pattern + "))"
}

// prefixStart is the least text that begins as a pattern does.
var prefixStart = &types.Function{
	Schema: "galley_internal", Name: "like_start", Args: one, Result: types.Text, Strict: true, Volatility: types.Immutable,
	Call: func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(string(prefixOf(args[0].Text()))), nil
	},
}

// prefixEnd comes after all texts that begin as a pattern does: a blob, which
// comes after any text, where there is no such text. The last byte of the prefix
// is one of UTF-8, and so has one after it.
var prefixEnd = &types.Function{
	Schema: "galley_internal", Name: "like_end", Args: one, Result: types.Text, Strict: true, Volatility: types.Immutable,
	Call: func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		prefix := prefixOf(args[0].Text())
		if len(prefix) == 0 {
			return sqlite.Blob(nil), nil
		}
		prefix[len(prefix)-1]++
		return sqlite.Text(string(prefix)), nil
	},
}

// prefixOf is what all texts begin with that a pattern matches.
func prefixOf(pattern string) []byte {
	var out []byte
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '%', '_':
			return out
		case '\\':
			if i++; i == len(pattern) {
				return out
			}
		}
		out = append(out, pattern[i])
	}
	return out
}

// isLiteral tells whether a SQLite expression is one string literal.
func isLiteral(sql string) bool {
	if len(sql) < 2 || sql[0] != '\'' || sql[len(sql)-1] != '\'' {
		return false
	}
	return !strings.Contains(strings.ReplaceAll(sql[1:len(sql)-1], "''", ""), "'")
}

// isParameter tells whether a SQLite expression is one bound parameter.
func isParameter(sql string) bool {
	if sql == "" || !strings.Contains("?:@$", sql[:1]) {
		return false
	}
	for i := 1; i < len(sql); i++ {
		if c := sql[i] | 0x20; (c < 'a' || c > 'z') && (sql[i] < '0' || sql[i] > '9') && sql[i] != '_' {
			return false
		}
	}
	return true
}
