package embedded

import (
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

func columns(p *emit.Program) []database.Column {
	out := make([]database.Column, len(p.Columns))
	for i, c := range p.Columns {
		out[i] = database.Column{Name: c.Name, Type: c.Type.Name}
	}
	return out
}

// plain tells whether a stored value is its own text form.
func plain(t *types.Type) bool { return t.TextSQL == nil && t.Column == "TEXT" }

// empty is the text form of an empty value, which is not NULL.
var empty = []byte{}

// row is where the columns of a row are: a statement of SQLite's, or values that Go has
// made.
type row interface {
	ColumnView(column int) sqlite.Value
}

type values []sqlite.Value

// ColumnView implements row.
func (v values) ColumnView(column int) sqlite.Value { return v[column] }

// textOf is the text form of a column of the present row, nil for NULL. It may be
// SQLite's own memory; what needs converting is appended to scratch.
func textOf(r row, c *emit.Column, scratch []byte) (value, rest []byte) {
	start := len(scratch)
	if len(c.Object) > 0 {
		scratch = object(r, c, scratch)
		return scratch[start:len(scratch):len(scratch)], scratch
	}
	v := r.ColumnView(c.At)
	switch {
	case v.IsNull():
		return nil, scratch
	case c.JSON:
		scratch = c.Source.JSON(scratch, v)
	case v.Kind() == sqlite.KindText && plain(c.Type):
		if value = v.Blob(); value == nil {
			value = empty
		}
		return value, scratch
	default:
		scratch = c.Type.Out(scratch, v)
	}
	return scratch[start:len(scratch):len(scratch)], scratch
}

// object appends the JSON object of a row.
func object(r row, c *emit.Column, dst []byte) []byte {
	for i := range c.Object {
		dst = append(dst, c.Object[i].Label...)
		if v := r.ColumnView(c.At + i); v.IsNull() {
			dst = append(dst, "null"...)
		} else {
			dst = c.Object[i].Type.JSON(dst, v)
		}
	}
	return append(dst, '}')
}

// table is a result kept in memory: the rows of a write, which are delivered
// after the commit.
type table struct {
	program *emit.Program
	columns []database.Column
	cells   []cell
	bytes   []byte
	count   int64 // rows changed, or read
	tag     string

	// keeps tells that rows are kept as they are, in kept, for another statement.
	keeps bool
	kept  [][]sqlite.Value

	at int // the present row, from 1
}

// cell is where a value's text stands in bytes; NULL has start -1.
type cell struct{ start, end int }

func newTable(p *emit.Program) *table {
	return &table{program: p}
}

// fill appends the rows of a statement.
func (t *table) fill(st *sqlite.Stmt) error {
	for {
		more, err := st.Step()
		if err != nil || !more {
			return err
		}
		if t.keeps {
			t.keep(st)
			continue
		}
		if len(t.program.Columns) > 0 || t.program.Command == emit.Select {
			t.count++ // else the rows only carried checks, and are counted as changes
		}
		t.texts(st)
	}
}

// texts appends the text forms of a row.
func (t *table) texts(r row) {
	if t.cells == nil {
		t.cells = make([]cell, 0, len(t.program.Columns))
		t.bytes = make([]byte, 0, usualBytes(t.program.Columns))
	}
	for i := range t.program.Columns {
		start := len(t.bytes)
		value, rest := textOf(r, &t.program.Columns[i], t.bytes)
		switch {
		case value == nil:
			t.cells = append(t.cells, cell{-1, -1})
			continue
		case len(rest) > start:
			t.bytes = rest
		default:
			t.bytes = append(t.bytes, value...)
		}
		t.cells = append(t.cells, cell{start, len(t.bytes)})
	}
}

// usualBytes is how long the texts of a row usually are at most: most results in memory
// are one row.
func usualBytes(columns []emit.Column) int {
	const each = 32
	n := each * len(columns)
	for i := range columns {
		n += each * len(columns[i].Object)
	}
	return n
}

// add appends a row that SQLite did not make, which is the table's to keep.
func (t *table) add(row []sqlite.Value) {
	if t.keeps {
		t.kept = append(t.kept, row)
		return
	}
	t.count++
	t.texts(values(row))
}

func (t *table) keep(st *sqlite.Stmt) {
	row := make([]sqlite.Value, len(t.program.Columns))
	for i, c := range t.program.Columns {
		row[i] = st.Column(c.At)
	}
	t.kept = append(t.kept, row)
}

// Columns implements database.Rows.
func (t *table) Columns() []database.Column {
	if t.columns == nil && t.program != nil {
		t.columns = columns(t.program)
	}
	return t.columns
}

// width is how many columns a row has.
func (t *table) width() int {
	if t.program == nil {
		return len(t.columns)
	}
	return len(t.program.Columns)
}

// Next implements database.Rows.
func (t *table) Next() bool {
	if t.width() == 0 || t.at*t.width() >= len(t.cells) {
		return false
	}
	t.at++
	return true
}

// Value implements database.Rows.
func (t *table) Value(i int) []byte {
	c := t.cells[(t.at-1)*t.width()+i]
	if c.start < 0 {
		return nil
	}
	if c.start == c.end {
		return empty
	}
	return t.bytes[c.start:c.end:c.end]
}

// Err implements database.Rows.
func (t *table) Err() error { return nil }

// Tag implements database.Rows.
func (t *table) Tag() string {
	switch {
	case t.program == nil:
		return t.tag
	case t.program.Explains != nil:
		return string(t.program.Command)
	}
	return string(t.program.Command) + " " + strconv.FormatInt(t.count, 10)
}

// Close implements database.Rows.
func (t *table) Close() {}

// tagged is the result of a statement without rows.
func tagged(tag string) *table { return &table{tag: tag} }

// live is a result read from a reader's connection as it is asked for.
type live struct {
	columns []database.Column
	types   []emit.Column
	st      *sqlite.Stmt
	first   bool // the first row was stepped to already
	more    bool
	err     error
	count   int64
	scratch []byte
	release func()
	// explains tells that the rows are those of EXPLAIN.
	explains bool
}

// maxScratch bounds the memory that a connection keeps for values.
const maxScratch = 64 << 10

// keepScratch leaves the memory for values to the next statement.
func (l *live) keepScratch(c *sqlite.Conn) {
	if cap(l.scratch) <= maxScratch {
		noteOf(c).scratch = l.scratch
	}
	l.scratch = nil
}

// Columns implements database.Rows.
func (l *live) Columns() []database.Column { return l.columns }

// Next implements database.Rows.
func (l *live) Next() bool {
	if l.st == nil || !l.more {
		l.Close()
		return false
	}
	if l.first {
		l.first = false
	} else if l.more, l.err = l.st.Step(); l.err != nil {
		l.err, l.more = store.Translate(l.err), false
	}
	if !l.more {
		l.Close()
		return false
	}
	l.count++
	l.scratch = l.scratch[:0]
	return true
}

// Value implements database.Rows.
func (l *live) Value(i int) (value []byte) {
	value, l.scratch = textOf(l.st, &l.types[i], l.scratch)
	return value
}

// Err implements database.Rows.
func (l *live) Err() error { return l.err }

// Tag implements database.Rows.
func (l *live) Tag() string {
	if l.explains {
		return "EXPLAIN"
	}
	return "SELECT " + strconv.FormatInt(l.count, 10)
}

// Close implements database.Rows.
func (l *live) Close() {
	if l.st != nil {
		l.st.Reset()
		l.st = nil
		l.release()
	}
}
