package move

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rowsum"
)

// digestOf reads a whole table: what is summed of a row are its values in text
// form, by the order of the columns' names, each after its length (-1 for NULL) in
// 8 bytes, big-endian. every is called after each batch of rows.
func digestOf(ctx context.Context, db database.DB, t *table, every func(rows int64)) (d rowsum.Sum, err error) {
	rows, err := db.Query(ctx, database.Session{}, database.Statement{ReadOnly: true, SQL: t.selectAll()})
	if err != nil {
		return d, err
	}
	defer rows.Close()
	var row []byte
	for rows.Next() {
		row = row[:0]
		for i := range t.all {
			v := rows.Value(i)
			size := int64(len(v))
			if v == nil {
				size = -1
			}
			row = append(binary.BigEndian.AppendUint64(row, uint64(size)), v...)
		}
		if d.Add(row); d.Rows()%batchRows == 0 {
			every(d.Rows())
		}
	}
	return d, rows.Err()
}

func (t *table) selectAll() string {
	return `SELECT ` + quoteAll(t.all) + ` FROM ` + t.sql() + t.condition("")
}

// side is what came of one of the two databases.
type side struct {
	rowsum.Sum
	err error
}

// digests reads a table on both sides at once.
func (m *mover) digests(ctx context.Context, t *table, every func(int64)) (source, target rowsum.Sum, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	other := make(chan side, 1)
	go func() {
		var s side
		defer func() {
			if p := recover(); p != nil {
				s.err = fault.Internal(fmt.Errorf("reading the target: %v", p))
			}
			other <- s
		}()
		s.Sum, s.err = digestOf(ctx, m.Target, t, func(int64) {})
	}()
	source, err = digestOf(ctx, m.Source, t, every)
	if err != nil {
		cancel()
	}
	s := <-other
	if err == nil {
		err = s.err
	}
	return source, s.Sum, err
}

// verifyAll compares every table. In a move that was interrupted the source may
// have been written to since: tables that differ are copied again, once.
func (m *mover) verifyAll(ctx context.Context) error {
	m.report.Tables, m.report.Rows = nil, 0
	for i, t := range m.tables {
		same, err := m.verify(ctx, t, i)
		if err == nil && !same && m.report.Resumed {
			m.report.Again = append(m.report.Again, t.Schema+"."+t.Name.Name)
			same, err = m.again(ctx, t, i)
		}
		if err != nil {
			return fmt.Errorf("compare the table %s.%s: %w", t.Schema, t.Name.Name, err)
		}
		if !same {
			return fault.New(fault.DataCorrupted, "the table %s.%s is not the same on both sides", t.Schema, t.Name.Name).
				WithHint("Nothing of the source was changed. Empty the target and move again; if it happens again, report it.")
		}
	}
	return nil
}

func (m *mover) verify(ctx context.Context, t *table, i int) (same bool, err error) {
	say := func(rows int64) {
		m.tell(Event{Phase: "verify", Table: t.Schema + "." + t.Name.Name, Number: i + 1, Tables: len(m.tables), Rows: rows, Total: t.total})
	}
	say(0)
	source, target, err := m.digests(ctx, t, say)
	if err != nil || source != target {
		return false, err
	}
	say(source.Rows())
	m.report.Tables = append(m.report.Tables, TableReport{Name: t.Schema + "." + t.Name.Name, Rows: source.Rows(), Checksum: source.String()})
	m.report.Rows += source.Rows()
	return true, nil
}

// again copies a table once more and compares it.
func (m *mover) again(ctx context.Context, t *table, i int) (bool, error) {
	err := m.onTarget(ctx, func(tx database.Tx) error {
		if err := t.clear(ctx, tx); err != nil {
			return err
		}
		return exec(ctx, tx, `DELETE FROM galley.move_tables WHERE name = $1`, t.sql())
	})
	if err != nil {
		return false, err
	}
	if err := m.copyTable(ctx, t, i); err != nil {
		return false, err
	}
	return m.verify(ctx, t, i)
}

// estimate is the report of a check.
func (m *mover) estimate(ctx context.Context) error {
	if err := m.count(ctx); err != nil {
		return err
	}
	for _, t := range m.tables {
		m.report.Tables = append(m.report.Tables, TableReport{Name: t.Schema + "." + t.Name.Name, Rows: t.total})
		m.report.Rows += t.total
	}
	return m.countQueues(ctx)
}
