package grammar

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// ParseSelect reads a select list into a node: items with alias, JSON path and
// cast, and embedded relations. A list of nothing but * is left empty.
func ParseSelect(n *query.Node, text string) error {
	if text == "" || text == "*" {
		return nil
	}
	s := &scanner{what: "select parameter", shown: text, text: text}
	if err := s.selectList(n, 0); err != nil {
		return err
	}
	if !s.done() {
		return s.expected(`"," or end of input`)
	}
	if len(n.Select) == 1 && n.Select[0].Star {
		n.Select = nil
	}
	return nil
}

func (s *scanner) selectList(n *query.Node, depth int) error {
	if depth > maxDepth {
		return fault.New(fault.StatementTooComplex, "relations are embedded deeper than %d levels", maxDepth).WithStatus(http.StatusBadRequest)
	}
	for {
		s.spaces()
		if err := s.selectEntry(n, depth); err != nil {
			return err
		}
		if !s.token(",") {
			return nil
		}
	}
}

func (s *scanner) selectEntry(n *query.Node, depth int) error {
	if s.eat("...") {
		return fault.Unsupported("spreading embedded resources is not supported yet")
	}
	if s.eat("*") {
		n.Select = append(n.Select, query.Item{Star: true})
		s.spaces()
		return nil
	}
	if s.eat("count()") {
		return noAggregates()
	}
	alias := s.alias()
	if s.eat("count()") {
		return noAggregates()
	}
	f, err := s.field()
	if err != nil {
		return err
	}
	if len(f.Path) == 0 && (s.peek() == '(' || s.peek() == '!') {
		return s.child(n, alias, f.Column, depth)
	}
	return s.item(n, alias, f)
}

// alias reads the name before a colon, if there is one.
func (s *scanner) alias() string {
	start := s.pos
	name, err := s.name()
	if err == nil && s.peek() == ':' && !strings.HasPrefix(s.rest(), "::") {
		s.pos++
		s.spaces()
		return name
	}
	s.pos = start
	return ""
}

func (s *scanner) item(n *query.Node, alias string, f query.Field) error {
	it := query.Item{Field: f, Alias: alias}
	if s.eat("::") {
		if it.Cast = strings.TrimSpace(s.until(",).(")); it.Cast == "" {
			return s.expected("type name")
		}
	}
	if s.peek() == '.' {
		return s.aggregate()
	}
	n.Select = append(n.Select, it)
	return nil
}

// aggregate refuses sum() and its kind as PostgREST does where they are not
// allowed, which is its default.
func (s *scanner) aggregate() error {
	for _, name := range []string{".sum()", ".avg()", ".count()", ".max()", ".min()"} {
		if strings.HasPrefix(s.rest(), name) {
			return noAggregates()
		}
	}
	return s.expected(`"," or end of input`)
}

func noAggregates() error {
	return fault.New("PGRST123", "Use of aggregate functions is not allowed")
}

func (s *scanner) child(n *query.Node, alias, name string, depth int) error {
	c := &query.Child{Alias: alias, Node: query.Node{Name: name}}
	for s.eat("!") {
		hint, err := s.name()
		if err != nil {
			return err
		}
		if hint != "inner" && hint != "left" {
			c.Hint = hint
		}
	}
	if !s.token("(") {
		return s.expected(`"("`)
	}
	if s.peek() != ')' {
		if err := s.selectList(&c.Node, depth+1); err != nil {
			return err
		}
	}
	if !s.token(")") {
		return s.expected(`"," or ")"`)
	}
	n.Children = append(n.Children, c)
	return nil
}

// ParseColumns reads the columns parameter: the keys of a payload to write.
func ParseColumns(text string) ([]string, error) {
	s := &scanner{what: "columns parameter", shown: text, text: text}
	var out []string
	seen := make(map[string]bool)
	for {
		s.spaces()
		name, err := s.name()
		if err != nil {
			return nil, err
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
		if s.done() {
			return out, nil
		}
		if !s.token(",") {
			return nil, s.expected(`"," or end of input`)
		}
	}
}
