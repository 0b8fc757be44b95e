package json

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
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
	read := func(items []document.Item) error {
		for i, item := range items {
			v, err := fields[i].read(item)
			if err != nil {
				return err
			}
			row[i] = v
		}
		return give(row)
	}
	if strings.HasSuffix(function, "record") {
		return document.Record(doc, keys, read)
	}
	return document.Records(function, doc, strings.HasPrefix(function, "jsonb"), keys, read)
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

// Schema is that of the functions by which the analyzer calls those that take
// their columns from a relation's row: no statement can name it.
const Schema = "galley_internal"

// recordSets returns the functions that make rows of objects. Those that fill a
// row of a relation get its columns from the analyzer.
func recordSets(find TypeFinder) []*types.Function {
	var list []*types.Function
	for _, r := range []struct {
		oid    uint32
		schema string
		name   string
		arg    types.OID
	}{
		{3204, "", "json_to_record", types.JSON}, {3490, "", "jsonb_to_record", types.JSONB},
		{3205, "", "json_to_recordset", types.JSON}, {3491, "", "jsonb_to_recordset", types.JSONB},
		{0, Schema, "json_populate_record", types.JSON}, {0, Schema, "jsonb_populate_record", types.JSONB},
		{0, Schema, "json_populate_recordset", types.JSON}, {0, Schema, "jsonb_populate_recordset", types.JSONB},
	} {
		one := strings.HasSuffix(r.name, "record")
		list = append(list, &types.Function{OID: r.oid, Schema: r.schema, Name: r.name, Args: entry.Args(r.arg), Result: types.Record,
			ReturnsSet: true, OneRow: one, Strict: one && r.schema == "", Volatility: types.Stable, MayRaise: true,
			Rows: records(r.name, find), Spec: types.RecordSpec})
	}
	return list
}

// records reads an object, or an array of them, into rows; the last argument tells
// the columns. Without an object there is a row of NULLs, without an array none.
func records(function string, find TypeFinder) func(*sqlite.Conn, []sqlite.Value) (sqlite.RowSource, error) {
	one := strings.HasSuffix(function, "record")
	return func(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		if args[0].IsNull() && !one {
			return types.RowsOf(nil), nil
		}
		columns, err := types.ReadRecordSpec(args[1].Text())
		if err != nil {
			return nil, err
		}
		fields := make([]RecordField, len(columns))
		for i, k := range columns {
			fields[i] = RecordField{Name: k.Name, Type: find(c, k.Type), Mod: k.Mod}
			if fields[i].Type == nil {
				return nil, fault.Unsupported("a record with a column of type %d is not supported by the embedded engine", k.Type)
			}
		}
		list := &recordRows{width: len(fields)}
		if args[0].IsNull() {
			list.add(slices.Repeat([]sqlite.Value{sqlite.Null}, len(fields)))
			return list, nil
		}
		err = eachRecord(function, args[0].Text(), fields, func(row []sqlite.Value) error {
			list.add(row)
			return nil
		})
		return list, err
	}
}
