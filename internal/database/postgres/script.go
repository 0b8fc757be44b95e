package postgres

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// Script implements database.Tx, by the simple query protocol: the server
// splits the text, and positions count from its start.
func (t *tx) Script(ctx context.Context, sql string, each func(database.Rows) error) error {
	if err := t.ready(); err != nil {
		return err
	}
	found := sqltext.Split(sql)
	if err := checkText(sql, found); err != nil {
		return t.fail(ctx, err)
	}
	traits := traitsOf(sql, found)
	t.conn.dirty = t.conn.dirty || traits.dirty
	err := t.results(ctx, t.conn.pg.Exec(ctx, sql), each)
	if traits.ddl {
		t.ddl = true
		t.conn.forgetAll()
	}
	if t.conn.pg.TxStatus() == 'I' { // a COMMIT that the splitting missed
		return fault.New("2D000", "the script ended its transaction")
	}
	return err
}

func (t *tx) results(ctx context.Context, results *pgconn.MultiResultReader, each func(database.Rows) error) error {
	var stopped error
	for results.NextResult() {
		r := &rows{ctx: ctx, reader: results.ResultReader(), types: t.db.types, finished: func(error) {}}
		if each != nil && stopped == nil {
			stopped = each(r)
		}
		r.Close()
	}
	if err := results.Close(); err != nil {
		return convert(ctx, err)
	}
	return stopped
}

// CopyFrom implements database.Copier.
func (t *tx) CopyFrom(ctx context.Context, sql string, from io.Reader) error {
	if err := t.ready(); err != nil {
		return err
	}
	_, err := t.conn.pg.CopyFrom(ctx, from, sql)
	return convert(ctx, err)
}

// CopyTo implements database.Copier.
func (t *tx) CopyTo(ctx context.Context, sql string, to io.Writer) error {
	if err := t.ready(); err != nil {
		return err
	}
	_, err := t.conn.pg.CopyTo(ctx, to, sql)
	return convert(ctx, err)
}
