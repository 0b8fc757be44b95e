package hooks

import (
	"context"
	"sync"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// guarded is the transaction as a hook sees it: it cannot be ended, and takes
// nothing once the call is over. The lock is held while a statement runs and
// while rows are read, so that end waits for what the hook still does; its
// context is done by then.
type guarded struct {
	tx   database.Tx
	call context.Context // of the call; what its statements take ends with it
	// clock of the call, where statements do not count
	clock *clock

	mu    sync.Mutex
	over  bool
	moved bool // the session was changed
	rows  *guardedRows
}

func (g *guarded) locked(fn func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return errOver()
	}
	return fn()
}

func errOver() error {
	return fault.New(fault.InvalidTransactionState, "the hook that this transaction was given to is over")
}

// end makes the transaction the caller's again.
func (g *guarded) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
	if g.rows != nil {
		g.rows.closeLocked()
	}
}

// Query implements database.Tx.
func (g *guarded) Query(ctx context.Context, st database.Statement) (rows database.Rows, err error) {
	err = g.locked(func() error {
		if g.rows != nil {
			return fault.New(fault.InvalidTransactionState, "the rows of the statement before are still open")
		}
		ctx, cancel := g.within(ctx)
		var inner database.Rows
		var err error
		g.clock.without(func() { inner, err = g.tx.Query(ctx, st) })
		if err != nil {
			cancel()
			return err
		}
		g.rows = &guardedRows{g: g, Rows: inner, cancel: cancel}
		rows = g.rows
		return nil
	})
	return rows, err
}

// within is a context that ends with the call too, whatever the hook passed.
func (g *guarded) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(g.call, func() { cancel(context.Cause(g.call)) })
	return ctx, func() { stop(); cancel(nil) }
}

// Script implements database.Tx. What the hook does with rows would stand between
// the engine and the end of the call, so it is given none.
func (g *guarded) Script(ctx context.Context, sql string, each func(database.Rows) error) error {
	if each != nil {
		return fault.Unsupported("a script within a hook gives no rows").WithHint("Run its statements one by one.")
	}
	return g.locked(func() error {
		ctx, cancel := g.within(ctx)
		defer cancel()
		var err error
		g.clock.without(func() { err = g.tx.Script(ctx, sql, nil) })
		return err
	})
}

// SetSession implements database.Tx.
func (g *guarded) SetSession(ctx context.Context, s database.Session) error {
	return g.locked(func() error {
		g.moved = true
		return g.tx.SetSession(ctx, s)
	})
}

// Savepoint implements database.Tx.
func (g *guarded) Savepoint(ctx context.Context, name string) error {
	return g.locked(func() error { return g.tx.Savepoint(ctx, name) })
}

// RollbackTo implements database.Tx.
func (g *guarded) RollbackTo(ctx context.Context, name string) error {
	return g.locked(func() error { return g.tx.RollbackTo(ctx, name) })
}

// Release implements database.Tx.
func (g *guarded) Release(ctx context.Context, name string) error {
	return g.locked(func() error { return g.tx.Release(ctx, name) })
}

// Commit implements database.Tx.
func (g *guarded) Commit(context.Context) error {
	return fault.New(fault.InvalidTransactionState, "a hook cannot end the transaction it runs in")
}

// Rollback implements database.Tx.
func (g *guarded) Rollback(ctx context.Context) error { return g.Commit(ctx) }

// guardedRows are the rows of a hook's statement.
type guardedRows struct {
	database.Rows
	g      *guarded
	cancel context.CancelFunc
	closed bool
}

// Next implements database.Rows.
func (r *guardedRows) Next() (more bool) {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.closed {
		return false
	}
	r.g.clock.without(func() { more = r.Rows.Next() })
	return more
}

// Value implements database.Rows. The bytes are a copy: the end of the hook's time
// may close the rows while it reads them.
func (r *guardedRows) Value(i int) []byte {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.closed {
		return nil
	}
	v := r.Rows.Value(i)
	if v == nil {
		return nil
	}
	return append([]byte{}, v...)
}

// Err implements database.Rows.
func (r *guardedRows) Err() error {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	if r.closed && r.g.over {
		return errOver()
	}
	return r.Rows.Err()
}

// Close implements database.Rows.
func (r *guardedRows) Close() {
	r.g.mu.Lock()
	defer r.g.mu.Unlock()
	r.closeLocked()
}

func (r *guardedRows) closeLocked() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.cancel()
	if r.g.rows == r {
		r.g.rows = nil
	}
}
