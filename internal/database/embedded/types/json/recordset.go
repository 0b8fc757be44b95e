package json

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// RecordField is a column of the rows that a record set is read into.
type RecordField struct {
	Name string
	Type *types.Type
	Mod  int32 // type modifier, -1 for none
}

// Recordset reads an array of objects into rows of stored values, as the
// functions json_to_recordset, jsonb_to_recordset and their kind do; function is
// the name that was called. A key that is missing or null gives NULL; what a
// type cannot read gives the error of its input.
func Recordset(function, doc string, fields []RecordField) ([][]sqlite.Value, error) {
	var rows [][]sqlite.Value
	err := eachRecord(function, doc, fields, func(row []sqlite.Value) error {
		rows = append(rows, append([]sqlite.Value(nil), row...))
		return nil
	})
	return rows, err
}

// eachRecord gives rows one by one, in a slice that it uses again.
func eachRecord(function, doc string, fields []RecordField, give func([]sqlite.Value) error) error {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Name
	}
	row := make([]sqlite.Value, len(fields))
	return document.Records(function, doc, strings.HasPrefix(function, "jsonb"), keys, func(items []document.Item) error {
		for i, item := range items {
			v, err := fields[i].read(item)
			if err != nil {
				return err
			}
			row[i] = v
		}
		return give(row)
	})
}

// read turns a value of JSON into a stored value through its text.
func (f RecordField) read(item document.Item) (sqlite.Value, error) {
	if !item.Present || item.Kind == document.Null {
		return sqlite.Null, nil
	}
	text := item.Text
	if f.Type.Elem != nil && item.Kind != document.String {
		return f.readArray(item)
	}
	if item.Kind == document.String && (f.Type.OID == types.JSON || f.Type.OID == types.JSONB) {
		text = string(document.AppendString(nil, text))
	}
	return f.Type.In(text, f.Mod)
}
