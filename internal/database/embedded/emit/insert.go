package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// insert writes INSERT. A single row without conditions is a plain VALUES. With
// conditions the new rows are made first, once, and checked on their way in.
func (e *emitter) insert(p *Program, n *tree.Insert, phases bool) {
	into := "INSERT INTO " + quote(n.Target.Table.Physical) + " (" + physicalColumns(n.Target) + ")"
	ahead := e.aheadOf(n.Returning)
	switch {
	case n.Conflict != nil:
		e.upsert(p, n, into)
		return
	case phases || ahead:
		p.Ahead = len(n.Values)
		p.Main = e.step(func() string { return e.newRows(n, n.Checks, nil, ahead) })
		each := e.step(func() string {
			return into + " VALUES (" + e.rowBinds(n) + ")" + e.returned(n.Target, n.Returning, n.Checks, ahead, len(n.Values))
		})
		p.Each = &each
		return
	}
	p.Main = e.step(func() string {
		if n.Source == nil && (len(n.Checks) == 0 || checkedInPlace(n)) {
			return into + " VALUES (" + strings.Join(e.rowValues(n), ", ") + ")" + e.returningStored(n)
		}
		return into + " " + e.newRows(n, n.Checks, n.Target, false) + e.returning(n.Target, n.Returning, n.Checks)
	})
}

// rowBinds are the values of a new row that was made whole.
func (e *emitter) rowBinds(n *tree.Insert) string {
	var out []string
	for _, i := range storedColumns(n.Target) {
		out = append(out, e.keyGuard(n.Target, i, n.Values[i], e.bind(Bind{Row: 1 + i})))
	}
	return strings.Join(out, ", ")
}

// rowValues writes the expressions of a new row. A key that is SQLite's rowid
// must not be NULL, which SQLite would replace. Around the value that is evaluated
// last stand the conditions on the row.
func (e *emitter) rowValues(n *tree.Insert) []string {
	var out []string
	last := evaluatedLast(n.Target)
	column := func(i int) string { return e.expr(n.Values[i]) }
	for _, i := range storedColumns(n.Target) {
		value := e.keyGuard(n.Target, i, n.Values[i], column(i))
		if _, drawn := n.Values[i].(*tree.NextValue); i == last && drawn && len(n.Checks) > 0 {
			// The sequence moves on whether the row passes or not.
			value = "(" + value + " + " + e.checked(n.Target, n.Checks, "0", column) + ")"
		} else if i == last {
			value = e.checked(n.Target, n.Checks, value, column)
		}
		out = append(out, value)
	}
	return out
}

// evaluatedLast is the column of a new row whose value SQLite evaluates last: the
// rowid, else the last one of the table.
func evaluatedLast(r *tree.Rel) int {
	stored := storedColumns(r)
	for _, i := range stored {
		if r.Columns[i].Column.Rowid {
			return i
		}
	}
	return stored[len(stored)-1]
}

// checkedInPlace tells whether the conditions on a new row can be evaluated along
// with its last value: none of the values that they read is another each time or
// changes anything, and the last one does not fail.
func checkedInPlace(n *tree.Insert) bool {
	again := func(i int) bool {
		return !isGenerated(n.Target, i) && !tree.HasSubquery(n.Values[i]) && !tree.Any(n.Values[i], tree.IsVolatile)
	}
	last := evaluatedLast(n.Target)
	_, drawn := n.Values[last].(*tree.NextValue)
	if !(drawn && n.Target.Columns[last].Column.Rowid) && (!again(last) || tree.Any(n.Values[last], tree.RaisesItself)) {
		return false
	}
	read := func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			return x.Rel == n.Target && !again(x.Index)
		case *tree.WholeRow:
			return x.Rel == n.Target
		}
		return false
	}
	return !slices.ContainsFunc(n.Checks, func(c tree.Check) bool { return c.View == "" && tree.Any(c.Expr, read) })
}

func (e *emitter) keyGuard(target *tree.Rel, column int, v tree.Expr, sql string) string {
	if !target.Columns[column].Column.Rowid {
		return sql
	}
	switch v := v.(type) {
	case *tree.NextValue:
		return sql
	case *tree.Const:
		if !v.Value.IsNull() {
			return sql
		}
	}
	return "coalesce(" + sql + ", " + NullKey + "())"
}

// newRows writes the query that makes the new rows and checks them. They are
// made in a table expression of their own which SQLite does not merge into the
// rest, so that a volatile default has one value. Without guardKeys they are
// whole rows, with returns followed by what the statement returns of them.
func (e *emitter) newRows(n *tree.Insert, checks []tree.Check, guardKeys *tree.Rel, returns bool) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, v := range n.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.expr(v) + " AS c" + strconv.Itoa(i))
	}
	if n.Source != nil {
		b.WriteString(" FROM " + e.rel(n.Source, false, false))
	}
	made := b.String()
	column := e.withGenerated(n.Target, func(i int) string { return "n.c" + strconv.Itoa(i) })
	var cells []string
	for i, v := range n.Values {
		switch {
		case guardKeys == nil:
			cells = append(cells, column(i))
		case !isGenerated(n.Target, i):
			cells = append(cells, e.keyGuard(guardKeys, i, v, column(i)))
		}
	}
	cells[0] = e.checked(n.Target, checks, cells[0], column)
	if returns {
		cells = append(cells, e.results(n.Target, n.Returning, column)...)
	}
	return "WITH n AS MATERIALIZED (" + made + ") SELECT " + strings.Join(cells, ", ") + " FROM n WHERE " + Tick + "()"
}
