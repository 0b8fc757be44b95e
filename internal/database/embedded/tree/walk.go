package tree

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Walk calls visit for an expression and everything below it, subqueries
// included, until visit returns false for a node, whose children it then skips.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, child := range Children(e) {
		Walk(child, visit)
	}
	if s, ok := e.(*Subquery); ok {
		s.Query.Walk(visit)
	}
}

// Children returns the direct operands of an expression, without those inside a
// subquery.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *WholeRow:
		return outputs(e.Fields)
	case *Relabel:
		return []Expr{e.Arg}
	case *FromText:
		return []Expr{e.Arg}
	case *ToText:
		return []Expr{e.Arg}
	case *Logic:
		return e.Args
	case *Case:
		return caseChildren(e)
	case *Coalesce:
		return e.Args
	case *Extreme:
		return e.Args
	case *NullIf:
		return []Expr{e.Left, e.Right}
	case *IsNull:
		return []Expr{e.Arg}
	case *IsBool:
		return []Expr{e.Arg}
	case *Distinct:
		return []Expr{e.Left, e.Right}
	case *In:
		return append([]Expr{e.Left}, e.List...)
	case *Subquery:
		if e.Left != nil {
			return append([]Expr{e.Left}, e.More...)
		}
	case *Aggregate:
		return aggregateChildren(e)
	case *WindowCall:
		return e.children()
	}
	return arrayChildren(e)
}

func outputs(list []Output) []Expr {
	var out []Expr
	for _, o := range list {
		out = append(out, o.Expr)
	}
	return out
}

func caseChildren(e *Case) []Expr {
	var out []Expr
	for _, w := range e.Whens {
		out = append(out, w.Cond, w.Result)
	}
	if e.Else != nil {
		out = append(out, e.Else)
	}
	return out
}

func aggregateChildren(e *Aggregate) []Expr {
	out := append([]Expr(nil), e.Args...)
	if e.Filter != nil {
		out = append(out, e.Filter)
	}
	for _, o := range e.OrderBy {
		out = append(out, o.Expr)
	}
	return out
}

// Walk visits all expressions of a query and of the queries below it.
func (q *Query) Walk(visit func(Expr) bool) {
	for _, c := range q.With {
		if c.References > 0 {
			c.Query.Walk(visit)
		}
	}
	if q.Set != nil {
		q.Set.Left.Walk(visit)
		q.Set.Right.Walk(visit)
	}
	for _, c := range q.Columns {
		Walk(c.Expr, visit)
	}
	for _, f := range q.From {
		walkFrom(f, visit)
	}
	Walk(q.Where, visit)
	for _, d := range q.DistinctOn {
		Walk(d, visit)
	}
	for _, g := range q.GroupBy {
		Walk(g, visit)
	}
	Walk(q.Having, visit)
	for _, o := range q.OrderBy {
		Walk(o.Expr, visit)
	}
	Walk(q.Limit, visit)
	Walk(q.Offset, visit)
	for _, row := range q.Values {
		for _, v := range row {
			Walk(v, visit)
		}
	}
}

func walkFrom(f From, visit func(Expr) bool) {
	switch f := f.(type) {
	case *Join:
		walkFrom(f.Left, visit)
		walkFrom(f.Right, visit)
		Walk(f.On, visit)
	case *Rel:
		Walk(f.Policy, visit)
		if f.Query != nil && f.CTE == nil {
			f.Query.Walk(visit)
		}
		if f.Functions != nil {
			for _, x := range f.Functions.Inputs() {
				Walk(x, visit)
			}
		}
	}
}

// Reads tells whether a query uses one of some relations that stand around it.
func (q *Query) Reads(rels []*Rel) bool {
	found := false
	q.Walk(func(x Expr) bool {
		found = found || IsOf(x, rels)
		return !found
	})
	return found
}

// Reads tells whether a relation of FROM is made anew for each row of one of some
// relations beside it.
func (r *Rel) Reads(rels []*Rel) bool {
	switch {
	case r.Lateral:
		return r.Query.Reads(rels)
	case r.Functions == nil:
		return false
	}
	return slices.ContainsFunc(r.Functions.Inputs(), func(x Expr) bool {
		return Any(x, func(x Expr) bool { return IsOf(x, rels) })
	})
}

// IsOf tells whether an expression is a column or the row of one of some relations.
func IsOf(x Expr, rels []*Rel) bool {
	switch x := x.(type) {
	case *Column:
		return slices.Contains(rels, x.Rel)
	case *WholeRow:
		return slices.Contains(rels, x.Rel)
	}
	return false
}

// Any tells whether some node of an expression, subqueries included, satisfies
// the test.
func Any(e Expr, test func(Expr) bool) bool {
	found := false
	Walk(e, func(x Expr) bool {
		found = found || test(x)
		return !found
	})
	return found
}

// Aggregated tells whether an expression holds an aggregate of its own query. SQLite
// would take it for one of a subquery that it is written into.
func Aggregated(e Expr) bool {
	if e == nil {
		return false
	}
	if _, ok := e.(*Aggregate); ok {
		return true
	}
	return slices.ContainsFunc(Children(e), Aggregated)
}

// Windowed tells whether an expression holds a window function of its own query.
func Windowed(e Expr) bool {
	if e == nil {
		return false
	}
	if _, ok := e.(*WindowCall); ok {
		return true
	}
	return slices.ContainsFunc(Children(e), Windowed)
}

// IsVolatile tells whether a node itself, without those below it, has another
// value each time.
func IsVolatile(e Expr) bool {
	switch e := e.(type) {
	case *Call:
		return e.Function.Volatility == types.Volatile
	case *NextValue:
		return true
	}
	return false
}

// HasSubquery tells whether an expression holds a subquery.
func HasSubquery(x Expr) bool {
	return Any(x, func(x Expr) bool { _, ok := x.(*Subquery); return ok })
}
