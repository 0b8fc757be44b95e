package planning

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// assigned are the expressions of ON CONFLICT that the statement gives.
func assigned(c *tree.Conflict) []tree.Expr {
	if c == nil {
		return nil
	}
	out := []tree.Expr{c.Where}
	for _, s := range c.Set {
		out = append(out, s.Value)
	}
	return out
}

// expressions are those of a list of outputs.
func expressions(list []tree.Output) []tree.Expr {
	out := make([]tree.Expr, len(list))
	for i, o := range list {
		out[i] = o.Expr
	}
	return out
}

// UsedColumns tells which columns of each relation a statement reads; -1 is the
// whole row.
func UsedColumns(r *analyze.Result) map[*tree.Rel]map[int]bool {
	out := map[*tree.Rel]map[int]bool{}
	use := func(r *tree.Rel, i int) {
		if out[r] == nil {
			out[r] = map[int]bool{}
		}
		out[r][i] = true
	}
	each(r, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			use(x.Rel, x.Index)
		case *tree.WholeRow:
			use(x.Rel, -1)
		}
		return true
	})
	return out
}

// each visits the expressions of a statement.
func each(r *analyze.Result, visit func(tree.Expr) bool) {
	walk := func(list ...tree.Expr) {
		for _, x := range list {
			tree.Walk(x, visit)
		}
	}
	(&tree.Query{With: r.With}).Walk(visit)
	switch {
	case r.Query != nil:
		r.Query.Walk(visit)
	case r.Insert != nil:
		walk(slices.Concat(r.Insert.Values, assigned(r.Insert.Conflict), expressions(r.Insert.Returning))...)
		if r.Insert.Source != nil {
			r.Insert.Source.Query.Walk(visit)
		}
	case r.Update != nil:
		for _, s := range r.Update.Set {
			walk(s.Value)
		}
		(&tree.Query{From: r.Update.From}).Walk(visit)
		walk(r.Update.Policy, r.Update.Where)
		walk(expressions(r.Update.Returning)...)
	case r.Delete != nil:
		(&tree.Query{From: r.Delete.From}).Walk(visit)
		walk(r.Delete.Policy, r.Delete.Where)
		walk(expressions(r.Delete.Returning)...)
	}
}
