package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/planning"
	"github.com/galleyhq/galley/internal/database/embedded/emit/rowset"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// set writes functions in FROM as table functions. repeated tells that SQLite
// would run through the rows again for each row of another relation.
func (e *emitter) set(r *tree.Rel, repeated bool) string {
	calls := make([]string, len(r.Functions.Calls))
	var specs []types.SideBySideCall
	args := 0
	for i, c := range r.Functions.Calls {
		table, list := e.setCall(c)
		calls[i] = strings.Join(list, ", ")
		specs = append(specs, types.SideBySideCall{Table: table, Args: len(list), Columns: len(c.Columns)})
		args += len(list)
	}
	sql := specs[0].Table + "(" + calls[0] + ")"
	if len(calls) > 1 {
		if args+1 > sqlite.MaxTableArgs || len(r.Columns) > types.MaxSideBySide {
			return e.fail(unsupported("functions side by side with so many arguments or columns are"))
		}
		sql = types.SideBySide + "(" + text(types.CallsSideBySide(specs)) + ", " + strings.Join(calls, ", ") + ")"
	}
	if !correlated(r.Functions) && (repeated || volatileSet(r.Functions)) {
		return e.setOnce(r, sql)
	}
	return sql + " AS " + alias(r)
}

// setCall writes the arguments of one function; without a function, that of the
// table of one row.
func (e *emitter) setCall(c tree.SetCall) (table string, args []string) {
	f := c.Function()
	if f == nil {
		return types.OneRow, []string{e.expr(c.Expr)}
	}
	if len(c.Columns) > types.MaxRecord {
		e.fail(unsupported("a record of so many columns is"))
	}
	return f.TableName(len(c.Columns)), f.TableArgs(e.args(c.Inputs()), c.Columns)
}

// correlated tells whether functions take columns of other relations: PostgreSQL,
// too, calls them anew for each row then.
func correlated(s *tree.Functions) bool {
	return slices.ContainsFunc(s.Inputs(), func(x tree.Expr) bool {
		return tree.Any(x, func(x tree.Expr) bool { _, ok := x.(*tree.Column); return ok })
	})
}

// volatileSet tells whether functions would give something else when they are
// called again.
func volatileSet(s *tree.Functions) bool {
	return slices.ContainsFunc(s.Calls, func(c tree.SetCall) bool {
		f := c.Function()
		return f != nil && f.Volatility == types.Volatile ||
			slices.ContainsFunc(c.Inputs(), func(x tree.Expr) bool { return tree.Any(x, tree.IsVolatile) })
	})
}

// setOnce keeps the rows in a table of their own, under the names that a table
// function has.
func (e *emitter) setOnce(r *tree.Rel, sql string) string {
	if e.kept == nil {
		e.kept = map[*tree.Rel]bool{}
	}
	e.kept[r] = true
	columns := make([]string, 0, len(r.Columns))
	typed := make([]string, 0, len(r.Columns))
	for i, k := range r.Columns {
		if i == len(r.Columns)-1 && r.Functions.Ordinality {
			break
		}
		name := "c" + strconv.Itoa(i)
		columns = append(columns, name)
		if t := e.types.Type(k.Type.OID); t != nil && (t.Column == "INTEGER" || t.Column == "TEXT") {
			name = "CAST(" + name + " AS " + t.Column + ") AS " + name // which it is: an index needs to know
		}
		typed = append(typed, name)
	}
	names := strings.Join(columns, ", ")
	return "(WITH m AS MATERIALIZED (SELECT " + strings.Join(typed, ", ") + ", _rowid_ AS n FROM " + sql + ") SELECT " + names +
		", n AS _rowid_ FROM m) AS " + alias(r)
}

// setColumn writes a column of functions. The sign keeps SQLite from offering
// conditions on it to the table function, which can do nothing with them.
func (e *emitter) setColumn(r *tree.Rel, i int) string {
	if r.Lateral {
		return "(+" + alias(r) + ".c" + strconv.Itoa(i) + ")"
	}
	if e.kept[r] && (!r.Functions.Ordinality || i < len(r.Columns)-1) {
		return alias(r) + ".c" + strconv.Itoa(i) // SQLite may make an index of it
	}
	if r.Functions.Ordinality && i == len(r.Columns)-1 {
		return "(+" + alias(r) + "._rowid_)"
	}
	return "(+" + alias(r) + ".c" + strconv.Itoa(i) + ")"
}

// reachesOut tells whether functions below an item of FROM take columns from
// relations beside it.
func reachesOut(f tree.From, beside []*tree.Rel) bool {
	return slices.ContainsFunc(tree.RelsOf([]tree.From{f}), func(r *tree.Rel) bool { return r.Reads(beside) })
}

// lateral writes a subquery in FROM that reads what stands before it.
func (e *emitter) lateral(r *tree.Rel) string {
	return e.rowset(e.query(e.needed(r)), len(r.Columns), "", "") + " AS " + alias(r)
}

// needed is the query of a relation without the columns that nothing reads, which
// PostgreSQL does not evaluate either.
func (e *emitter) needed(r *tree.Rel) *tree.Query {
	q := *r.Query
	if q.Distinct && len(q.DistinctOn) == 0 || q.Set != nil || len(q.Values) > 0 || q.Sets != nil || q.Aggregated && len(q.GroupBy) == 0 || e.result == nil {
		return r.Query
	}
	if e.used == nil {
		e.used = planning.UsedColumns(e.result)
	}
	q.Columns = slices.Clone(q.Columns)
	for i, c := range q.Columns {
		sorts := slices.ContainsFunc(q.OrderBy, func(o tree.Order) bool { return tree.Equal(o.Expr, c.Expr) })
		if !sorts && !e.used[r][i] && !e.used[r][-1] && !tree.Any(c.Expr, tree.IsVolatile) {
			q.Columns[i].Expr = &tree.Const{Ref: c.Expr.Type(), Value: sqlite.Null}
		}
	}
	return &q
}

// rowset writes a query as a table function that takes its rows as one value; what
// stands around the value may leave it out.
func (e *emitter) rowset(query string, columns int, before, after string) string {
	if columns > rowset.MaxColumns {
		return e.fail(unsupported("LATERAL over more than %d columns is", rowset.MaxColumns))
	}
	return rowset.Table(columns) + "(" + before + rowset.Value(query, columns) + after + ")"
}

// boxed writes a join as a table of its own: one that reads what stands before it,
// or one of which SQLite would mistake the structure. Its relations are read
// through that table from there on.
func (e *emitter) boxed(j *tree.Join, barrier, reaches bool) string {
	if e.presence == nil {
		e.presence = map[*tree.Rel]string{}
	}
	inside := tree.RelsOf([]tree.From{j})
	for _, r := range inside {
		delete(e.overrides, r)
		delete(e.presence, r)
	}
	from := e.from(j, barrier, true)
	name := "j" + strconv.Itoa(inside[0].ID)
	type columnsOf struct{ first, present int }
	places := make([]columnsOf, len(inside))
	var columns []string
	add := func(sql string) int {
		columns = append(columns, sql+" AS c"+strconv.Itoa(len(columns)))
		return len(columns) - 1
	}
	for n, r := range inside {
		places[n].first = len(columns)
		for i := range r.Columns {
			add(e.column(r, i))
		}
		if r.Nullable {
			places[n].present = add("iif(" + e.present(r) + ", 1, NULL)")
		}
	}
	if len(columns) == 0 {
		add("1")
	}
	column := func(i int) string { return "(+" + name + ".c" + strconv.Itoa(i) + ")" }
	for n, r := range inside {
		e.overrides[r] = func(i int) string { return column(places[n].first + i) }
		if r.Nullable {
			e.presence[r] = column(places[n].present) + " IS NOT NULL"
		}
	}
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + from
	if reaches {
		return e.rowset(query, len(columns), "", "") + " AS " + name
	}
	return "(" + query + ") AS " + name
}

// beside writes an item of FROM after others. A join stands in parentheses, in
// which functions cannot see what is before; where they must, it stands without,
// which means the same unless rows of the right side alone are kept.
func (e *emitter) beside(f tree.From, barrier bool, before []tree.From) string {
	j, ok := f.(*tree.Join)
	if !ok {
		return e.from(f, barrier, false)
	}
	if !reachesOut(f, tree.RelsOf(before)) {
		return e.parenthesized(f, barrier, false)
	}
	for at := j; ok; at, ok = at.Left.(*tree.Join) {
		if at.Kind != tree.Inner && at.Kind != tree.Left {
			return e.boxed(j, barrier, true)
		}
	}
	return e.from(f, barrier, false)
}
