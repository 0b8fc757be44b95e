package randomquery

import "strings"

// production is a way to make an expression: $ in the pattern stands for operands
// of these types. "small" is an integer of at most three digits, which keeps
// arithmetic from overflowing: whether an overflow is met depends on the order in
// which PostgreSQL evaluates conditions.
type production struct {
	use, pattern string
	operands     string // names of types, separated by spaces
}

// productions lists them by the type of the result.
var productions = map[string][]production{
	"int2": {{"cast", "cast(($) as smallint)", "small"}, {"cast", "($)::int2", "small"}},
	"int4": {
		{"arithmetic", "($ + $)", "small small"}, {"arithmetic", "($ - $)", "small small"}, {"arithmetic", "($ * $)", "small small"},
		{"arithmetic", "($ / nullif($, 0))", "int4 small"}, {"arithmetic", "(- $)", "small"}, {"bits", "($ & $)", "int4 int4"}, {"bits", "($ | $)", "small small"},
		{"number function", "abs($)", "int4"}, {"number function", "mod($, 7)", "int4"}, {"number function", "sign($::numeric)::integer", "int4"},
		{"string function", "length($)", "text"}, {"string function", "octet_length($)", "text"}, {"string function", "strpos($, 'a')", "text"},
		{"string function", "position('e' in $)", "text"}, {"string function", "ascii($)", "text"},
		{"date function", "($ - $)", "date date"}, {"date function", "extract(year from $)::integer", "date"}, {"date function", "date_part('month', $)::int4", "timestamp"},
		{"cast", "$::integer", "int2"}, {"cast", "($)::integer", "bool"}, {"cast", "cast(mod(round($), 1000) as int)", "numeric"},
		{"array", "cardinality($)", "text[]"}, {"array", "array_length($, 1)", "int4[]"}, {"array", "($)[1]", "int4[]"}, {"array", "array_position($, 3)", "int4[]"},
		{"json", "jsonb_array_length(jsonb_build_array($, $))", "text int4"}, {"json", "(jsonb_build_object('a', $) ->> 'a')::integer", "int4"},
	},
	"int8": {
		{"cast", "$::bigint", "int4"}, {"arithmetic", "($ * 1000003)", "int8small"}, {"arithmetic", "($::bigint + $)", "int4 int4"},
		{"number function", "gcd($::bigint, 12)", "small"}, {"number function", "abs($::bigint)", "int4"}, {"date function", "extract(epoch from $)::bigint", "timestamp"},
	},
	"numeric": {
		{"arithmetic", "($ + $)", "numeric numeric"}, {"arithmetic", "($ - $)", "numeric int4"}, {"arithmetic", "($ * 1.5)", "numeric"}, {"arithmetic", "($ / nullif($, 0))", "numeric numeric"},
		{"number function", "round($, 1)", "numeric"}, {"number function", "trunc($, 1)", "numeric"}, {"number function", "ceil($)", "numeric"}, {"number function", "floor($)", "numeric"},
		{"number function", "abs($)", "numeric"}, {"number function", "mod($, 3)", "numeric"}, {"number function", "div($, 3)", "numeric"},
		{"cast", "$::numeric(14,3)", "int4"}, {"cast", "cast($ as numeric)", "int4"}, {"cast", "$::numeric", "float4"}, {"date function", "extract(day from $)", "timestamp"},
		{"number function", "trim_scale($)", "numeric"}, {"number function", "sign($)", "numeric"},
	},
	"float4": {{"cast", "$::real", "numeric"}, {"cast", "$::float4", "small"}, {"arithmetic", "($ * 2::real)", "float4"}},
	"float8": {
		{"cast", "$::double precision", "float4"}, {"cast", "$::float8", "numeric"}, {"arithmetic", "($ + $)", "float8 small"}, {"arithmetic", "($ * 0.5)", "float8"},
		{"arithmetic", "($ / nullif($, 0))", "float8 float8"}, {"number function", "sqrt(abs($))", "float8"}, {"number function", "floor($)", "float8"}, {"number function", "round($)", "float8"},
		{"number function", "trunc($)", "float8"}, {"number function", "abs($)", "float8"}, {"date function", "extract(epoch from $)::float8", "date"},
	},
	"text": {
		{"string function", "upper($)", "text"}, {"string function", "lower($)", "text"}, {"string function", "initcap($)", "text"}, {"string function", "substr($, 2, 3)", "text"},
		{"string function", "substring($ from 1 for 4)", "text"}, {"string function", "left($, 3)", "text"}, {"string function", "right($, -2)", "text"}, {"string function", "($ || $)", "text text"},
		{"string function", "($ || $)", "text small"}, {"string function", "replace($, 'a', 'xy')", "text"}, {"string function", "trim(both 'a' from $)", "text"}, {"string function", "ltrim($)", "text"},
		{"string function", "lpad($, 8, '*')", "text"}, {"string function", "rpad($, 5)", "text"}, {"string function", "reverse($)", "text"}, {"string function", "concat($, '-', $)", "text int4"},
		{"string function", "concat_ws(', ', $, $)", "text text"}, {"string function", "split_part($, ' ', 1)", "text"}, {"string function", "translate($, 'abc', 'xy')", "text"},
		{"string function", "regexp_replace($, '[aeiou]', '_', 'g')", "text"}, {"string function", "repeat($, 2)", "text"}, {"string function", "overlay($ placing 'zz' from 2 for 1)", "text"},
		{"string function", "format('%s/%s', $, $)", "text int4"}, {"string function", "md5($)", "text"}, {"string function", "quote_literal($)", "text"},
		{"string function", "to_char($, 'FM999990.00')", "numeric"}, {"date function", "to_char($, 'YYYY-MM-DD')", "date"}, {"date function", "to_char($, 'Dy, DD Mon YYYY HH24:MI')", "timestamp"},
		{"cast", "$::text", "int4"}, {"cast", "$::text", "date"}, {"cast", "cast($ as varchar(5))", "text"}, {"cast", "$::text", "numeric"}, {"cast", "($)::text", "bool"}, {"cast", "$::text", "float8"}, {"cast", "$::text", "timestamp"},
		{"json", "(jsonb_build_object('k', $) ->> 'k')", "text"}, {"json", "to_jsonb($::text)::text", "text"}, {"json", "(jsonb_build_array($, $) ->> 1)", "int4 text"}, {"json", "jsonb_typeof($)", "jsonb"},
		{"array", "array_to_string($, ',')", "text[]"}, {"array", "array_to_string($, '-', 'none')", "int4[]"}, {"array", "($)[1]", "text[]"},
	},
	"date": {{"date function", "($ + $)", "date small"}, {"cast", "$::date", "timestamp"}, {"date function", "($ - 7)", "date"}, {"date function", "date_trunc('year', $)::date", "timestamp"}},
	"timestamp": {{"cast", "$::timestamp", "date"}, {"date function", "($ + interval '1 month')", "timestamp"}, {"date function", "date_trunc('month', $)", "timestamp"},
		{"date function", "($ - interval '36 hours')", "timestamp"}},
	"int4[]":   {{"array", "array[$, $]", "int4 int4"}, {"array", "array_append($, $)", "int4[] int4"}, {"array", "($ || $)", "int4[] int4[]"}},
	"text[]":   {{"array", "string_to_array($, ' ')", "text"}, {"array", "array[$, $]::text[]", "text text"}, {"array", "regexp_split_to_array($, '[ ,]+')", "text"}},
	"jsonb":    {{"json", "jsonb_build_object('a', $, 'b', $)", "text int4"}, {"json", "to_jsonb($::text)", "text"}, {"json", "jsonb_build_array($, $)", "text bool"}, {"json", "($ || $)", "jsonb jsonb"}},
	"interval": {{"date function", "($ - $)", "timestamp timestamp"}, {"date function", "age($, $)", "timestamp timestamp"}},
}

var literals = map[string][]string{
	"int2": {"'1'::smallint", "2::int2"}, "int4": {"0", "1", "2", "5", "10", "100"}, "int8": {"1::bigint", "5000000000"}, "numeric": {"0.5", "1.0", "2.50", "10::numeric"},
	"float4": {"1.5::real", "20::float4"}, "float8": {"0.25::float8", "100::double precision"}, "text": {"'a'", "'Rock'", "''::text", "'USA'", "'é'"},
	"date": {"date '1997-06-30'", "date '2010-02-28'"}, "timestamp": {"timestamp '2010-01-31 00:00'", "timestamp '1998-01-01 12:30:15.25'"}, "bool": {"true", "false"},
	"int4[]": {"array[1,2,3]", "'{3,null,5}'::int[]"}, "text[]": {"array['a','b']", "'{}'::text[]"}, "jsonb": {`'{"a":[1,2]}'::jsonb`}, "interval": {"interval '2 days'"},
}

// expr is an expression of a type.
func (g *Generator) expr(s *scope, kind string, depth int) *Node {
	switch kind {
	case "small":
		return node("int4", "arithmetic", "($ % 1000)", g.expr(s, "int4", depth))
	case "int8small":
		return node("int8", "", "($ % 1000)::bigint", g.expr(s, "int4", depth))
	case "bool":
		if depth > 0 {
			return g.cond(s, depth)
		}
	}
	if depth <= 0 || g.chance(35) {
		return g.leaf(s, kind)
	}
	if kind != "jsonb" && kind != "interval" && !strings.HasSuffix(kind, "[]") && g.chance(22) {
		return g.special(s, kind, depth)
	}
	of := productions[kind]
	if len(of) == 0 {
		return g.leaf(s, kind)
	}
	p := of[g.r.IntN(len(of))]
	var operands []*Node
	for _, operand := range strings.Fields(p.operands) {
		operands = append(operands, g.expr(s, operand, depth-1))
	}
	return node(kind, p.use, p.pattern, operands...)
}

// leaf is a column, an aggregate where there are some, or a literal.
func (g *Generator) leaf(s *scope, kind string) *Node {
	if s.inner != nil && g.chance(60) {
		if n := g.aggregate(s.inner, kind); n != nil {
			return n
		}
	}
	if refs := s.refs(kind, true); len(refs) > 0 && !g.chance(8) {
		return node(kind, "", refs[g.r.IntN(len(refs))].text)
	}
	// A column of another type is better than a literal.
	if !g.chance(25) {
		for _, p := range productions[kind] {
			if p.use == "cast" && !strings.Contains(p.operands, " ") {
				if refs := s.refs(p.operands, false); len(refs) > 0 {
					return node(kind, p.use, p.pattern, node(p.operands, "", refs[g.r.IntN(len(refs))].text))
				}
			}
		}
	}
	if kind == "bool" && s.inner == nil {
		return g.compare(s, 0)
	}
	return node(kind, "", g.pick(literals[kind]...))
}

// special is an expression that there is of every type.
func (g *Generator) special(s *scope, kind string, depth int) *Node {
	e := func() *Node { return g.expr(s, kind, depth-1) }
	switch g.r.IntN(7) {
	case 0:
		return node(kind, "case", "case when $ then $ else $ end", g.cond(s, depth-1), e(), e())
	case 1:
		other := g.pick("int4", "text")
		return node(kind, "case", "case $ when $ then $ end", g.expr(s, other, depth-1), g.expr(s, other, 0), e())
	case 2:
		return node(kind, "coalesce", "coalesce($, $)", e(), e())
	case 3:
		return node(kind, "nullif", "nullif($, $)", e(), g.leaf(s, kind))
	case 4:
		if kind != "numeric" { // of 1 and 1.00 either may be the greater
			return node(kind, "greatest", g.pick("greatest", "least")+"($, $)", e(), e())
		}
	case 5, 6:
		if s.depth < 2 && s.rows() <= 1000 {
			return g.scalar(s, kind)
		}
	}
	return g.leaf(s, kind)
}
