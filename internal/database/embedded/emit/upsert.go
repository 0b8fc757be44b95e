package emit

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Upsert is what becomes of the rows of an INSERT … ON CONFLICT. Main yields the
// new rows whole. Each inserts one unless some unique index holds its key. If it
// did not, Arbiters look for the row that has the key.
type Upsert struct {
	// Direct, if any, is tried first: it makes the only row and inserts it unless some
	// unique index holds its key. Where it did not, the row is made again.
	Direct *Step
	// Update tells DO UPDATE.
	Update bool
	// Arbiters yield the key of the row that exists. Without any, whatever kept
	// the new row from being inserted is fine.
	Arbiters []Step
	// Insert inserts the row come what may: where no arbiter finds a row it fails
	// with the error of the index that did.
	Insert Step
	// Change yields the key and the new version of the row that exists, or nothing
	// where WHERE says so. Its last parameter's row has the key behind the columns
	// of Main.
	Change Step
	// Store stores what Change yields.
	Store Step
	// Columns is how many columns the table has; Key is the index among them of
	// the one that is SQLite's rowid, -1 for none.
	Columns, Key int
}

func (e *emitter) upsert(p *Program, n *tree.Insert, into string) {
	c := n.Conflict
	head := e.head
	if n.Source != nil && e.readsTarget(n) {
		e.fail(unsupported("ON CONFLICT of several rows with a subquery over the same table is"))
	}
	for _, w := range head {
		if w.References > 0 && volatileColumns(w.Query) {
			e.fail(unsupported("a volatile query in WITH before ON CONFLICT is"))
		}
	}
	ahead := e.aheadOf(n.Returning)
	width := len(n.Values)
	u := &Upsert{Update: c.Update, Columns: width, Key: -1}
	if len(head) == 0 && !ahead && insertsOnce(n) {
		direct := e.step(func() string {
			return into + " VALUES (" + strings.Join(e.rowValues(n), ", ") + ") ON CONFLICT DO NOTHING" + e.returningStored(n)
		})
		u.Direct = &direct
	}
	p.Main = e.step(func() string { return e.newRows(n, nil, nil, ahead) })
	row := func(i int) string { return e.bind(Bind{Row: i + 1}) }
	each := e.headedStep(head, func() string { return e.insertUnless(n, into, row, ahead) })
	p.Each = &each
	for i, col := range n.Target.Columns {
		if col.Column.Rowid {
			u.Key = i
		}
	}
	for _, a := range c.Arbiters {
		u.Arbiters = append(u.Arbiters, e.step(func() string { return e.arbiter(n.Target, a, row) }))
	}
	u.Insert = e.step(func() string { return into + " VALUES (" + e.rowBinds(n) + ")" })
	if c.Update {
		key := width
		if ahead {
			key += len(n.Returning)
		}
		e.existed = true
		u.Change = e.headedStep(head, func() string { return e.change(n, row, key, ahead) })
		u.Store = e.step(func() string { return e.store(n, ahead) })
		e.existed = false
	}
	p.Upsert = u
}

// insertsOnce tells whether a single row can be made as it is inserted, and again
// where it was not: nothing in it is another the second time but what one sequence
// gave, and nobody sees that it was made twice.
func insertsOnce(n *tree.Insert) bool {
	drawn := 0
	for _, v := range n.Values {
		if _, ok := v.(*tree.NextValue); ok {
			drawn++
		} else if tree.Any(v, tree.IsVolatile) || tree.Any(v, asks) {
			return false
		}
	}
	return n.Source == nil && drawn <= 1 && (len(n.Checks) == 0 || checkedInPlace(n))
}

// asks tells that an expression is a subquery that reads more than memory.
func asks(x tree.Expr) bool {
	s, ok := x.(*tree.Subquery)
	return ok && !given.OfPart(s)
}

func (e *emitter) headedStep(head []*tree.CTE, write func() string) Step {
	e.head = head
	return e.step(write)
}

// readsTarget tells whether what is done row by row reads the table it writes.
func (e *emitter) readsTarget(n *tree.Insert) bool {
	t := tree.NewTables()
	t.Exprs(n.Conflict.Exprs()...)
	for _, c := range n.Checks {
		t.Exprs(c.Expr)
	}
	if n.Conflict.Update {
		for _, o := range n.Returning {
			t.Exprs(o.Expr)
		}
	}
	return t.OIDs[n.Target.Table.OID]
}

// insertUnless inserts a row that passes the policies, unless it is in conflict.
func (e *emitter) insertUnless(n *tree.Insert, into string, row func(int) string, ahead bool) string {
	var cells []string
	for _, i := range storedColumns(n.Target) {
		cells = append(cells, e.keyGuard(n.Target, i, n.Values[i], row(i)))
	}
	cells[0] = e.checked(n.Target, n.Checks, cells[0], row)
	return into + " VALUES (" + strings.Join(cells, ", ") + ") ON CONFLICT DO NOTHING" +
		e.returned(n.Target, n.Returning, n.Checks, ahead, len(n.Values))
}

// arbiter looks for the row of a unique index with the keys of a new row.
func (e *emitter) arbiter(t *tree.Rel, a tree.Arbiter, row func(int) string) string {
	equal := " = "
	if a.NullsAlike {
		equal = " IS "
	}
	var parts []string
	for _, k := range a.Keys {
		parts = append(parts, e.collated(k)+equal+e.overRow(t, k, row))
	}
	if a.Where != nil {
		parts = append(parts, e.expr(a.Where), e.overRow(t, a.Where, row))
	}
	return "SELECT " + alias(t) + "._rowid_ FROM " + quote(t.Table.Physical) + " AS " + alias(t) + " WHERE " + balanced(parts, " AND ")
}

// overRow writes an expression over a table for the new row.
func (e *emitter) overRow(t *tree.Rel, x tree.Expr, row func(int) string) string {
	saved := e.overrides[t]
	e.overrides[t] = row
	defer func() { e.overrides[t] = saved }()
	return e.expr(x)
}

// change writes the query of the new version of the row that exists.
func (e *emitter) change(n *tree.Insert, row func(int) string, key int, ahead bool) string {
	t, c := n.Target, n.Conflict
	e.overrides[c.Excluded] = row
	defer delete(e.overrides, c.Excluded)
	values := map[int]string{}
	for _, s := range c.Set {
		values[s.Index] = e.expr(s.Value)
	}
	var b strings.Builder
	b.WriteString("SELECT " + alias(t) + "._rowid_ AS k")
	for i, col := range t.Columns {
		value, ok := values[i]
		if !ok {
			value = alias(t) + "." + quote(col.Column.Physical)
		}
		b.WriteString(", " + value + " AS c" + strconv.Itoa(i))
	}
	cond := "1"
	for i := len(c.Using) - 1; i >= 0; i-- {
		cond = "iif(" + e.expr(c.Using[i].Expr) + ", " + cond + ", " + violation(c.Using[i], t) + ")"
	}
	if c.Where != nil {
		cond = "iif(" + e.expr(c.Where) + ", " + cond + ", 0)"
	}
	b.WriteString(" FROM " + quote(t.Table.Physical) + " AS " + alias(t) + " WHERE " + alias(t) + "._rowid_ = " + row(key) + " AND " + cond)
	column := e.withGenerated(t, func(i int) string { return "n.c" + strconv.Itoa(i) })
	cells := []string{e.checked(t, c.Checks, "n.k", column)}
	for i := range t.Columns {
		cells = append(cells, column(i))
	}
	if ahead {
		cells = append(cells, e.results(t, n.Returning, column)...)
	}
	return "WITH n AS MATERIALIZED (" + b.String() + ") SELECT " + strings.Join(cells, ", ") + " FROM n"
}

// store writes a new version.
func (e *emitter) store(n *tree.Insert, ahead bool) string {
	t := n.Target
	sets := make([]string, len(n.Conflict.Set))
	for i, s := range n.Conflict.Set {
		sets[i] = quote(t.Columns[s.Index].Column.Physical) + " = " + e.keyGuard(t, s.Index, s.Value, e.bind(Bind{Row: s.Index + 2}))
	}
	return "UPDATE " + quote(t.Table.Physical) + " SET " + strings.Join(sets, ", ") + " WHERE _rowid_ = " + e.bind(Bind{Row: 1}) +
		e.returned(t, n.Returning, n.Conflict.Checks, ahead, len(t.Columns)+1)
}
