package typestest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestAggregates aggregates groups of values on both sides: none, only nulls,
// all, and random ones with repetitions; plain and DISTINCT.
func TestAggregates(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, agg := range family.Aggregates {
			entry := a.names.function(agg.Name, agg.Args)
			if !chosen(entry) || agg.Within { // TestOrderedSets
				continue
			}
			values := 0
			for _, concrete := range a.concrete(agg.Args) {
				for _, g := range groups(t, a, agg, concrete) {
					for _, s := range shapes(agg, concrete) {
						if s != (shape{}) && ambiguous(t, g) {
							continue
						}
						values += aggregateBoth(t, server, own, agg, entry, g, s)
					}
				}
			}
			if values == 0 {
				t.Errorf("%s: no group gave a value", entry)
			}
		}
	}
}

// shape is how an aggregate is called: of DISTINCT rows, in descending order.
type shape struct{ distinct, ordered bool }

func (s shape) String() string {
	return map[bool]string{true: "DISTINCT "}[s.distinct] + map[bool]string{true: "ordered "}[s.ordered]
}

// call writes the arguments with DISTINCT and ORDER BY.
func (s shape) call(columns []string) string {
	text := strings.Join(columns, ", ")
	if s.distinct {
		text = "DISTINCT " + text
	}
	if s.ordered {
		text += " ORDER BY " + strings.Join(columns, " DESC, ") + " DESC"
	}
	return text
}

func shapes(agg *types.Aggregate, concrete []*types.Type) []shape {
	unordered := func(t *types.Type) bool { return t.Unordered }
	if len(agg.Args) == 0 || slices.ContainsFunc(concrete, unordered) {
		return []shape{{}}
	}
	return []shape{{}, {distinct: true}, {ordered: true}, {distinct: true, ordered: true}}
}

// group is the rows that one aggregate sees.
type group struct {
	list []*types.Type
	rows [][]argument
}

func groups(t *testing.T, a *arguments, agg *types.Aggregate, list []*types.Type) []group {
	t.Helper()
	pool := a.cross(t, list, 300)
	if len(pool) == 0 {
		t.Errorf("%s: no values", agg.Name)
		return nil
	}
	nulls := make([]argument, len(list))
	for i, typ := range list {
		nulls[i] = argument{typ: typ}
	}
	all := []group{{list, nil}, {list, [][]argument{nulls, nulls}}, {list, pool}}
	random := rand.New(rand.NewPCG(2, uint64(agg.OID)))
	for range 40 {
		g := group{list: list}
		for range 1 + random.IntN(6) {
			g.rows = append(g.rows, pool[random.IntN(len(pool))])
		}
		all = append(all, g)
	}
	return all
}

// aggregateBoth compares one aggregate over one group and returns 1 when it gave
// a value.
func aggregateBoth(t *testing.T, server *postgres, own *engine, agg *types.Aggregate, entry string, g group, s shape) int {
	t.Helper()
	want := server.try(t, []string{askAggregate(agg, g, s)})[0]
	got := own.aggregate(t, agg, g, s)
	if got != want && !refused(got) && !equalExtremes(t, agg, g, got, want) {
		rows := make([]string, len(g.rows))
		for i, r := range g.rows {
			rows[i] = "(" + literals(r) + ")"
		}
		t.Errorf("%s%s over %s: %s, in PostgreSQL %s", s, entry, strings.Join(rows, " "), got, want)
	}
	if want.code == "" && !want.null {
		return 1
	}
	return 0
}

// equalExtremes tells whether two results of min or max are equal values that are
// written differently: either is right, since rows come in no order.
func equalExtremes(t *testing.T, agg *types.Aggregate, g group, a, b answer) bool {
	t.Helper()
	if agg.Name != "min" && agg.Name != "max" || a.code != "" || b.code != "" || a.null || b.null {
		return false
	}
	return equal(t, g.list[0], a.text, b.text)
}

// equal tells whether two texts are equal values under the type's collation.
func equal(t *testing.T, typ *types.Type, a, b string) bool {
	t.Helper()
	if typ.Column == "ANY" { // 0 and -0
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return errX == nil && errY == nil && x == y
	}
	if typ.Collation == "RTRIM" {
		return strings.TrimRight(a, " ") == strings.TrimRight(b, " ")
	}
	for _, c := range catalogue(t).Collations() {
		if c.Name == typ.Collation {
			return c.Compare(a, b) == 0
		}
	}
	return a == b
}

// ambiguous tells whether a group holds equal values that are written differently:
// DISTINCT may keep either.
func ambiguous(t *testing.T, g group) bool {
	t.Helper()
	for k, typ := range g.list {
		if typ.Collation == "" && typ.Column != "ANY" {
			continue
		}
		for i, a := range g.rows {
			for _, b := range g.rows[:i] {
				if a[k].text != nil && b[k].text != nil && *a[k].text != *b[k].text && equal(t, typ, *a[k].text, *b[k].text) {
					return true
				}
			}
		}
	}
	return false
}

func askAggregate(agg *types.Aggregate, g group, s shape) string {
	call := fmt.Sprintf(`pg_catalog.%s(%s)`, quoteName(agg.Name), s.call(columns(g.list)))
	if agg.Star {
		call = "pg_catalog.count(*)"
	}
	from := "(select 1 where false) v"
	switch {
	case len(g.rows) == 0 && len(g.list) > 0:
		var nulls []string
		for _, typ := range g.list {
			nulls = append(nulls, "null::"+named(typ))
		}
		from = "(select " + strings.Join(nulls, ", ") + " where false) v(" + strings.Join(columns(g.list), ", ") + ")"
	case len(g.list) == 0:
		from = fmt.Sprintf("generate_series(1, %d) v", len(g.rows))
	default:
		var rows []string
		for _, r := range g.rows {
			rows = append(rows, "("+literals(r)+")")
		}
		from = "(values " + strings.Join(rows, ", ") + ") v(" + strings.Join(columns(g.list), ", ") + ")"
	}
	return "select v is null, concat(v) from (select " + call + " as v from " + from + ") s"
}

func columns(list []*types.Type) []string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	return names
}
