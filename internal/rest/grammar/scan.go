// Package grammar reads what a PostgREST request says: the query string's
// select lists, filters, logic trees, orders and pages, and the Prefer, Range and
// Accept headers. It knows no schema and runs nothing; its results are trees of
// package query.
//
//	conds, err := grammar.ParseFilter(query.Field{Column: "id"}, "in.(1,2)")
//
// Errors are PGRST1xx in PostgREST's words (PostgREST documentation, "Errors"
// and "Tables and Views").
package grammar

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// maxDepth bounds nesting of logic trees and select lists.
const maxDepth = 64

// scanner walks over one value of a query string.
type scanner struct {
	what  string // for errors: "filter", "order"
	shown string // the value as errors show it
	text  string
	pos   int
}

// expected returns the error for the present position: what stands there and
// what should.
func (s *scanner) expected(what string) error {
	found := "end of input"
	if s.pos < len(s.text) {
		r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
		found = `"` + string(r) + `"`
	}
	return s.fail(found, what)
}

func (s *scanner) fail(found, expecting string) error {
	column := utf8.RuneCountInString(s.text[:s.pos]) + 1
	return fault.New("PGRST100", `"failed to parse %s (%s)" (line 1, column %d)`, s.what, s.shown, column).
		WithDetail("unexpected %s expecting %s", found, expecting)
}

func (s *scanner) done() bool   { return s.pos >= len(s.text) }
func (s *scanner) rest() string { return s.text[s.pos:] }

// peek returns the byte at the present position, 0 at the end.
func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.text[s.pos]
}

// eat goes past token when it stands here.
func (s *scanner) eat(token string) bool {
	if !strings.HasPrefix(s.rest(), token) {
		return false
	}
	s.pos += len(token)
	return true
}

func (s *scanner) spaces() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.pos++
	}
}

// token goes past a token and the spaces around it.
func (s *scanner) token(token string) bool {
	start := s.pos
	s.spaces()
	if !s.eat(token) {
		s.pos = start
		return false
	}
	s.spaces()
	return true
}

// until returns the text up to the next of the bytes in stop.
func (s *scanner) until(stop string) string {
	start := s.pos
	if i := strings.IndexAny(s.rest(), stop); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.text)
	}
	return s.text[start:s.pos]
}

const fieldName = "field name (* or [a..z0..9_$])"

// name reads the name of a field: quoted, or words joined by dashes.
func (s *scanner) name() (string, error) {
	if s.peek() == '"' {
		if v, ok := s.quoted(); ok && v != "" {
			return v, nil
		}
		return "", s.expected(fieldName)
	}
	start := s.pos
	for !s.done() {
		r, size := utf8.DecodeRuneInString(s.rest())
		dash := r == '-' && s.pos > start && !strings.HasPrefix(s.rest(), "->")
		if !dash && !isNameRune(r) {
			break
		}
		s.pos += size
	}
	v := strings.TrimSpace(s.text[start:s.pos])
	if v == "" {
		s.pos = start
		return "", s.expected(fieldName)
	}
	return v, nil
}

func isNameRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == ' ' || r == '$'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// quoted reads a value in double quotes, in which a backslash lets any
// character stand for itself. It leaves the position alone when there is none.
func (s *scanner) quoted() (string, bool) {
	text := s.rest()
	if text == "" || text[0] != '"' {
		return "", false
	}
	if i := strings.IndexAny(text[1:], `"\`); i >= 0 && text[1+i] == '"' {
		s.pos += i + 2
		return text[1 : 1+i], true
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			s.pos += i + 1
			return b.String(), true
		case '\\':
			i++
			if i == len(text) {
				return "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", false
}
