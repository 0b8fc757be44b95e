package move

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// A batch is what one transaction brings: it ends with whichever is reached first.
const (
	batchBytes = 4 << 20
	batchRows  = 20000
)

// place is how far a table is.
type place struct {
	rows int64
	done bool
	last []*string // the key of the last row; empty before the first
}

// copyAll copies every table that is not done.
func (m *mover) copyAll(ctx context.Context) error {
	if err := m.count(ctx); err != nil {
		return err
	}
	for i, t := range m.tables {
		if err := m.copyTable(ctx, t, i); err != nil {
			return fmt.Errorf("copy the table %s.%s: %w", t.Schema, t.Name.Name, err)
		}
	}
	return nil
}

// count counts the rows of the source, for whoever watches.
func (m *mover) count(ctx context.Context) error {
	for _, t := range m.tables {
		rows, err := query(ctx, m.Source, `SELECT count(*) FROM `+t.sql()+t.condition(""))
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(text(rows[0][0]), &t.total); err != nil {
			return fault.Internal(err)
		}
	}
	return nil
}

// placeOf reads how far a table is. One without a key starts over.
func (m *mover) placeOf(ctx context.Context, t *table) (place, error) {
	rows, err := query(ctx, m.Target, `SELECT rows, done, last FROM galley.move_tables WHERE name = $1`, t.sql())
	if err != nil || len(rows) == 0 {
		return place{}, err
	}
	p := place{done: text(rows[0][1]) == "t"}
	if _, err := fmt.Sscan(text(rows[0][0]), &p.rows); err != nil {
		return place{}, fault.Internal(err)
	}
	if err := json.Unmarshal([]byte(text(rows[0][2])), &p.last); err != nil {
		return place{}, fault.Internal(err)
	}
	return p, nil
}

func (m *mover) copyTable(ctx context.Context, t *table, i int) error {
	p, err := m.placeOf(ctx, t)
	if err != nil || p.done {
		return err
	}
	say := func() {
		m.tell(Event{Phase: "copy", Table: t.Schema + "." + t.Name.Name, Number: i + 1, Tables: len(m.tables), Rows: p.rows, Total: t.total})
	}
	say()
	w := newWriter(m.Target, t)
	rows, err := m.Source.Query(ctx, database.Session{}, t.selectFrom(p.last))
	if err != nil {
		return err
	}
	defer rows.Close()
	if len(t.key) == 0 {
		return m.copyWhole(ctx, t, w, rows, say, &p)
	}
	for !p.done {
		batch, more, err := readBatch(rows, t, w)
		if err != nil {
			return err
		}
		p.rows, p.done = p.rows+int64(batch.rows), !more
		if batch.rows > 0 {
			p.last = batch.last
		}
		if err := m.onTarget(ctx, func(tx database.Tx) error {
			if err := w.write(ctx, tx, batch); err != nil {
				return err
			}
			return m.note(ctx, tx, t, p)
		}); err != nil {
			return err
		}
		say()
	}
	return nil
}

// copyWhole copies a table without a key in one transaction: nothing tells where
// it stopped.
func (m *mover) copyWhole(ctx context.Context, t *table, w writer, rows database.Rows, say func(), p *place) error {
	return m.onTarget(ctx, func(tx database.Tx) error {
		for !p.done {
			batch, more, err := readBatch(rows, t, w)
			if err != nil {
				return err
			}
			if err := w.write(ctx, tx, batch); err != nil {
				return err
			}
			p.rows, p.done = p.rows+int64(batch.rows), !more
			say()
		}
		return m.note(ctx, tx, t, *p)
	})
}

// note writes down how far a table is, in the transaction that brings the rows.
func (m *mover) note(ctx context.Context, tx database.Tx, t *table, p place) error {
	last, err := json.Marshal(p.last)
	if err != nil {
		return fault.Internal(err)
	}
	return exec(ctx, tx, `INSERT INTO galley.move_tables (name, rows, done, last) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, done = excluded.done, last = excluded.last`,
		t.sql(), p.rows, p.done, string(last))
}

// selectFrom reads the rows after a key, in the order of keys.
func (t *table) selectFrom(last []*string) database.Statement {
	st := database.Statement{ReadOnly: true}
	after := ""
	if len(last) > 0 {
		places := make([]string, len(last))
		for i, v := range last {
			places[i] = fmt.Sprintf("$%d", i+1)
			st.Args = append(st.Args, database.Text(text(v)))
		}
		after = `(` + quoteAll(t.key) + `) > (` + strings.Join(places, ", ") + `)`
		if len(last) == 1 {
			after = quote(t.key[0]) + ` > $1`
		}
	}
	st.SQL = `SELECT ` + quoteAll(t.columns) + ` FROM ` + t.sql() + t.condition(after)
	if len(t.columns) == 0 {
		st.SQL = `SELECT FROM ` + t.sql()
	}
	if len(t.key) > 0 {
		st.SQL += ` ORDER BY ` + quoteAll(t.key)
	}
	return st
}

// batch is some rows as a writer takes them.
type batch struct {
	rows int
	size int
	last []*string
	text []byte         // COPY's text format
	args []database.Arg // or values
}

// readBatch reads rows until the batch is full, and tells whether there may be more.
func readBatch(rows database.Rows, t *table, w writer) (*batch, bool, error) {
	b := &batch{}
	for b.rows < batchRows && b.size < batchBytes {
		if !rows.Next() {
			b.last = t.keyOf(b.last, nil)
			return b, false, rows.Err()
		}
		w.add(b, rows, len(t.columns))
		b.rows++
		b.last = t.keyOf(b.last, rows)
	}
	return b, true, nil
}

// keyOf keeps the key of the present row, in the same memory.
func (t *table) keyOf(last []*string, rows database.Rows) []*string {
	if rows == nil || len(t.key) == 0 {
		return last
	}
	if last == nil {
		last = make([]*string, len(t.key))
	}
	for i, name := range t.key {
		for j, c := range t.columns {
			if c == name {
				v := string(rows.Value(j))
				last[i] = &v
			}
		}
	}
	return last
}
