package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Query implements database.DB.
func (d *DB) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	ready, err := d.newStatement(ctx, st)
	if err != nil {
		return nil, err
	}
	rows, again, err := d.attempt(ctx, s, ready)
	if again {
		rows, _, err = d.attempt(ctx, s, ready)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// attempt runs a statement on a connection. It tells whether another attempt
// may do better: nothing has been changed, and what failed was a stale prepared
// statement, or a connection that had ended while nobody used it and a
// statement that only reads.
func (d *DB) attempt(ctx context.Context, s database.Session, st *statement) (r *rows, again bool, err error) {
	c, err := d.pool.acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	c.dirty = c.dirty || st.traits.dirty
	x := newExchange(ctx, c)
	cached := d.enqueue(x, s, st)
	err = x.flush()
	var reader *pgconn.ResultReader
	if err == nil {
		reader, err = x.advance()
	}
	if err == nil && reader != nil {
		return d.autocommitRows(x, reader, st), false, nil
	}
	again = d.retry(ctx, c, s, st, cached, err)
	x.close()
	d.pool.release(c)
	if err == nil {
		err = errors.New("the server sent no result")
	}
	return nil, again, convert(ctx, err)
}

// enqueue queues everything a statement in a transaction of its own needs.
func (d *DB) enqueue(x *exchange, s database.Session, st *statement) (cached bool) {
	if st.Rollback {
		x.plain("begin")
	}
	first := ordinary
	switch {
	case st.Response != nil && st.ReadOnly:
		x.hidden(readOnlySQL)
		first = answering
	case st.Response != nil:
		first = answering
	case st.ReadOnly:
		first = reading
	}
	x.settings(s, d.config.Limits.Statement, first)
	cached = x.statement(s, st)
	x.response(st)
	if st.Rollback {
		// What a commit would have checked is checked before the rollback. An
		// error before the first sync must not keep the rollback from running.
		x.plain(immediateSQL)
		x.sync()
		x.plain("rollback")
	}
	x.sync()
	return cached
}

func (d *DB) retry(ctx context.Context, c *conn, s database.Session, st *statement, cached bool, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	if c.pg.IsClosed() {
		return st.ReadOnly || pgconn.SafeToRetry(err)
	}
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if ok && cached && stale(pgErr.Code) && !raised(pgErr) {
		c.forget(c.key(s, st))
		return true
	}
	return false
}

// stale tells whether an error may come from a statement prepared before the
// schema changed: "cached plan must not change result type", or a parameter
// type inferred then that fits no operator now.
func stale(code string) bool {
	switch code {
	case fault.FeatureNotSupported, fault.UndefinedFunction, fault.UndefinedColumn, fault.UndefinedTable,
		fault.DatatypeMismatch, fault.CannotCoerce, fault.InvalidText:
		return true
	}
	return false
}

// raised tells that an error came out of a function the statement called, which
// would only be called again. Its context says so; that of a parameter that cannot
// be read names the parameter.
func raised(err *pgconn.PgError) bool {
	return err.Where != "" && !strings.Contains(err.Where, "$")
}

// autocommitRows are the rows of a statement whose commit follows them.
func (d *DB) autocommitRows(x *exchange, reader *pgconn.ResultReader, st *statement) *rows {
	return &rows{ctx: x.ctx, exchange: x, reader: reader, prepared: x.main, types: d.types,
		hold: !st.ReadOnly && !st.Rollback, readOnly: st.ReadOnly,
		finished: func(err error) {
			if err == nil && st.traits.ddl && !st.Rollback {
				d.changed()
			}
			d.giveBack(x)
		}}
}

// giveBack releases the connection of a finished exchange, in the background
// when a cancel request is still under way and must be waited for.
func (d *DB) giveBack(x *exchange) {
	d.pool.settle(x.conn)
	if x.ctx.Err() == nil {
		x.close()
		d.pool.release(x.conn)
		return
	}
	background(func() {
		x.close()
		d.pool.release(x.conn)
	})
}
