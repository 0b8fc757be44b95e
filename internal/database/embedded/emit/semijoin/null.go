package semijoin

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// neverNull tells whether an expression is made of columns without NULL by what gives
// no NULL then.
func neverNull(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Const:
		return !x.Value.IsNull()
	case *tree.Relabel:
		return neverNull(x.Arg)
	case *tree.Column:
		return filled(x)
	case *tree.In:
		return neverNull(x.Left) && !slices.ContainsFunc(x.List, func(x tree.Expr) bool { return !neverNull(x) })
	case *tree.Logic:
		return !slices.ContainsFunc(x.Args, func(x tree.Expr) bool { return !neverNull(x) })
	case *tree.Call:
		return (compares(x.Function) || integral(x.Function)) && !slices.ContainsFunc(x.Args, func(x tree.Expr) bool { return !neverNull(x) })
	}
	return false
}

// filled tells whether a column holds no NULL.
func filled(c *tree.Column) bool {
	switch r := c.Rel; {
	case r.Nullable:
		return false
	case r.Table != nil:
		column := r.Columns[c.Index].Column
		return column != nil && column.NotNull
	case r.Query != nil && r.CTE == nil && r.Query.Set == nil && len(r.Query.Values) == 0 && r.Query.Sets == nil:
		return neverNull(r.Query.Columns[c.Index].Expr)
	}
	return false
}

// compares tells whether a function is behind an operator that compares values in an
// order, and so has a result for all that are not NULL.
func compares(f *types.Function) bool {
	if f.Schema != "" || f.Result != types.Bool {
		return false
	}
	return slices.ContainsFunc([]string{"eq", "ne", "lt", "le", "gt", "ge"}, func(op string) bool {
		of, ok := strings.CutSuffix(f.Name, op)
		of = strings.TrimSuffix(of, "_")
		return ok && (equal[of+"eq"] || equal[of+"_eq"])
	})
}

const int2 types.OID = 21

// integral tells whether a function makes integers of integers, and has a result for
// all that are not NULL.
func integral(f *types.Function) bool {
	return f.Schema == "" && f.Strict && f.Volatility == types.Immutable && len(f.Args) > 0 &&
		!slices.ContainsFunc(append([]types.OID{f.Result}, f.Args...), func(t types.OID) bool {
			return t != int2 && t != types.Int4 && t != types.Int8
		})
}
