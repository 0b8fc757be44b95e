package store

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// WriteTx is a transaction that has the writer to itself, or a part of a group to itself
// as long as it lasts. Its methods may be called from any goroutine, one after the other
// or at once.
type WriteTx struct {
	ticket
	store *Store
	ctx   context.Context // of Begin
	idle  time.Duration
	pace  *database.Pace
	began chan error  // of one place
	calls chan txCall // to the writer
	ended chan struct{}
	end   error // why it ended; set before ended is closed

	// Only the writer uses these, in a group.
	last   chan error // where the call waits that ended it
	undone bool       // by that call
	err    error      // what it alone failed with
	over   bool       // ended is closed
}

type txCall struct {
	ctx  context.Context
	kind txKind
	fn   func(*sqlite.Conn) error
	done chan error // of one place
}

type txKind int

const (
	txUse txKind = iota
	txCommit
	txRollback
)

func (t *WriteTx) refuse(err error) { t.began <- err }

// Begin waits for the writer and hands it over, inside BEGIN IMMEDIATE, until
// Commit or Rollback. Without a call for longer than idle the transaction is
// rolled back, and later calls fail with 25P03.
//
// A transaction whose pace is quick is committed together with others: Commit and
// Rollback return once the group is on the disk, since what it has read may be what
// others have written in that. Nobody may learn of it before. Where the group is lost,
// because the disk is full, say, Commit fails with 40001 or the reason.
func (s *Store) Begin(ctx context.Context, idle time.Duration, pace *database.Pace) (*WriteTx, error) {
	t := &WriteTx{store: s, ctx: ctx, idle: idle, pace: pace, began: make(chan error, 1),
		calls: make(chan txCall), ended: make(chan struct{})}
	if err := s.enqueue(ctx, nil, t); err != nil {
		return nil, err
	}
	select {
	case err := <-t.began:
		return t.orNil(err)
	case <-ctx.Done():
		if t.claim() {
			return nil, canceled(context.Cause(ctx))
		}
		return t.orNil(<-t.began)
	}
}

func (t *WriteTx) orNil(err error) (*WriteTx, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Use runs fn with the writer's connection, on the writer's goroutine. What fn
// did stays when it returns an error or panics: savepoints are the caller's.
func (t *WriteTx) Use(ctx context.Context, fn func(c *sqlite.Conn) error) error {
	if ctx.Err() != nil {
		return canceled(context.Cause(ctx))
	}
	return t.call(txCall{ctx: ctx, kind: txUse, fn: fn})
}

// Commit returns after the transaction is on the disk. One that violates a
// deferred foreign key is rolled back, with ErrDeferredForeignKey, and so is one
// that check, unless nil, has an error for.
func (t *WriteTx) Commit(ctx context.Context, check func(c *sqlite.Conn) error) error {
	return t.call(txCall{ctx: ctx, kind: txCommit, fn: check})
}

// Rollback ends the transaction without a trace. It does nothing when it has
// ended before.
func (t *WriteTx) Rollback() error {
	select {
	case <-t.ended:
		return nil
	default:
	}
	err := t.call(txCall{ctx: context.Background(), kind: txRollback})
	if fault.Code(err) == fault.IdleTransactionTimeout || fault.Code(err) == fault.NoActiveTransaction {
		return nil
	}
	return err
}

func (t *WriteTx) call(c txCall) error {
	c.done = make(chan error, 1)
	select {
	case t.calls <- c:
	case <-t.ended:
		return t.end
	}
	select {
	case err := <-c.done:
		return err
	case <-t.ended: // by this call, which then has its answer, or by a panic
	}
	select {
	case err := <-c.done:
		return err
	default:
		return t.end
	}
}

// transaction serves a WriteTx until it ends.
func (w *writer) transaction(t *WriteTx) {
	if !t.claim() {
		return
	}
	if t.ctx.Err() != nil {
		t.began <- canceled(t.ctx.Err())
		return
	}
	err := w.beginFor(t.ctx)
	t.began <- err
	if err != nil {
		return
	}
	defer close(t.ended)
	defer t.note(time.Now())
	why := t.serve(w, func(c txCall) bool {
		ended, err := w.serveCall(t, c)
		c.done <- err
		return ended
	})
	if why != nil {
		t.end = why
		w.rollBack()
	}
}

// serve hands over the calls of a transaction until one of them ends it. An error is why
// it has to end without its caller.
func (t *WriteTx) serve(w *writer, do func(txCall) (ended bool)) error {
	timer := time.NewTimer(t.idle)
	defer timer.Stop()
	for {
		select {
		case c := <-t.calls:
			if do(c) {
				return nil
			}
			timer.Reset(t.idle)
		case <-timer.C:
			return errIdle()
		case <-w.store.quit:
			return errClosed()
		}
	}
}

// serveCall does one call. It tells whether the transaction has ended by it.
func (w *writer) serveCall(t *WriteTx, c txCall) (ended bool, err error) {
	t.end = errNone()
	switch c.kind {
	case txUse:
		if err = w.use(c); !w.conn.AutoCommit() {
			return false, err
		}
		w.store.stats.lost.Add(1)
		w.ended()
		return true, orLost(err)
	case txCommit:
		return true, w.commitAlone(c)
	default:
		return true, w.rollBack()
	}
}

// use runs a caller's function.
func (w *writer) use(c txCall) error {
	_, err := w.call(func(conn *sqlite.Conn) (bool, error) { return true, c.fn(conn) })
	return err
}

// mayCommit tells what stands against a commit.
func (w *writer) mayCommit(c txCall) error {
	if err := c.ctx.Err(); err != nil {
		return canceled(err)
	}
	if c.fn != nil {
		if err := w.use(c); err != nil {
			return err
		}
	}
	return w.checkDeferred()
}

func (w *writer) commitAlone(c txCall) error {
	err := w.mayCommit(c)
	if err == nil {
		err = Translate(w.commitNow())
	}
	if err != nil {
		w.rollBack()
	}
	return err
}

func (w *writer) rollBack() error {
	defer w.ended()
	if w.conn.AutoCommit() {
		return nil
	}
	err := w.rollback.Run()
	if err != nil {
		w.store.options.Logger.Error("rolling back a transaction", "error", err)
	}
	return Translate(err)
}
