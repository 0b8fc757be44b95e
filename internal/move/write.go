package move

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// writer brings rows into a table of the target.
type writer interface {
	add(b *batch, row database.Rows, columns int)
	write(ctx context.Context, tx database.Tx, b *batch) error
}

func newWriter(db database.DB, t *table) writer {
	if db.Engine() == "postgres" {
		return copier{sql: `COPY ` + t.sql() + ` (` + quoteAll(t.columns) + `) FROM STDIN`}
	}
	return &inserter{table: t}
}

// copier uses COPY, which takes values for identity columns too.
type copier struct{ sql string }

// add writes a row in the text format of COPY.
func (copier) add(b *batch, row database.Rows, columns int) {
	before := len(b.text)
	for i := range columns {
		if i > 0 {
			b.text = append(b.text, '\t')
		}
		if v := row.Value(i); v == nil {
			b.text = append(b.text, `\N`...)
		} else {
			b.text = appendEscaped(b.text, v)
		}
	}
	b.text = append(b.text, '\n')
	b.size += len(b.text) - before
}

// appendEscaped writes a value so that none of its bytes ends it.
func appendEscaped(to, value []byte) []byte {
	for len(value) > 0 {
		i := bytes.IndexAny(value, "\\\t\n\r")
		if i < 0 {
			break
		}
		to = append(to, value[:i]...)
		to = append(to, '\\', map[byte]byte{'\\': '\\', '\t': 't', '\n': 'n', '\r': 'r'}[value[i]])
		value = value[i+1:]
	}
	return append(to, value...)
}

func (c copier) write(ctx context.Context, tx database.Tx, b *batch) error {
	if b.rows == 0 {
		return nil
	}
	bulk, ok := tx.(database.Copier)
	if !ok {
		return fault.Unsupported("this engine takes no rows in bulk")
	}
	return bulk.CopyFrom(ctx, c.sql, bytes.NewReader(b.text))
}

// inserter uses INSERT with several rows a statement, whose texts are few, so that
// each is planned once.
type inserter struct {
	table *table
	texts [2]string // of full statements and of those with one row
}

// insertValues is how many values one statement brings at most.
const insertValues = 1000

func (*inserter) add(b *batch, row database.Rows, columns int) {
	for i := range columns {
		v := row.Value(i)
		if v == nil {
			b.args = append(b.args, database.Null)
			continue
		}
		b.args = append(b.args, database.Text(string(v)))
		b.size += len(v)
	}
	b.size += columns * 24
}

func (w *inserter) write(ctx context.Context, tx database.Tx, b *batch) error {
	columns := len(w.table.columns)
	if columns == 0 {
		for range b.rows {
			if err := exec(ctx, tx, `INSERT INTO `+w.table.sql()+` DEFAULT VALUES`); err != nil {
				return err
			}
		}
		return nil
	}
	at := max(1, min(100, insertValues/columns))
	for left := b.rows; left > 0; {
		n, kind := at, 0
		if left < at {
			n, kind = 1, 1
		}
		if w.texts[kind] == "" {
			w.texts[kind] = w.statement(n)
		}
		st := database.Statement{SQL: w.texts[kind], Args: b.args[:n*columns]}
		if _, err := database.Exec(tx.Query(ctx, st)); err != nil {
			return err
		}
		b.args, left = b.args[n*columns:], left-n
	}
	return nil
}

func (w *inserter) statement(rows int) string {
	var s strings.Builder
	s.WriteString(`INSERT INTO ` + w.table.sql() + ` (` + quoteAll(w.table.columns) + `) OVERRIDING SYSTEM VALUE VALUES `)
	n := 0
	for r := range rows {
		if r > 0 {
			s.WriteString(", ")
		}
		for c := range w.table.columns {
			s.WriteString(map[bool]string{true: "(", false: ", "}[c == 0])
			n++
			s.WriteString("$" + strconv.Itoa(n))
		}
		s.WriteString(")")
	}
	return s.String()
}
