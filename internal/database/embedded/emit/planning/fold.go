package planning

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/emit/fold"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// fold returns the checks of an expression, and whether it comes to a constant.
func (p planned) fold(x tree.Expr) (checks []string, constant bool) {
	if _, done := fold.Value(p.types, x); done {
		return nil, true
	}
	switch x := x.(type) {
	case nil:
		return nil, true
	case *tree.Param:
		return nil, true
	case *tree.Column, *tree.WholeRow, *tree.SessionValue, *tree.NextValue, *tree.Grouping, *tree.Element:
		return nil, false
	case *tree.Logic:
		return p.logic(x)
	case *tree.Case:
		return p.caseExpr(x)
	case *tree.Coalesce:
		return p.coalesce(x)
	case *tree.Subquery:
		for _, c := range tree.Children(x) {
			list, _ := p.fold(c)
			checks = append(checks, list...)
		}
		return append(checks, p.query(shown(x))...), false
	}
	if w, ok := x.(*tree.WindowCall); ok {
		checks = p.write.Frame(w.Window.Frame)
	}
	if p.evaluatesAll(x) {
		return []string{p.write.Expr(x)}, true
	}
	constant = p.foldable(x)
	for _, c := range tree.Children(x) {
		list, isConst := p.fold(c)
		checks, constant = append(checks, list...), constant && isConst
	}
	if constant && tree.RaisesItself(x) {
		checks = append(checks, p.write.Expr(x))
	}
	return checks, constant
}

// evaluatesAll tells whether an expression is a constant that may fail and whose
// evaluation evaluates everything in it, so that a long sum is one check.
func (p planned) evaluatesAll(x tree.Expr) bool {
	return tree.RaisesItself(x) && p.strict(x)
}

func (p planned) strict(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Const, *tree.Param:
		return true
	case *tree.Call:
		if x.Function.SQL != nil || !p.foldable(x) {
			return false
		}
	case *tree.FromText:
		if !p.foldable(x) {
			return false
		}
	default:
		return false
	}
	for _, c := range tree.Children(x) {
		if !p.strict(c) {
			return false
		}
	}
	return true
}

// foldable tells whether a node over constants is one.
func (p planned) foldable(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Call:
		return x.Function.Volatility == types.Immutable
	case *tree.FromText:
		return fold.ImmutableText(p.types.Type(x.Ref.OID))
	case *tree.ToText:
		return fold.ImmutableText(p.types.Type(x.Arg.Type().OID))
	case *tree.Aggregate, *tree.WindowCall:
		return false
	}
	return true
}

// logic goes through AND and OR from the left until one operand settles the
// result.
func (p planned) logic(x *tree.Logic) (checks []string, constant bool) {
	constant = true
	for _, arg := range slices.Backward(x.Args) {
		list, isConst := p.fold(arg)
		if isConst && x.Op != tree.Not && len(checks) > 0 {
			checks = []string{p.unless(p.settles(x.Op, arg), checks)}
		}
		checks, constant = append(list, checks...), constant && isConst
	}
	return checks, constant
}

// settles is a condition: that a constant operand settles AND or OR.
func (p planned) settles(op tree.LogicOp, arg tree.Expr) string {
	return p.write.Expr(arg) + map[tree.LogicOp]string{tree.And: " IS FALSE", tree.Or: " IS TRUE"}[op]
}

// caseExpr leaves out the branches whose condition is constantly not true, and
// all after one that is true.
func (p planned) caseExpr(x *tree.Case) (checks []string, constant bool) {
	checks, constant = p.fold(x.Else)
	for _, w := range slices.Backward(x.Whens) {
		cond, condConst := p.fold(w.Cond)
		result, resultConst := p.fold(w.Result)
		constant = constant && condConst && resultConst
		if condConst && len(result)+len(checks) > 0 {
			checks = []string{"iif(" + p.write.Expr(w.Cond) + ", " + all(result) + ", " + all(checks) + ")"}
			result = nil
		}
		checks = slices.Concat(cond, result, checks)
	}
	return checks, constant
}

// coalesce looks at no argument after a constant that is not NULL.
func (p planned) coalesce(x *tree.Coalesce) (checks []string, constant bool) {
	constant = true
	for _, arg := range slices.Backward(x.Args) {
		list, isConst := p.fold(arg)
		if isConst && len(checks) > 0 {
			checks = []string{p.unless(p.write.Expr(arg)+" IS NOT NULL", checks)}
		}
		checks, constant = append(list, checks...), constant && isConst
	}
	return checks, constant
}

// unless evaluates checks where a condition does not hold.
func (p planned) unless(cond string, checks []string) string {
	return "iif(" + cond + ", NULL, " + all(checks) + ")"
}

// all is an expression that evaluates a list from the left.
func all(list []string) string {
	switch len(list) {
	case 0:
		return "NULL"
	case 1:
		return list[0]
	}
	s := list[0]
	for _, x := range list[1:] {
		s = "max(" + s + ", " + x + ")"
	}
	return s
}
