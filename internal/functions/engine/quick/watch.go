package quick

import (
	"context"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick/arena"
	"github.com/galleyhq/galley/internal/functions/processor"
)

// watchman stops the scripts whose context is done. It looks at all that run, as long
// as any does: a timer for each call would take longer than most calls.
type watchman struct {
	mu      sync.Mutex
	running []*Instance
	awake   bool
}

const (
	interval = 4 * time.Millisecond // between two looks
	// patience is how long a script may go on after it was interrupted, before it
	// loses its memory.
	patience = 50 * time.Millisecond
	rest     = 50 // looks at nothing before the watchman goes away
)

// begin has a script stopped when ctx is done.
func (w *watchman) begin(i *Instance, ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i.ctx, i.position, i.began = ctx, len(w.running), time.Now()
	w.running = append(w.running, i)
	if !w.awake {
		w.awake = true
		go w.watch()
	}
}

// end leaves the script alone from now on.
func (w *watchman) end(i *Instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.running) - 1
	w.running[i.position] = w.running[last]
	w.running[i.position].position = i.position
	w.running[last] = nil
	w.running = w.running[:last]
	i.ctx = nil
}

func (w *watchman) watch() {
	t := tally{processor: processor.Process}
	t.missed(time.Now())
	for idle := 0; idle < rest; idle++ {
		time.Sleep(interval)
		now := time.Now()
		if w.look(now, t.missed(now), idle == rest-1) {
			idle = 0
		}
	}
}

// tally counts the time that the process did not get. A script that computes wants a
// processor all the while: what the whole process has computed less than that, others did.
type tally struct {
	processor func() time.Duration
	at        time.Time
	used      time.Duration
	owed      time.Duration
}

// ahead bounds how much more than the time that went by is remembered: systems may count
// in steps of 10 ms.
const ahead = 20 * time.Millisecond

// missed is what the process did not get since the last call.
func (t *tally) missed(now time.Time) time.Duration {
	used := t.processor()
	if !t.at.IsZero() {
		t.owed = max(t.owed+now.Sub(t.at)-(used-t.used), -ahead)
	}
	t.at, t.used = now, used
	missed := max(t.owed, 0)
	t.owed -= missed
	return missed
}

// look stops what has to stop, and says whether anything runs. After the last look at
// nothing the next script calls a new watchman.
func (w *watchman) look(now time.Time, missed time.Duration, last bool) (busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		if recover() != nil { // of a context: the others are looked after all the same
			busy = true
		}
	}()
	for _, i := range w.running {
		i.miss(min(missed, now.Sub(i.began)))
		i.check(now)
	}
	if last && len(w.running) == 0 {
		w.awake = false
	}
	return len(w.running) > 0
}

// miss does not count time that the machine gave to others.
func (i *Instance) miss(d time.Duration) {
	if d <= 0 {
		return
	}
	i.halted = i.halted.Add(d)
	if c, ok := i.ctx.(engine.Clock); ok {
		c.Miss(d)
	}
}

// check interrupts the script when its context is done, and takes its memory away when
// it goes on.
func (i *Instance) check(now time.Time) {
	switch deadline, bound := i.ctx.Deadline(); {
	case i.denied.Load():
	case i.stopped():
		if now.Sub(i.halted) > patience {
			i.denied.Store(true)
			i.denied.Store(arena.Deny(i.base, i.size) == nil)
		}
	case i.ctx.Err() != nil || bound && now.After(deadline):
		i.halted = now
		i.stop.Store(true)
		i.arena.Interrupt()
	}
}

// stopped says whether the script was interrupted.
func (i *Instance) stopped() bool { return i.stop.Load() }
