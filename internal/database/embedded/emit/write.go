package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/semijoin"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

func physicalColumns(r *tree.Rel) string {
	var names []string
	for _, i := range storedColumns(r) {
		names = append(names, quote(r.Columns[i].Column.Physical))
	}
	return strings.Join(names, ", ")
}

// checked wraps a value so that taking it first checks the conditions on the
// new row, whose columns column writes.
func (e *emitter) checked(target *tree.Rel, checks []tree.Check, value string, column func(int) string) string {
	saved := e.overrides[target]
	e.overrides[target] = column
	defer func() { e.overrides[target] = saved }()
	for i := len(checks) - 1; i >= 0; i-- {
		c := checks[i]
		if c.View != "" {
			continue
		}
		value = "iif(" + e.expr(c.Expr) + ", " + value + ", " + violation(c, target) + ")"
	}
	return value
}

// violation raises the error of a row that a policy does not let pass.
func violation(c tree.Check, target *tree.Rel) string {
	if !c.Using {
		return PolicyViolation + "(" + text(c.Policy) + ", " + text(target.Table.Name) + ")"
	}
	name := ""
	if c.Policy != "" {
		name = ` "` + c.Policy + `"`
	}
	return Raise + "('42501', " + text("new row violates row-level security policy"+name+` (USING expression) for table "`+target.Table.Name+`"`) + ")"
}

// update writes UPDATE: as one statement where SQLite then cannot see its own
// changes, else in two phases.
func (e *emitter) update(p *Program, n *tree.Update, phases bool) {
	if phases || readsItself(n) || len(n.From) > 0 || returnsQuery(n.Returning) {
		e.updatePhases(p, n)
		return
	}
	p.Main = e.step(func() string {
		values := map[int]string{}
		for _, s := range n.Set {
			values[s.Index] = e.expr(s.Value)
		}
		newColumn := e.withGenerated(n.Target, func(i int) string {
			if v, ok := values[i]; ok {
				return v
			}
			return alias(n.Target) + "." + quote(n.Target.Columns[i].Column.Physical)
		})
		sets := make([]string, len(n.Set))
		for i, s := range n.Set {
			value := e.keyGuard(n.Target, s.Index, s.Value, values[s.Index])
			if i == 0 {
				value = e.checked(n.Target, n.Checks, value, newColumn)
			}
			sets[i] = quote(n.Target.Columns[s.Index].Column.Physical) + " = " + value
		}
		return "UPDATE " + quote(n.Target.Table.Physical) + " AS " + alias(n.Target) + " SET " + strings.Join(sets, ", ") +
			" WHERE " + e.changed(n.Target, n.Policy, n.Where) + e.returning(n.Target, n.Returning, n.Checks)
	})
}

// readsItself tells whether an UPDATE in one statement could see rows it has
// already changed, or would evaluate a volatile value twice.
func readsItself(n *tree.Update) bool {
	for _, s := range n.Set {
		if tree.HasSubquery(s.Value) || tree.Any(s.Value, tree.IsVolatile) {
			return true
		}
	}
	for _, c := range n.Checks {
		if tree.HasSubquery(c.Expr) {
			return true
		}
	}
	return false
}

// changed writes the condition on the rows a write changes.
func (e *emitter) changed(t *tree.Rel, policy, where tree.Expr) string {
	target := []*tree.Rel{t}
	var parts []string
	if policy != nil {
		parts = append(parts, e.expr(semijoin.Rewrite(policy, target, where)))
	}
	if where != nil {
		parts = append(parts, e.guarded(semijoin.Rewrite(where, target, where), &tree.Rel{Policy: policy}))
	}
	return balanced(append(parts, Tick+"()"), " AND ")
}

// updatePhases selects the key and the whole new row of each row to change, and
// then stores them one by one.
func (e *emitter) updatePhases(p *Program, n *tree.Update) {
	t, ahead := n.Target, len(n.From) > 0 || e.aheadOf(n.Returning)
	p.Joined = len(n.From) > 0
	p.Ahead = len(t.Columns) + 1
	p.Main = e.step(func() string { return e.newVersions(n, ahead) })
	each := e.step(func() string {
		sets := make([]string, len(n.Set))
		for i, s := range n.Set {
			sets[i] = quote(t.Columns[s.Index].Column.Physical) + " = " + e.bind(Bind{Row: s.Index + 2})
		}
		return "UPDATE " + quote(t.Table.Physical) + " SET " + strings.Join(sets, ", ") +
			" WHERE _rowid_ = " + e.bind(Bind{Row: 1}) + e.returned(t, n.Returning, n.Checks, ahead, len(t.Columns)+1)
	})
	p.Each = &each
}

// newVersions writes the query of the keys and new rows, with ahead followed by
// what the statement returns of them.
func (e *emitter) newVersions(n *tree.Update, ahead bool) string {
	t := n.Target
	from := e.changedFrom(t, n.From, n.Policy, n.Where) // first, since it says how columns are read
	values := map[int]string{}
	for _, s := range n.Set {
		values[s.Index] = e.expr(s.Value)
	}
	column := e.withGenerated(t, func(i int) string { return "n.c" + strconv.Itoa(i) })
	var b strings.Builder
	b.WriteString("SELECT " + alias(t) + "._rowid_ AS k")
	cells := []string{"n.k"}
	for i, c := range t.Columns {
		value, ok := values[i]
		if !ok {
			value = alias(t) + "." + quote(c.Column.Physical)
		}
		b.WriteString(", " + value + " AS c" + strconv.Itoa(i))
		cells = append(cells, column(i))
	}
	write, back := e.carry(&b, n.From, n.Returning)
	b.WriteString(from)
	write()
	defer back()
	cells[0] = e.checked(t, n.Checks, cells[0], column)
	if ahead {
		cells = append(cells, e.results(t, n.Returning, column)...)
	}
	return "WITH n AS MATERIALIZED (" + b.String() + ") SELECT " + strings.Join(cells, ", ") + " FROM n"
}

// delete writes DELETE.
func (e *emitter) delete(p *Program, n *tree.Delete, phases bool) {
	t, ahead := n.Target, len(n.From) > 0 || e.aheadOf(n.Returning)
	if !phases && !ahead {
		p.Main = e.step(func() string {
			return "DELETE FROM " + quote(t.Table.Physical) + " AS " + alias(t) + " WHERE " +
				e.changed(n.Target, n.Policy, n.Where) + e.returning(t, n.Returning, nil)
		})
		return
	}
	p.Joined, p.Ahead = len(n.From) > 0, 1
	p.Main = e.step(func() string {
		if ahead {
			return e.oldVersions(n)
		}
		return "SELECT " + alias(t) + "._rowid_, " + physicalColumns(t) + " FROM " + quote(t.Table.Physical) + " AS " + alias(t) +
			" WHERE " + e.changed(n.Target, n.Policy, n.Where)
	})
	each := e.step(func() string {
		return "DELETE FROM " + quote(t.Table.Physical) + " WHERE _rowid_ = " + e.bind(Bind{Row: 1}) + e.returned(t, n.Returning, nil, ahead, 1)
	})
	p.Each = &each
}

// changedFrom writes FROM and WHERE of the query for the rows that a write
// changes, which FROM or USING of the statement may join to others.
func (e *emitter) changedFrom(t *tree.Rel, from []tree.From, policy, where tree.Expr) string {
	if len(from) == 0 {
		return " FROM " + quote(t.Table.Physical) + " AS " + alias(t) + " WHERE " + e.changed(t, policy, where)
	}
	var b strings.Builder
	q := &tree.Query{From: append([]tree.From{t}, from...), Where: where}
	e.fromWhere(&b, q)
	bare := where == nil && !slices.ContainsFunc(q.From, func(f tree.From) bool { r, ok := f.(*tree.Rel); return ok && r.Policy != nil })
	if bare {
		return b.String() + " WHERE " + Tick + "()"
	}
	return b.String() + " AND " + Tick + "()"
}

// carry adds to a query the columns of joined relations that expressions over its
// result read. It returns how these are then written, and the way back.
func (e *emitter) carry(b *strings.Builder, from []tree.From, list []tree.Output) (write, back func()) {
	used := map[*tree.Rel]bool{}
	for _, o := range list {
		tree.Walk(o.Expr, func(x tree.Expr) bool {
			switch x := x.(type) {
			case *tree.Column:
				used[x.Rel] = true
			case *tree.WholeRow:
				used[x.Rel] = true
				if x.Rel.Nullable {
					e.fail(unsupported("a row that a join made NULL, in RETURNING, is"))
				}
			}
			return true
		})
	}
	var carried []*tree.Rel
	for _, r := range tree.RelsOf(from) {
		if !used[r] {
			continue
		}
		carried = append(carried, r)
		for i := range r.Columns {
			b.WriteString(", " + e.column(r, i) + " AS " + carriedColumn(r, i))
		}
	}
	write = func() {
		for _, r := range carried {
			e.overrides[r] = func(i int) string { return "n." + carriedColumn(r, i) }
		}
	}
	return write, func() {
		for _, r := range carried {
			delete(e.overrides, r)
		}
	}
}

func carriedColumn(r *tree.Rel, i int) string { return fmt.Sprintf("f%d_%d", r.ID, i) }

// oldVersions writes the query of the keys of the rows to delete, with what the
// statement returns of them.
func (e *emitter) oldVersions(n *tree.Delete) string {
	t := n.Target
	from := e.changedFrom(t, n.From, n.Policy, n.Where)
	var b strings.Builder
	b.WriteString("SELECT " + alias(t) + "._rowid_ AS k")
	for i, c := range t.Columns {
		b.WriteString(", " + alias(t) + "." + quote(c.Column.Physical) + " AS c" + strconv.Itoa(i))
	}
	write, back := e.carry(&b, n.From, n.Returning)
	b.WriteString(from)
	write()
	defer back()
	cells := append([]string{"n.k"}, e.results(t, n.Returning, func(i int) string { return "n.c" + strconv.Itoa(i) })...)
	return "WITH n AS MATERIALIZED (" + b.String() + ") SELECT " + strings.Join(cells, ", ") + " FROM n"
}

// isGenerated tells whether a column computes its own value, which SQLite then
// does when the row is stored.
func isGenerated(r *tree.Rel, column int) bool {
	_, ok := r.Generated[column]
	return ok
}

// storedColumns are the columns of a table that a write gives values for.
func storedColumns(r *tree.Rel) []int {
	var out []int
	for i := range r.Columns {
		if !isGenerated(r, i) {
			out = append(out, i)
		}
	}
	return out
}

// withGenerated writes the columns of a new row: a generated one by its
// expression over the others.
func (e *emitter) withGenerated(r *tree.Rel, column func(int) string) func(int) string {
	if len(r.Generated) == 0 {
		return column
	}
	return func(i int) string {
		x, ok := r.Generated[i]
		if !ok {
			return column(i)
		}
		saved := e.overrides[r]
		e.overrides[r] = column
		defer func() { e.overrides[r] = saved }()
		return e.expr(x)
	}
}

// ExprNow emits an expression over the columns of a table alone, to be evaluated
// at once: what depends on the session stands in it as a constant.
func ExprNow(known *types.Catalogue, x tree.Expr, r *tree.Rel, session func(*tree.SessionValue) (sqlite.Value, error)) (string, error) {
	e := &emitter{types: known, overrides: map[*tree.Rel]func(int) string{}}
	if r != nil {
		e.overrides[r] = func(i int) string { return quote(r.Columns[i].Column.Physical) }
	}
	e.session = func(s *tree.SessionValue) string {
		v, err := session(s)
		if err != nil {
			return e.fail(err)
		}
		return literal(v)
	}
	sql := e.expr(x)
	if len(e.current.Binds) > 0 {
		return "", unsupported("an expression with parameters, in the schema, is")
	}
	return sql, e.err
}
