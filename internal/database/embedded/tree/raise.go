package tree

// MayRaise tells whether evaluating an expression can fail, looking through the
// columns of derived tables, into which SQLite may put their expressions.
func MayRaise(x Expr) bool {
	return (&raising{seen: map[output]bool{}}).expr(x)
}

// output is a column of a query.
type output struct {
	query *Query
	index int
}

// raising remembers the columns it has looked at: queries that use one another's
// columns twice would make it look 2ⁿ times.
type raising struct{ seen map[output]bool }

func (r *raising) expr(x Expr) bool {
	return Any(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Call:
			return x.Function.MayRaise
		case *FromText, *NextValue:
			return true
		case *Subquery:
			return x.Kind == Scalar && !x.One
		case *Column:
			return x.Rel.Query != nil && r.column(x.Rel.Query, x.Index)
		}
		return false
	})
}

func (r *raising) column(q *Query, i int) bool {
	at := output{q, i}
	if found, ok := r.seen[at]; ok {
		return found
	}
	r.seen[at] = false
	switch {
	case q.Set != nil:
		r.seen[at] = r.column(q.Set.Left, i) || r.column(q.Set.Right, i)
	case len(q.Values) == 0: // SQLite does not merge VALUES into what is around it
		r.seen[at] = r.expr(q.Columns[i].Expr)
	}
	return r.seen[at]
}

// RaisesItself tells whether evaluating a node can fail, its operands apart.
func RaisesItself(x Expr) bool {
	switch x := x.(type) {
	case *Call:
		return x.Function.MayRaise
	case *FromText:
		return true
	}
	return false
}
