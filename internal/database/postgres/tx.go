package postgres

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// tx is an explicit transaction on a connection of its own.
type tx struct {
	db      *DB
	conn    *conn // nil once it has ended
	session database.Session
	open    *rows // of the statement before
	ddl     bool  // a statement changed the schema
}

// Begin implements database.DB.
func (d *DB) Begin(ctx context.Context, s database.Session, o database.TxOptions) (database.Tx, error) {
	c, err := d.pool.acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{db: d, conn: c, session: s}
	if err := t.start(ctx, o); err != nil {
		_ = t.Rollback(ctx)
		return nil, err
	}
	return t, nil
}

func (t *tx) start(ctx context.Context, o database.TxOptions) error {
	return t.pipeline(ctx, func(x *exchange) {
		x.plain(beginText(o))
		x.hidden(idleSQL, milliseconds(t.db.config.Limits.IdleInTransaction))
		x.settings(t.session, t.db.config.Limits.Statement, answering)
	})
}

func beginText(o database.TxOptions) string {
	level, mode := "read committed", "read write"
	if o.Snapshot {
		level = "repeatable read"
	}
	if o.ReadOnly {
		mode = "read only"
	}
	return "begin isolation level " + level + " " + mode
}

// pipeline runs statements of our own in one round trip.
func (t *tx) pipeline(ctx context.Context, queue func(*exchange)) error {
	if err := t.ready(); err != nil {
		return err
	}
	x := newExchange(ctx, t.conn)
	defer x.close()
	queue(x)
	x.sync()
	err := x.flush()
	if err == nil {
		_, err = x.advance()
	}
	return convert(ctx, err)
}

// ready tells whether the transaction can take another statement.
func (t *tx) ready() error {
	if t.conn == nil {
		return fault.New(fault.NoActiveTransaction, "the transaction has ended")
	}
	if t.open != nil && t.open.finished != nil {
		return fault.New(fault.ObjectNotInPrerequisite, "the rows of the statement before have not been closed")
	}
	return nil
}

// Query implements database.Tx.
func (t *tx) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	ready, err := t.db.newStatement(ctx, st)
	if err != nil {
		return nil, t.fail(ctx, err)
	}
	if st.ReadOnly {
		return t.readOnly(ctx, ready)
	}
	return t.run(ctx, ready)
}

func (t *tx) run(ctx context.Context, st *statement) (database.Rows, error) {
	t.conn.dirty = t.conn.dirty || st.traits.dirty
	x := newExchange(ctx, t.conn)
	x.statement(t.session, st)
	x.response(st)
	x.sync()
	if err := x.flush(); err != nil {
		x.close()
		return nil, convert(ctx, err)
	}
	reader, err := x.advance()
	if err != nil || reader == nil {
		x.close()
		t.refreshAfter(err)
		return nil, convert(ctx, err)
	}
	t.open = &rows{ctx: ctx, exchange: x, reader: reader, prepared: x.main, types: t.db.types, finished: func(err error) {
		x.close()
		if err == nil && st.traits.ddl {
			t.ddl = true
			t.conn.forgetAll()
		}
	}}
	return t.open, nil
}

// refreshAfter drops the prepared statements after an error that a stale one
// may have caused. Inside a transaction the statement cannot be run again, but
// the next transaction must not meet it.
func (t *tx) refreshAfter(err error) {
	if stale(fault.Code(convert(context.Background(), err))) {
		t.conn.forgetAll()
	}
}

// readOnly runs one statement that must not write inside a transaction that
// may. The mode cannot be taken back by a setting once it was used, but it
// ends with the savepoint it was set in.
func (t *tx) readOnly(ctx context.Context, st *statement) (database.Rows, error) {
	const name = "galley_read_only"
	if err := t.pipeline(ctx, func(x *exchange) {
		x.plain("savepoint " + name)
		x.hidden(readOnlySQL)
	}); err != nil {
		return nil, err
	}
	out, err := t.run(ctx, st)
	if err != nil {
		return nil, err
	}
	t.open.readOnly = true
	finished := t.open.finished
	t.open.finished = func(err error) {
		finished(err)
		if err == nil {
			t.open.err = t.command(ctx, "rollback to savepoint "+name+"; release savepoint "+name)
		}
	}
	return out, nil
}

// fail puts the transaction into the failed state for an error that the server
// has not seen, so that both look alike.
func (t *tx) fail(ctx context.Context, err error) error {
	if t.conn.pg.TxStatus() == 'E' {
		return errAborted()
	}
	_ = t.conn.simple(ctx, "do $$ begin raise exception 'refused'; end $$")
	return err
}

// SetSession implements database.Tx.
func (t *tx) SetSession(ctx context.Context, s database.Session) error {
	err := t.pipeline(ctx, func(x *exchange) { x.settings(s, t.db.config.Limits.Statement, ordinary) })
	if err == nil {
		t.session = s
	}
	return err
}

// Savepoint implements database.Tx.
func (t *tx) Savepoint(ctx context.Context, name string) error {
	return t.command(ctx, "savepoint "+quoteIdent(name))
}

// RollbackTo implements database.Tx.
func (t *tx) RollbackTo(ctx context.Context, name string) error {
	return t.command(ctx, "rollback to savepoint "+quoteIdent(name))
}

// Release implements database.Tx.
func (t *tx) Release(ctx context.Context, name string) error {
	return t.command(ctx, "release savepoint "+quoteIdent(name))
}

func (t *tx) command(ctx context.Context, sql string) error {
	if err := t.ready(); err != nil {
		return err
	}
	return t.conn.simple(ctx, sql)
}

// Commit implements database.Tx. Of a failed transaction it undoes the changes
// and says so with 25P02.
func (t *tx) Commit(ctx context.Context) error {
	if t.conn == nil {
		return nil
	}
	if err := t.ready(); err != nil {
		return err
	}
	if t.conn.pg.TxStatus() == 'E' {
		return errAborted()
	}
	defer t.end()
	if err := t.conn.simple(ctx, "commit"); err != nil {
		return err
	}
	if t.ddl {
		t.db.changed()
	}
	return nil
}

// Rollback implements database.Tx. It works with a done context too.
func (t *tx) Rollback(ctx context.Context) error {
	if t.conn == nil {
		return nil
	}
	defer t.end()
	if t.open != nil {
		t.open.abandon()
	}
	if t.conn.pg.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return t.conn.simple(ctx, "rollback")
}

func (t *tx) end() {
	if t.ddl {
		t.conn.forgetAll()
	}
	t.db.pool.release(t.conn)
	t.conn = nil
}
