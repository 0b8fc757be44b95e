package json

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/fault"
)

// readArray turns a JSON array into an array of the field's type, each element
// through its text. (populate_array in src/backend/utils/adt/jsonfuncs.c.)
func (f RecordField) readArray(item document.Item) (sqlite.Value, error) {
	if item.Kind != document.Array {
		return sqlite.Null, fault.New(fault.InvalidText, "expected JSON array").
			WithHint(`See the value of key "%s".`, f.Name)
	}
	n, err := document.Parse(item.Text)
	if err != nil {
		return sqlite.Null, err
	}
	isJSON := f.Type.Elem.OID == types.JSON || f.Type.Elem.OID == types.JSONB
	list := make([]array.Element, len(n.Items))
	for i := range n.Items {
		part := &n.Items[i]
		switch {
		case part.Kind == document.Null:
			list[i].Null = true
		case part.Kind == document.Array && !isJSON:
			return sqlite.Null, fault.Unsupported("an array of several dimensions is not supported by the embedded engine")
		case part.Kind == document.String && !isJSON:
			list[i].Text = part.Text
		default:
			list[i].Text = part.Raw(item.Text)
		}
	}
	return f.Type.In(array.Format(list), f.Mod)
}
