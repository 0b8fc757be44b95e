package randomquery

import (
	"fmt"
	"slices"
	"strings"
)

// selects is a SELECT with the types of its columns. Of a query at the top the
// columns may be of any type.
func (g *Generator) selects(context *scope, wanted []string, top bool) (*Node, []ref) {
	s := &scope{ctes: context.ctes, depth: context.depth, outer: context.outer}
	s.most = context.most
	from := g.from(s)
	where := g.where(s, nil, 50)
	defer func() { g.made = s.rows() }()
	switch n := g.r.IntN(100); {
	case n < 25:
		return g.groups(s, from, where, wanted, top)
	case n < 31 && top:
		return g.star(s, from, where), nil
	case n < 38:
		return g.distinctOn(s, from, where, wanted)
	case n < 50:
		columns, refs := g.columns(s, wanted, true)
		return node("", "distinct", "select distinct $$$$", columns, from, where, g.order(len(wanted), top)), refs
	}
	canonical := !top || g.chance(40)
	columns, refs := g.columns(s, wanted, canonical)
	tail := nothing
	switch {
	case canonical:
		tail = g.order(len(wanted), top)
	case g.chance(50):
		columns = list(", ", []*Node{columns, g.extra(s)})
	}
	return node("", "", "select $$$$", columns, from, where, tail), refs
}

// extra is a column that nothing can be ordered by.
func (g *Generator) extra(s *scope) *Node {
	if n := g.wholeRow(s); n != nil {
		return n
	}
	kind := g.pick("jsonb", "int4[]", "text[]", "interval")
	return clause("", "$", g.expr(s, kind, 2)).named(kind)
}

// wholeRow is a table's row as one value, nil where there is none.
func (g *Generator) wholeRow(s *scope) *Node {
	it := s.items[g.r.IntN(len(s.items))]
	if it.table == nil || it.table.Rows == 0 || g.chance(60) {
		return nil
	}
	return node("", "whole row", g.pick("row_to_json(", "to_json(", "to_jsonb(")+it.alias+")").named("row")
}

// wholeRows are the rows of the groups of a query, as JSON.
func (g *Generator) wholeRows(s *scope) *Node {
	it := s.items[g.r.IntN(len(s.items))]
	if it.table == nil || s.rows() > 1000 {
		return nothing
	}
	return clause("aggregate of whole rows", ", "+g.pick("json_agg(", "jsonb_agg(")+it.alias+" order by "+s.key()+")"+` as "ROWS"`)
}

func (n *Node) named(name string) *Node {
	n.optional = false
	n.parts = append(n.parts, ` as "`+strings.ToUpper(name)+`"`)
	return n
}

// columns is the list of SELECT. Where it is canonical, equal values are written
// alike.
func (g *Generator) columns(s *scope, wanted []string, canonical bool) (*Node, []ref) {
	var out []*Node
	var refs []ref
	for i, kind := range wanted {
		var e *Node
		if s.grouped == nil && s.inner == nil && !s.still && g.chance(13) {
			e = g.window(s, kind)
		}
		if e == nil {
			e = g.expr(s, kind, 2)
		}
		if canonical {
			e = alike(kind, e)
		}
		name := fmt.Sprint("c", i+1)
		refs = append(refs, ref{name, kind, nil})
		out = append(out, node("", "", "$ as "+name, e))
	}
	return list(", ", out), refs
}

// alike writes equal values alike: 1 and 1.00, 0 and -0.
func alike(kind string, e *Node) *Node {
	switch kind {
	case "numeric":
		return node(kind, "", "round($, 2)", e)
	case "float4":
		return node(kind, "", "($ + 0::real)", e)
	case "float8":
		return node(kind, "", "($ + 0)", e)
	}
	return e
}

// order is ORDER BY over all columns, with a limit or without, or nothing.
func (g *Generator) order(columns int, top bool) *Node {
	percent := 15
	if top {
		percent = 55
	}
	if !g.chance(percent) {
		return nothing
	}
	by := make([]*Node, columns)
	for i, n := range g.r.Perm(columns) {
		by[i] = node("", "", fmt.Sprint(n+1)+g.pick("", " desc", " asc"))
		if g.chance(30) {
			by[i] = node("", "nulls order", "$"+g.pick(" nulls first", " nulls last"), by[i])
		}
	}
	order := clause("order by", " order by $$", list(", ", by), g.limit())
	order.total = true
	return order
}

func (g *Generator) limit() *Node {
	switch g.r.IntN(8) {
	case 0, 1:
		return clause("limit", fmt.Sprint(" limit ", 1+g.r.IntN(50)))
	case 2:
		return clause("offset", fmt.Sprint(" limit ", 5+g.r.IntN(50), " offset ", g.r.IntN(5)))
	case 3:
		return clause("limit", fmt.Sprint(" fetch first ", 1+g.r.IntN(20), " rows only"))
	case 4:
		return clause("offset", fmt.Sprint(" offset ", g.r.IntN(10)))
	}
	return nothing
}

// star selects all columns.
func (g *Generator) star(s *scope, from, where *Node) *Node {
	what := "*"
	if g.chance(40) {
		what = s.items[g.r.IntN(len(s.items))].alias + ".*"
	}
	tail := nothing
	if g.chance(60) {
		tail = clause("order by", " order by "+s.key()+"$", g.limit())
		tail.total = true
	}
	return node("", "star", "select "+what+"$$$", from, where, tail)
}

// distinctOn keeps the first of the rows with equal values.
func (g *Generator) distinctOn(s *scope, from, where *Node, wanted []string) (*Node, []ref) {
	plain := *s
	plain.still = slices.ContainsFunc(s.items, func(it *item) bool { return it.table == nil })
	columns, refs := g.columns(&plain, wanted, true)
	on := g.expr(s, g.pick("int4", "text", "date"), 1)
	if _, literal := on.parts[0].(string); len(on.parts) == 1 && literal && !strings.Contains(on.SQL(), ".") {
		on = node("", "", s.items[0].key[0])
	}
	text := on.SQL()
	return node("", "distinct on", "select distinct on ("+text+") $$$ order by "+text+g.pick("", " desc", " nulls first")+", "+s.key()+"$",
		columns, from, where, g.limit()), refs
}

// groups is a SELECT with GROUP BY.
func (g *Generator) groups(s *scope, from, where *Node, wanted []string, top bool) (*Node, []ref) {
	grouped := &scope{ctes: s.ctes, depth: 9, inner: &scope{items: s.items, depth: 9}, grouped: []ref{}}
	var keys []string
	for range g.r.IntN(3) {
		kind := g.pick("int4", "int4", "text", "text", "int2", "date", "numeric", "timestamp")
		refs := s.refs(kind, false)
		if len(refs) == 0 {
			continue
		}
		key := refs[g.r.IntN(len(refs))].text
		if g.chance(30) && kind == "text" {
			key = g.pick("upper(", "left(", "substr(")[0:] + key
			key += map[byte]string{'u': ")", 'l': ", 2)", 's': ", 1, 1)"}[key[0]]
		} else if g.chance(20) && kind == "int4" {
			key = "(" + key + " % 10)"
		}
		keys = append(keys, key)
		grouped.grouped = append(grouped.grouped, ref{key, kind, nil})
	}
	by, having := nothing, nothing
	if len(keys) > 0 {
		by = node("", "group by", " group by "+strings.Join(keys, ", "))
		switch n := g.r.IntN(100); {
		case n < 14:
			form := []string{"rollup", "cube"}[n%2]
			by = node("", form, " group by "+form+" ("+strings.Join(keys, ", ")+")")
		case n < 22:
			sets := append(append([]string{}, keys...), strings.Join(keys, ", "), "")
			by = node("", "grouping sets", " group by grouping sets (("+strings.Join(sets, "), (")+"))")
		}
		if g.chance(30) {
			having = clause("having", " having $", g.having(grouped))
		}
	}
	columns, refs := g.columns(grouped, wanted, true)
	rows := nothing
	if top && g.chance(15) {
		rows = g.wholeRows(s)
	}
	tail := nothing
	if rows == nothing { // which no order takes in
		tail = g.order(len(wanted), top)
	}
	return node("", "", "select $$$$$$$", columns, rows, from, where, by, having, tail), refs
}

// having is a condition on groups.
func (g *Generator) having(s *scope) *Node {
	switch g.r.IntN(4) {
	case 0:
		return node("bool", "", "(count(*) "+g.pick("> 1", ">= 2", "< 50")+")")
	case 1:
		return g.cond(s, 1)
	}
	kind := g.pick("int8", "numeric", "text")
	return node("bool", "", "($ "+g.pick("<>", "<", ">=", "is distinct from")+" $)", g.aggregate(s.inner, kind), node(kind, "", g.pick(literals[kind]...)))
}
