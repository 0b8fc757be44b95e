package json

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// aggregates gives the aggregates that gather JSON. Their SQL is one call of the
// Go aggregate over JSON text, so that ORDER BY and FILTER can be put to it.
func aggregates() []*types.Aggregate {
	element, pair := entry.Args(types.AnyElement), entry.Args(types.Any, types.Any)
	list := []*types.Aggregate{
		{OID: 3175, Name: "json_agg", Args: element, Result: types.JSON, New: newArray(false)},
		{OID: 3267, Name: "jsonb_agg", Args: element, Result: types.JSONB, New: newArray(true)},
		{OID: 3197, Name: "json_object_agg", Args: pair, Result: types.JSON, New: newObject(false)},
		{OID: 3270, Name: "jsonb_object_agg", Args: pair, Result: types.JSONB, New: newObject(true)},
	}
	for _, a := range list[:2] {
		a.SQL = func(args []types.Arg, distinct string) string { return arraySQL(a.SQLiteName(), args[0], distinct) }
	}
	for _, a := range list[2:] {
		a.SQL = func(args []types.Arg, _ string) string {
			return a.SQLiteName() + "(" + key("", 1, args[0]) + ", " + orNull(args[1]) + args[1].Order + ")"
		}
	}
	return list
}

// lineBreak stands before the second and later rows, as PostgreSQL writes them.
const lineBreak = "\n "

func arraySQL(name string, a types.Arg, distinct string) string {
	if sql, ok := rowsSQL(name, a); ok && distinct == "" {
		return sql
	}
	item := value(a)
	switch {
	case a.Type == nil, a.Type.Elem != nil && distinct == "":
		item = "('" + lineBreak + "' || " + item + ")"
	case distinct == "":
	case a.Type.OID == types.JSONB:
		item += " COLLATE " + collation
	case a.Type.OID == types.Numeric: // written as it is stored
		item += " COLLATE " + a.Type.Collation
	case a.Type.Collation != "":
		// Equal values have different texts.
		item = refusal("this aggregate of DISTINCT values of the type " + a.Type.SQLName)
	}
	if distinct != "" {
		// PostgreSQL finds the distinct values by sorting them.
		order := a.Order
		if order == "" {
			order = " ORDER BY " + a.SQL + " NULLS LAST"
		}
		return name + "(" + distinct + item + order + ")"
	}
	return name + "(" + item + a.Order + ")"
}

// arrayAccumulator writes an array.
type arrayAccumulator struct {
	text   []byte
	binary bool
}

func newArray(binary bool) func(*sqlite.Conn) sqlite.Accumulator {
	return func(*sqlite.Conn) sqlite.Accumulator { return &arrayAccumulator{binary: binary} }
}

// Step implements sqlite.Accumulator.
func (a *arrayAccumulator) Step(args []sqlite.Value) error {
	item := args[0].Text()
	if args[0].IsNull() {
		item = "null"
	}
	if len(a.text) == 0 {
		a.text, item = append(a.text, '['), strings.TrimPrefix(item, lineBreak)
	} else {
		a.text = append(a.text, ", "...)
	}
	a.text = append(a.text, item...)
	return nil
}

// Final implements sqlite.Accumulator.
func (a *arrayAccumulator) Final() (sqlite.Value, error) {
	if len(a.text) == 0 {
		return sqlite.Null, nil
	}
	return finish(string(append(a.text, ']')), a.binary)
}

func finish(text string, binary bool) (sqlite.Value, error) {
	if binary {
		return textOrError(document.Canonical(text))
	}
	return sqlite.Text(text), nil
}

// objectAccumulator writes an object.
type objectAccumulator struct {
	text   []byte
	binary bool
}

func newObject(binary bool) func(*sqlite.Conn) sqlite.Accumulator {
	return func(*sqlite.Conn) sqlite.Accumulator { return &objectAccumulator{binary: binary} }
}

// Step implements sqlite.Accumulator.
func (o *objectAccumulator) Step(args []sqlite.Value) error {
	before := ", "
	if len(o.text) == 0 {
		before = "{ "
	}
	o.text = append(o.text, before...)
	o.text = append(o.text, args[0].Text()...)
	o.text = append(o.text, " : "...)
	o.text = append(o.text, args[1].Text()...)
	return nil
}

// Final implements sqlite.Accumulator.
func (o *objectAccumulator) Final() (sqlite.Value, error) {
	if len(o.text) == 0 {
		return sqlite.Null, nil
	}
	return finish(string(append(o.text, " }"...)), o.binary)
}
