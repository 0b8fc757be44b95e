package store

import (
	"context"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// job is what waits in the writer's line.
type job interface {
	// claim takes the job over for the writer. It fails when the caller has
	// stopped waiting.
	claim() bool
	refuse(error)
}

// ticket decides who ends a wait in line, the writer or the caller.
type ticket struct{ taken atomic.Bool }

func (t *ticket) claim() bool { return t.taken.CompareAndSwap(false, true) }

// member is one caller's work in a commit group.
type member struct {
	ticket
	ctx  context.Context
	fn   func(*sqlite.Conn) (bool, error)
	done chan error // of one place
	err  error      // its own, when its savepoint was rolled back
}

func (m *member) refuse(err error) { m.answer(err) }

// answer ends the caller's wait; answers after the first are dropped.
func (m *member) answer(err error) {
	select {
	case m.done <- err:
	default:
	}
}

// Write runs fn in a savepoint of the present commit group and returns after
// the group is durably committed, or with fn's error after fn's changes alone
// were rolled back. commit=false rolls back likewise, without an error.
//
// fn runs on the writer's goroutine, and may run again, alone, when the group
// failed to commit or lost its transaction: it must start from scratch each
// time. It must not keep the connection. It is not interrupted when ctx is
// done; only one that has not begun is skipped, with 57014.
//
// A violated deferred foreign key fails fn with ErrDeferredForeignKey.
func (s *Store) Write(ctx context.Context, fn func(c *sqlite.Conn) (commit bool, err error)) error {
	m := &member{ctx: ctx, fn: fn, done: make(chan error, 1)}
	if err := s.enqueue(ctx, m); err != nil {
		return err
	}
	select {
	case err := <-m.done:
		return err
	case <-ctx.Done():
		if m.claim() {
			return canceled(context.Cause(ctx))
		}
		return <-m.done
	}
}

// enqueue puts a job in line, and waits for room until ctx is done.
func (s *Store) enqueue(ctx context.Context, j job) error {
	if ctx.Err() != nil {
		return canceled(context.Cause(ctx))
	}
	select {
	case <-s.quit:
		return errClosed()
	default:
	}
	select {
	case s.queue <- j:
		return nil
	case <-ctx.Done():
		return canceled(context.Cause(ctx))
	case <-s.quit:
		return errClosed()
	}
}
