package sqltext

import "strings"

// token is what a statement's end depends on.
type token int

const (
	other token = iota
	blank       // white space and comments
	word        // identifiers and keywords, not quoted
	openParen
	closeParen
	semicolon
)

// token moves behind the next token and tells what it was, and whether it was
// complete. The scanner is not at the end.
func (s *scanner) token() (token, bool) {
	rest := s.text[s.at:]
	switch c := rest[0]; {
	case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		s.at++
		return blank, true
	case strings.HasPrefix(rest, "--"):
		return blank, s.upTo("\n", 2) || true
	case strings.HasPrefix(rest, "/*"):
		return blank, s.comment()
	case c == '\'' || c == '"':
		s.at++
		return other, s.quoted(c, false)
	case c == '$':
		return other, s.dollar()
	case wordStart(c):
		return s.word()
	case '0' <= c && c <= '9':
		s.number()
		return other, true
	}
	s.at++
	return punctuation(rest[0]), true
}

func punctuation(c byte) token {
	switch c {
	case '(':
		return openParen
	case ')':
		return closeParen
	case ';':
		return semicolon
	}
	return other
}

func wordStart(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func wordPart(c byte) bool { return wordStart(c) || c == '$' || '0' <= c && c <= '9' }

// word reads an identifier, or a string that a letter introduces: only E'…' has
// backslash escapes, the others are read as a word and a plain string.
func (s *scanner) word() (token, bool) {
	from := s.at
	for s.at < len(s.text) && wordPart(s.text[s.at]) {
		s.at++
	}
	if strings.EqualFold(s.text[from:s.at], "e") && strings.HasPrefix(s.text[s.at:], "'") {
		s.at++
		return other, s.quoted('\'', true)
	}
	return word, true
}

// number reads digits and letters, so that no $ in it starts a dollar quote.
func (s *scanner) number() {
	for s.at < len(s.text) && (wordPart(s.text[s.at]) && s.text[s.at] != '$') {
		s.at++
	}
}

// quoted reads up to the closing quote; a doubled one stands for itself.
func (s *scanner) quoted(quote byte, escapes bool) bool {
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case escapes && c == '\\' && s.at < len(s.text):
			s.at++
		case c == quote && s.at < len(s.text) && s.text[s.at] == quote:
			s.at++
		case c == quote:
			return true
		}
	}
	return false
}

// dollar reads $tag$ … $tag$, or a parameter.
func (s *scanner) dollar() bool {
	end := s.at + 1
	for end < len(s.text) && wordPart(s.text[end]) && s.text[end] != '$' {
		end++
	}
	tag := s.text[s.at+1 : end]
	if end == len(s.text) || s.text[end] != '$' || tag != "" && !wordStart(tag[0]) {
		s.at = max(end, s.at+1)
		return true
	}
	delimiter := s.text[s.at : end+1]
	return s.upTo(delimiter, len(delimiter))
}

// comment reads a comment, which may hold others.
func (s *scanner) comment() bool {
	depth := 0
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			depth, s.at = depth+1, s.at+2
		case strings.HasPrefix(rest, "*/"):
			depth, s.at = depth-1, s.at+2
		default:
			s.at++
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

// upTo moves behind the next occurrence of end, not counting the first skip
// bytes, and tells whether there was one.
func (s *scanner) upTo(end string, skip int) bool {
	i := strings.Index(s.text[s.at+skip:], end)
	if i < 0 {
		s.at = len(s.text)
		return false
	}
	s.at += skip + i + len(end)
	return true
}
