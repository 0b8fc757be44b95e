package randomquery

import (
	"fmt"
	"strings"
)

// compound is a set operation, of which each side may be another.
func (g *Generator) compound(s *scope, wanted []string, depth int) (*Node, []ref) {
	side := func() (*Node, []ref) {
		if depth > 1 && g.chance(20) {
			return g.compound(&scope{ctes: s.ctes, depth: s.depth + 1, outer: s.outer}, wanted, depth-1)
		}
		if g.chance(12) {
			return g.values(wanted)
		}
		return g.selects(&scope{ctes: s.ctes, depth: s.depth, outer: s.outer}, wanted, false)
	}
	left, refs := side()
	rows := g.made
	right, _ := side()
	g.made += rows
	op := g.pick("union", "union", "union all", "union all", "intersect", "except", "except", "intersect all", "except all")
	order := g.order(len(wanted), s.depth == 0)
	if order != nothing {
		order = node("", "ordered set operation", "$", order)
	}
	return node("", op, "($) "+op+" ($)$", left, right, order), refs
}

// values is VALUES.
func (g *Generator) values(wanted []string) (*Node, []ref) {
	var refs []ref
	for i, kind := range wanted {
		refs = append(refs, ref{fmt.Sprint("column", i+1), kind, nil})
	}
	none := &scope{depth: 9}
	var rows []*Node
	for range 1 + g.r.IntN(3) {
		cells := make([]*Node, len(wanted))
		for i, kind := range wanted {
			cells[i] = alike(kind, g.expr(none, kind, 1))
		}
		rows = append(rows, node("", "", "($)", list(", ", cells)))
	}
	g.made = len(rows)
	return node("", "values", "values $", list(", ", rows)), refs
}

// with is WITH, whose queries the scope may then name.
func (g *Generator) with(s *scope) *Node {
	var parts []*Node
	keyword := "with "
	for range 1 + g.r.IntN(2) {
		name := g.alias("q")
		if g.chance(35) {
			keyword = "with recursive "
			n, c := g.recursive(name)
			parts, s.ctes = append(parts, n), append(s.ctes, c)
			continue
		}
		body, columns := g.body(&scope{ctes: s.ctes, depth: 1}, g.kindsWanted(), false)
		how := g.pick("", "", "", "materialized ", "not materialized ")
		parts = append(parts, node("", "with", name+" as "+how+"($)", body))
		s.ctes = append(s.ctes, &cte{name, columns, g.made})
	}
	return node("", "", keyword+"$ ", list(", ", parts))
}

// recursive is a query that names itself: it counts, or follows a foreign key of a
// table to itself.
func (g *Generator) recursive(name string) (*Node, *cte) {
	var trees []*Table
	for _, t := range g.tables {
		for _, l := range t.links {
			if l.table == t && l.another == t.Key[0] {
				trees = append(trees, t)
			}
		}
	}
	if len(trees) > 0 && g.chance(50) {
		return g.tree(name, trees[g.r.IntN(len(trees))])
	}
	limit, step := 2+g.r.IntN(12), 1+g.r.IntN(3)
	all := g.pick("union", "union all")
	columns := []ref{{"n", "int4", []string{"1", "2", "5"}}, {"s", "text", nil}}
	text := fmt.Sprintf("%s(n, s) as (select 1, $ %s select n + %d, s || 'x' from %[1]s where n < %[4]d)", name, all, step, limit)
	return node("", "with recursive", text, g.expr(&scope{depth: 9}, "text", 0)), &cte{name, columns, 12}
}

func (g *Generator) tree(name string, t *Table) (*Node, *cte) {
	id, parent := t.Key[0], ""
	for _, l := range t.links {
		if l.table == t && l.another == id {
			parent = l.column
		}
	}
	kind := "int4"
	for _, c := range t.Columns {
		if c.Name == id {
			kind = c.Kind
		}
	}
	columns := []ref{{"id", kind, nil}, {"up", kind, nil}, {"level", "int4", []string{"1", "2"}}}
	text := strings.NewReplacer("NAME", name, "TABLE", t.Name, "ID", id, "UP", parent, "ALL", g.pick("union", "union all")).Replace(
		"NAME(id, up, level) as (select b.ID, b.UP, 1 from TABLE b where b.UP is null ALL select e.ID, e.UP, r.level + 1 from TABLE e join NAME r on e.UP = r.id)")
	return node("", "with recursive", text), &cte{name, columns, 10}
}
