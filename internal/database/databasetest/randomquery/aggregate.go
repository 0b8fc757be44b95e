package randomquery

// aggregates lists calls by the type of the result. What is made does not depend
// on the order of the rows: those where it would have an order, sums are of exact
// numbers, and the greatest of equal numerics is rounded.
var aggregates = map[string][]production{
	"int2":      {{"aggregate", "max($)", "int2"}, {"aggregate", "min($)", "int2"}},
	"int4":      {{"aggregate", "max($)", "int4"}, {"aggregate", "min($)", "int4"}, {"aggregate", "count(*)::integer", ""}, {"aggregate", "bit_or($)", "small"}},
	"int8":      {{"aggregate", "count(*)", ""}, {"aggregate", "count($)", "text"}, {"aggregate distinct", "count(distinct $)", "text"}, {"aggregate distinct", "count(distinct $)", "int4"}, {"aggregate", "sum($)", "int4"}, {"aggregate distinct", "sum(distinct $)", "int2"}, {"aggregate", "sum($)", "small"}},
	"numeric":   {{"aggregate", "sum($)", "numeric"}, {"aggregate", "avg($)", "int4"}, {"aggregate", "avg($)", "numeric"}, {"aggregate", "round(max($), 2)", "numeric"}, {"aggregate distinct", "avg(distinct $)", "small"}, {"aggregate", "sum($)", "int8"}, {"aggregate", "round(stddev($), 3)", "int4"}},
	"float4":    {{"aggregate", "max($ + 0::real)", "float4"}, {"aggregate", "min($ + 0::real)", "float4"}},
	"float8":    {{"aggregate", "max($ + 0)", "float8"}, {"aggregate", "min($ + 0)", "float8"}},
	"text":      {{"aggregate", "max($)", "text"}, {"aggregate", "min($)", "text"}, {"aggregate order by", "string_agg($, ',' order by $)", "text ="}, {"aggregate distinct", "string_agg(distinct $, '|')", "text"}, {"aggregate order by", "string_agg($, ', ' order by $ desc nulls last, $)", "text int4 ="}},
	"date":      {{"aggregate", "max($)", "date"}, {"aggregate", "min($)", "date"}},
	"timestamp": {{"aggregate", "max($)", "timestamp"}, {"aggregate", "min($)", "timestamp"}},
	"bool":      {{"aggregate", "bool_and($)", "bool"}, {"aggregate", "bool_or($)", "bool"}, {"aggregate", "every($)", "bool"}, {"aggregate", "(count(*) > 1)", ""}, {"aggregate", "(sum($) > 10)", "int4"}},
	"int4[]":    {{"aggregate order by", "array_agg($ order by $)", "int4 ="}, {"aggregate distinct", "array_agg(distinct $)", "int4"}},
	"text[]":    {{"aggregate order by", "array_agg(upper($) order by $ desc)", "text ="}, {"aggregate distinct", "array_agg(distinct upper($) order by upper($))", "text ="}},
	"jsonb":     {{"aggregate order by", "jsonb_agg($::text order by $)", "text ="}, {"aggregate order by", "jsonb_agg(jsonb_build_object('v', $) order by $, $)", "int4 text =0"}},
}

// operands makes the operands of a call: "=" is the first one again, "=0" too.
func (g *Generator) operands(s *scope, types []string) []*Node {
	var out []*Node
	for _, kind := range types {
		switch kind {
		case "=", "=0":
			out = append(out, node("", "", out[0].SQL()))
		default:
			out = append(out, g.expr(s, kind, 1))
		}
	}
	return out
}

// aggregate is an aggregate over the rows of a scope, nil where there is none of
// the type.
func (g *Generator) aggregate(s *scope, kind string) *Node {
	of := aggregates[kind]
	if len(of) == 0 {
		return nil
	}
	p := of[g.r.IntN(len(of))]
	call, tail := p.pattern, ""
	filter := nothing
	if len(call) > 0 && call[len(call)-1] == ')' && call[0] != '(' && p.use != "" && !wrapped(call) && g.chance(20) {
		filter, tail = clause("filter", " filter (where $)", g.cond(s, 1)), "$"
	}
	return node(kind, p.use, call+tail, append(g.operands(s, fields(p.operands)), filter)...)
}
