package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Run is the hooks of one write: it counts the time they take together. It
// belongs to one goroutine.
type Run struct {
	chain   *Chain
	session database.Session
	left    time.Duration
}

// Begin starts the run of a write by a session.
func (c *Chain) Begin(s database.Session) *Run {
	return &Run{chain: c, session: s, left: c.registry.limits.Time}
}

// Chain returns the hooks of the run.
func (r *Run) Chain() *Chain { return r.chain }

// Options are those of the transaction of the write. What a hook learns in it reaches
// nobody before its end: there is no way out of a hook.
func (r *Run) Options() database.TxOptions { return database.TxOptions{Pace: &r.chain.pace} }

// CheckRows refuses a write of too many rows.
func (r *Run) CheckRows(n int) error {
	if limit := r.chain.registry.limits.Rows; n > limit {
		return fault.New("54000", "a write to %q, which has hooks, may have at most %d rows", r.chain.Table, limit).
			WithHint("Write fewer rows at a time, or raise functions.hook_rows.").WithStatus(400)
	}
	return nil
}

// Before calls the hooks that run before an operation, one after the other, each
// with the rows as the one before it left them.
func (r *Run) Before(ctx context.Context, tx database.Tx, operation string, rows []Row) error {
	return r.each(ctx, tx, operation, rows, func(e Entry) []string { return e.Before }, Hook.Before)
}

// After calls the hooks that run after an operation.
func (r *Run) After(ctx context.Context, tx database.Tx, operation string, rows []Row) error {
	return r.each(ctx, tx, operation, rows, func(e Entry) []string { return e.After }, Hook.After)
}

type method func(Hook, context.Context, database.Tx, *Event) error

func (r *Run) each(ctx context.Context, tx database.Tx, operation string, rows []Row, when func(Entry) []string, call method) error {
	if len(rows) == 0 {
		return nil
	}
	for _, e := range r.chain.entries {
		if !slices.Contains(when(e), operation) {
			continue
		}
		if err := r.call(ctx, tx, e, operation, rows, call); err != nil {
			return err
		}
	}
	return nil
}

// call runs one hook on a goroutine of its own, so that one that does not return
// cannot keep the transaction: it is given up at its deadline, and what it still
// tries in the transaction is refused.
func (r *Run) call(ctx context.Context, tx database.Tx, e Entry, operation string, rows []Row, call method) error {
	strays := &r.chain.registry.strays
	if err := strays.check(); err != nil {
		return err
	}
	ctx, clock := newClock(ctx, r.left)
	defer clock.end(nil)
	given := &Event{Schema: r.chain.Schema, Table: r.chain.Table, Operation: operation, Session: r.session, Rows: slices.Clone(rows)}
	inner, done, returned := &guarded{tx: tx, call: ctx}, make(chan error, 1), make(chan struct{})
	if r.chain.registry.limits.Apart {
		inner.clock = clock
	}
	go func() {
		defer close(returned)
		done <- recovered(e.Name, func() error { return call(e.Hook, ctx, inner, given) })
	}()
	err := wait(ctx, done)
	inner.end()
	if ctx.Err() != nil {
		strays.follow(returned)
	}
	r.left = clock.stop()
	if late(ctx) || r.left <= 0 {
		return fault.New(fault.QueryCanceled, "canceling the write: the hook %q took too long", e.Name).
			WithDetail("The hooks of a write may take %s together.", r.chain.registry.limits.Time)
	}
	if err != nil {
		return err
	}
	if len(given.Rows) != len(rows) {
		return fault.New("P0001", "the hook %q changed the number of rows: %d became %d", e.Name, len(rows), len(given.Rows)).WithStatus(500)
	}
	for i := range rows {
		rows[i].New = over(rows[i].New, given.Rows[i].New)
	}
	return restore(ctx, tx, inner, r.session)
}

// over lays what a hook left of a new row over what it was given, so that the next
// hook sees the whole row. What is no object stays as it is, to be refused.
func over(was, now json.RawMessage) json.RawMessage {
	if bytes.Equal(was, now) {
		return was
	}
	var all, set map[string]json.RawMessage
	if json.Unmarshal(was, &all) != nil || json.Unmarshal(now, &set) != nil || set == nil {
		return now
	}
	maps.Copy(all, set)
	out, err := json.Marshal(all)
	if err != nil {
		return now
	}
	return out
}

func restore(ctx context.Context, tx database.Tx, inner *guarded, s database.Session) error {
	if !inner.moved {
		return nil
	}
	return tx.SetSession(ctx, s)
}

// wait waits for a hook or the end of its time.
func wait(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fault.New(fault.QueryCanceled, "canceling the write: its request ended").WithCause(context.Cause(ctx))
	}
}

var errLate = fault.New(fault.QueryCanceled, "a hook took too long")

func late(ctx context.Context) bool { return ctx.Err() != nil && context.Cause(ctx) == error(errLate) }

func recovered(name string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Internal(fmt.Errorf("hook %q panicked: %v\n%s", name, p, debug.Stack()))
		}
	}()
	return fn()
}

// maxStrays bounds the hooks that were given up and have not returned.
const maxStrays = 256

// strays counts the hooks that were given up and have not returned.
type strays struct{ n atomic.Int64 }

func (s *strays) check() error {
	if s.n.Load() >= maxStrays {
		return fault.New("53000", "too many hooks have not ended").WithHint("Hooks that ignore the end of their context keep running: at most %d may.", maxStrays)
	}
	return nil
}

// follow counts a hook that was given up until it returns.
func (s *strays) follow(returned <-chan struct{}) {
	select {
	case <-returned:
		return
	default:
	}
	s.n.Add(1)
	go func() {
		<-returned
		s.n.Add(-1)
	}()
}
