// Package semijoin turns EXISTS over a correlated subquery into IN over one that
// stands alone, where an index can then find the rows:
//
//	EXISTS (SELECT 1 FROM members m WHERE m.team = t.team AND m.caller = ?)
//	t.team IN (SELECT m.team FROM members m WHERE m.caller = ?)
//
// SQLite runs a correlated EXISTS once for each row of t; the list it makes once,
// and it may search t by it. As a condition the two are the same: where EXISTS is
// false, IN may be NULL.
package semijoin

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Rewrite returns a condition on the rows of relations with EXISTS turned into IN
// where that lets an index be used. where is what else must hold of the rows: for
// those that are found by a unique key EXISTS is cheaper.
func Rewrite(cond tree.Expr, rels []*tree.Rel, where tree.Expr) tree.Expr {
	switch x := cond.(type) {
	case *tree.Logic:
		if x.Op == tree.Not {
			return x
		}
		args := make([]tree.Expr, len(x.Args))
		for i, arg := range x.Args {
			args[i] = Rewrite(arg, rels, where)
		}
		return &tree.Logic{Op: x.Op, Args: args}
	case *tree.Subquery:
		if x.Kind == tree.Exists {
			return exists(x, rels, where)
		}
	}
	return cond
}

func exists(x *tree.Subquery, rels []*tree.Rel, where tree.Expr) tree.Expr {
	q := x.Query
	if !plain(q) {
		return x
	}
	terms := Conjuncts(q.Where)
	for i, t := range terms {
		outer, inner := sides(t, rels)
		if outer == nil || pinned(outer.Rel, where) || !leads(outer) {
			continue
		}
		alone := *q
		alone.Columns, alone.OrderBy, alone.Distinct = []tree.Output{{Expr: inner}}, nil, false
		alone.Where = together(slices.Delete(slices.Clone(terms), i, i+1))
		if standsAlone(&alone) && anchored(&alone) && !raises(&alone) {
			return &tree.Subquery{Kind: tree.InQuery, Left: outer, Query: &alone}
		}
	}
	return x
}

// sides takes an equality of a column of an outer relation with something of the
// subquery apart; outer is nil when a condition is none.
func sides(x tree.Expr, rels []*tree.Rel) (outer *tree.Column, inner tree.Expr) {
	l, r, ok := Equality(x)
	if !ok {
		return nil, nil
	}
	for _, pair := range [][2]tree.Expr{{l, r}, {r, l}} {
		if c, ok := pair[0].(*tree.Column); ok && slices.Contains(rels, c.Rel) && c.Rel.Table != nil && c.Ref.OID == pair[1].Type().OID {
			return c, pair[1]
		}
	}
	return nil, nil
}

// Equality takes x = y apart.
func Equality(x tree.Expr) (l, r tree.Expr, ok bool) {
	c, ok := x.(*tree.Call)
	if !ok || len(c.Args) != 2 || c.Function.Schema != "" || c.Function.Result != types.Bool || !equal[c.Function.Name] {
		return nil, nil, false
	}
	return c.Args[0], c.Args[1], true
}

// equal names the functions behind = of types whose equal values are stored
// alike, and compare in an index as = compares them.
var equal = map[string]bool{
	"int2eq": true, "int4eq": true, "int8eq": true, "int24eq": true, "int42eq": true, "int28eq": true, "int82eq": true, "int48eq": true, "int84eq": true,
	"uuid_eq": true, "texteq": true, "date_eq": true, "timestamptz_eq": true, "timestamp_eq": true, "numeric_eq": true, "enum_eq": true, "booleq": true,
}

// Conjuncts lists the terms of a condition that must all hold.
func Conjuncts(x tree.Expr) []tree.Expr {
	if x == nil {
		return nil
	}
	if l, ok := x.(*tree.Logic); ok && l.Op == tree.And {
		var out []tree.Expr
		for _, arg := range l.Args {
			out = append(out, Conjuncts(arg)...)
		}
		return out
	}
	return []tree.Expr{x}
}

func together(terms []tree.Expr) tree.Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return &tree.Logic{Op: tree.And, Args: terms}
}

// pinned tells whether a condition gives every column of a unique key of a
// relation a value.
func pinned(r *tree.Rel, where tree.Expr) bool {
	given := map[int]bool{}
	for _, t := range Conjuncts(where) {
		if c, _ := compared(t, r); c != nil {
			given[c.Rel.Columns[c.Index].Column.Number] = true
		}
	}
	return slices.ContainsFunc(r.Table.Indexes, func(i *catalog.Index) bool {
		return i.Unique && i.Where == nil && len(i.Columns) > 0 &&
			!slices.ContainsFunc(i.Columns, func(c catalog.IndexColumn) bool { return !given[c.Column] })
	})
}

// compared returns the column of a relation that a condition compares with a
// value which does not depend on the relation.
func compared(x tree.Expr, r *tree.Rel) (*tree.Column, tree.Expr) {
	left, right, ok := Equality(x)
	if !ok {
		return nil, nil
	}
	for _, pair := range [][2]tree.Expr{{left, right}, {right, left}} {
		c, ok := pair[0].(*tree.Column)
		if ok && c.Rel == r && r.Table != nil && !reads(pair[1], r) {
			return c, pair[1]
		}
	}
	return nil, nil
}

func reads(x tree.Expr, r *tree.Rel) bool {
	return tree.Any(x, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && c.Rel == r })
}

// leads tells whether a column is the first of an index of its table.
func leads(c *tree.Column) bool {
	column := c.Rel.Columns[c.Index].Column
	return column != nil && (column.Rowid || slices.ContainsFunc(c.Rel.Table.Indexes, func(i *catalog.Index) bool {
		return i.Where == nil && (i.Method == "" || i.Method == "btree") && len(i.Columns) > 0 && i.Columns[0].Column == column.Number
	}))
}

// anchored tells whether an index finds the rows of a query that stands alone:
// one of its relations has a column, the first of an index, whose values are
// known.
func anchored(q *tree.Query) bool {
	terms := Conjuncts(q.Where)
	var rels []*tree.Rel
	for _, f := range q.From {
		var ok bool
		if rels, terms, ok = flatten(f, rels, terms); !ok {
			return false
		}
	}
	return slices.ContainsFunc(terms, func(t tree.Expr) bool { return anchor(t, rels) })
}

// flatten lists the relations of inner joins and the conditions on them.
func flatten(f tree.From, rels []*tree.Rel, terms []tree.Expr) ([]*tree.Rel, []tree.Expr, bool) {
	switch f := f.(type) {
	case *tree.Rel:
		return append(rels, f), append(terms, Conjuncts(f.Policy)...), true
	case *tree.Join:
		if f.Kind != tree.Inner {
			return rels, terms, false
		}
		rels, terms, left := flatten(f.Left, rels, append(terms, Conjuncts(f.On)...))
		rels, terms, right := flatten(f.Right, rels, terms)
		return rels, terms, left && right
	}
	return rels, terms, false
}

// anchor tells whether a condition gives a column that an index begins with known
// values: one, or those of a query that is anchored itself.
func anchor(x tree.Expr, rels []*tree.Rel) bool {
	if s, ok := Rewrite(x, rels, nil).(*tree.Subquery); ok && s.Kind == tree.InQuery && len(s.More) == 0 {
		c, ok := s.Left.(*tree.Column)
		return ok && slices.Contains(rels, c.Rel) && c.Rel.Table != nil && leads(c) && standsAlone(s.Query) && anchored(s.Query)
	}
	for _, r := range rels {
		if c, value := compared(x, r); c != nil && leads(c) && constant(value) {
			return true
		}
	}
	return false
}

// constant tells whether an expression is the same for all rows.
func constant(x tree.Expr) bool {
	return !tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column, *tree.WholeRow, *tree.Subquery, *tree.Aggregate, *tree.NextValue:
			return true
		case *tree.Call:
			return x.Function.Volatility == types.Volatile
		}
		return false
	})
}

// raises tells whether evaluating a query can fail, which a subquery that is run
// once might do where one run for some rows does not.
func raises(q *tree.Query) bool {
	found := false
	q.Walk(func(x tree.Expr) bool {
		found = found || tree.MayRaise(x)
		if c, ok := x.(*tree.Call); ok {
			found = found || c.Function.Volatility == types.Volatile
		}
		return !found
	})
	return found
}

// standsAlone tells whether a query reads no column from outside of it.
func standsAlone(q *tree.Query) bool {
	inside := map[*tree.Rel]bool{}
	collect(q, inside)
	alone := true
	q.Walk(func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			alone = alone && inside[x.Rel]
		case *tree.WholeRow:
			alone = alone && inside[x.Rel]
		case *tree.Subquery:
			collect(x.Query, inside)
		}
		return alone
	})
	return alone
}

// collect adds the relations in FROM of a query, and of those it is made of.
func collect(q *tree.Query, into map[*tree.Rel]bool) {
	if q == nil {
		return
	}
	for _, w := range q.With {
		collect(w.Query, into)
	}
	if q.Set != nil {
		collect(q.Set.Left, into)
		collect(q.Set.Right, into)
	}
	for _, f := range q.From {
		collectFrom(f, into)
	}
}

func collectFrom(f tree.From, into map[*tree.Rel]bool) {
	switch f := f.(type) {
	case *tree.Rel:
		into[f] = true
		collect(f.Query, into)
	case *tree.Join:
		collectFrom(f.Left, into)
		collectFrom(f.Right, into)
	}
}
