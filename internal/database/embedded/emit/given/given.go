// Package given finds the queries whose rows are at hand, without SQLite: those over
// parameters, values of the session and what earlier statements of the same WITH or
// function returned. A function in SQL is full of them: the query that hands on its
// result, the one that hands that on to the caller, a call for what it does besides.
//
// Go makes their rows in a fraction of the time that SQLite takes to begin and end a
// statement.
package given

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Rows make the rows of a query. They never change.
type Rows struct {
	part    int // whose rows it has, one for one; 0 for one row
	limit   int // of rows, -1 for none
	columns []value
}

// Source is the run of a statement.
type Source interface {
	// Param is the value of a parameter of the statement, from 1.
	Param(number int) sqlite.Value
	// SessionValue is a value of the session.
	SessionValue(*tree.SessionValue) (sqlite.Value, error)
	// Part are the rows that a part of the statement returned, from 1.
	Part(number int) [][]sqlite.Value
}

// value computes a column. row is that of the relation in FROM, nil without one.
type value func(c *sqlite.Conn, s Source, row []sqlite.Value) (sqlite.Value, error)

// Of finds out how to make the rows of a query, nil where SQLite has to. folded computes
// an expression that is constant, if it is.
func Of(q *tree.Query, folded func(tree.Expr) (sqlite.Value, bool)) *Rows {
	m := maker{folded: folded}
	out := &Rows{limit: -1}
	plain := *q
	if n, ok := constantLimit(q.Limit); ok {
		plain.Limit, out.limit = nil, n
	}
	switch {
	case len(q.From) == 0:
		if !isOneRow(&plain) {
			return nil
		}
	case !IsPlain(&plain):
		return nil
	default:
		m.rel = q.From[0].(*tree.Rel)
		if out.part = PartBehind(m.rel); out.part == 0 {
			return nil
		}
	}
	for _, o := range q.Columns {
		v := m.value(o.Expr)
		if v == nil {
			return nil
		}
		out.columns = append(out.columns, v)
	}
	return out
}

// Returned finds out how to make what an INSERT of one row returns, columns, out of the
// row's values once it is stored, nil where SQLite has to. It keeps rows that are returned
// in a table, which takes longer than to store one.
func Returned(n *tree.Insert, columns []tree.Expr, folded func(tree.Expr) (sqlite.Value, bool)) *Rows {
	out := &Rows{limit: -1}
	for _, x := range columns {
		c, ok := x.(*tree.Column)
		if !ok || c.Rel != n.Target {
			return nil
		}
		v := stored(n, c.Index, folded)
		if v == nil {
			return nil
		}
		out.columns = append(out.columns, v)
	}
	return out
}

// stored computes a column of the row that was stored last, nil where its value was
// another each time or had to be computed.
func stored(n *tree.Insert, column int, folded func(tree.Expr) (sqlite.Value, bool)) value {
	if _, generated := n.Target.Generated[column]; generated {
		return nil
	}
	if n.Target.Columns[column].Column.Rowid {
		return func(c *sqlite.Conn, _ Source, _ []sqlite.Value) (sqlite.Value, error) {
			return sqlite.Int(c.LastInsertRowID()), nil
		}
	}
	return maker{folded: folded, plain: true}.value(n.Values[column])
}

func constantLimit(limit tree.Expr) (int, bool) {
	c, ok := limit.(*tree.Const)
	if !ok || c.Value.Kind() != sqlite.KindInt || c.Value.Int() < 0 {
		return 0, false
	}
	return int(c.Value.Int()), true
}

// isOneRow tells that a query without FROM is a row of its columns.
func isOneRow(q *tree.Query) bool {
	q.From = []tree.From{&tree.Rel{}}
	return len(q.Columns) > 0 && IsPlain(q)
}

// Each hands over the rows, each of which is the callee's to keep. c is the connection
// that functions find.
func (r *Rows) Each(c *sqlite.Conn, s Source, do func(row []sqlite.Value) error) error {
	if r.part == 0 {
		if r.limit == 0 {
			return nil
		}
		return r.one(c, s, nil, do)
	}
	rows := s.Part(r.part)
	if r.limit >= 0 && len(rows) > r.limit {
		rows = rows[:r.limit]
	}
	for _, row := range rows {
		if err := r.one(c, s, row, do); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rows) one(c *sqlite.Conn, s Source, of []sqlite.Value, do func(row []sqlite.Value) error) error {
	row, err := r.row(c, s, of)
	if err != nil {
		return err
	}
	return do(row)
}

// Row is the one row of Returned.
func (r *Rows) Row(c *sqlite.Conn, s Source) ([]sqlite.Value, error) { return r.row(c, s, nil) }

func (r *Rows) row(c *sqlite.Conn, s Source, of []sqlite.Value) ([]sqlite.Value, error) {
	row := make([]sqlite.Value, len(r.columns))
	for i, column := range r.columns {
		var err error
		if row[i], err = column(c, s, of); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// maker makes the values of a query over one relation, rel.
type maker struct {
	folded func(tree.Expr) (sqlite.Value, bool)
	rel    *tree.Rel
	plain  bool // no calls, which give another value each time or take their time
}

// value finds out how to compute an expression, nil where SQLite has to.
func (m maker) value(x tree.Expr) value {
	if v, ok := m.folded(x); ok {
		return func(*sqlite.Conn, Source, []sqlite.Value) (sqlite.Value, error) { return v, nil }
	}
	switch x := x.(type) {
	case *tree.Param:
		return func(_ *sqlite.Conn, s Source, _ []sqlite.Value) (sqlite.Value, error) { return s.Param(x.Number), nil }
	case *tree.SessionValue:
		return func(_ *sqlite.Conn, s Source, _ []sqlite.Value) (sqlite.Value, error) { return s.SessionValue(x) }
	case *tree.Relabel:
		return m.value(x.Arg)
	case *tree.Column:
		if x.Rel != m.rel || m.rel == nil {
			return nil
		}
		at := columnBehind(x.Rel, x.Index)
		return func(_ *sqlite.Conn, _ Source, row []sqlite.Value) (sqlite.Value, error) { return row[at], nil }
	case *tree.Subquery:
		return m.ofPart(x)
	case *tree.Call:
		return m.call(x)
	}
	return nil
}

// ofPart computes a value of the first row that a part returned, NULL without any.
func (m maker) ofPart(x *tree.Subquery) value {
	if !OfPart(x) {
		return nil
	}
	r := x.Query.From[0].(*tree.Rel)
	inner, part := maker{folded: m.folded, rel: r, plain: m.plain}.value(x.Query.Columns[0].Expr), PartBehind(r)
	if inner == nil {
		return nil
	}
	return func(c *sqlite.Conn, s Source, _ []sqlite.Value) (sqlite.Value, error) {
		rows := s.Part(part)
		if len(rows) == 0 {
			return sqlite.Null, nil
		}
		return inner(c, s, rows[0])
	}
}

// call computes a function in Go.
func (m maker) call(x *tree.Call) value {
	f := x.Function
	if f.Call == nil || f.SQL != nil || f.ReturnsSet || m.plain {
		return nil
	}
	args := make([]value, len(x.Args))
	for i, arg := range x.Args {
		if args[i] = m.value(arg); args[i] == nil {
			return nil
		}
	}
	call := f.SQLite().Call
	return func(c *sqlite.Conn, s Source, row []sqlite.Value) (sqlite.Value, error) {
		values := make([]sqlite.Value, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg(c, s, row); err != nil {
				return sqlite.Null, err
			}
		}
		return call(c, values)
	}
}

// PartBehind is the part of the statement whose rows a relation has, one for one,
// 0 for none.
func PartBehind(r *tree.Rel) int {
	switch {
	case r.Part > 0:
		return r.Part
	case r.Query == nil || r.Nullable || r.Lateral || r.Policy != nil || r.Functions != nil || !IsPlain(r.Query):
		return 0
	}
	for _, c := range r.Query.Columns {
		if column, ok := c.Expr.(*tree.Column); !ok || column.Rel != r.Query.From[0] {
			return 0
		}
	}
	return PartBehind(r.Query.From[0].(*tree.Rel))
}

// columnBehind is which column of the part behind a relation one of its columns is.
func columnBehind(r *tree.Rel, i int) int {
	if r.Part > 0 {
		return i
	}
	return columnBehind(r.Query.From[0].(*tree.Rel), r.Query.Columns[i].Expr.(*tree.Column).Index)
}

// IsPlain tells that a query has a row for each of its one relation.
func IsPlain(q *tree.Query) bool {
	if len(q.From) != 1 || q.Distinct || q.Aggregated || q.Windowed || q.Set != nil || q.Where != nil || q.Having != nil ||
		q.Limit != nil || q.Offset != nil || len(q.GroupBy)+len(q.OrderBy)+len(q.Values)+len(q.Sets) > 0 {
		return false
	}
	r, ok := q.From[0].(*tree.Rel)
	return ok && !slices.ContainsFunc(q.With, func(c *tree.CTE) bool { return c != r.CTE })
}

// OfPart tells whether a subquery is a value of the first row that a part of the
// statement returned.
func OfPart(x *tree.Subquery) bool {
	q := *x.Query
	if c, ok := q.Limit.(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() == 1 {
		q.Limit = nil
	}
	return x.Kind == tree.Scalar && x.One && IsPlain(&q) && !isSubquery(q.Columns[0].Expr) && PartBehind(q.From[0].(*tree.Rel)) > 0
}

func isSubquery(x tree.Expr) bool {
	return tree.Any(x, func(x tree.Expr) bool { _, ok := x.(*tree.Subquery); return ok })
}
