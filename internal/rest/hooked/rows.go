package hooked

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/schema"
)

// values are the JSON texts of columns.
type values map[string]json.RawMessage

// row is one row of a write.
type row struct {
	given     values // what the request says, word for word
	defaulted map[string]bool
	shown     values // what the hooks saw as new
	changed   values // what they made otherwise
	proposed  values // of an upsert: what would be inserted
	old       values
	exists    bool // of an upsert: there is such a row already
}

// final is the value of a column as it is to be written.
func (r *row) final(name string) json.RawMessage {
	if v, ok := r.changed[name]; ok {
		return v
	}
	if v, ok := r.given[name]; ok {
		return v
	}
	if v, ok := r.shown[name]; ok {
		return v
	}
	return null
}

var null = json.RawMessage("null")

func isNull(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// object decodes a JSON object, which must be valid.
func object(text []byte) (values, error) {
	members, err := content.Members(nil, text)
	if err != nil {
		return nil, err
	}
	out := make(values, len(members))
	for _, m := range members {
		out[m.Key] = slices.Clone(m.Value)
	}
	return out, nil
}

// encode writes an object with its columns in the relation's order.
func (v values) encode(rel *schema.Relation) json.RawMessage {
	b := []byte{'{'}
	for _, col := range rel.Columns {
		if text, ok := v[col.Name]; ok {
			b = appendMember(b, col.Name, text)
		}
	}
	return append(b, '}')
}

func appendMember(b []byte, name string, value json.RawMessage) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	key, _ := json.Marshal(name) // a string always has a JSON form
	if len(value) == 0 {
		value = null
	}
	return append(append(append(b, key...), ':'), value...)
}

// before calls the hooks that run before an operation and notes what they changed.
func (d *doing) before(operation string, rows []*row) error {
	if !d.Run.Chain().HasBefore(operation) || len(rows) == 0 {
		return nil
	}
	if err := d.asCaller(); err != nil {
		return err
	}
	events := make([]hooks.Row, len(rows))
	for i, r := range rows {
		if operation != hooks.Insert {
			events[i].Old = r.old.encode(d.Rel)
		}
		if operation != hooks.Delete {
			events[i].New = r.shown.encode(d.Rel)
		}
	}
	if err := d.Run.Before(d.ctx, d.tx, operation, events); err != nil || operation == hooks.Delete {
		return err
	}
	for i, r := range rows {
		if err := d.note(r, events[i].New); err != nil {
			return err
		}
	}
	return nil
}

// note finds what hooks changed of a row.
func (d *doing) note(r *row, text json.RawMessage) error {
	if !json.Valid(text) || bytes.TrimLeft(text, " \t\r\n")[0] != '{' {
		return wrong("a hook on %q returned a row that is no JSON object", d.Rel.Name.Name)
	}
	now, err := object(bytes.TrimLeft(text, " \t\r\n"))
	if err != nil {
		return err
	}
	for name, v := range now {
		col := d.Rel.Column(name)
		switch {
		case col == nil:
			return wrong("a hook set the column %q, which %q does not have", name, d.Rel.Name.Name)
		case same(r.shown[name], v):
			continue
		case col.Generated:
			return wrong("a hook set the column %q, which the database generates", name)
		}
		if r.changed == nil {
			r.changed = values{}
		}
		r.changed[name] = v
	}
	return nil
}

// wrong is the error for a hook that does what it cannot.
func wrong(format string, args ...any) error {
	return fault.New("39000", format, args...).WithStatus(http.StatusInternalServerError)
}

// same tells whether two JSON texts are the same value. A number is the same as the
// text that the float64 nearest to it has: that is how it comes back from JavaScript.
func same(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) || isNull(a) && isNull(b) {
		return true
	}
	return len(a) > 0 && len(b) > 0 && equal(decoded(a), decoded(b))
}

func decoded(text json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(n))
	case []any:
		list, ok := b.([]any)
		return ok && slices.EqualFunc(a, list, equal)
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(m) != len(a) {
			return false
		}
		for k, v := range a {
			if other, there := m[k]; !there || !equal(v, other) {
				return false
			}
		}
		return true
	}
	return a == b
}

// sameNumber compares the value shown with the one that came back. An exponent is
// read as a float only, so that no short text becomes a number of many digits.
func sameNumber(shown, back string) bool {
	x, errX := strconv.ParseFloat(shown, 64)
	y, errY := strconv.ParseFloat(back, 64)
	if errX != nil || errY != nil || x != y {
		return false
	}
	if slices.ContainsFunc([]byte(shown+back), func(c byte) bool { return c == 'e' || c == 'E' }) {
		return true
	}
	p, okP := new(big.Rat).SetString(shown)
	q, okQ := new(big.Rat).SetString(back)
	if okP && okQ && p.Cmp(q) == 0 {
		return true
	}
	return back == strconv.FormatFloat(y, 'f', -1, 64)
}

// changedColumns are the columns that hooks changed in any of the rows, in the
// relation's order.
func (d *doing) changedColumns(rows []*row) []string {
	var out []string
	for _, col := range d.Rel.Columns {
		if slices.ContainsFunc(rows, func(r *row) bool { _, ok := r.changed[col.Name]; return ok }) {
			out = append(out, col.Name)
		}
	}
	return out
}

// keys is the value of query.InKeys for the rows as they are to be written.
func (d *doing) keys(rows []*row) database.Arg {
	return d.keyed(rows, func(b []byte, _ int, r *row) []byte { return d.appendKey(b, r.final) })
}

// oldKeys is that for the rows as they are.
func (d *doing) oldKeys(rows []*row) database.Arg {
	return d.keyed(rows, func(b []byte, _ int, r *row) []byte {
		return d.appendKey(b, func(name string) json.RawMessage { return r.old[name] })
	})
}

func (d *doing) keyed(rows []*row, each func(b []byte, i int, r *row) []byte) database.Arg {
	b := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(each(append(b, '{'), i, r), '}')
	}
	return database.Text(string(append(b, ']')))
}

func (d *doing) appendKey(b []byte, of func(string) json.RawMessage) []byte {
	for i, name := range d.Rel.PrimaryKey {
		b = appendMember(b, query.KeyName(i), of(name))
	}
	return b
}

// after reads the rows as they were written, all columns of them, and calls the
// hooks that run after an operation. Rows that are not there any more, because a
// trigger of the database made something else of them, are left out.
func (d *doing) after(operation string, rows []*row) error {
	if !d.Run.Chain().HasAfter(operation) || len(rows) == 0 {
		return nil
	}
	events := make([]hooks.Row, 0, len(rows))
	if operation == hooks.Delete {
		for _, r := range rows {
			events = append(events, hooks.Row{Old: r.old.encode(d.Rel)})
		}
	} else {
		written, err := d.written(rows)
		if err != nil {
			return err
		}
		for i, r := range rows {
			if written[i] == nil {
				continue
			}
			e := hooks.Row{New: written[i]}
			if operation == hooks.Update {
				e.Old = r.old.encode(d.Rel)
			}
			events = append(events, e)
		}
	}
	if err := d.asCaller(); err != nil {
		return err
	}
	return d.Run.After(d.ctx, d.tx, operation, events)
}

// written reads rows by their keys as the owner.
func (d *doing) written(rows []*row) ([]json.RawMessage, error) {
	if err := d.owner(); err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(rows))
	found, err := d.numbered(rows, d.Rel.PrimaryKey, (*row).final, "")
	for _, f := range found {
		out[f.Int(0)] = json.RawMessage(f.Text(1))
	}
	return out, err
}

// numbered reads the rows of the table that have the values of rows in some
// columns, each with the number of the row it was found by.
func (d *doing) numbered(rows []*row, columns []string, of func(*row, string) json.RawMessage, tail string) ([]database.Record, error) {
	arg := d.keyed(rows, func(b []byte, i int, r *row) []byte {
		b = appendMember(b, "n", number(i))
		for k, name := range columns {
			b = appendMember(b, query.KeyName(k), of(r, name))
		}
		return b
	})
	t := d.free("_t")
	sql := "SELECT _j.n, row_to_json(" + t + ") FROM json_to_recordset($1) AS _j(n integer"
	on := ""
	for k, name := range columns {
		sql += ", " + query.KeyName(k) + " " + d.Rel.Column(name).Type
		if k > 0 {
			on += " AND "
		}
		on += t + "." + query.Quote(name) + " = _j." + query.KeyName(k)
	}
	return d.records(sql+") JOIN "+d.table+" AS "+t+" ON "+on+tail, arg)
}

// free is a name that no column of the table has: row_to_json(t) would mean a
// column t.
func (d *doing) free(name string) string {
	for d.Rel.Column(name) != nil {
		name += "_"
	}
	return name
}
