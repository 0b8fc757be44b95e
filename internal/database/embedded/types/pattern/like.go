package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/bytea"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
)

// likes gives LIKE and ILIKE under the names of their operators, and of the
// functions that SQL may call. To char(n) its padding belongs.
func likes() ([]*types.Function, []*types.Operator) {
	fs, ops := likesOver(types.Text, "text", [4][2]uint32{{1209, 850}, {1210, 851}, {1627, 1633}, {1628, 1634}})
	named, namedOps := likesOver(types.Name, "name", [4][2]uint32{{1207, 858}, {1208, 859}, {1625, 1635}, {1626, 1636}})
	padded, paddedOps := likesOver(text.Bpchar, "bpchar", [4][2]uint32{{1211, 1631}, {1212, 1632}, {1629, 1660}, {1630, 1661}})
	bytes, bytesOps := likesOverBytes()
	return slices.Concat(fs, named, padded, []*types.Function{
		entry.Alias(1569, "like", fs[0]), entry.Alias(1570, "notlike", fs[1]),
		entry.Alias(1571, "like", named[0]), entry.Alias(1572, "notlike", named[1]),
		patternGuard, prefixStart, prefixEnd,
		entry.Raises(2009, "like_escape", bytea.Bytea, entry.Args(bytea.Bytea, bytea.Bytea), likeEscapeBytes),
		bytes[0], bytes[1], entry.Alias(2007, "like", bytes[0]), entry.Alias(2008, "notlike", bytes[1]),
		entry.Raises(1637, "like_escape", types.Text, two, likeEscape),
	}), slices.Concat(ops, namedOps, paddedOps, bytesOps)
}

// likesOver gives the four operators over a type on the left; oids are those
// of ~~, !~~, ~~* and !~~* and of their functions.
func likesOver(left types.OID, prefix string, oids [4][2]uint32) (fs []*types.Function, ops []*types.Operator) {
	for i, p := range []struct {
		op, suffix, not string
		fold, wants     bool
	}{
		{"~~", "like", "", false, true}, {"!~~", "nlike", " NOT", false, false},
		{"~~*", "iclike", "", true, true}, {"!~~*", "icnlike", "", true, false},
	} {
		f := entry.Raises(oids[i][1], prefix+p.suffix, types.Bool, entry.Args(left, types.Text), matcher(p.fold, p.wants))
		if !p.fold {
			f.SQL = nativeLike(f, p.not)
			if p.wants && left != text.Bpchar {
				f.Implies = prefixed
			}
		}
		fs, ops = append(fs, f), append(ops, entry.Operator(oids[i][0], p.op, f))
	}
	return fs, ops
}

// likesOverBytes gives LIKE over bytea, where _ is any byte.
func likesOverBytes() (fs []*types.Function, ops []*types.Operator) {
	for _, p := range []struct {
		op     string
		oid    uint32
		name   string
		fn     uint32
		negate bool
	}{{"~~", 2016, "bytealike", 2005, false}, {"!~~", 2017, "byteanlike", 2006, true}} {
		f := entry.Raises(p.fn, p.name, types.Bool, entry.Args(bytea.Bytea, bytea.Bytea),
			func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
				result, err := match(characters(args[0].Blob()), characters(args[1].Blob()))
				return sqlite.Bool((result == matched) != p.negate), err
			})
		fs, ops = append(fs, f), append(ops, entry.Operator(p.oid, p.op, f))
	}
	return fs, ops
}

// characters is a text with a character for each byte.
func characters(b []byte) string {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}

// likeEscape rewrites a pattern with another escape character, or with none, to
// one with the backslash.
func likeEscape(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	pattern, escape := args[0].Text(), args[1].Text()
	if escape == "" {
		return sqlite.Text(strings.ReplaceAll(pattern, `\`, `\\`)), nil
	}
	if charLen(escape) != len(escape) {
		return sqlite.Null, errEscape()
	}
	if escape == `\` {
		return args[0], nil
	}
	return sqlite.Text(escapeByBackslash(pattern, escape)), nil
}

// likeEscapeBytes is likeEscape, where each byte is a character.
func likeEscapeBytes(c *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	v, err := likeEscape(c, []sqlite.Value{sqlite.Text(characters(args[0].Blob())), sqlite.Text(characters(args[1].Blob()))})
	out := []byte{}
	for _, r := range v.Text() {
		out = append(out, byte(r))
	}
	return sqlite.Blob(out), err
}

func escapeByBackslash(pattern, escape string) string {
	var b strings.Builder
	escaped := false
	for _, r := range pattern {
		switch c := string(r); {
		case c == escape && !escaped:
			b.WriteByte('\\')
			escaped = true
			continue
		case c == `\`:
			b.WriteString(`\`)
			if !escaped {
				b.WriteString(`\`)
			}
		default:
			b.WriteString(c)
		}
		escaped = false
	}
	return b.String()
}

func matcher(fold, wants bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		s, pattern := args[0].Text(), args[1].Text()
		if fold {
			s, pattern = text.Lower(s), text.Lower(pattern)
		}
		result, err := match(s, pattern)
		if err != nil {
			return sqlite.Null, err
		}
		return sqlite.Bool((result == matched) == wants), nil
	}
}

// outcome tells why a pattern did not match: when the string came to its end,
// a longer rest of it would be tried in vain.
type outcome int

const (
	unmatched outcome = iota
	matched
	exhausted
)

// match decides LIKE: % is any string, _ any character, \ takes the next
// character as it is. A pattern that ends with the escape is an error, but only
// when the matching gets there.
func match(s, p string) (outcome, error) {
	for len(s) > 0 && len(p) > 0 {
		switch p[0] {
		case '%':
			return matchRest(s, p)
		case '_':
			s, p = s[charLen(s):], p[1:]
			continue
		case '\\':
			p = p[1:]
			if p == "" {
				return unmatched, errEscapeAtEnd()
			}
		}
		if s[0] != p[0] {
			return unmatched, nil
		}
		s, p = s[1:], p[1:]
	}
	if s != "" {
		return unmatched, nil
	}
	for p != "" && p[0] == '%' {
		p = p[1:]
	}
	if p == "" {
		return matched, nil
	}
	return exhausted, nil
}

// matchRest matches a pattern that begins with %.
func matchRest(s, p string) (outcome, error) {
	for p = p[1:]; p != ""; p = p[1:] {
		if p[0] == '_' {
			if s == "" {
				return exhausted, nil
			}
			s = s[charLen(s):]
		} else if p[0] != '%' {
			break
		}
	}
	if p == "" {
		return matched, nil
	}
	first := p[0]
	if first == '\\' {
		if len(p) < 2 {
			return unmatched, errEscapeAtEnd()
		}
		first = p[1]
	}
	for s != "" {
		if s[0] == first {
			if result, err := match(s, p); err != nil || result != unmatched {
				return result, err
			}
		}
		s = s[charLen(s):]
	}
	return exhausted, nil
}

func charLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func errEscapeAtEnd() error {
	return fault.New("22025", "LIKE pattern must not end with escape character")
}
