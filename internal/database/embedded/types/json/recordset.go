package json

import (
	stdjson "encoding/json"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
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

// RecordsetName is the name under which RecordsetFunction registers.
const RecordsetName = "galley_recordset"

// RecordsetFunction is Recordset for SQLite: (function, document, fields) gives
// a JSON array with an array of stored values for each row, which json_each and
// ->> take apart exactly; booleans are 0 and 1. fields is a JSON array of
// objects {"name", "oid", "mod"}. A blob cannot pass and is refused.
func RecordsetFunction(known *types.Catalogue) sqlite.Function {
	call := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		if args[1].IsNull() {
			return sqlite.Text("[]"), nil
		}
		fields, err := recordFields(known, args[2].Text())
		if err != nil {
			return sqlite.Null, err
		}
		doc := args[1].Text()
		dst := append(make([]byte, 0, len(doc)), '[')
		err = eachRecord(args[0].Text(), doc, fields, func(row []sqlite.Value) error {
			if len(dst) > 1 {
				dst = append(dst, ',')
			}
			var err error
			dst, err = appendRow(dst, row)
			return err
		})
		return textOrError(string(append(dst, ']')), err)
	}
	return sqlite.Function{Name: RecordsetName, NArgs: 3, Deterministic: true, Call: call}
}

func recordFields(known *types.Catalogue, spec string) ([]RecordField, error) {
	var list []struct {
		Name string
		OID  types.OID
		Mod  int32
	}
	if err := stdjson.Unmarshal([]byte(spec), &list); err != nil {
		return nil, fault.Internal(err)
	}
	fields := make([]RecordField, len(list))
	for i, f := range list {
		fields[i] = RecordField{Name: f.Name, Type: known.Type(f.OID), Mod: f.Mod}
		if fields[i].Type == nil {
			return nil, fault.Unsupported("a record with a column of type %d is not supported by the embedded engine", f.OID)
		}
	}
	return fields, nil
}

func appendRow(dst []byte, row []sqlite.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch v.Kind() {
		case sqlite.KindNull:
			dst = append(dst, "null"...)
		case sqlite.KindInt:
			dst = strconv.AppendInt(dst, v.Int(), 10)
		case sqlite.KindFloat:
			dst = appendFloat(dst, v.Float())
		case sqlite.KindText:
			dst = document.AppendString(dst, v.Text())
		default:
			return nil, fault.Unsupported("bytea in a record made of JSON is not supported by the embedded engine")
		}
	}
	return append(dst, ']'), nil
}

// appendFloat writes a number that SQLite reads as the same float.
func appendFloat(dst []byte, f float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if s := string(dst[start:]); strings.HasSuffix(s, "Inf") {
		dst = append(dst[:start], strings.Replace(strings.TrimPrefix(s, "+"), "Inf", "9e999", 1)...)
	}
	return dst
}
