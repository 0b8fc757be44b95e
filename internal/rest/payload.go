package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// maxCells bounds the values of an insert that is written row by row.
const maxCells = 10_000

// payload is what a write sets: the columns, the forms of their values, and the
// values.
type payload struct {
	columns []string
	forms   [][]query.Form
	bulk    bool
	patch   bool // values are merged into those of the row (RFC 7396)
	rows    int
	values  []database.Arg
}

// readPayload reads the body of a write; patch tells that it is a merge patch.
func readPayload(r *http.Request, patch bool) (*grammar.Payload, error) {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	contentType, _, _ := strings.Cut(header(r, "Content-Type"), ";")
	media := strings.ToLower(strings.TrimSpace(contentType))
	if patch && (media == grammar.MergePatch || media == "application/json" || media == "") {
		return grammar.ParsePatch(body)
	}
	switch media {
	case "", "application/json", "application/vnd.pgrst.array+json", "application/vnd.pgrst.object+json", "*/*":
		return grammar.ParseJSON(body)
	case "text/csv":
		return grammar.ParseCSV(body)
	case "application/x-www-form-urlencoded":
		return grammar.ParseForm(body)
	}
	return nil, fault.New("PGRST102", "Content-Type not acceptable: %s", contentType)
}

// insertPayload plans the payload of an insert.
func (q *request) insertPayload(rel *schema.Relation, body *grammar.Payload) (*payload, error) {
	columns, err := q.columns(body)
	if err != nil {
		return nil, err
	}
	p := &payload{columns: columns, rows: body.Rows}
	if body.Single {
		return p, p.add(rel, body.First, q.prefer.Missing == "default")
	}
	if q.prefer.Missing == "default" && q.params.HasColumns {
		return p, p.addDefaulted(rel, body)
	}
	p.bulk = true
	p.values = append(p.values, database.Text(string(body.Raw)))
	return p, nil
}

// columns returns what to set: the columns parameter, or the keys of the
// payload, which then are the same in all of its objects.
func (q *request) columns(body *grammar.Payload) ([]string, error) {
	if q.params.HasColumns {
		return grammar.ParseColumns(q.params.Columns)
	}
	if !body.Uniform {
		return nil, grammar.UnevenKeys()
	}
	out := make([]string, len(body.First))
	for i, m := range body.First {
		out[i] = m.Key
	}
	return out, nil
}

// add adds a row: one value for each column, NULL or the default for a key that
// the object lacks.
func (p *payload) add(rel *schema.Relation, members []grammar.Member, missingDefault bool) error {
	forms := make([]query.Form, len(p.columns))
	find := finder(members)
	for i, name := range p.columns {
		text := find(i, name)
		if text == nil {
			if missingDefault {
				forms[i] = query.Default
			} else {
				p.values = append(p.values, database.Null)
			}
			continue
		}
		value := grammar.Value
		if p.patch {
			value = grammar.Patch
		}
		form, arg, err := value(rel.Column(name), text)
		if err != nil {
			return err
		}
		forms[i] = form
		p.values = append(p.values, arg)
	}
	p.forms = append(p.forms, forms)
	return nil
}

// finder returns a function that finds the value of column i, nil when there is
// none. Columns mostly stand in the order of the members; -1 is no place.
func finder(members []grammar.Member) func(i int, name string) []byte {
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
func (p *payload) addDefaulted(rel *schema.Relation, body *grammar.Payload) error {
	if body.Uniform {
		p.bulk = true
		find := finder(body.First)
		p.columns = slices.DeleteFunc(p.columns, func(name string) bool {
			return rel.Column(name) != nil && find(-1, name) == nil
		})
		p.values = append(p.values, database.Text(string(body.Raw)))
		return nil
	}
	if body.Rows*len(p.columns) > maxCells {
		return fault.Unsupported("missing=default with objects of different keys is supported for up to %d values", maxCells)
	}
	var members []grammar.Member
	return grammar.Elements(body.Raw, func(text []byte) error {
		var err error
		if members, err = grammar.Members(members[:0], text); err != nil {
			return err
		}
		return p.add(rel, members, true)
	})
}

// updatePayload plans the payload of an update: its object, or the first one of
// an array; patch tells that it is merged into the rows.
func (q *request) updatePayload(rel *schema.Relation, body *grammar.Payload, patch bool) (*payload, error) {
	p := &payload{}
	if body.Rows == 0 {
		return p, nil
	}
	columns, err := q.columns(body)
	if err != nil {
		return nil, err
	}
	p.columns, p.rows, p.patch = columns, 1, patch
	return p, p.add(rel, body.First, q.prefer.Missing == "default")
}

// appendShape adds to a shape what of a payload shapes the statement.
func (p *payload) appendShape(b []byte) []byte {
	for _, name := range p.columns {
		b = query.AppendName(b, name)
	}
	if p.bulk {
		return append(b, '*')
	}
	for _, row := range p.forms {
		b = append(b, '(')
		for _, f := range row {
			b = append(b, '0'+byte(f))
		}
	}
	return append(b, ')')
}
