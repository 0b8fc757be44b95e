package grammar

import (
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// Value returns the form and the parameter of a JSON value for a column, which
// may be nil: the compiler refuses it later.
func Value(col *schema.Column, text []byte) (query.Form, database.Arg, error) {
	if col == nil || string(text) == "null" {
		return query.Bound, database.Null, nil
	}
	if query.ValueForm(col, KindOf(text)) == query.Converted {
		return query.Converted, database.Text(`{"v":` + string(text) + `}`), nil
	}
	if query.IsJSON(col) {
		return query.Bound, database.Text(string(text)), nil
	}
	arg, err := Text(text)
	return query.Bound, arg, err
}
