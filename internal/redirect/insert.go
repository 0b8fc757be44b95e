package redirect

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// insert is how visits get into a table.
type insert struct {
	sql     string
	columns []string // of it that visits have a value for, the key first
}

// optional are the columns that a table of visits may have, and their types.
var optional = []struct{ name, typ string }{
	{"at", "timestamptz"}, {"referrer", "text"}, {"agent", "text"}, {"country", "text"}, {"visitor", "text"},
}

// newInsert makes the statement that writes visits. Those to rows that are not there
// any more are left out.
func newInsert(record *schema.Relation, key *schema.ForeignKey, table *schema.Relation) (*insert, error) {
	out := &insert{columns: []string{key.Columns[0]}}
	types := []string{record.Column(key.Columns[0]).Type}
	for _, o := range optional {
		c := record.Column(o.name)
		if c == nil || c.Generated || o.name == key.Columns[0] {
			continue
		}
		if c.TypeName != o.typ && !(o.typ == "text" && c.TypeName == "varchar") {
			return nil, fault.New(fault.DatatypeMismatch, `column "%s" of %s has the type %s, where visits have %s`, o.name, record.Name.Name, c.Type, o.typ)
		}
		out.columns, types = append(out.columns, o.name), append(types, o.typ)
	}
	var into, from, as []string
	for i, c := range out.columns {
		into, from, as = append(into, quoted(c)), append(from, fmt.Sprintf("v.c%d", i)), append(as, fmt.Sprintf("c%d %s", i, types[i]))
	}
	out.sql = fmt.Sprintf("insert into %s.%s (%s) select %s from json_to_recordset($1) as v(%s) join %s.%s t on t.%s = v.c0",
		quoted(record.Schema), quoted(record.Name.Name), strings.Join(into, ", "), strings.Join(from, ", "), strings.Join(as, ", "),
		quoted(table.Schema), quoted(table.Name.Name), quoted(key.RefColumns[0]))
	return out, nil
}

// statement writes visits.
func (n *insert) statement(list []visit, salt []byte) database.Statement {
	return database.Statement{SQL: n.sql, Args: database.Args(n.rows(list, salt))}
}

// rows are visits as JSON.
func (n *insert) rows(list []visit, salt []byte) string {
	w := writer{text: make([]byte, 0, 160*len(list)), salt: salt}
	w.text = append(w.text, '[')
	for i := range list {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.text = append(w.text, '{')
		for k, column := range n.columns {
			if k > 0 {
				w.text = append(w.text, ',')
			}
			w.text = append(w.text, '"', 'c', byte('0'+k), '"', ':')
			if k == 0 {
				w.string(list[i].key)
			} else {
				w.column(column, &list[i])
			}
		}
		w.text = append(w.text, '}')
	}
	return string(append(w.text, ']'))
}

// writer writes visits as JSON.
type writer struct {
	text   []byte
	salt   []byte
	second int64  // Unix time
	shown  []byte // second, as text
	hashed []byte // what a visitor is told by
}

func (w *writer) column(name string, v *visit) {
	switch name {
	case "at":
		w.time(v.at)
	case "referrer":
		w.string(v.referrer)
	case "agent":
		w.string(Kind(v.agent))
	case "country":
		w.string(v.country)
	case "visitor":
		w.visitor(v)
	}
}

// time writes a time in UTC. Those of a batch mostly have their second in common.
func (w *writer) time(at time.Time) {
	if second := at.Unix(); second != w.second || len(w.shown) == 0 {
		w.second, w.shown = second, at.UTC().AppendFormat(w.shown[:0], `"2006-01-02T15:04:05.`)
	}
	w.text = append(w.text, w.shown...)
	for micros, unit := at.Nanosecond()/1000, 100_000; unit > 0; unit /= 10 {
		w.text = append(w.text, byte('0'+micros/unit%10))
	}
	w.text = append(w.text, 'Z', '"')
}

// visitor writes a keyed hash of who came. The key has a fixed length and the hash is
// cut short, so that none can be made of another.
func (w *writer) visitor(v *visit) {
	const bytes = 15
	w.hashed = v.from.AppendTo(append(w.hashed[:0], w.salt...))
	w.hashed = append(append(w.hashed, 0), v.agent...)
	sum := sha256.Sum256(w.hashed)
	w.text = append(w.text, '"')
	w.text = base64.RawURLEncoding.AppendEncode(w.text, sum[:bytes])
	w.text = append(w.text, '"')
}

// string writes a string, null for "".
func (w *writer) string(s string) {
	if s == "" {
		w.text = append(w.text, "null"...)
		return
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string always has JSON
			w.text = append(w.text, text...)
			return
		}
	}
	w.text = append(w.text, '"')
	w.text = append(w.text, s...)
	w.text = append(w.text, '"')
}
