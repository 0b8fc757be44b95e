package randomquery

import (
	"fmt"
	"slices"
	"strings"
)

func fields(text string) []string { return strings.Fields(text) }

// wrapped tells that a call is the argument of another.
func wrapped(call string) bool { return strings.HasPrefix(call, "round(") }

// tableUpTo picks a table of at most so many rows.
func (g *Generator) tableUpTo(rows int) *Table {
	for range 50 {
		t := g.tables[g.r.IntN(len(g.tables))]
		if t.Rows <= rows && (t.Rows > 0 || g.chance(10)) {
			return t
		}
	}
	return slices.MinFunc(g.tables, func(a, b *Table) int { return a.Rows - b.Rows })
}

// table is a table under an alias.
func (g *Generator) table(t *Table) *item {
	it := &item{alias: g.alias("t"), rows: t.Rows, table: t}
	for _, c := range t.Columns {
		it.refs = append(it.refs, ref{it.alias + "." + c.Name, c.Kind, c.Values})
	}
	for _, k := range t.Key {
		it.key = append(it.key, it.alias+"."+k)
	}
	return it
}

// derived is a subquery or something like it under an alias.
func (g *Generator) derived(alias string, columns []ref, rows int) *item {
	it := &item{alias: alias, rows: rows}
	for _, c := range columns {
		it.refs = append(it.refs, ref{alias + "." + c.text, c.kind, nil})
		it.key = append(it.key, alias+"."+c.text)
	}
	return it
}

// from makes FROM and fills the scope.
func (g *Generator) from(s *scope) *Node {
	parts := []*Node{g.first(s)}
	joins := []int{0, 0, 0, 1, 1, 1, 2, 2, 3}[g.r.IntN(9)]
	for i := range joins {
		for _, it := range s.items { // a name that USING merged may not be the only one further on
			it.refs = slices.DeleteFunc(it.refs, func(r ref) bool { return !strings.Contains(r.text, ".") })
		}
		parts = append(parts, g.join(s, i == joins-1))
	}
	return node("", "", " from $", list("", parts))
}

func (g *Generator) first(s *scope) *Node {
	if len(s.ctes) > 0 && g.chance(65) {
		c := s.ctes[g.r.IntN(len(s.ctes))]
		it := g.derived(g.alias("w"), c.columns, c.rows)
		s.items = append(s.items, it)
		return node("", "reference to with", c.name+" as "+it.alias)
	}
	if s.depth < 2 && g.chance(12) {
		n, it := g.subquery(s, nil, false)
		s.items = append(s.items, it)
		return n
	}
	if g.chance(7) {
		n, it := g.function(s, false)
		s.items = append(s.items, it)
		return n
	}
	rows := 4000
	if s.depth > 0 || g.chance(60) {
		rows = 900
	}
	rows = min(rows, s.limit())
	it := g.table(g.tableUpTo(rows))
	s.items = append(s.items, it)
	return node("", "table", it.table.Name+g.pick(" ", " as ")+it.alias)
}

// subquery is a query in FROM, which may see what is before it when lateral.
func (g *Generator) subquery(s *scope, around *scope, lateral bool) (*Node, *item) {
	inner := &scope{ctes: s.ctes, depth: s.depth + 1, outer: around}
	wanted := g.kindsWanted()
	if lateral {
		inner.most = max(50, 60_000/s.rows())
		n, columns := g.selects(inner, wanted, false)
		it := g.derived(g.alias("l"), columns, g.made*s.rows())
		return node("", "lateral", "lateral ($) "+it.alias, n), it
	}
	n, columns := g.body(inner, wanted, false)
	it := g.derived(g.alias("d"), columns, g.made)
	if g.chance(30) {
		return g.renamed(n, it), it
	}
	return node("", "derived table", "($) as "+it.alias, n), it
}

// renamed gives the columns of a subquery names of their own.
func (g *Generator) renamed(n *Node, it *item) *Node {
	names := make([]string, len(it.refs))
	for i := range it.refs {
		names[i] = fmt.Sprint("x", i+1)
		it.refs[i].text = it.alias + "." + names[i]
		it.key[i] = it.refs[i].text
	}
	return node("", "derived table", "($) as "+it.alias+"("+strings.Join(names, ", ")+")", n)
}

// function is a function in FROM, or VALUES. Of its arguments it may take what is
// before it.
func (g *Generator) function(s *scope, around bool) (*Node, *item) {
	args := &scope{depth: 9}
	if around {
		args.items = s.items
	}
	alias := g.alias("f")
	rows := s.rows() * 5
	switch g.r.IntN(10) {
	case 6, 7, 8:
		return g.textFunction(args, alias, rows)
	case 0:
		it := g.derived(alias, []ref{{"n", "int4", []string{"1", "3"}}}, rows)
		return node("", "generate_series", "generate_series(1, abs($ % 6)) as "+alias+"(n)", g.expr(args, "int4", 1)), it
	case 1:
		it := g.derived(alias, []ref{{"v", "text", nil}, {"o", "int8", nil}}, rows)
		return node("", "with ordinality", "unnest($) with ordinality as "+alias+"(v, o)", g.expr(args, "text[]", 1)), it
	case 2:
		it := g.derived(alias, []ref{{"v", "int4", nil}}, rows)
		return node("", "unnest", "unnest($) as "+alias+"(v)", g.expr(args, "int4[]", 2)), it
	case 3:
		it := g.derived(alias, []ref{{"v", "text", nil}}, rows)
		return node("", "json function in from", "jsonb_array_elements_text(jsonb_build_array($, $)) as "+alias+"(v)", g.expr(args, "text", 1), g.expr(args, "int4", 1)), it
	}
	n, columns := g.values(g.kindsWanted())
	it := g.derived(alias, columns, 4)
	return g.renamed(n, it), it
}

// textFunction is a function in FROM that splits something up.
func (g *Generator) textFunction(args *scope, alias string, rows int) (*Node, *item) {
	one, text := []ref{{"v", "text", nil}}, g.expr(args, "text", 1)
	switch g.r.IntN(6) {
	case 0:
		return node("", "regexp_split_to_table", "regexp_split_to_table($, '[ ,]+') as "+alias+"(v)", text), g.derived(alias, one, rows)
	case 1:
		return node("", "string_to_table", "string_to_table($, ' ') as "+alias+"(v)", text), g.derived(alias, one, rows)
	case 2:
		it := g.derived(alias, []ref{{"k", "text", nil}, {"v", "text", nil}}, rows)
		return node("", "jsonb_each_text", "jsonb_each_text(jsonb_build_object('a', $, 'b', $)) as "+alias+"(k, v)", text, g.expr(args, "int4", 1)), it
	case 3:
		return node("", "jsonb_object_keys", "jsonb_object_keys(jsonb_build_object('x', $, 'y', 1)) as "+alias+"(v)", text), g.derived(alias, one, rows)
	case 4:
		it := g.derived(alias, []ref{{"n", "int4", []string{"1", "2"}}}, rows)
		return node("", "generate_subscripts", "generate_subscripts($, 1) as "+alias+"(n)", g.expr(args, "text[]", 1)), it
	}
	it := g.derived(alias, []ref{{"v", "timestamp", nil}}, rows)
	return node("", "series of times", "generate_series(timestamp '2010-01-31 00:00', timestamp '2010-03-02 12:00', interval '"+g.pick("1 week", "10 days", "1 month")+"') as "+alias+"(v)"), it
}

// join adds something to FROM. Only at the end a comma does: a join after it would
// not see what is before it.
func (g *Generator) join(s *scope, last bool) *Node {
	if s.rows() >= s.limit() {
		return nothing
	}
	cross := " cross join "
	if last && g.chance(40) {
		cross = ", "
	}
	switch n := g.r.IntN(100); {
	case n < 58:
		if joined := g.joinLink(s); joined != nil {
			return joined
		}
	case n < 66 && s.depth < 2 && s.rows() <= 500:
		n, it := g.subquery(s, s, true)
		s.items = append(s.items, it)
		return clause("", g.pick(cross+"$", " left join $ on true"), n)
	case n < 73 && s.rows() <= 1000:
		n, it := g.function(s, true)
		s.items = append(s.items, it)
		return clause("", g.pick(cross+"$", " left join lateral $ on true"), n)
	case n < 81 && s.depth < 2:
		return g.joinDerived(s)
	case n < 88:
		return g.joinSelf(s)
	}
	it := g.table(g.tableUpTo(max(4, min(5000, s.limit())/s.rows())))
	it.rows *= s.rows()
	if g.chance(50) {
		s.items = append(s.items, it)
		return clause("cross join", cross+it.table.Name+" "+it.alias)
	}
	s.items = append(s.items, it)
	kind := g.pick("inner", "left", "right")
	return clause(kind+" join", " "+kind+" join "+it.table.Name+" "+it.alias+" on $", g.cond(s, 1))
}

// joinLink joins along a foreign key, by ON, USING or NATURAL.
func (g *Generator) joinLink(s *scope) *Node {
	from := s.items[g.r.IntN(len(s.items))]
	if from.table == nil || len(from.table.links) == 0 {
		return nil
	}
	l := from.table.links[g.r.IntN(len(from.table.links))]
	rows := s.rows()
	if !slices.Equal(l.table.Key, []string{l.another}) {
		rows = rows * max(1, l.table.Rows) / max(1, from.table.Rows)
	}
	if rows > s.limit() {
		return nil
	}
	it := g.table(l.table)
	it.rows = max(rows, it.rows)
	kind := g.pick("inner", "inner", "left", "left", "right", "full")
	written := " " + kind + " join "
	if kind != "inner" && g.chance(30) {
		written = " " + kind + " outer join "
	}
	alone := len(s.items) == 1
	s.items = append(s.items, it)
	name := it.table.Name + " " + it.alias
	if alone && g.chance(18) {
		return clause("natural join", " natural"+written+name)
	}
	if alone && l.column == l.another && g.chance(45) {
		it.refs = append(it.refs, merged(from, l.column)...)
		return clause("using", written+name+" using ("+l.column+")")
	}
	on := node("", "", it.alias+"."+l.another+" = "+from.alias+"."+l.column)
	if kind != "full" && g.chance(20) {
		return clause(kind+" join", written+name+" on $$", on, clause("", " and $", g.cond(s, 1)))
	}
	return clause(kind+" join", written+name+" on $", on)
}

// merged is the column that USING makes of two.
func merged(from *item, column string) []ref {
	for _, r := range from.refs {
		if r.text == from.alias+"."+column {
			return []ref{{column, r.kind, r.values}}
		}
	}
	return nil
}

// joinSelf joins a table with itself.
func (g *Generator) joinSelf(s *scope) *Node {
	from := s.items[0]
	if from.table == nil || from.table.Rows > 500 || len(from.table.Key) != 1 || s.rows() > 4000 {
		it := g.table(g.tableUpTo(10))
		s.items = append(s.items, it)
		it.rows *= s.rows()
		return clause("cross join", " cross join "+it.table.Name+" "+it.alias)
	}
	it := g.table(from.table)
	key := from.table.Key[0]
	column := key
	for _, l := range from.table.links {
		if l.table == from.table && l.another == key {
			column = l.column
		}
	}
	it.rows = s.rows() * 4
	s.items = append(s.items, it)
	kind := g.pick("inner", "left", "full")
	return clause("self join", " "+kind+" join "+it.table.Name+" "+it.alias+" on "+it.alias+"."+g.pick(key, column)+" = "+from.alias+"."+column)
}

// joinDerived joins a subquery by columns of one type.
func (g *Generator) joinDerived(s *scope) *Node {
	n, it := g.subquery(s, nil, false)
	var on *Node
	for _, r := range it.refs {
		if left := s.refs(r.kind, false); len(left) > 0 && r.kind != "bool" {
			on = node("", "", left[g.r.IntN(len(left))].text+" = "+r.text)
			break
		}
	}
	it.rows = max(s.rows(), it.rows)
	if on == nil {
		on = node("", "", "false")
	}
	s.items = append(s.items, it)
	kind := g.pick("inner", "left", "left", "right")
	return clause(kind+" join", " "+kind+" join $ on $", n, on)
}
