package randomquery

import "strings"

// windows lists window functions by the type of the result. Those that tell rows
// apart (ordered) run over a total order.
var windows = map[string][]struct {
	call     string
	operands string
	ordered  bool
}{
	"int8":      {{"row_number()", "", true}, {"rank()", "", false}, {"dense_rank()", "", false}, {"count(*)", "", false}, {"sum($)", "int4", true}, {"sum($)", "small", false}, {"count($)", "text", true}},
	"int4":      {{"ntile(4)", "", true}, {"lag($)", "int4", true}, {"lead($, 2, 0)", "int4", true}, {"max($)", "int4", false}, {"first_value($)", "int4", true}, {"nth_value($, 2)", "int4", true}},
	"numeric":   {{"sum($)", "numeric", true}, {"avg($)", "int4", false}, {"avg($)", "numeric", true}},
	"text":      {{"lag($::text)", "text", true}, {"lead($::text)", "text", true}, {"first_value($::text)", "text", true}, {"last_value($::text)", "text", true}, {"max($)", "text", false}, {"lag($::text, 1, '-')", "text", true}},
	"date":      {{"min($)", "date", false}, {"lag($)", "date", true}},
	"timestamp": {{"max($)", "timestamp", true}, {"first_value($)", "timestamp", true}},
	"bool":      {{"bool_or($)", "bool", false}},
	"float8":    {{"percent_rank()", "", false}, {"cume_dist()", "", false}},
}

// window is a call of a window function, nil where there is none of the type.
func (g *Generator) window(s *scope, kind string) *Node {
	of := windows[kind]
	if len(of) == 0 || s.rows() > 4000 {
		return nil
	}
	w := of[g.r.IntN(len(of))]
	plain := &scope{items: s.items, depth: 9}
	partition, order, frame := nothing, nothing, nothing
	if g.chance(60) {
		partition = clause("partition by", "partition by $ ", g.expr(plain, g.pick("int4", "text", "date", "int2"), 1))
	}
	by := g.expr(plain, g.pick("int4", "text", "date", "numeric"), 1)
	direction := g.pick("", " desc", " nulls first", " desc nulls last")
	if w.ordered {
		order = node("", "", "order by $"+direction+", "+s.key(), by)
		if g.chance(50) {
			frame = g.frame()
		}
	} else if g.chance(70) {
		order = clause("", "order by $"+direction, by)
	}
	operands := append(g.operands(plain, fields(w.operands)), partition, order, frame)
	return node(kind, "window", "$", node(kind, windowKind(w.call), w.call+" over ($$$)", operands...))
}

// windowKind is the construct that a window function counts for.
func windowKind(call string) string {
	switch name, _, _ := strings.Cut(call, "("); name {
	case "row_number", "rank", "dense_rank", "ntile":
		return "window ranking"
	case "percent_rank", "cume_dist":
		return "window distribution"
	case "lag", "lead":
		return "window offset"
	case "first_value", "last_value", "nth_value":
		return "window value"
	}
	return "window aggregate"
}

// frame is a frame of one of the three kinds, in a total order.
func (g *Generator) frame() *Node {
	kind := g.pick("rows", "groups", "range")
	between := g.pick("between unbounded preceding and unbounded following", "between current row and unbounded following",
		"between unbounded preceding and current row", "unbounded preceding")
	if kind != "range" && g.chance(60) {
		between = g.pick("between 2 preceding and current row", "between 1 preceding and 2 following", "3 preceding",
			"between 1 following and 3 following", "between 4 preceding and 1 preceding", "between 2 preceding and unbounded following")
	}
	exclude := nothing
	if g.chance(30) {
		exclude = clause("frame exclude", " exclude "+g.pick("current row", "group", "ties", "no others"))
	}
	return clause("frame "+kind, " "+kind+" "+between+"$", exclude)
}
