package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// set writes functions in FROM as table functions.
func (e *emitter) set(r *tree.Rel) string {
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
	if onceOnly(r.Functions) {
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

// onceOnly tells whether the functions must be called once though SQLite may run
// through them several times, because they would give something else then.
func onceOnly(s *tree.Functions) bool {
	volatile := false
	for _, c := range s.Calls {
		if f := c.Function(); f != nil && f.Volatility == types.Volatile {
			volatile = true
		}
		for _, x := range c.Inputs() {
			volatile = volatile || tree.Any(x, isVolatile)
			if tree.Any(x, func(x tree.Expr) bool { _, ok := x.(*tree.Column); return ok }) {
				return false // PostgreSQL calls them anew for each row, too
			}
		}
	}
	return volatile
}

// setOnce keeps the rows in a table of their own, under the names that a table
// function has.
func (e *emitter) setOnce(r *tree.Rel, sql string) string {
	columns := make([]string, 0, len(r.Columns))
	for i := range r.Columns {
		if i < len(r.Columns)-1 || !r.Functions.Ordinality {
			columns = append(columns, "c"+strconv.Itoa(i))
		}
	}
	names := strings.Join(columns, ", ")
	return "(WITH m AS MATERIALIZED (SELECT " + names + ", _rowid_ AS n FROM " + sql + ") SELECT " + names +
		", n AS _rowid_ FROM m) AS " + alias(r)
}

// setColumn writes a column of functions. The sign keeps SQLite from offering
// conditions on it to the table function, which can do nothing with them.
func setColumn(r *tree.Rel, i int) string {
	if r.Functions.Ordinality && i == len(r.Columns)-1 {
		return "(+" + alias(r) + "._rowid_)"
	}
	return "(+" + alias(r) + ".c" + strconv.Itoa(i) + ")"
}

// reachesOut tells whether functions below an item of FROM take columns from
// relations beside it.
func reachesOut(f tree.From, beside []*tree.Rel) bool {
	for _, r := range rels([]tree.From{f}) {
		if r.Functions == nil {
			continue
		}
		for _, x := range r.Functions.Inputs() {
			if tree.Any(x, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && slices.Contains(beside, c.Rel) }) {
				return true
			}
		}
	}
	return false
}

// beside writes an item of FROM after others. A join stands in parentheses, in
// which functions cannot see what is before; where they must, it stands without,
// which means the same unless rows of the right side alone are kept.
func (e *emitter) beside(f tree.From, sql string, before []tree.From) string {
	j, ok := f.(*tree.Join)
	if !ok {
		return sql
	}
	if !reachesOut(f, rels(before)) {
		return "(" + sql + ")"
	}
	for ok {
		if j.Kind != tree.Inner && j.Kind != tree.Left {
			return e.fail(unsupported("a function in FROM over columns from outside of its join is"))
		}
		j, ok = j.Left.(*tree.Join)
	}
	return sql
}
