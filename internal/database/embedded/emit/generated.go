package emit

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

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

// ExprNow emits an expression over the columns of a table alone, to be evaluated
// at once: what depends on the session stands in it as a constant.
func ExprNow(known *types.Catalogue, x tree.Expr, r *tree.Rel, session func(*tree.SessionValue) (sqlite.Value, error)) (string, error) {
	e := &emitter{types: known, overrides: map[*tree.Rel]func(int) string{}}
	if r != nil {
		e.overrides[r] = func(i int) string { return quote(r.Columns[i].Column.Physical) }
	}
	e.session = func(s *tree.SessionValue) string {
		v, err := session(s)
		if err != nil {
			return e.fail(err)
		}
		return literal(v)
	}
	sql := e.expr(x)
	if len(e.current.Binds) > 0 {
		return "", unsupported("an expression with parameters, in the schema, is")
	}
	return sql, e.err
}
