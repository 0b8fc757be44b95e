package emit

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// constants writes a statement that evaluates the calls over constants which may
// fail. PostgreSQL computes these while it plans, so that 1/0 is an error even
// where no row needs it. Branches of CASE and COALESCE are left alone.
func (e *emitter) constants(p *Program, r *analyze.Result) {
	var calls []tree.Expr
	each(r, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Case, *tree.Coalesce:
			return false
		case *tree.Call:
			if isConstant(x) {
				if tree.Any(x, func(x tree.Expr) bool { c, ok := x.(*tree.Call); return ok && c.Function.MayRaise }) {
					calls = append(calls, x)
				}
				return false
			}
		}
		return true
	})
	if len(calls) == 0 {
		return
	}
	step := e.step(func() string {
		parts := make([]string, len(calls))
		for i, c := range calls {
			parts[i] = "(" + e.expr(c) + ")"
		}
		return "VALUES " + strings.Join(parts, ", ") // rows, since columns are limited
	})
	p.Constants = &step
}

// isConstant tells whether an expression has one value for ever.
func isConstant(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Const:
		return true
	case *tree.Call:
		if x.Function.Volatility != types.Immutable {
			return false
		}
	case *tree.Relabel:
	default:
		return false
	}
	for _, c := range tree.Children(x) {
		if !isConstant(c) {
			return false
		}
	}
	return true
}

// each visits the expressions of a statement.
func each(r *analyze.Result, visit func(tree.Expr) bool) {
	outputs := func(list []tree.Output) {
		for _, o := range list {
			tree.Walk(o.Expr, visit)
		}
	}
	switch {
	case r.Query != nil:
		r.Query.Walk(visit)
	case r.Insert != nil:
		for _, v := range r.Insert.Values {
			tree.Walk(v, visit)
		}
		if r.Insert.Source != nil {
			r.Insert.Source.Query.Walk(visit)
		}
		outputs(r.Insert.Returning)
	case r.Update != nil:
		for _, s := range r.Update.Set {
			tree.Walk(s.Value, visit)
		}
		tree.Walk(r.Update.Where, visit)
		outputs(r.Update.Returning)
	case r.Delete != nil:
		tree.Walk(r.Delete.Where, visit)
		outputs(r.Delete.Returning)
	}
}
