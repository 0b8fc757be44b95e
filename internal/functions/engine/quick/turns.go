package quick

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// turns bounds how many scripts compute at once, beyond the first moment of each: what
// takes long takes turns, so that there is a processor for everybody else. Go's scheduler
// looks at the network only when a processor has nothing else to do, or every 10 ms.
// A function whose calls were long lately, or failed, has no such moment: what the engine
// does by itself (new Array(4294967295).join()) does not stop at its end, but fails.
// The zero value is ready.
type turns struct {
	places atomic.Pointer[chan struct{}]
}

const (
	moment = 2 * time.Millisecond  // that a script computes before it needs a place
	turn   = 10 * time.Millisecond // that it has the place for, where others wait; calls beyond are long
)

// free are the places: one processor fewer than there are.
func (t *turns) free() chan struct{} {
	if c := t.places.Load(); c != nil {
		return *c
	}
	c := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))
	if t.places.CompareAndSwap(nil, &c) {
		return c
	}
	return *t.places.Load()
}

// count looks how much the call has computed in its turns before this one.
func (i *Instance) count(ctx context.Context) {
	i.used = 0
	if c, ok := ctx.(engine.Clock); ok {
		i.used = c.Used()
	}
	if i.first = i.used == 0; i.first {
		i.long = false
	}
}

// goOn is asked as a call begins, or goes on after it waited for something, and tells
// whether it may. It waits for a place when the call has had its moment, or its function
// has none.
func (i *Instance) goOn() bool {
	i.shared = time.Time{}
	return i.used < moment && !i.past.Long() || i.admitted()
}

// share is called by a script that computes, every now and then, and waits until it may
// go on.
func (i *Instance) share() {
	now := time.Now()
	if i.shared.IsZero() {
		i.shared = now // a quick call that merely waited, on a busy machine, is not asked again
	}
	if now.Sub(i.shared) < moment {
		return
	}
	i.shared = now
	runtime.Gosched() // or it would keep its processor for the whole of the scheduler's 10 ms
	switch {
	case i.ctx == nil || i.urgent || i.ctx.Err() != nil:
	case !i.placed:
		i.admitted()
	case now.Sub(i.since) > turn:
		if !i.long { // what merely waited, on a busy machine, does not come here
			i.long = true
			i.past.Note(true)
		}
		i.yield()
		i.take()
	}
}

// admitted waits for a place, unless the call needs none, and tells whether it may go on.
func (i *Instance) admitted() bool {
	i.urgent = i.ctx.Value(engine.Urgent{}) != nil
	if !i.urgent {
		i.take()
	}
	return i.urgent || i.placed
}

// take waits for a place. That time is not the script's.
func (i *Instance) take() {
	places := i.turns.free()
	select {
	case places <- struct{}{}:
		i.placed, i.since = true, time.Now()
		return
	default:
	}
	ctx := i.ctx
	i.watch.end(i)
	i.used += time.Since(i.began)
	defer i.watch.begin(i, ctx)
	if c, ok := ctx.(engine.Clock); ok {
		defer c.Stop()()
	}
	select {
	case places <- struct{}{}:
		i.placed, i.since = true, time.Now()
	case <-ctx.Done(): // the watchman will come
	}
}

// yield gives the place back, if there is one.
func (i *Instance) yield() {
	if i.placed {
		i.placed = false
		<-i.turns.free()
	}
}
