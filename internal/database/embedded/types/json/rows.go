package json

import (
	"strconv"
	"strings"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// An array of rows is not put together of texts that SQL has made of each field:
// the aggregate gets the fields as they are stored, behind a text that says what
// they are, and writes them with Type.JSON. It takes one call for a row either way.

// rowsSuffix is what the name of an aggregate of rows ends with.
const rowsSuffix = "_rows"

// rowsSQL writes the aggregate of rows; false where a field is only known to SQL.
func rowsSQL(name string, a types.Arg) (string, bool) {
	if a.Type != nil || a.Present != "" || len(a.Fields) == 0 || len(a.Fields) >= maxArguments {
		return "", false
	}
	var layout, fields strings.Builder
	before := "{"
	for _, f := range a.Fields {
		if f.Type == nil || f.Type.JSON == nil {
			return "", false
		}
		layout.WriteString(strconv.FormatUint(uint64(f.Type.OID), 10) + " ")
		layout.Write(append(document.AppendString([]byte(before), f.Name), ':', '\n'))
		fields.WriteString(", " + f.SQL)
		before = ","
	}
	return name + rowsSuffix + "(" + literal(layout.String()) + fields.String() + a.Order + ")", true
}

// layout is what the text before the fields says.
type layout struct {
	labels []string
	oids   []types.OID
}

func parseLayout(text string) layout {
	var l layout
	for line := range strings.Lines(text) {
		oid, label, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, _ := strconv.ParseUint(oid, 10, 32)
		l.labels, l.oids = append(l.labels, label), append(l.oids, types.OID(n))
	}
	return l
}

// maxLayouts bounds the layouts remembered.
const maxLayouts = 1000

// layouts remembers layouts by their text.
type layouts struct {
	mu    sync.RWMutex
	known map[string]layout
}

func (m *layouts) get(text string) layout {
	m.mu.RLock()
	l, ok := m.known[text]
	m.mu.RUnlock()
	if ok {
		return l
	}
	text = strings.Clone(text)
	l = parseLayout(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxLayouts {
		m.known = map[string]layout{}
	}
	m.known[text] = l
	return l
}

// rowsAccumulator writes an array of objects.
type rowsAccumulator struct {
	arrayAccumulator
	layouts *layouts
	find    func(types.OID) *types.Type
	layout  layout
	types   []*types.Type
}

// RowAggregates are json_agg and jsonb_agg of rows, for registration with SQLite.
// find finds the types of a connection.
func RowAggregates(find TypeFinder) []sqlite.Aggregate {
	known := &layouts{}
	var out []sqlite.Aggregate
	for _, a := range aggregates()[:2] {
		binary := a.Result == types.JSONB
		out = append(out, sqlite.Aggregate{Name: a.SQLiteName() + rowsSuffix, NArgs: -1, New: func(c *sqlite.Conn) sqlite.Accumulator {
			return &rowsAccumulator{arrayAccumulator: arrayAccumulator{binary: binary}, layouts: known,
				find: func(oid types.OID) *types.Type { return find(c, oid) }}
		}})
	}
	return out
}

// Step implements sqlite.Accumulator.
func (r *rowsAccumulator) Step(args []sqlite.Value) error {
	if r.types == nil {
		r.begin(args[0].Text())
	} else {
		r.text = append(r.text, ", "+lineBreak...)
	}
	for i, v := range args[1:] {
		r.text = append(r.text, r.layout.labels[i]...)
		if v.IsNull() {
			r.text = append(r.text, "null"...)
		} else {
			r.text = r.types[i].JSON(r.text, v)
		}
	}
	r.text = append(r.text, '}')
	return nil
}

// begin reads the layout before the first row.
func (r *rowsAccumulator) begin(text string) {
	r.layout = r.layouts.get(text)
	r.types = make([]*types.Type, len(r.layout.oids))
	for i, oid := range r.layout.oids {
		r.types[i] = r.find(oid)
	}
	r.text = append(make([]byte, 0, 512), '[')
}
