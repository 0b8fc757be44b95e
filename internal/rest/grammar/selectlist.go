package grammar

import (
	"net/http"
	"slices"
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
	// What follows a closing parenthesis too many is ignored, as PostgREST does.
	if !s.done() && s.text[s.pos-1] != ')' && s.peek() != ')' {
		return s.expected(`"," or end of input`)
	}
	if len(n.Select) == 1 && n.Select[0].Star && len(n.Children) == 0 {
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
		return s.spread(n, depth)
	}
	if s.eat("*") {
		n.Select = append(n.Select, query.Item{Star: true})
		s.spaces()
		return nil
	}
	alias := s.alias()
	if s.eat("count()") {
		return s.aggregated(n, query.Item{Alias: alias, Aggregate: query.Count})
	}
	f, err := s.field()
	if err != nil {
		return err
	}
	if len(f.Path) == 0 && (s.peek() == '(' || s.peek() == '!') {
		return s.child(n, &query.Child{Alias: alias, Node: query.Node{Name: f.Column}}, depth)
	}
	return s.item(n, alias, f)
}

// spread reads an embedded relation whose columns become those of its parent.
func (s *scanner) spread(n *query.Node, depth int) error {
	alias := s.alias()
	name, err := s.name()
	if err != nil {
		return err
	}
	if s.peek() != '(' && s.peek() != '!' {
		return s.expected(`"(" or "!"`)
	}
	return s.child(n, &query.Child{Alias: alias, Spread: true, Node: query.Node{Name: name}}, depth)
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
	if err := s.cast(&it.Cast); err != nil {
		return err
	}
	if s.peek() != '.' {
		n.Select = append(n.Select, it)
		return nil
	}
	for _, name := range []query.Aggregate{query.Sum, query.Avg, query.Count, query.Max, query.Min} {
		if s.eat("." + string(name) + "()") {
			it.Aggregate = name
			return s.aggregated(n, it)
		}
	}
	return s.expected(`"," or end of input`)
}

// cast reads what follows two colons, if they are there.
func (s *scanner) cast(into *string) error {
	if s.eat("::") {
		if *into = strings.TrimSpace(s.until(",).(")); *into == "" {
			return s.expected("type name")
		}
	}
	return nil
}

// aggregated adds an item with an aggregate, and reads what its result is cast to.
func (s *scanner) aggregated(n *query.Node, it query.Item) error {
	if err := s.cast(&it.ResultCast); err != nil {
		return err
	}
	n.Select = append(n.Select, it)
	return nil
}

// child reads what follows the name of an embedded relation: the hint and the
// kind of join, and its select list.
func (s *scanner) child(n *query.Node, c *query.Child, depth int) error {
	for s.eat("!") {
		hint, err := s.name()
		if err != nil {
			return err
		}
		switch hint {
		case "inner":
			c.Join = query.InnerJoin
		case "left":
			c.Join = query.LeftJoin
		default:
			c.Hint = hint
		}
	}
	if !s.token("(") {
		return s.expected(`"("`)
	}
	if c.Nothing = s.peek() == ')'; !c.Nothing {
		if err := s.selectList(&c.Node, depth+1); err != nil {
			return err
		}
	}
	if !s.token(")") {
		return s.expected(`"," or ")"`)
	}
	if len(c.Select) == 1 && c.Select[0].Star && len(c.Children) == 0 {
		c.Select = nil
	}
	c.Nothing = c.Nothing || ofNothing(c)
	n.Children = append(n.Children, c)
	return nil
}

// ofNothing tells that a select list has nothing but relations of which nothing
// is selected. The relation it belongs to is left out of the result like them.
func ofNothing(c *query.Child) bool {
	shows := func(child *query.Child) bool { return !child.Nothing }
	return len(c.Select) == 0 && len(c.Children) > 0 && !slices.ContainsFunc(c.Children, shows)
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
