package planning

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// estimate returns the checks that PostgreSQL's estimate of how many rows a
// condition keeps comes down to: a pattern is compiled, and what a column is
// compared with is evaluated, stable functions too
// (src/backend/utils/adt/like_support.c, selfuncs.c). A condition that is
// constantly settled is never estimated.
func (p planned) estimate(x tree.Expr) []string {
	switch x := x.(type) {
	case *tree.Subquery:
		return p.semijoin(x)
	case *tree.Logic:
		return p.estimateLogic(x)
	case *tree.IsBool:
		return p.estimate(x.Arg)
	case *tree.Call:
		return p.estimateCall(x)
	case *tree.In:
		if !p.varies(x.Left) {
			return nil
		}
		var out []string
		for _, item := range x.List {
			out = append(out, p.compared(item)...)
		}
		return out
	}
	return nil
}

// semijoin is EXISTS, whose conditions become those of the query around it.
func (p planned) semijoin(x *tree.Subquery) []string {
	if x.Kind != tree.Exists {
		return nil
	}
	p.own = append(slices.Clone(p.own), tree.RelsOf(x.Query.From)...)
	return p.estimate(x.Query.Where)
}

func (p planned) estimateLogic(x *tree.Logic) []string {
	var out []string
	for _, arg := range x.Args {
		out = append(out, p.estimate(arg)...)
	}
	if len(out) == 0 || x.Op == tree.Not {
		return out
	}
	for _, arg := range x.Args {
		if _, constant := p.fold(arg); constant {
			out = []string{p.unless(p.settles(x.Op, arg), out)}
		}
	}
	return out
}

func (p planned) estimateCall(x *tree.Call) []string {
	if len(x.Args) != 2 {
		return nil
	}
	left, right := x.Args[0], x.Args[1]
	switch {
	case p.types.IsOperator(x.Function, "~", "~*", "!~", "!~*"):
		if p.varies(left) && p.stable(right) {
			empty := &tree.Const{Ref: types.Of(left.Type().OID), Value: sqlite.Text("")}
			return []string{p.write.Expr(&tree.Call{Function: x.Function, Args: []tree.Expr{empty, right}, Ref: x.Ref})}
		}
	case p.types.IsOperator(x.Function, "=", "<>", "<", "<=", ">", ">="):
		if p.varies(left) {
			return p.compared(right)
		}
		if p.varies(right) {
			return p.compared(left)
		}
	}
	return nil
}

// compared evaluates what a column is compared with.
func (p planned) compared(x tree.Expr) []string {
	if _, constant := p.fold(x); constant || !p.stable(x) || !tree.Any(x, tree.RaisesItself) {
		return nil
	}
	return []string{p.write.Expr(x)}
}

// stable tells whether an expression has one value during a statement.
func (p planned) stable(x tree.Expr) bool {
	return !tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			return x.Function.Volatility == types.Volatile
		case *tree.Column, *tree.WholeRow, *tree.Subquery, *tree.NextValue, *tree.Aggregate, *tree.WindowCall, *tree.Grouping, *tree.Element:
			return true
		}
		return false
	})
}

// varies tells whether an expression reads a column of the query at hand.
func (p planned) varies(x tree.Expr) bool {
	return tree.Any(x, func(x tree.Expr) bool {
		c, ok := x.(*tree.Column)
		if !ok {
			return false
		}
		for _, r := range p.own {
			if r == c.Rel {
				return true
			}
		}
		return false
	})
}
