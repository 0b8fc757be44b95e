package grammar

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

const (
	notOrOperator = `"not" or operator (eq, gt, ...)`
	operator      = `operator (eq, gt, ...)`
	isValues      = "isVal: (null, not_null, true, false, unknown)"
)

// ParseFilter reads the value of a horizontal filter, "not.in.(1,2)".
func ParseFilter(f query.Field, text string) (query.Cond, error) {
	s := &scanner{what: "filter", shown: text, text: text}
	c := query.Cond{Field: f}
	err := s.comparison(&c, false)
	return c, err
}

// comparison reads [not.]operator.value. In a tree the value ends at a comma or
// closing parenthesis.
func (s *scanner) comparison(c *query.Cond, inTree bool) error {
	expecting := notOrOperator
	if s.eat("not.") {
		c.Not, expecting = true, operator
	}
	start := s.pos
	name := s.operatorName()
	quantified := s.peek() == '('
	if quantified {
		if err := s.modifier(c, name, start, expecting); err != nil {
			return err
		}
	}
	op, ok := operators(name)
	if !ok || !s.eat(".") {
		s.pos = start
		return s.expected(expecting)
	}
	return s.value(c, op, inTree)
}

func (s *scanner) operatorName() string {
	start := s.pos
	for c := s.peek(); 'a' <= c && c <= 'z'; c = s.peek() {
		s.pos++
	}
	return s.text[start:s.pos]
}

// modifier reads what may follow an operator in parentheses: any, all, or the
// language of a full-text search.
func (s *scanner) modifier(c *query.Cond, name string, start int, expecting string) error {
	s.pos++
	word := s.until(")")
	closed := s.eat(")")
	switch {
	case isSearch(name) && closed:
		return nil
	case closed && word == "any" && quantifiable(name):
		c.Quantifier = query.Any
		return nil
	case closed && word == "all" && quantifiable(name):
		c.Quantifier = query.All
		return nil
	}
	s.pos = start
	return s.expected(expecting)
}

// search stands for the operators of full-text search, which are refused.
const search = query.Op(255)

func isSearch(name string) bool {
	return name == "fts" || name == "plfts" || name == "phfts" || name == "wfts"
}

func quantifiable(name string) bool {
	switch name {
	case "eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch":
		return true
	}
	return false
}

func operators(name string) (query.Op, bool) {
	switch name {
	case "eq":
		return query.Eq, true
	case "neq":
		return query.Neq, true
	case "gt":
		return query.Gt, true
	case "gte":
		return query.Gte, true
	case "lt":
		return query.Lt, true
	case "lte":
		return query.Lte, true
	case "like":
		return query.Like, true
	case "ilike":
		return query.ILike, true
	case "match":
		return query.Match, true
	case "imatch":
		return query.IMatch, true
	case "in":
		return query.In, true
	case "is":
		return query.IsNull, true
	case "isdistinct":
		return query.IsDistinct, true
	case "cs":
		return query.Contains, true
	case "cd":
		return query.Contained, true
	case "ov":
		return query.Overlaps, true
	case "sl":
		return query.LeftOf, true
	case "sr":
		return query.RightOf, true
	case "nxr":
		return query.NotRightOf, true
	case "nxl":
		return query.NotLeftOf, true
	case "adj":
		return query.AdjacentTo, true
	}
	return search, isSearch(name)
}

func (s *scanner) value(c *query.Cond, op query.Op, inTree bool) error {
	c.Op = op
	switch op {
	case search:
		return fault.Unsupported("full-text search is not supported yet")
	case query.In:
		return s.inList(c)
	case query.IsNull:
		return s.is(c, inTree)
	}
	if inTree {
		c.Value = s.treeValue()
	} else {
		c.Value = s.rest()
		s.pos = len(s.text)
	}
	if op == query.Like || op == query.ILike {
		c.Value = strings.ReplaceAll(c.Value, "*", "%")
	}
	return nil
}

// treeValue reads a value inside of a logic tree: quoted, an array in braces,
// or anything up to a comma or closing parenthesis.
func (s *scanner) treeValue() string {
	if v, ok := s.quotedElement(); ok {
		return v
	}
	if s.peek() == '{' {
		if i := strings.IndexAny(s.text[s.pos+1:], "{}"); i >= 0 && s.text[s.pos+1+i] == '}' {
			start := s.pos
			s.pos += i + 2
			return s.text[start:s.pos]
		}
	}
	return s.until(",)")
}

// quotedElement reads a quoted value that a comma, a closing parenthesis or the
// end follows. Any other double quote is a character like the rest.
func (s *scanner) quotedElement() (string, bool) {
	start := s.pos
	v, ok := s.quoted()
	if ok && (s.done() || s.peek() == ',' || s.peek() == ')') {
		return v, true
	}
	s.pos = start
	return "", false
}

// inList reads (a,b,"c,d"). An empty list has one empty element in PostgREST's
// grammar and means no value at all.
func (s *scanner) inList(c *query.Cond) error {
	if !s.token("(") {
		return s.expected(`"("`)
	}
	for {
		v, ok := s.quotedElement()
		if !ok {
			v = s.until(",)")
		}
		c.Values = append(c.Values, v)
		if !s.eat(",") {
			break
		}
	}
	if !s.eat(")") {
		return s.expected(`"," or ")"`)
	}
	if len(c.Values) == 1 && c.Values[0] == "" && strings.HasSuffix(s.text[:s.pos], "()") {
		c.Values = nil
	}
	return nil
}

func (s *scanner) is(c *query.Cond, inTree bool) error {
	start := s.pos
	word := s.rest()
	if inTree {
		word = strings.TrimSpace(s.until(",)"))
	}
	switch strings.ToLower(word) {
	case "null":
		c.Op = query.IsNull
	case "not_null":
		c.Op = query.IsNotNull
	case "true":
		c.Op = query.IsTrue
	case "false":
		c.Op = query.IsFalse
	case "unknown":
		c.Op = query.IsUnknown
	default:
		s.pos = start
		return s.expected(isValues)
	}
	return nil
}
