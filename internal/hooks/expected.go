package hooks

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// expected are the sources that will say what they have, and have not said it yet. A
// server that listens before its functions are loaded must not write past their hooks.
type expected struct {
	missing atomic.Pointer[chan struct{}] // closed when all have said it; nil when none is missing

	mu    sync.Mutex
	names map[string]bool
}

// patience is how long a request waits for what is expected.
const patience = 30 * time.Second

// Expect has Ready wait until Set was called for a source.
func (e *expected) Expect(source string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.names == nil {
		e.names = map[string]bool{}
	}
	e.names[source] = true
	if e.missing.Load() == nil {
		c := make(chan struct{})
		e.missing.Store(&c)
	}
}

func (e *expected) arrived(source string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.names[source] {
		return
	}
	delete(e.names, source)
	if len(e.names) == 0 {
		close(*e.missing.Swap(nil))
	}
}

// wait waits for all that is expected: 57P03 (cannot_connect_now) when it does not
// come.
func (e *expected) wait(ctx context.Context) error {
	missing := e.missing.Load()
	if missing == nil {
		return nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-*missing:
		return nil
	case <-ctx.Done():
		return fault.New(fault.QueryCanceled, "canceling the request: it ended while the project's functions were being loaded").WithCause(context.Cause(ctx))
	case <-timer.C:
		return fault.New(fault.CannotConnectNow, "the project's functions are still being loaded").
			WithHint("Try again in a moment. Galley's log tells when they cannot be loaded.").WithStatus(503)
	}
}
