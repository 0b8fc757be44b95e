package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// kind is the kind of a token.
type kind byte

const (
	word   kind = iota // an identifier or key word without quotes
	quoted             // an identifier in double quotes
	str                // a string constant of any sort
	number
	param
	operator // an operator, or any other single character
)

// token is a lexical element: sql[start:end].
type token struct {
	kind       kind
	start, end int
}

// scanner reads tokens by the rules of PostgreSQL 15's scan.l. The grammar has a
// lexer of its own; this one exists for errors, positions and splitting.
type scanner struct {
	sql string
	pos int
}

// scan returns the tokens of a text up to its end or its first lexical error.
func scan(sql string) ([]token, error) {
	s := &scanner{sql: sql}
	tokens := make([]token, 0, len(sql)/5+1)
	for {
		if err := s.space(); err != nil {
			return tokens, err
		}
		if s.pos >= len(sql) {
			return tokens, nil
		}
		t, err := s.next()
		if err != nil {
			return tokens, err
		}
		tokens = append(tokens, t)
	}
}

// at returns the byte at an offset from the present position, 0 past the end.
func (s *scanner) at(offset int) byte {
	if i := s.pos + offset; i < len(s.sql) {
		return s.sql[i]
	}
	return 0
}

// failure is a lexical error at sql[start:end].
func (s *scanner) failure(message string, start, end int) error {
	return fault.New(fault.SyntaxError, "%s at or near \"%s\"", message, s.sql[start:end]).
		At(position(s.sql, start))
}

// position turns a byte offset into a 1-based position in characters.
func position(sql string, offset int) int {
	return utf8.RuneCountInString(sql[:offset]) + 1
}

// space skips white space and comments.
func (s *scanner) space() error {
	for s.pos < len(s.sql) {
		switch c := s.sql[s.pos]; {
		case isSpace(c):
			s.pos++
		case c == '-' && s.at(1) == '-':
			s.lineComment()
		case c == '/' && s.at(1) == '*':
			if err := s.blockComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) lineComment() {
	for s.pos < len(s.sql) && s.sql[s.pos] != '\n' && s.sql[s.pos] != '\r' {
		s.pos++
	}
}

func (s *scanner) blockComment() error {
	start, depth := s.pos, 0
	for s.pos < len(s.sql) {
		switch {
		case s.at(0) == '/' && s.at(1) == '*':
			depth++
			s.pos += 2
		case s.at(0) == '*' && s.at(1) == '/':
			depth--
			s.pos += 2
		default:
			s.pos++
		}
		if depth == 0 {
			return nil
		}
	}
	return s.failure("unterminated /* comment", start, len(s.sql))
}

func (s *scanner) next() (token, error) {
	start := s.pos
	k, err := s.element()
	return token{k, start, s.pos}, err
}

func (s *scanner) element() (kind, error) {
	c := s.at(0)
	switch {
	case c == '\'' || s.prefixed('\''):
		return str, s.quotedString()
	case c == '"' || s.unicodePrefix('"'):
		return quoted, s.quotedIdentifier()
	case isIdentStart(c):
		for s.pos < len(s.sql) && isIdentPart(s.sql[s.pos]) {
			s.pos++
		}
		return word, nil
	case isDigit(c) || c == '.' && isDigit(s.at(1)):
		return number, s.number()
	case c == '$':
		return s.dollar()
	}
	return operator, s.operator()
}

// prefixed tells whether a string constant with a prefix begins here.
func (s *scanner) prefixed(quote byte) bool {
	return s.at(1) == quote && strings.IndexByte("eEbBxXnN", s.at(0)) >= 0 || s.unicodePrefix(quote)
}

func (s *scanner) unicodePrefix(quote byte) bool {
	return (s.at(0) == 'u' || s.at(0) == 'U') && s.at(1) == '&' && s.at(2) == quote
}

func (s *scanner) quotedIdentifier() error {
	start := s.pos
	s.pos = start + strings.IndexByte(s.sql[start:], '"') + 1
	content := s.pos
	for s.pos < len(s.sql) {
		if s.at(0) != '"' {
			s.pos++
			continue
		}
		if s.at(1) == '"' {
			s.pos += 2
			continue
		}
		s.pos++
		if s.pos == content+1 {
			return s.failure("zero-length delimited identifier", start, s.pos)
		}
		return nil
	}
	return s.failure("unterminated quoted identifier", start, len(s.sql))
}

// unterminated names, for each prefix, what an open constant is called.
var unterminated = map[byte]string{
	'b': "unterminated bit string literal",
	'x': "unterminated hexadecimal string literal",
}

func (s *scanner) quotedString() error {
	start := s.pos
	prefix := s.sql[start] | 0x20
	escapes := prefix == 'e'
	s.pos = start + strings.IndexByte(s.sql[start:], '\'') + 1
	for s.pos < len(s.sql) {
		switch c := s.at(0); {
		case c == '\\' && escapes:
			s.pos = min(s.pos+2, len(s.sql))
		case c != '\'':
			s.pos++
		case s.at(1) == '\'':
			s.pos += 2
		default:
			s.pos++
			if !s.continued() {
				return nil
			}
		}
	}
	message := unterminated[prefix]
	if message == "" {
		message = "unterminated quoted string"
	}
	return s.failure(message, start, len(s.sql))
}

// continued goes on to the next part of a string constant, which stands on a
// later line.
func (s *scanner) continued() bool {
	end, newline := s.pos, false
	for s.pos < len(s.sql) {
		switch c := s.at(0); {
		case isSpace(c):
			newline = newline || c == '\n' || c == '\r'
			s.pos++
		case c == '-' && s.at(1) == '-':
			s.lineComment()
		case c == '\'' && newline:
			s.pos++
			return true
		default:
			s.pos = end
			return false
		}
	}
	s.pos = end
	return false
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isIdentPart(c byte) bool { return isIdentStart(c) || isDigit(c) || c == '$' }
