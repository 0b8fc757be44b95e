package emit

import "github.com/galleyhq/galley/internal/database/embedded/tree"

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
