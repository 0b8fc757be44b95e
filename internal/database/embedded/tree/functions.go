package tree

import "github.com/galleyhq/galley/internal/database/embedded/types"

// Functions is functions as a relation: one in FROM, several in ROWS FROM, or those of
// a select list. Several run along with each other; one that ends first gives
// NULLs. Arguments may be columns of the relations before it.
type Functions struct {
	Calls []SetCall
	// Ordinality tells that the last column numbers the rows.
	Ordinality bool
}

// SetCall is one function of a Functions. An expression that is no call of a
// set-returning function is a row of its value.
type SetCall struct {
	Expr    Expr
	Columns []types.ResultColumn
}

// Function returns the set-returning function, nil when there is none.
func (c SetCall) Function() *types.Function {
	if call, ok := c.Expr.(*Call); ok && call.Function.ReturnsSet {
		return call.Function
	}
	return nil
}

// Inputs are the expressions that are evaluated before the rows are made.
func (c SetCall) Inputs() []Expr {
	if c.Function() != nil {
		return c.Expr.(*Call).Args
	}
	return []Expr{c.Expr}
}

// Inputs are the expressions of all functions.
func (s *Functions) Inputs() []Expr {
	var out []Expr
	for _, c := range s.Calls {
		out = append(out, c.Inputs()...)
	}
	return out
}

// Scalar tells that the relation's rows are values of a type that is no record,
// so that its name stands for the value.
func (s *Functions) Scalar() bool {
	if len(s.Calls) != 1 || s.Ordinality || len(s.Calls[0].Columns) != 1 {
		return false
	}
	f := s.Calls[0].Function()
	return f == nil || f.Result != types.Record
}
