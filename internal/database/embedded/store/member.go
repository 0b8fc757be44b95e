package store

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/telemetry"
)

// job is what waits in the writer's line.
type job interface {
	// claim takes the job over for the writer. It fails when the caller has
	// stopped waiting.
	claim() bool
	refuse(error)
}

// rider is a job that takes part in a group, in a savepoint of its own.
type rider interface {
	job
	context() context.Context
	// ride does the work. It tells whether the whole transaction was lost.
	ride(w *writer) (lost bool)
	// failure is what the rider alone failed with.
	failure() error
	// committed answers once the group is on the disk.
	committed()
	// lost answers after the transaction of several failed, with an error if that was
	// its commit.
	lost(w *writer, err error)
	// answer ends the wait with an error, however far the rider has come.
	answer(err error)
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
	// times is for the trace that the member belongs to, nil without one.
	times *times
}

// times are when what happened to a member. The writer sets them before it answers.
type times struct{ queued, began, ran, committed time.Time }

// tell adds them to a trace, of a member that was served.
func (t *times) tell(span *telemetry.Span, err *error) {
	if *err != nil && t.committed.IsZero() {
		return // the writer may still be at it
	}
	span.Past("galley.writer.wait", t.queued, t.began)
	span.Past("galley.writer.run", t.began, t.ran)
	span.Past("galley.writer.commit", t.ran, t.committed)
}

// mark notes the present moment, in a trace.
func (m *member) mark(at func(*times) *time.Time) {
	if m.times != nil {
		*at(m.times) = time.Now()
	}
}

func (m *member) refuse(err error) { m.answer(err) }

func (m *member) context() context.Context { return m.ctx }

func (m *member) failure() error { return m.err }

// answer ends the caller's wait; answers after the first are dropped.
func (m *member) answer(err error) {
	select {
	case m.done <- err:
	default:
	}
}

// Savepoint is the name of the savepoint that Write runs a function in. What the function
// did is undone by rolling back to it, which leaves it open; only the writer ends it.
const Savepoint = "galley_member"

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
func (s *Store) Write(ctx context.Context, fn func(c *sqlite.Conn) (commit bool, err error)) (err error) {
	m := &member{ctx: ctx, fn: fn, done: make(chan error, 1)}
	if span := telemetry.From(ctx); span != nil {
		m.times = &times{queued: time.Now()}
		defer m.times.tell(span, &err)
	}
	over, stop := expiry(ctx)
	defer stop()
	if err := s.enqueue(ctx, over, m); err != nil {
		return err
	}
	select {
	case err := <-m.done:
		return err
	case <-over:
		err = canceled(context.DeadlineExceeded)
	case <-ctx.Done():
		err = ended(ctx)
	}
	if m.claim() {
		return err
	}
	return <-m.done
}

// enqueue puts a job in line, and waits for room until ctx is done or over, unless nil,
// tells that its deadline is.
func (s *Store) enqueue(ctx context.Context, over <-chan time.Time, j job) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	select {
	case <-s.quit:
		return errClosed()
	default:
	}
	select {
	case s.queue <- j:
		return nil
	case <-over:
		return canceled(context.DeadlineExceeded)
	case <-ctx.Done():
		return ended(ctx)
	case <-s.quit:
		return errClosed()
	}
}

// ended is the error of a context that is done, which one with a deadline alone tells of
// without a cause.
func ended(ctx context.Context) error { return canceled(cmp.Or(context.Cause(ctx), ctx.Err())) }

// timers are idle: a write takes one, and nearly always gives it back before it rings.
var timers = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}}

// expiry tells when the deadline of a context is over, which it need not tell by being
// done. stop gives the timer back.
func expiry(ctx context.Context) (over <-chan time.Time, stop func()) {
	d, ok := ctx.Deadline()
	if !ok {
		return nil, func() {}
	}
	t := timers.Get().(*time.Timer)
	t.Reset(time.Until(d))
	return t.C, func() {
		t.Stop()
		timers.Put(t)
	}
}
