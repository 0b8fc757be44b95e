// Package rowset makes one value of the rows of a query and rows of the value
// again, with each value as it is stored. SQLite knows no LATERAL: a subquery in
// FROM cannot read the relations before it, but the arguments of a table function
// can, and a scalar subquery is such an argument:
//
//	FROM a JOIN galley_rows((SELECT galley_rowset(s.c0) FROM (SELECT … a.x …) AS s)) AS l
//
// The order of the rows is kept.
package rowset

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// MaxColumns bounds the columns: SQLite takes so many arguments of a function.
const MaxColumns = 1000

const (
	pack   = "galley_rowset"
	unpack = "galley_rows"
	wide   = "galley_rows_wide"
	narrow = 16
	// cost is that of making the rows, which is running a query: so that it is not run
	// for rows of relations that it does not read.
	cost = 20_000
	// maxBytes bounds what the rows of one call may take.
	maxBytes = 1 << 28
)

// Value writes the rows of a query, whose columns are c0, c1, …, as one value.
func Value(query string, columns int) string {
	names := make([]string, max(columns, 1))
	for i := range names {
		names[i] = "s.c" + strconv.Itoa(i)
	}
	if columns == 0 {
		names[0] = "1"
	}
	return "(SELECT " + pack + "(" + strings.Join(names, ", ") + ") FROM (" + query + ") AS s)"
}

// Table is the table function that yields the rows of such a value. Its columns are
// called as those of the query, and its _rowid_ numbers the rows from 1.
func Table(columns int) string {
	if columns > narrow {
		return wide
	}
	return unpack
}

// Aggregate is the function that gathers rows.
func Aggregate() sqlite.Aggregate {
	return sqlite.Aggregate{Name: pack, NArgs: -1, New: func(*sqlite.Conn) sqlite.Accumulator { return &gatherer{} }}
}

// Tables are the table functions that yield gathered rows.
func Tables() []sqlite.TableFunction {
	open := func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
		return &rows{rest: args[0].Blob()}, nil
	}
	return []sqlite.TableFunction{
		{Name: unpack, Columns: narrow, NArgs: 1, Cost: cost, Open: open},
		{Name: wide, Columns: MaxColumns, NArgs: 1, Cost: cost, Open: open},
	}
}

// gatherer writes rows one behind the other: the number of columns once, then of
// each value its class and what it holds.
type gatherer struct{ out []byte }

// Step implements sqlite.Accumulator.
func (g *gatherer) Step(args []sqlite.Value) error {
	if g.out == nil {
		g.out = binary.AppendUvarint(nil, uint64(len(args)))
	}
	for _, v := range args {
		g.out = appendValue(g.out, v)
	}
	if len(g.out) > maxBytes {
		return fault.New("54000", "the rows of a LATERAL subquery take more than %d bytes", maxBytes)
	}
	return nil
}

// Final implements sqlite.Accumulator.
func (g *gatherer) Final() (sqlite.Value, error) {
	if g.out == nil {
		return sqlite.Null, nil
	}
	return sqlite.Blob(g.out), nil
}

func appendValue(out []byte, v sqlite.Value) []byte {
	out = append(out, byte(v.Kind()))
	switch v.Kind() {
	case sqlite.KindInt:
		out = binary.AppendVarint(out, v.Int())
	case sqlite.KindFloat:
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v.Float()))
	case sqlite.KindText, sqlite.KindBlob:
		out = binary.AppendUvarint(out, uint64(len(v.Blob())))
		out = append(out, v.Blob()...)
	}
	return out
}

// rows reads what a gatherer wrote.
type rows struct {
	rest   []byte
	values []sqlite.Value
}

// Next implements sqlite.RowSource.
func (r *rows) Next() (bool, error) {
	if len(r.rest) == 0 {
		return false, nil
	}
	if r.values == nil {
		n, size := binary.Uvarint(r.rest)
		if size <= 0 || n > MaxColumns {
			return false, fault.New(fault.InternalError, "the rows of a LATERAL subquery are damaged")
		}
		r.rest, r.values = r.rest[size:], make([]sqlite.Value, n)
	}
	for i := range r.values {
		if !r.value(&r.values[i]) {
			return false, fault.New(fault.InternalError, "the rows of a LATERAL subquery are damaged")
		}
	}
	return true, nil
}

// value reads one value, and tells whether it could.
func (r *rows) value(v *sqlite.Value) bool {
	if len(r.rest) == 0 {
		return false
	}
	kind := sqlite.Kind(r.rest[0])
	r.rest = r.rest[1:]
	switch kind {
	case sqlite.KindNull:
		*v = sqlite.Null
	case sqlite.KindInt:
		n, size := binary.Varint(r.rest)
		if size <= 0 {
			return false
		}
		*v, r.rest = sqlite.Int(n), r.rest[size:]
	case sqlite.KindFloat:
		if len(r.rest) < 8 {
			return false
		}
		*v, r.rest = sqlite.Float(math.Float64frombits(binary.LittleEndian.Uint64(r.rest))), r.rest[8:]
	case sqlite.KindText, sqlite.KindBlob:
		n, size := binary.Uvarint(r.rest)
		if size <= 0 || n > uint64(len(r.rest)-size) {
			return false
		}
		content := r.rest[size : size+int(n)]
		*v, r.rest = sqlite.Blob(content), r.rest[size+int(n):]
		if kind == sqlite.KindText {
			*v = sqlite.Text(string(content))
		}
	default:
		return false
	}
	return true
}

// Column implements sqlite.RowSource.
func (r *rows) Column(i int) sqlite.Value {
	if i >= len(r.values) {
		return sqlite.Null
	}
	return r.values[i]
}
