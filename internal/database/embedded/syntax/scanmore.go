package syntax

import "strings"

// number reads a numeric constant. As in PostgreSQL 15 there are no hexadecimal
// ones and no underscores; what follows a number directly is junk.
func (s *scanner) number() error {
	start := s.pos
	s.digits()
	if s.at(0) == '.' && s.at(1) != '.' {
		s.pos++
		s.digits()
	}
	if c := s.at(0); c == 'e' || c == 'E' {
		sign := 0
		if s.at(1) == '+' || s.at(1) == '-' {
			sign = 1
		}
		switch {
		case isDigit(s.at(1 + sign)):
			s.pos += 1 + sign
			s.digits()
		case sign == 1:
			return s.failure("trailing junk after numeric literal", start, s.pos+2)
		}
	}
	return s.junk("trailing junk after numeric literal", start)
}

// junk refuses an identifier that follows directly.
func (s *scanner) junk(message string, start int) error {
	if !isIdentStart(s.at(0)) {
		return nil
	}
	for s.pos < len(s.sql) && isIdentPart(s.sql[s.pos]) {
		s.pos++
	}
	return s.failure(message, start, s.pos)
}

func (s *scanner) digits() {
	for isDigit(s.at(0)) {
		s.pos++
	}
}

// dollar reads what begins with $: a parameter, a string, or nothing known.
func (s *scanner) dollar() (kind, error) {
	start := s.pos
	if isDigit(s.at(1)) {
		s.pos++
		s.digits()
		return param, s.junk("trailing junk after parameter", start)
	}
	tag := s.dollarTag()
	if tag == "" {
		return operator, s.failure("syntax error", start, start+1)
	}
	end := strings.Index(s.sql[start+len(tag):], tag)
	if end < 0 {
		return str, s.failure("unterminated dollar-quoted string", start, len(s.sql))
	}
	s.pos = start + len(tag) + end + len(tag)
	return str, nil
}

// dollarTag returns the delimiter of a dollar-quoted string, "" if none begins
// here.
func (s *scanner) dollarTag() string {
	for i := s.pos + 1; i < len(s.sql); i++ {
		c := s.sql[i]
		switch {
		case c == '$':
			return s.sql[s.pos : i+1]
		case !isIdentStart(c) && (i == s.pos+1 || !isDigit(c)):
			return ""
		}
	}
	return ""
}

const operatorCharacters = "~!@#^&|`?+-*/%<>="

// operator reads an operator, or a single character.
func (s *scanner) operator() error {
	start := s.pos
	if c := s.at(0); strings.IndexByte(operatorCharacters, c) < 0 {
		if two := s.sql[s.pos:min(s.pos+2, len(s.sql))]; two == "::" || two == ".." || two == ":=" {
			s.pos += 2
			return nil
		}
		s.pos++
		if strings.IndexByte(",()[].;:", c) < 0 {
			return s.failure("syntax error", start, s.pos)
		}
		return nil
	}
	for s.pos < len(s.sql) && strings.IndexByte(operatorCharacters, s.sql[s.pos]) >= 0 {
		s.pos++
	}
	op := s.sql[start:s.pos]
	for _, comment := range []string{"/*", "--"} {
		if i := strings.Index(op, comment); i > 0 {
			op = op[:i]
		}
	}
	op = withoutTrailingSign(op)
	s.pos = start + len(op)
	if len(op) > maxIdentifier {
		return s.failure("operator too long", start, s.pos)
	}
	return nil
}

// withoutTrailingSign gives back trailing + and - unless the operator holds a
// character that no SQL standard operator has.
func withoutTrailingSign(op string) string {
	if len(op) < 2 || strings.ContainsAny(op, "~!@#^&|`?%") {
		return op
	}
	for len(op) > 1 && (op[len(op)-1] == '+' || op[len(op)-1] == '-') {
		op = op[:len(op)-1]
	}
	return op
}
