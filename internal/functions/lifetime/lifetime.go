// Package lifetime has the contexts of calls, of which there are many, and most ask for
// nothing: a channel and a timer are made when somebody asks for them.
//
//	var c lifetime.Context
//	c.Begin(parent, deadline, key, value)
//	defer c.End(cause)
package lifetime

import (
	"context"
	"sync"
	"time"
)

// Context is a context with a value, that is done at a deadline, at its end, or with its
// parent. It belongs to what it is a field of, and must not be copied.
type Context struct {
	parent     context.Context
	deadline   time.Time // zero for none
	key, value any

	mu     sync.Mutex
	full   context.Context // once somebody has asked for it
	cancel context.CancelCauseFunc
	cause  error // set: it has ended
}

// Begin makes a context of a zero one. A zero deadline is none.
func (c *Context) Begin(parent context.Context, deadline time.Time, key, value any) {
	c.parent, c.deadline, c.key, c.value = parent, deadline, key, value
}

// End has the context done, and what was made of it; cause says why, and is not nil. Only the first counts.
func (c *Context) End(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = cause
	if c.cancel != nil {
		c.cancel(cause)
	}
}

// Deadline implements context.Context.
func (c *Context) Deadline() (time.Time, bool) {
	d, ok := c.parent.Deadline()
	if !c.deadline.IsZero() && (!ok || c.deadline.Before(d)) {
		return c.deadline, true
	}
	return d, ok
}

// Done implements context.Context.
func (c *Context) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full == nil {
		c.make()
	}
	return c.full.Done()
}

// make makes the context that a package context would have made at once.
func (c *Context) make() {
	ctx, stop := c.parent, context.CancelFunc(func() {})
	if !c.deadline.IsZero() {
		ctx, stop = context.WithDeadline(ctx, c.deadline)
	}
	full, cancel := context.WithCancelCause(ctx)
	c.full, c.cancel = full, func(cause error) {
		cancel(cause)
		stop()
	}
	if c.cause != nil {
		c.cancel(c.cause)
	}
}

// Err implements context.Context.
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.full != nil:
		return c.full.Err()
	case c.cause != nil:
		return context.Canceled
	case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	}
	return c.parent.Err()
}

// Value implements context.Context.
func (c *Context) Value(key any) any {
	if key == c.key {
		return c.value
	}
	c.mu.Lock()
	if c.full == nil && c.cause != nil {
		c.make() // which knows the cause
	}
	full := c.full
	c.mu.Unlock()
	if full != nil { // package context looks for its own
		return full.Value(key)
	}
	return c.parent.Value(key)
}
