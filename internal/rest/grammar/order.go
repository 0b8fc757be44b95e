package grammar

import (
	"github.com/galleyhq/galley/internal/query"
)

// ParseOrder reads an order: "a.desc.nullslast,data->>b".
func ParseOrder(text string) ([]query.Order, error) {
	s := &scanner{what: "order", shown: text, text: text}
	var out []query.Order
	for {
		s.spaces()
		o, err := s.orderTerm()
		if err != nil {
			return nil, err
		}
		out = append(out, o)
		if s.done() {
			return out, nil
		}
		if !s.token(",") {
			return nil, s.unexpectedEnd()
		}
	}
}

func (s *scanner) orderTerm() (query.Order, error) {
	f, err := s.field()
	if err != nil {
		return query.Order{}, err
	}
	o := query.Order{Field: f}
	if len(f.Path) == 0 && s.eat("(") {
		o.Through = f.Column
		if o.Field, err = s.field(); err != nil {
			return o, err
		}
		if !s.eat(")") {
			return o, s.expected(`")"`)
		}
	}
	if !s.eat(".") {
		return o, nil
	}
	if s.direction(&o) && !s.eat(".") {
		return o, nil
	}
	if s.nulls(&o) {
		return o, nil
	}
	if o.Direction != query.Unspecified {
		return o, s.expected(`"nullsfirst" or "nullslast"`)
	}
	return o, s.expected(`"asc", "desc", "nullsfirst" or "nullslast"`)
}

func (s *scanner) direction(o *query.Order) bool {
	switch {
	case s.eat("asc"):
		o.Direction = query.Ascending
	case s.eat("desc"):
		o.Direction = query.Descending
	}
	return o.Direction != query.Unspecified
}

func (s *scanner) nulls(o *query.Order) bool {
	switch {
	case s.eat("nullsfirst"):
		o.Nulls = query.NullsFirst
	case s.eat("nullslast"):
		o.Nulls = query.NullsLast
	}
	return o.Nulls != query.NullsDefault
}

// unexpectedEnd is the error for a character after a complete term, which the
// reference shows in single quotes.
func (s *scanner) unexpectedEnd() error {
	r := []rune(s.rest())[0]
	return s.fail("'"+string(r)+"'", `"," or end of input`)
}
