package hooks

import (
	"context"
	"sync"
	"time"
)

// clock ends a context when hooks have used up their time. It can stand still while a
// statement runs.
type clock struct {
	end context.CancelCauseFunc

	mu    sync.Mutex
	left  time.Duration
	since time.Time // zero while it stands still
	timer *time.Timer
}

// newClock starts a clock for a context that ends with errLate.
func newClock(ctx context.Context, left time.Duration) (context.Context, *clock) {
	ctx, end := context.WithCancelCause(ctx)
	c := &clock{end: end, left: left}
	c.timer = time.AfterFunc(left, func() { end(errLate) })
	c.since = time.Now()
	return ctx, c
}

// without runs fn while the clock stands still; a nil clock does not care.
func (c *clock) without(fn func()) {
	if c == nil {
		fn()
		return
	}
	c.stop()
	defer c.goOn()
	fn()
}

// stop lets the clock stand still and returns the time that is left.
func (c *clock) stop() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.IsZero() {
		c.timer.Stop()
		c.left -= time.Since(c.since)
		c.since = time.Time{}
	}
	return c.left
}

func (c *clock) goOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		c.since = time.Now()
		c.timer.Reset(max(c.left, 0))
	}
}
