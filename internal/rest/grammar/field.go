package grammar

import (
	"strings"

	"github.com/galleyhq/galley/internal/query"
)

const jsonKey = `"-", digit or any non reserved character different from: .,>()`

// ParseKey reads the name of a filter parameter: the relations it leads
// through, and the field.
func ParseKey(text string) (through []string, f query.Field, err error) {
	s := &scanner{what: "filter", shown: text, text: text}
	for {
		if f, err = s.field(); err != nil {
			return nil, f, err
		}
		if s.done() {
			return through, f, nil
		}
		if len(f.Path) > 0 || !s.eat(".") {
			return nil, f, s.expected(`"." or end of input`)
		}
		through = append(through, f.Column)
	}
}

// field reads a column with its JSON path: data->a->>0.
func (s *scanner) field() (query.Field, error) {
	name, err := s.name()
	if err != nil {
		return query.Field{}, err
	}
	f := query.Field{Column: name}
	for s.eat("->") {
		step := query.Step{Text: s.eat(">")}
		if err := s.step(&step); err != nil {
			return f, err
		}
		f.Path = append(f.Path, step)
	}
	return f, nil
}

// step reads the operand of an arrow: the index of an element, or a key.
func (s *scanner) step(step *query.Step) error {
	start := s.pos
	minus := s.eat("-")
	digits := s.pos
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.pos++
	}
	if minus && s.pos == digits {
		return s.expected("digit")
	}
	if s.pos > digits && s.atStepEnd() {
		step.Key, step.Index = s.text[start:s.pos], true
		return nil
	}
	s.pos = start
	for !s.done() && strings.IndexByte("(:.,>)", s.peek()) < 0 && !strings.HasPrefix(s.rest(), "->") {
		s.pos++
	}
	if s.pos == start {
		return s.expected(jsonKey)
	}
	step.Key = s.text[start:s.pos]
	return nil
}

func (s *scanner) atStepEnd() bool {
	return s.done() || s.peek() == '.' || s.peek() == ',' || s.peek() == ')' ||
		strings.HasPrefix(s.rest(), "->") || strings.HasPrefix(s.rest(), "::")
}
