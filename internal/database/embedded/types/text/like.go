package text

import (
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// patterns gives LIKE and ILIKE under the names of their operators.
func patterns() (fs []*types.Function, ops []*types.Operator) {
	for _, p := range []struct {
		op          string
		oids        [2]uint32
		name        string
		fold, wants bool
	}{
		{"~~", [2]uint32{1209, 850}, "textlike", false, true},
		{"!~~", [2]uint32{1210, 851}, "textnlike", false, false},
		{"~~*", [2]uint32{1627, 1633}, "texticlike", true, true},
		{"!~~*", [2]uint32{1628, 1634}, "texticnlike", true, false},
	} {
		f := entry.Raises(p.oids[1], p.name, types.Bool, two, matcher(p.fold, p.wants))
		fs, ops = append(fs, f), append(ops, entry.Operator(p.oids[0], p.op, f))
	}
	return fs, ops
}

func matcher(fold, wants bool) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		s, pattern := args[0].Text(), args[1].Text()
		if fold {
			s, pattern = lower(s), lower(pattern)
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
