package grammar

import (
	"net/http"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

const treeStart = fieldName + ", negation operator (not) or logic operator (and, or)"

// ParseLogic reads the value of an and, or, not.and or not.or parameter:
// "(id.eq.1,not.and(a.gt.1,b.is.null))".
func ParseLogic(op query.Op, not bool, text string) (query.Cond, error) {
	word := "and"
	if op == query.Or {
		word = "or"
	}
	s := &scanner{what: "logic tree", shown: text, text: word + text, pos: len(word)}
	c := query.Cond{Op: op, Not: not}
	err := s.tree(&c, 0)
	return c, err
}

// tree reads the terms of a logic condition in parentheses.
func (s *scanner) tree(c *query.Cond, depth int) error {
	if depth > maxDepth {
		return fault.New(fault.StatementTooComplex, "conditions are nested deeper than %d levels", maxDepth).WithStatus(http.StatusBadRequest)
	}
	if !s.token("(") {
		return s.expected(`"("`)
	}
	for {
		var term query.Cond
		if err := s.term(&term, depth); err != nil {
			return err
		}
		c.Terms = append(c.Terms, term)
		if !s.token(",") {
			break
		}
	}
	if !s.token(")") {
		return s.expected(`"," or ")"`)
	}
	return nil
}

// term reads one term: and(…), not.or(…), or field.operator.value.
func (s *scanner) term(c *query.Cond, depth int) error {
	start := s.pos
	not := s.eat("not.")
	if op, ok := s.logicWord(); ok {
		c.Op, c.Not = op, not
		return s.tree(c, depth+1)
	}
	s.pos = start
	f, err := s.field()
	if err != nil {
		if s.pos == start {
			return s.expected(treeStart)
		}
		return err
	}
	c.Field = f
	if !s.eat(".") {
		return s.expected(`"."`)
	}
	return s.comparison(c, true)
}

// logicWord reads and or or when a parenthesis follows; a column may begin with
// either.
func (s *scanner) logicWord() (query.Op, bool) {
	op := query.And
	if !s.eat("and") {
		if !s.eat("or") {
			return 0, false
		}
		op = query.Or
	}
	s.spaces()
	return op, s.peek() == '('
}
