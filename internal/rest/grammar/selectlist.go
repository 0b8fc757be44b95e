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
	if !s.done() {
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
