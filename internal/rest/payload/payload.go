// Package payload decides what of the body of a write is set, and how: which columns,
// as one JSON array of rows or value by value, and in which forms.
//
//	body, err := content.Parse("application/json", []byte(`{"title":"Buy milk"}`), false)
//	p, err := payload.ForInsert(relation, body, payload.Request{Params: &params})
package payload

import (
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// maxCells bounds the values of an insert that is written row by row.
const maxCells = 10_000

// Payload is what a write sets: the columns, the forms of their values, and the
// values.
type Payload struct {
	Columns []string
	Forms   [][]query.Form
	Bulk    bool // the rows are one value, a JSON array
	Rows    int
	Values  []database.Arg
	patch   bool // values are merged into those of the row (RFC 7396)
}

// Request is what a request says of its body.
type Request struct {
	Params *grammar.Params // may name columns
	// MissingDefault sets columns that an object lacks to their defaults, not to NULL.
	MissingDefault bool
}

// ForInsert is the payload of an insert.
func ForInsert(rel *schema.Relation, body *content.Body, q Request) (*Payload, error) {
	columns, err := q.columns(body)
	if err != nil {
		return nil, err
	}
	p := &Payload{Columns: columns, Rows: body.Rows}
	if body.Single {
		return p, p.add(rel, body.First, q.MissingDefault)
	}
	if q.MissingDefault && q.Params.HasColumns {
		return p, p.addDefaulted(rel, body)
	}
	p.Bulk = true
	p.Values = append(p.Values, database.Text(string(body.Raw)))
	return p, nil
}

// columns returns what to set: the columns parameter, or the keys of the
// payload, which then are the same in all of its objects.
func (q Request) columns(body *content.Body) ([]string, error) {
	if q.Params.HasColumns {
		return grammar.ParseColumns(q.Params.Columns)
	}
	if !body.Uniform {
		return nil, content.UnevenKeys()
	}
	out := make([]string, len(body.First))
	for i, m := range body.First {
		out[i] = m.Key
	}
	return out, nil
}

// add adds a row: one value for each column, NULL or the default for a key that
// the object lacks.
func (p *Payload) add(rel *schema.Relation, members []content.Member, missingDefault bool) error {
	forms := make([]query.Form, len(p.Columns))
	find := finder(members)
	for i, name := range p.Columns {
		text := find(i, name)
		if text == nil {
			if missingDefault {
				forms[i] = query.Default
			} else {
				p.Values = append(p.Values, database.Null)
			}
			continue
		}
		value := content.Value
		if p.patch {
			value = content.Patch
		}
		form, arg, err := value(rel.Column(name), text)
		if err != nil {
			return err
		}
		forms[i] = form
		p.Values = append(p.Values, arg)
	}
	p.Forms = append(p.Forms, forms)
	return nil
}

// finder returns a function that finds the value of column i, nil when there is
// none. Columns mostly stand in the order of the members; -1 is no place.
func finder(members []content.Member) func(i int, name string) []byte {
	var places map[string][]byte
	return func(i int, name string) []byte {
		if i >= 0 && i < len(members) && members[i].Key == name {
			return members[i].Value
		}
		if places == nil {
			places = make(map[string][]byte, len(members))
			for _, m := range members {
				places[m.Key] = m.Value
			}
		}
		return places[name]
	}
}

// addDefaulted adds the rows of an array whose missing keys mean the default.
// Where all objects lack the same keys those columns are simply left out.
func (p *Payload) addDefaulted(rel *schema.Relation, body *content.Body) error {
	if body.Uniform {
		p.Bulk = true
		find := finder(body.First)
		p.Columns = slices.DeleteFunc(p.Columns, func(name string) bool {
			return rel.Column(name) != nil && find(-1, name) == nil
		})
		p.Values = append(p.Values, database.Text(string(body.Raw)))
		return nil
	}
	if body.Rows*len(p.Columns) > maxCells {
		return fault.Unsupported("missing=default with objects of different keys is supported for up to %d values", maxCells)
	}
	var members []content.Member
	return content.Elements(body.Raw, func(text []byte) error {
		var err error
		if members, err = content.Members(members[:0], text); err != nil {
			return err
		}
		return p.add(rel, members, true)
	})
}

// ForUpdate is the payload of an update: its object, or the first one of an array;
// patch tells that it is merged into the rows.
func ForUpdate(rel *schema.Relation, body *content.Body, q Request, patch bool) (*Payload, error) {
	p := &Payload{}
	if body.Rows == 0 {
		return p, nil
	}
	columns, err := q.columns(body)
	if err != nil {
		return nil, err
	}
	p.Columns, p.Rows, p.patch = columns, 1, patch
	return p, p.add(rel, body.First, q.MissingDefault)
}

// ForPut is the payload of a write of the one row that a request names.
func ForPut(body *content.Body, q Request) (*Payload, error) {
	columns, err := q.columns(body)
	if err != nil {
		return nil, err
	}
	return &Payload{Columns: columns, Bulk: true, Rows: min(1, body.Rows), Values: []database.Arg{database.Text(string(body.FirstOnly()))}}, nil
}

// AppendShape adds to a shape what of a payload shapes the statement.
func (p *Payload) AppendShape(b []byte) []byte {
	for _, name := range p.Columns {
		b = query.AppendName(b, name)
	}
	if p.Bulk {
		return append(b, '*')
	}
	for _, row := range p.Forms {
		b = append(b, '(')
		for _, f := range row {
			b = append(b, '0'+byte(f))
		}
	}
	return append(b, ')')
}
