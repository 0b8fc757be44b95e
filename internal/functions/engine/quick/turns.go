package quick

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// turns bounds how many scripts compute at once, beyond the first moment of each: what
// takes long takes turns, so that there is a processor for everybody else. Go's scheduler
// looks at the network only when a processor has nothing else to do, or every 10 ms.
// The zero value is ready.
type turns struct {
	places atomic.Pointer[chan struct{}]
}

const (
	moment = 2 * time.Millisecond  // that a script computes before it needs a place
	turn   = 10 * time.Millisecond // that it has the place for, where others wait
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

// share is called by a script that computes, every now and then, and waits until it may
// go on.
func (i *Instance) share() {
	runtime.Gosched() // or it would keep its processor for the whole of the scheduler's 10 ms
	if i.ctx == nil || i.urgent || i.ctx.Err() != nil {
		return
	}
	now := time.Now()
	switch {
	case i.entered.IsZero():
		i.entered = now
	case !i.placed && now.Sub(i.entered) > moment:
		i.urgent = i.ctx.Value(engine.Urgent{}) != nil
		if !i.urgent {
			i.take()
		}
	case i.placed && now.Sub(i.since) > turn:
		i.yield()
		i.take()
	}
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
	if c, ok := i.ctx.(engine.Clock); ok {
		defer c.Stop()()
	}
	select {
	case places <- struct{}{}:
		i.placed, i.since = true, time.Now()
	case <-i.ctx.Done(): // the watchman will come
	}
}

// yield gives the place back, if there is one.
func (i *Instance) yield() {
	if i.placed {
		i.placed = false
		<-i.turns.free()
	}
}
