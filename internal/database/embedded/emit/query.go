package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// query writes a SELECT whose columns are called c0, c1, ….
func (e *emitter) query(q *tree.Query) string {
	defer e.sets.below()()
	if reachesRows(q.Limit) || reachesRows(q.Offset) {
		return e.limitedByRow(q)
	}
	switch with := e.with(q.With); {
	case q.Set != nil:
		return with + e.compound(q)
	case len(q.Values) > 0:
		return with + e.values(q)
	default:
		return with + e.plain(q)
	}
}

func (e *emitter) plain(q *tree.Query) string {
	switch {
	case q.Sets != nil && !e.sets.of(q):
		return e.groupingSets(q)
	case q.Sets == nil && e.nests(q):
		one := *q
		one.Sets = [][]int{make([]int, len(q.GroupBy))}
		for i := range q.GroupBy {
			one.Sets[0][i] = i
		}
		return e.groupingSets(&one)
	case len(q.DistinctOn) > 0:
		return e.distinctOn(q)
	case q.Having != nil && q.Sets == nil && len(q.GroupBy) == 0 && !hasAggregate(q):
		return e.oneGroup(q)
	}
	if calls := excludes(q); len(calls) > 0 && (e.excluding == nil || e.excluding.query != q) {
		return e.excluded(q, calls)
	}
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.Distinct {
		b.WriteString("DISTINCT ")
	}
	var from strings.Builder
	e.fromWhere(&from, q) // first, since it says how columns are read
	e.columns(&b, q)
	b.WriteString(from.String())
	e.groupBy(&b, q)
	e.orderBy(&b, q)
	e.limit(&b, q)
	return b.String()
}

func (e *emitter) fromWhere(b *strings.Builder, q *tree.Query) {
	if q.Sets != nil && e.sets.of(q) {
		e.fromSets(b, q)
		return
	}
	if e.excluding != nil && e.excluding.query == q {
		b.WriteString(" FROM (" + e.excluding.hole() + ") AS " + e.excluding.name)
		return
	}
	barrier := e.mayRaiseInWhere(q)
	e.tables.Look(q)
	defer func(enclosed bool) { e.enclosed = enclosed }(e.enclosed)
	e.enclosed = false
	for i, f := range q.From {
		if i == 0 {
			b.WriteString(" FROM " + e.from(f, barrier, false))
			continue
		}
		b.WriteString(" JOIN " + e.beside(f, barrier, q.From[:i]))
	}
	if where := e.where(q); where != "" {
		b.WriteString(" WHERE " + where)
	}
}

// hasAggregate tells whether SQLite sees an aggregate of the query itself, HAVING left
// out.
func hasAggregate(q *tree.Query) bool {
	var list []tree.Expr
	for _, c := range q.Columns {
		list = append(list, c.Expr)
	}
	for _, o := range q.OrderBy {
		list = append(list, o.Expr)
	}
	return slices.ContainsFunc(list, aggregates)
}

// aggregates tells whether an expression holds an aggregate, subqueries left out.
func aggregates(x tree.Expr) bool {
	if _, ok := x.(*tree.Aggregate); ok || x == nil {
		return ok
	}
	return slices.ContainsFunc(tree.Children(x), aggregates)
}

// oneGroup writes a HAVING that makes one group of all rows where no column does:
// SQLite wants an aggregate among these. The rows are counted, so that they are looked
// at.
func (e *emitter) oneGroup(q *tree.Query) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.Distinct {
		b.WriteString("DISTINCT ")
	}
	var from strings.Builder
	e.fromWhere(&from, q)
	e.columns(&b, q)
	b.WriteString(" FROM (SELECT count(*), (" + e.expr(q.Having) + ") AS h" + from.String() + ") WHERE h")
	e.orderBy(&b, q)
	e.limit(&b, q)
	return b.String()
}

// distinctOn writes DISTINCT ON by the numbers of the rows within equal keys. Keys that
// are window functions are columns first, since no window may look at another.
func (e *emitter) distinctOn(q *tree.Query) string {
	inner := *q
	inner.Distinct, inner.DistinctOn, inner.OrderBy, inner.Limit, inner.Offset, inner.With = false, nil, nil, nil, nil, nil
	inner.Columns = slices.Clone(q.Columns)
	add := func(x tree.Expr) string {
		inner.Columns = append(inner.Columns, tree.Output{Expr: x})
		return e.collate("s.c"+strconv.Itoa(len(inner.Columns)-1), x)
	}
	windowed := slices.ContainsFunc(q.DistinctOn, tree.Windowed) || len(excludes(q)) > 0
	var partition, inside, outside []string
	for _, o := range q.OrderBy {
		windowed = windowed || tree.Windowed(o.Expr)
		outside = append(outside, direction(add(o.Expr), o))
	}
	for i := 0; windowed && i < len(q.DistinctOn); i++ {
		partition = append(partition, add(q.DistinctOn[i]))
	}
	rows := e.plain(&inner) // first, since it says how columns are read
	if windowed {
		inside = outside
	} else {
		for _, on := range q.DistinctOn {
			partition = append(partition, e.collated(on))
		}
		for _, o := range q.OrderBy {
			inside = append(inside, direction(e.collated(o.Expr), o))
		}
	}
	number := "row_number() OVER (PARTITION BY " + strings.Join(partition, ", ")
	if len(inside) > 0 {
		number += " ORDER BY " + strings.Join(inside, ", ")
	}
	if number += ") AS n"; windowed {
		rows = "SELECT *, " + number + " FROM (" + rows + ") AS s"
	} else {
		rows = strings.Replace(rows, "SELECT ", "SELECT "+number+", ", 1)
	}
	outputs := make([]string, max(len(q.Columns), 1))
	for i := range outputs {
		outputs[i] = "s.c" + strconv.Itoa(i) + " AS c" + strconv.Itoa(i)
	}
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(outputs, ", ") + " FROM (" + rows + ") AS s WHERE s.n = 1")
	if len(outside) > 0 {
		b.WriteString(" ORDER BY " + strings.Join(outside, ", "))
	}
	e.limit(&b, q)
	return b.String()
}

func (e *emitter) columns(b *strings.Builder, q *tree.Query) {
	if len(q.Columns) == 0 {
		b.WriteString("NULL") // PostgreSQL has rows without columns
	}
	for i, c := range q.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		sql := e.output(q.Columns[i].Expr)
		if q.Distinct {
			sql = e.collate(sql, c.Expr)
		}
		b.WriteString(sql + " AS c" + strconv.Itoa(i))
	}
}

// values writes VALUES; SQLite calls its columns column1, column2, ….
func (e *emitter) values(q *tree.Query) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := range q.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("column" + strconv.Itoa(i+1) + " AS c" + strconv.Itoa(i))
	}
	b.WriteString(" FROM (")
	if slices.ContainsFunc(q.Values, func(row []tree.Expr) bool { return slices.ContainsFunc(row, reachesRows) }) {
		b.WriteString(e.selects(q.Values))
	} else {
		b.WriteString("VALUES ")
		for i, row := range q.Values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("(" + e.list(row) + ")")
		}
	}
	b.WriteString(")")
	e.orderBy(&b, q)
	e.limit(&b, q)
	return b.String()
}

// selects writes the rows of VALUES as one SELECT each, since SQLite does not find the
// columns of a VALUES that reads rows around it.
func (e *emitter) selects(rows [][]tree.Expr) string {
	if len(rows) > maxTerms {
		half := len(rows) / 2
		return "SELECT * FROM (" + e.selects(rows[:half]) + ") UNION ALL SELECT * FROM (" + e.selects(rows[half:]) + ")"
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for n, x := range row {
			cells[n] = e.expr(x) + " AS column" + strconv.Itoa(n+1)
		}
		out[i] = "SELECT " + strings.Join(cells, ", ")
	}
	return strings.Join(out, " UNION ALL ")
}

func (e *emitter) groupBy(b *strings.Builder, q *tree.Query) {
	if q.Sets != nil {
		return
	}
	for i, g := range q.GroupBy {
		b.WriteString(map[bool]string{true: " GROUP BY ", false: ", "}[i == 0])
		sql := e.collated(g)
		if _, ok := g.(*tree.Const); ok {
			sql = "coalesce(" + sql + ", NULL)" // a bare number would be a position
		}
		b.WriteString(noPosition(sql))
	}
	if q.Having != nil {
		b.WriteString(" HAVING " + e.expr(q.Having))
	}
}

func (e *emitter) orderBy(b *strings.Builder, q *tree.Query) {
	first := true
	for _, o := range q.OrderBy {
		if _, ok := o.Expr.(*tree.Const); ok {
			continue // orders nothing, and SQLite might read it as a position
		}
		b.WriteString(map[bool]string{true: " ORDER BY ", false: ", "}[first])
		first = false
		b.WriteString(e.sortKey(q, o))
	}
}

func (e *emitter) sortKey(q *tree.Query, o tree.Order) string {
	sql := e.collate(e.outputOr(q, o.Expr), o.Expr)
	if neverNull(o.Expr) { // an index serves the place of NULLs for its first key only
		return sql + map[bool]string{true: " DESC"}[o.Desc]
	}
	return direction(sql, o)
}

// neverNull tells whether an expression is a column of a table that holds no NULL,
// nor gets one by an outer join.
func neverNull(x tree.Expr) bool {
	c, ok := x.(*tree.Column)
	if !ok || c.Rel.Nullable || c.Rel.Table == nil {
		return false
	}
	column := c.Rel.Columns[c.Index].Column
	return column != nil && column.NotNull
}

// direction writes direction and place of NULLs behind a key.
func direction(sql string, o tree.Order) string {
	if o.Desc {
		sql += " DESC"
	}
	// SQLite's defaults are the opposite of PostgreSQL's.
	if o.NullsFirst {
		return sql + " NULLS FIRST"
	}
	return sql + " NULLS LAST"
}

// outputOr writes the number of the output that an expression equals, or the
// expression.
func (e *emitter) outputOr(q *tree.Query, x tree.Expr) string {
	for i, c := range q.Columns {
		if tree.Equal(c.Expr, x) {
			return strconv.Itoa(i + 1)
		}
	}
	return noPosition(e.expr(x))
}

// noPosition keeps SQLite from reading a number as the place of an output.
func noPosition(sql string) string {
	if _, err := strconv.Atoi(strings.Trim(sql, "()+- ")); err == nil {
		return "coalesce(" + sql + ", NULL)"
	}
	return sql
}

// limit writes LIMIT and OFFSET. NULL means none, and a negative number is an
// error where SQLite would read it as none.
func (e *emitter) limit(b *strings.Builder, q *tree.Query) {
	if q.Limit == nil && q.Offset == nil {
		return
	}
	b.WriteString(" LIMIT ")
	if q.Limit == nil {
		b.WriteString("-1")
	} else {
		b.WriteString(e.count(q.Limit, "-1", "2201W", "LIMIT must not be negative"))
	}
	if q.Offset != nil {
		b.WriteString(" OFFSET " + e.count(q.Offset, "0", "2201X", "OFFSET must not be negative"))
	}
}

// reachesRows tells whether an expression reads a row of a query around it.
func reachesRows(x tree.Expr) bool {
	if x == nil {
		return false
	}
	var inside []*tree.Rel
	tree.Walk(x, func(x tree.Expr) bool {
		if s, ok := x.(*tree.Subquery); ok {
			inside = append(inside, s.Query.Rels()...)
		}
		return true
	})
	return tree.Any(x, func(x tree.Expr) bool {
		c, ok := x.(*tree.Column)
		return ok && !slices.Contains(inside, c.Rel)
	})
}

// limitedByRow writes a query whose LIMIT or OFFSET depends on a row of a query
// around it, which SQLite's own cannot: its rows are numbered.
func (e *emitter) limitedByRow(q *tree.Query) string {
	all, with := *q, e.with(q.With)
	all.Limit, all.Offset, all.With = nil, nil, nil
	limit, offset := "-1", "0"
	if q.Offset != nil {
		offset = e.count(q.Offset, "0", "2201X", "OFFSET must not be negative")
	}
	if q.Limit != nil {
		limit = e.count(q.Limit, "-1", "2201W", "LIMIT must not be negative")
	}
	names := make([]string, max(len(q.Columns), 1))
	for i := range names {
		names[i] = "(+s.c" + strconv.Itoa(i) + ") AS c" + strconv.Itoa(i)
	}
	rows := e.rowset(e.query(&all), len(q.Columns), "CASE WHEN "+offset+" >= 0 AND "+limit+" >= -1 THEN ", " END")
	return with + "SELECT " + strings.Join(names, ", ") + " FROM " + rows + " AS s WHERE s._rowid_ > " + offset +
		" AND (" + limit + " = -1 OR s._rowid_ - " + offset + " <= " + limit + ")"
}

func (e *emitter) count(x tree.Expr, none, code, message string) string {
	if c, ok := x.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() >= 0 {
		return literal(c.Value)
	}
	sql := e.expr(x)
	return "iif(" + sql + " < 0, " + Raise + "(" + text(code) + ", " + text(message) + "), coalesce(" + sql + ", " + none + "))"
}

// from writes an item of FROM. barrier keeps SQLite from moving conditions into
// derived tables that hide rows; outer tells that the item is below an outer
// join, where a policy cannot wait for WHERE.
func (e *emitter) from(f tree.From, barrier, outer bool) string {
	switch f := f.(type) {
	case *tree.Join:
		return e.join(f, barrier)
	case *tree.Rel:
		return e.rel(f, barrier, outer)
	}
	return e.fail(unsupported("an item of FROM of this kind is"))
}

func (e *emitter) join(j *tree.Join, barrier bool) string {
	if e.turns(j) {
		j = &tree.Join{Kind: tree.Left, Left: j.Right, Right: j.Left, On: j.On}
	}
	sql := e.from(j.Left, barrier, true) + " " + string(j.Kind) + " " + e.rightSide(j, barrier)
	if j.On == nil {
		return sql + " ON TRUE"
	}
	return sql + " ON " + e.guarded(j.On, j)
}

// turns tells whether a RIGHT JOIN is written as a LEFT JOIN: SQLite makes no index of
// what stands on the right of RIGHT JOIN. What reads the relations before it stays.
func (e *emitter) turns(j *tree.Join) bool {
	r, ok := j.Right.(*tree.Rel)
	if !ok || j.Kind != tree.Right || j.On == nil || r.Query == nil || r.Part > 0 ||
		slices.ContainsFunc(tree.RelsOf([]tree.From{j.Left}), func(r *tree.Rel) bool { return r.Functions != nil || r.Lateral }) {
		return false
	}
	left, joins := j.Left.(*tree.Join)
	if joins && e.enclosed {
		return false // SQLite does not find _rowid_ in parentheses in parentheses
	}
	for ; joins; left, joins = left.Left.(*tree.Join) {
		if r, ok := left.Right.(*tree.Rel); !ok || left.Kind == tree.Right && r.Query != nil {
			return false
		}
	}
	return true
}

// parenthesized writes a join in parentheses, in which nothing can see what is before.
func (e *emitter) parenthesized(j tree.From, barrier, outer bool) string {
	defer func(enclosed bool) { e.enclosed = enclosed }(e.enclosed)
	e.enclosed = true
	return "(" + e.from(j, barrier, outer) + ")"
}

// rightSide writes the right side of a join. A join there stands in parentheses, in
// which nothing can see the left side.
func (e *emitter) rightSide(j *tree.Join, barrier bool) string {
	switch r := j.Right.(type) {
	case *tree.Rel:
		if r.Functions != nil {
			return e.set(r, j.Kind != tree.Inner && j.On != nil)
		}
	case *tree.Join:
		if reachesOut(r, tree.RelsOf([]tree.From{j.Left})) {
			return e.boxed(r, barrier, true)
		}
		return e.parenthesized(r, barrier, true)
	}
	return e.from(j.Right, barrier, true)
}

func (e *emitter) rel(r *tree.Rel, barrier, outer bool) string {
	switch {
	case r.Table != nil && r.Policy != nil && outer:
		return "(SELECT *, 1 AS present FROM " + quote(r.Table.Physical) + " AS " + alias(r) +
			" WHERE " + e.expr(r.Policy) + ") AS " + alias(r)
	case r.Table != nil:
		return quote(r.Table.Physical) + " AS " + alias(r)
	case r.Functions != nil:
		return e.set(r, false)
	case r.Part > 0:
		return PartRows + "(" + strconv.Itoa(r.Part) + ") AS " + alias(r)
	case r.CTE != nil:
		return e.cte(r)
	case r.Lateral:
		return e.lateral(r)
	}
	return e.derived(r, barrier)
}

// derived writes a subquery in FROM. One with volatile columns is materialized,
// because SQLite would otherwise evaluate them wherever they are used.
func (e *emitter) derived(r *tree.Rel, barrier bool) string {
	q := r.Query
	if len(q.DistinctOn) > 0 { // of others SQLite itself leaves out what nothing reads
		q = e.needed(r)
	}
	sql := e.query(q)
	switch {
	case e.tables.Empty(r):
		sql = "SELECT * FROM (" + sql + ") LIMIT 0"
	case e.tables.Once(r), volatileColumns(r.Query):
		sql = e.keep(r, sql)
	case barrier && r.Query.Limit == nil && r.Query.Offset == nil && hidesRows(r.Query):
		sql += " LIMIT -1"
	}
	if r.Nullable {
		sql = "SELECT *, 1 AS present FROM (" + sql + ")"
	}
	return "(" + sql + ") AS " + alias(r)
}
