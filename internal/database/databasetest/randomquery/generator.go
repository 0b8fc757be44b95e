package randomquery

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generator makes queries.
type Generator struct {
	r      *rand.Rand
	tables []*Table
	next   int // of the aliases
	made   int // about how many rows the query has that was made last
}

// New returns a generator that makes the query of a number of a seed.
func New(tables []*Table, seed, number uint64) *Generator {
	return &Generator{r: rand.New(rand.NewPCG(seed, number)), tables: tables}
}

func (g *Generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *Generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }

func (g *Generator) alias(prefix string) string {
	g.next++
	return fmt.Sprint(prefix, g.next)
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// scope is what an expression may name.
type scope struct {
	items []*item
	outer *scope
	ctes  []*cte
	depth int // of subqueries
	most  int // rows that joins may come to, 0 for mostRows
	// still tells that no window function is wanted, which would tell equal rows apart.
	still bool
	// grouped holds the expressions that a grouped query may use outside of
	// aggregates; inner is the scope of the arguments of its aggregates.
	grouped []ref
	inner   *scope
}

// item is something in FROM.
type item struct {
	alias string
	refs  []ref
	key   []string // columns that together are unique, or equal in all columns
	rows  int      // about how many it has
	table *Table   // nil unless it is a table
}

// ref is a column.
type ref struct {
	text   string
	kind   string
	values []string
}

// cte is a query of WITH.
type cte struct {
	name    string
	columns []ref // the text is the name
	rows    int
}

// mostRows bounds the rows that the joins of one query come to: 10,000 queries are to
// take minutes.
const mostRows = 12_000

// limit is how many rows joins may come to.
func (s *scope) limit() int {
	if s.most > 0 {
		return s.most
	}
	return mostRows
}

// rows estimates how many rows a scope has.
func (s *scope) rows() int {
	n := 1
	for _, it := range s.items {
		n = max(n, it.rows)
	}
	return n
}

// key is a total order of the rows of a scope.
func (s *scope) key() string {
	var out []string
	for _, it := range s.items {
		out = append(out, it.key...)
	}
	return strings.Join(out, ", ")
}

// refs lists the columns of a type, of the query itself or also of those around.
func (s *scope) refs(kind string, around bool) []ref {
	var out []ref
	add := func(refs []ref) {
		for _, r := range refs {
			if r.kind == kind {
				out = append(out, r)
			}
		}
	}
	add(s.grouped)
	for _, it := range s.items {
		add(it.refs)
	}
	if around && s.outer != nil && len(out) == 0 {
		out = s.outer.refs(kind, true)
	}
	return out
}

// Query makes a query.
func (g *Generator) Query() *Node {
	top := &scope{}
	with := nothing
	if g.chance(18) {
		with = g.with(top)
	}
	body, _ := g.body(top, g.kindsWanted(), true)
	return node("", "", "$$", with, body)
}

// kindsWanted are the types of the columns of a query.
func (g *Generator) kindsWanted() []string {
	out := make([]string, 1+g.r.IntN(4))
	for i := range out {
		out[i] = g.anyKind()
	}
	return out
}

func (g *Generator) anyKind() string {
	return g.pick("int2", "int4", "int4", "int4", "int8", "numeric", "numeric", "float4", "float8", "text", "text", "text", "text", "text", "date", "timestamp", "bool")
}

// body is a query without WITH, with its own order and limit.
func (g *Generator) body(s *scope, wanted []string, top bool) (*Node, []ref) {
	switch n := g.r.IntN(100); {
	case n < 14 && s.depth < 2:
		return g.compound(s, wanted, 2)
	case n < 17:
		return g.values(wanted)
	}
	return g.selects(s, wanted, top)
}
