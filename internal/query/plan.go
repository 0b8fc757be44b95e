package query

import (
	"fmt"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Plan is a compiled statement. It is never changed after it was made.
type Plan struct {
	SQL      string
	ReadOnly bool

	// Columns are the names of the result's own columns: one column of JSON
	// when Format is JSON, otherwise one for each item selected or key
	// returned.
	Columns []string
	// First is the number of columns that stand before them: the exact count
	// when Counted, and a mark that is NULL when there is no row when Marked.
	First   int
	Counted bool
	Marked  bool

	sources []source
	values  int // how many values a request brings
	direct  bool
}

// source says where a parameter's value comes from: from the request's values
// by index, or from the plan itself.
type source struct {
	index int // -1 for a constant
	text  string
}

// Bind returns the arguments of a statement from the values of a request. It
// may return the same slice.
func (p *Plan) Bind(values []database.Arg) ([]database.Arg, error) {
	if len(values) != p.values {
		return nil, fault.Internal(fmt.Errorf("query: plan takes %d values, request brings %d", p.values, len(values)))
	}
	if p.direct {
		return values, nil
	}
	args := make([]database.Arg, len(p.sources))
	for i, s := range p.sources {
		if s.index < 0 {
			args[i] = database.Text(s.text)
			continue
		}
		args[i] = values[s.index]
	}
	return args, nil
}
