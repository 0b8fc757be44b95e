package randomquery

import "strings"

// cond is a condition.
func (g *Generator) cond(s *scope, depth int) *Node {
	if depth <= 0 {
		return g.compare(s, 0)
	}
	switch n := g.r.IntN(100); {
	case n < 8:
		return node("bool", "and", "($ and $)", g.cond(s, depth-1), g.cond(s, depth-1))
	case n < 20:
		return node("bool", "or", "($ or $)", g.cond(s, depth-1), g.cond(s, depth-1))
	case n < 24:
		return node("bool", "not", "(not $)", g.cond(s, depth-1))
	case n < 44 && s.depth < 2 && s.rows() <= 1000:
		return g.quantified(s)
	case n < 60:
		return g.test(s, depth-1)
	}
	return g.compare(s, depth-1)
}

// compare compares a column with one of its values, or two expressions.
func (g *Generator) compare(s *scope, depth int) *Node {
	kind := g.pick("int4", "int2", "numeric", "text", "text", "date", "timestamp", "float4", "int8")
	refs := s.refs(kind, g.chance(20))
	if len(refs) == 0 || g.chance(15) {
		return g.versus(s, kind, g.expr(s, kind, depth), depth)
	}
	r := refs[g.r.IntN(len(refs))]
	column := node(kind, "", r.text)
	if len(r.values) == 0 {
		return g.versus(s, kind, column, depth)
	}
	value := func() *Node { return node(kind, "", literal(r.values[g.r.IntN(len(r.values))])+"::"+kind) }
	switch g.r.IntN(8) {
	case 0:
		return node("bool", "between", "($ between $ and $)", column, value(), value())
	case 1:
		return node("bool", "in list", "($ "+g.pick("in", "in", "not in")+" ($, $, $))", column, value(), value(), value())
	case 2:
		return node("bool", "any array", "($ = any (array[$, $]))", column, value(), value())
	}
	return node("bool", "comparison", "($ "+g.pick("=", "<>", "<>", "<", "<=", ">", ">=")+" $)", column, value())
}

// versus compares an expression with another.
func (g *Generator) versus(s *scope, kind string, x *Node, depth int) *Node {
	y := g.expr(s, kind, depth)
	if y.SQL() == x.SQL() {
		y = node(kind, "", g.pick(literals[kind]...))
	}
	return node("bool", "comparison", "($ "+g.pick("=", "<>", "<>", "<", "<=", ">", ">=")+" $)", x, y)
}

// test is a condition of another form.
func (g *Generator) test(s *scope, depth int) *Node {
	kind := g.pick("int4", "text", "date", "numeric")
	x, y := g.expr(s, kind, depth), g.expr(s, kind, depth)
	switch g.r.IntN(11) {
	case 0, 1:
		return node("bool", "is null", "($ "+g.pick("is null", "is not null", "is not null")+")", x)
	case 2:
		return node("bool", "is distinct from", "($ is "+g.pick("", "not ")+"distinct from $)", x, y)
	case 3, 4:
		return node("bool", "like", "($ "+g.pick("like", "ilike", "not like", "not ilike")+" "+g.pick("'%a%'", "'A%'", "'_e%'", "'%s'", "'%an%'")+")", g.expr(s, "text", depth))
	case 5:
		return node("bool", "regular expression", "($ "+g.pick("~", "~*", "!~")+" "+g.pick("'^[A-M]'", "'[0-9]'", "'a.*e'", "'(an|er)'")+")", g.expr(s, "text", depth))
	case 6:
		return node("bool", "row comparison", "(($, $) "+g.pick("=", "<", "<>", ">=")+" ($, $))", x, g.expr(s, "text", 0), y, g.expr(s, "text", 0))
	case 7:
		return node("bool", "array", "($ "+g.pick("@>", "&&", "<@", "=")+" $)", g.expr(s, "text[]", depth), g.expr(s, "text[]", depth))
	case 8:
		return node("bool", "any array", "($ "+g.pick("=", "<>", "<", ">=")+" "+g.pick("any", "all")+" ($))", g.expr(s, "int4", depth), g.expr(s, "int4[]", depth))
	case 9:
		return node("bool", "is true", "($ is "+g.pick("true", "not true", "false", "not false", "unknown", "not unknown")+")", g.cond(s, depth))
	}
	return node("bool", "json", "($ @> $)", g.expr(s, "jsonb", depth), g.expr(s, "jsonb", depth))
}

// quantified is a condition on a subquery.
func (g *Generator) quantified(s *scope) *Node {
	kind := g.pick("int4", "int4", "text", "int2", "date")
	switch g.r.IntN(7) {
	case 6:
		return g.rowIn(s)
	case 0, 1:
		return node("bool", "exists", g.pick("exists", "exists", "not exists")+" ($)", g.related(s, "1"))
	case 2, 3:
		return node("bool", "in subquery", "($ "+g.pick("in", "in", "not in")+" ($))", g.expr(s, kind, 1), g.column(s, kind))
	case 4:
		return node("bool", "any subquery", "($ "+g.pick("= any", "< any", ">= some", "<> any")+" ($))", g.expr(s, kind, 1), g.column(s, kind))
	}
	return node("bool", "all subquery", "($ "+g.pick("<= all", "> all", "<> all")+" ($))", g.expr(s, kind, 1), g.column(s, kind))
}

// rowIn looks for a row in a list or in a subquery.
func (g *Generator) rowIn(s *scope) *Node {
	row := func(s *scope) *Node { return node("", "", "$, $", g.expr(s, "text", 0), g.expr(s, "int4", 0)) }
	in := g.pick("in", "in", "not in")
	if g.chance(35) {
		return node("bool", "row in list", "(($) "+in+" (($), ($)))", row(s), row(s), row(s))
	}
	inner, it, on := g.subscope(s)
	return node("bool", "row in subquery", "(($) "+in+" (select $ from "+it.table.Name+" "+it.alias+"$))", row(s), row(inner), g.where(inner, on, 50))
}

// subscope is a scope over one table, related to one around where that is
// possible, and the condition that relates them.
func (g *Generator) subscope(s *scope) (*scope, *item, *Node) {
	inner := &scope{outer: s, depth: s.depth + 1, ctes: s.ctes}
	var with []*item
	for _, it := range s.items {
		if it.table != nil && len(it.table.links) > 0 {
			with = append(with, it)
		}
	}
	if len(with) > 0 && s.grouped == nil && g.chance(70) {
		outer := with[g.r.IntN(len(with))]
		l := outer.table.links[g.r.IntN(len(outer.table.links))]
		if l.table.Rows*s.rows() <= 300_000 {
			it := g.table(l.table)
			inner.items = []*item{it}
			return inner, it, node("bool", "correlated subquery", it.alias+"."+l.another+" = "+outer.alias+"."+l.column)
		}
	}
	it := g.table(g.tableUpTo(min(1000, 100_000/s.rows())))
	inner.items = []*item{it}
	return inner, it, nil
}

// related is a subquery of some expression.
func (g *Generator) related(s *scope, selected string) *Node {
	inner, it, on := g.subscope(s)
	return node("", "subquery", "select "+selected+" from "+it.table.Name+" "+it.alias+"$", g.where(inner, on, 50))
}

// where is WHERE with a condition that must stand, unless it is nil, and maybe
// another.
func (g *Generator) where(s *scope, on *Node, percent int) *Node {
	switch {
	case on != nil && g.chance(percent):
		return clause("where", " where $$", on, clause("", " and $", g.cond(s, 1)))
	case on != nil:
		return clause("where", " where $", on)
	case g.chance(percent):
		return clause("where", " where $", g.cond(s, 1))
	}
	return nothing
}

// column is a subquery of one column.
func (g *Generator) column(s *scope, kind string) *Node {
	inner, it, on := g.subscope(s)
	return node("", "subquery", "select $ from "+it.table.Name+" "+it.alias+"$", g.expr(inner, kind, 1), g.where(inner, on, 50))
}

// scalar is a subquery of one row.
func (g *Generator) scalar(s *scope, kind string) *Node {
	inner, it, on := g.subscope(s)
	where := g.where(inner, on, 40)
	from := " from " + it.table.Name + " " + it.alias + "$"
	if len(it.key) > 0 && g.chance(40) {
		return node(kind, "scalar subquery", "(select $"+from+" order by "+strings.Join(it.key, ", ")+" limit 1)", g.expr(inner, kind, 1), where)
	}
	local := &scope{items: inner.items, depth: 9}
	if a := g.aggregate(local, kind); a != nil {
		return node(kind, "scalar subquery", "(select $"+from+")", a, where)
	}
	return g.leaf(s, kind)
}
