package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// setsLevel is a query with grouping sets. SQLite has none, so the rows to group
// are kept in a table expression, each set is a SELECT over it, and what stands
// behind grouping is a query over all of these: there a key is a column, NULL in
// sets without it, and so is an aggregate.
type setsLevel struct {
	query  *tree.Query
	parent *setsLevel
	name   string // the alias of the groups; the rows go by it with an r behind
	// depth is how deep in subqueries of the query the place is.
	depth int

	aggregates []*tree.Aggregate
	groupings  []*tree.Grouping
	// carried are columns that depend on keys which are in all sets, columns those
	// that the groups are computed from.
	carried, columns []place
	// present are the relations that an outer join can make NULL.
	present []*tree.Rel
}

// place is a column of a relation.
type place struct {
	rel   *tree.Rel
	index int
}

// below goes into a subquery, and returns the way back.
func (l *setsLevel) below() func() {
	if l == nil {
		return func() {}
	}
	l.depth++
	return func() { l.depth-- }
}

// of tells whether the level is that of a query.
func (l *setsLevel) of(q *tree.Query) bool { return l != nil && &l.query.Sets[0] == &q.Sets[0] }

// find writes what is computed by grouping, "" for anything else.
func (l *setsLevel) find(x tree.Expr) string {
	for at := l; at != nil; at = at.parent {
		if i := slices.IndexFunc(at.query.GroupBy, func(key tree.Expr) bool { return tree.Equal(key, x) }); i >= 0 {
			return at.name + ".k" + strconv.Itoa(i)
		}
	}
	switch x := x.(type) {
	case *tree.Aggregate:
		for at := l; at != nil; at = at.parent {
			if slices.Contains(at.query.Aggregates, x) {
				return at.name + ".a" + strconv.Itoa(noted(&at.aggregates, x, func(y *tree.Aggregate) bool { return x == y }))
			}
		}
	case *tree.Grouping:
		if l.depth == 0 {
			return l.name + ".b" + strconv.Itoa(noted(&l.groupings, x, func(y *tree.Grouping) bool { return x == y }))
		}
	}
	return ""
}

// noted adds what a list does not have yet, and returns its place there.
func noted[T any](list *[]T, x T, same func(T) bool) int {
	i := slices.IndexFunc(*list, same)
	if i < 0 {
		i, *list = len(*list), append(*list, x)
	}
	return i
}

func notedPlace(list *[]place, r *tree.Rel, i int) int {
	return noted(list, place{r, i}, func(p place) bool { return p == place{r, i} })
}

// hole stands for the groups until these can be written.
func (l *setsLevel) hole() string { return "\x00" + l.name }

// groupingSets writes a query with grouping sets.
func (e *emitter) groupingSets(q *tree.Query) string {
	e.setsCount++
	l := &setsLevel{query: q, parent: e.sets, name: "g" + strconv.Itoa(e.setsCount)}
	e.sets = l
	back := e.instead(q, func(r *tree.Rel, i int) string {
		return l.name + ".d" + strconv.Itoa(notedPlace(&l.carried, r, i))
	}, func(r *tree.Rel) string { return fmt.Sprintf("%s.p%d IS NOT NULL", l.name, r.ID) })
	l.present = nullable(q.From)
	sql := e.plain(q)
	back()
	e.sets = l.parent
	return strings.Replace(sql, l.hole(), e.groups(l), 1)
}

// instead writes the columns of a query's own relations otherwise, and returns the
// way back.
func (e *emitter) instead(q *tree.Query, column func(*tree.Rel, int) string, present func(*tree.Rel) string) func() {
	own := tree.RelsOf(q.From)
	saved, presence := map[*tree.Rel]func(int) string{}, e.presence
	e.presence = map[*tree.Rel]string{}
	for r, sql := range presence {
		e.presence[r] = sql
	}
	for _, r := range own {
		saved[r] = e.overrides[r]
		e.overrides[r] = func(i int) string { return column(r, i) }
		if r.Nullable {
			e.presence[r] = present(r)
		}
	}
	return func() {
		for r, f := range saved {
			if e.overrides[r] = f; f == nil {
				delete(e.overrides, r)
			}
		}
		e.presence = presence
	}
}

func nullable(list []tree.From) []*tree.Rel {
	return slices.DeleteFunc(tree.RelsOf(list), func(r *tree.Rel) bool { return !r.Nullable })
}

// fromSets writes the FROM of what stands behind grouping, where HAVING is a
// condition on the groups.
func (e *emitter) fromSets(b *strings.Builder, q *tree.Query) {
	b.WriteString(" FROM (" + e.sets.hole() + ") AS " + e.sets.name)
	if q.Having != nil {
		b.WriteString(" WHERE " + e.expr(q.Having))
	}
}

// groups writes the groups of all sets.
func (e *emitter) groups(l *setsLevel) string {
	q, rows := l.query, l.name+"r"
	if len(q.Sets) > maxTerms {
		return e.fail(unsupported("more than %d grouping sets in a query are", maxTerms))
	}
	if changing(q) {
		return e.fail(unsupported("grouping sets over volatile values, for each row of an outer query, are"))
	}
	back := e.instead(q, func(r *tree.Rel, i int) string {
		return rows + ".c" + strconv.Itoa(notedPlace(&l.columns, r, i))
	}, func(r *tree.Rel) string { return fmt.Sprintf("%s.p%d IS NOT NULL", rows, r.ID) })
	sets := make([]string, len(q.Sets))
	for i, set := range q.Sets {
		sets[i] = e.groupsOf(l, set, rows)
	}
	back()
	return "WITH " + rows + " AS MATERIALIZED (" + e.ungrouped(l) + ") " + strings.Join(sets, " UNION ALL ")
}

// changing tells whether the rows to group depend on an outer query, so that SQLite
// makes them anew for each set, and would not be the same then.
func changing(q *tree.Query) bool {
	source := *q
	source.Columns, source.Having, source.OrderBy, source.DistinctOn, source.Limit, source.Offset = nil, nil, nil, nil, nil, nil
	outer, volatile, inner := false, false, map[*tree.Rel]bool{}
	for _, r := range tree.RelsOf(q.From) {
		inner[r] = true
	}
	source.Walk(func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			outer = outer || !inner[x.Rel]
		case *tree.WholeRow:
			outer = outer || !inner[x.Rel]
		}
		volatile = volatile || tree.IsVolatile(x)
		return true
	})
	return outer && volatile
}

// groupsOf writes the groups of one set. The one without keys has one group, even
// of no rows, since it counts them.
func (e *emitter) groupsOf(l *setsLevel, set []int, rows string) string {
	columns := []string{"count(*) AS n"}
	var by []string
	for i, key := range l.query.GroupBy {
		name, sql := "k"+strconv.Itoa(i), "NULL"
		if slices.Contains(set, i) {
			sql = rows + "." + name
			by = append(by, e.collate(sql, key))
		}
		columns = append(columns, sql+" AS "+name)
	}
	for i, x := range l.aggregates {
		columns = append(columns, e.expr(x)+" AS a"+strconv.Itoa(i))
	}
	for i, x := range l.groupings {
		columns = append(columns, strconv.Itoa(l.bits(x, set))+" AS b"+strconv.Itoa(i))
	}
	for i, p := range l.carried {
		columns = append(columns, e.column(p.rel, p.index)+" AS d"+strconv.Itoa(i))
	}
	for _, r := range l.present {
		columns = append(columns, fmt.Sprintf("%s.p%d AS p%d", rows, r.ID, r.ID))
	}
	sql := "SELECT " + strings.Join(columns, ", ") + " FROM " + rows
	if len(by) > 0 {
		sql += " GROUP BY " + strings.Join(by, ", ")
	}
	return sql
}

// bits is what GROUPING is in a set.
func (l *setsLevel) bits(x *tree.Grouping, set []int) int {
	out := 0
	for _, arg := range x.Args {
		key := slices.IndexFunc(l.query.GroupBy, func(key tree.Expr) bool { return tree.Equal(key, arg) })
		out <<= 1
		if !slices.Contains(set, key) {
			out++
		}
	}
	return out
}

// ungrouped writes the rows to group, as far as the groups need them.
func (e *emitter) ungrouped(l *setsLevel) string {
	ungrouped := *l.query
	ungrouped.Sets = nil
	var from strings.Builder
	e.fromWhere(&from, &ungrouped) // first, since it says how columns are read
	var columns []string
	for i, key := range l.query.GroupBy {
		columns = append(columns, e.expr(key)+" AS k"+strconv.Itoa(i))
	}
	for i, p := range l.columns {
		columns = append(columns, e.column(p.rel, p.index)+" AS c"+strconv.Itoa(i))
	}
	for _, r := range l.present {
		columns = append(columns, fmt.Sprintf("nullif(%s, 0) AS p%d", e.present(r), r.ID))
	}
	if len(columns) == 0 {
		columns = []string{"NULL"}
	}
	return "SELECT " + strings.Join(columns, ", ") + from.String()
}

// nests tells whether an aggregate of a query stands where SQLite would take it for
// one of a subquery: inside of one, or of what is written as one.
func (e *emitter) nests(q *tree.Query) bool {
	if len(q.Aggregates) == 0 {
		return false
	}
	list := slices.Clone(q.DistinctOn)
	for _, c := range q.Columns {
		list = append(list, c.Expr)
	}
	for _, o := range q.OrderBy {
		list = append(list, o.Expr)
	}
	return slices.ContainsFunc(append(list, q.Having), func(x tree.Expr) bool { return e.nested(q, x, false) })
}

func (e *emitter) nested(q *tree.Query, x tree.Expr, inside bool) bool {
	switch x := x.(type) {
	case nil:
		return false
	case *tree.Aggregate:
		if slices.Contains(q.Aggregates, x) {
			return inside
		}
	case *tree.Subquery:
		found := false
		x.Query.Walk(func(y tree.Expr) bool {
			a, ok := y.(*tree.Aggregate)
			found = found || ok && slices.Contains(q.Aggregates, a)
			return !found
		})
		if found {
			return true
		}
	case *tree.ArrayTest:
		if left, _, ok := e.membership(x); ok {
			return e.nested(q, left, inside) || e.nested(q, x.Array, true)
		}
		inside = true
	case *tree.ArrayMap:
		inside = true
	case *tree.Call:
		inside = inside || x.Function.SQL != nil && e.writesSubquery(x)
	case *tree.ToText:
		t := e.types.Type(x.Arg.Type().OID)
		inside = inside || t != nil && t.TextSQL != nil && strings.Contains(t.TextSQL("x"), "SELECT")
	}
	return slices.ContainsFunc(tree.Children(x), func(c tree.Expr) bool { return e.nested(q, c, inside) })
}

// writesSubquery tells whether a function in SQL becomes a subquery over its arguments.
func (e *emitter) writesSubquery(x *tree.Call) bool {
	args := make([]types.Arg, len(x.Args))
	for i, a := range x.Args {
		if _, row := a.(*tree.WholeRow); row {
			return false // has no aggregate in it
		}
		args[i] = types.Arg{SQL: "x", Type: e.types.Type(a.Type().OID)}
	}
	return strings.Contains(x.Function.SQL(args), "SELECT")
}

// apart tells whether no part of an expression belongs to the rows or groups of the
// query that it stands in, so that it may be written into a subquery.
func (e *emitter) apart(x tree.Expr) bool {
	if _, ok := x.(*tree.WindowCall); ok {
		return false
	}
	if a, ok := x.(*tree.Aggregate); ok {
		return e.sets.find(a) != ""
	}
	return !slices.ContainsFunc(tree.Children(x), func(c tree.Expr) bool { return !e.apart(c) })
}
