package timing

import (
	"context"

	"github.com/galleyhq/galley/internal/database"
)

// Database is a database whose statements mark the clock of their request.
func Database(db database.DB) database.DB { return timedDB{db} }

type timedDB struct{ database.DB }

// Query implements database.DB.
func (d timedDB) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	c := From(ctx)
	c.Mark(Plan)
	rows, err := d.DB.Query(ctx, s, st)
	return timed(c, rows, err)
}

// Begin implements database.DB.
func (d timedDB) Begin(ctx context.Context, s database.Session, o database.TxOptions) (database.Tx, error) {
	From(ctx).Mark(Plan)
	tx, err := d.DB.Begin(ctx, s, o)
	if err != nil {
		return nil, err
	}
	return timedTx{tx}, nil
}

type timedTx struct{ database.Tx }

// Query implements database.Tx.
func (t timedTx) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	rows, err := t.Tx.Query(ctx, st)
	return timed(From(ctx), rows, err)
}

// Commit implements database.Tx.
func (t timedTx) Commit(ctx context.Context) error {
	defer From(ctx).Mark(Transaction)
	return t.Tx.Commit(ctx)
}

// timed marks the end of a transaction when its rows are read, or it failed.
func timed(c *Clock, rows database.Rows, err error) (database.Rows, error) {
	if err != nil || c == nil {
		c.Mark(Transaction)
		return rows, err
	}
	return &timedRows{Rows: rows, clock: c}, nil
}

type timedRows struct {
	database.Rows
	clock *Clock
	done  bool
}

// Next implements database.Rows.
func (r *timedRows) Next() bool {
	more := r.Rows.Next()
	if !more && !r.done {
		r.done = true
		r.clock.Mark(Transaction)
	}
	return more
}
