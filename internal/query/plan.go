// Package query is the plan that the data APIs share: a tree of what is asked
// (relation, columns, conditions, order, page, writes), checked against the
// schema snapshot, and its compilation to one Postgres SQL statement.
//
//	read := &query.Read{Node: query.Node{Schema: "public", Name: "todos",
//		Where: []query.Cond{{Op: query.Eq, Field: query.Field{Column: "done"}, Value: "false"}}}}
//	plan, err := query.CompileRead(snapshot, read)
//	args, err := plan.Bind(query.Values(nil, read.Where))
//
// The text of a statement depends on the shape of what is asked only: values
// are always parameters, and every identifier in the text is one that the
// snapshot knows, or an alias, quoted. So a plan is cached by shape (Cache) and
// serves every request that differs in values alone.
//
// Related rows are embedded by a subquery in the select list for each relation
// (embed.go), whatever the depth: one request is one statement.
//
// Values reach a plan as one flat list: those of the payload and of the
// conditions of a write, those of the embedded relations (Plan.Embedded), those
// of the conditions of a read, then limit and offset.
package query

import (
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query/statement"
)

// Plan is a compiled statement. It is never changed after it was made.
type Plan struct {
	SQL      string
	ReadOnly bool

	// Columns are the names of what is selected or returned, in order.
	Columns []string
	// Labels, unless empty, tells that each of them comes as a JSON value of
	// its own, NULL for null; a label is the name as a JSON key, `"id":`. JSON
	// comes as one column otherwise.
	Labels []string
	// First is the number of columns that stand before them: the exact count
	// when Counted, and a mark that is NULL when there is no row when Marked.
	First   int
	Counted bool
	Marked  bool
	// Bare tells that the result is one value or object, not an array.
	Bare bool
	// Hex tells that the value comes as hexadecimal digits.
	Hex bool
	// Fresh tells that the first column says whether the row is new, one of an
	// upsert that did not exist before.
	Fresh bool

	// Keys are the names, among Columns, of the values by which the rows are
	// ordered, in that order, which no two rows share; none when it was not asked
	// for or cannot be.
	Keys []string

	// Embedded are the embedded relations in the order in which their values
	// come: those of the conditions of each, then limit and offset.
	Embedded []Embedded

	parameters statement.Parameters
}

// Bind returns the arguments of a statement from the values of a request. It may
// return the same slice.
func (p *Plan) Bind(values []database.Arg) ([]database.Arg, error) { return p.parameters.Bind(values) }
