package query

import (
	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/inline"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Returned brings the columns of a function's last query to the types that it
// returns (check_sql_fn_retval in functions.c).
func (a *Analyzer) Returned(f *catalog.Function, q *tree.Query) (*tree.Query, error) {
	wants, title := a.Results(f)
	mismatch := func(detail string, args ...any) error {
		return fault.New(fault.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", title).
			WithDetail(detail, args...)
	}
	composite := f.Relation != 0 || len(f.Columns) > 1
	if composite && len(q.Columns) == 1 && expression.IsRow(q.Columns[0].Expr) && q.Set == nil && len(q.Values) == 0 && !q.Distinct {
		q.Columns = a.Fields(q.Columns[0].Expr.(*tree.WholeRow))
	}
	switch {
	case !composite && len(q.Columns) != 1:
		return nil, mismatch("Final statement must return exactly one column.")
	case composite && len(q.Columns) == 1 && q.Columns[0].Expr.Type().OID == types.Record:
		return nil, resolve.Unsupported("a function that returns a row as one value is")
	case len(q.Columns) > len(wants):
		return nil, mismatch("Final statement returns too many columns.")
	case len(q.Columns) < len(wants):
		return nil, mismatch("Final statement returns too few columns.")
	}
	same := true
	for i, c := range q.Columns {
		got := c.Expr.Type().OID
		same = same && got == wants[i]
		if !a.CanCoerce(got, wants[i], types.Assignment) {
			if !composite {
				return nil, mismatch("Actual return type is %s.", a.TypeName(got))
			}
			return nil, mismatch("Final statement returns %s instead of %s at column %d.", a.TypeName(got), a.TypeName(wants[i]), i+1)
		}
	}
	if same {
		return q, nil
	}
	return a.assigned(q, wants)
}

// assigned converts the columns of a query by the rules of assignment.
func (a *Analyzer) assigned(q *tree.Query, wants []types.OID) (*tree.Query, error) {
	if !inline.IsValue(q) {
		var err error
		if q, _, err = a.Over(q); err != nil {
			return nil, err
		}
	}
	for i, c := range q.Columns {
		e, err := a.Coerce(c.Expr, types.Of(wants[i]), types.Assignment)
		if err != nil {
			return nil, err
		}
		q.Columns[i].Expr = e
	}
	return q, nil
}

// Results are the types of the columns that a function returns, and how messages
// call them together.
func (a *Analyzer) Results(f *catalog.Function) (list []types.OID, title string) {
	switch {
	case f.Relation != 0:
		r := a.ByOID(f.Relation)
		if r == nil {
			return nil, "record"
		}
		for _, c := range r.Columns {
			list = append(list, c.Type.OID)
		}
		return list, r.Alias
	case len(f.Columns) > 0:
		for _, c := range f.Columns {
			list = append(list, c.Type)
		}
		if len(list) > 1 {
			return list, "record"
		}
		return list, a.TypeName(list[0])
	}
	return []types.OID{f.Result}, a.TypeName(f.Result)
}
