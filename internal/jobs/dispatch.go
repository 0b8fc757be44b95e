package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// dispatcher takes jobs out of the queues for the free slots of this node.
type dispatcher struct {
	c     *Client
	ready []string // queues that may have jobs, the next one first
	held  map[string]time.Time
	rules map[string]rule
	due   time.Time // when the first waiting job may begin; zero for none
	sleep sleeper
}

// dispatch is the loop of the dispatcher.
func (c *Client) dispatch(ctx context.Context) error {
	d := &dispatcher{c: c, held: map[string]time.Time{}, sleep: newSleeper(c)}
	for {
		if err := d.once(ctx); err != nil {
			return err
		}
		if !d.wait(ctx) {
			return nil
		}
	}
}

// once looks what there is to do, and begins as much of it as there are slots.
func (d *dispatcher) once(ctx context.Context) error {
	if !d.c.running.open() { // the node is stopping
		d.ready = nil
		return nil
	}
	if err := d.look(ctx); err != nil {
		return err
	}
	busy := len(d.ready) > 0
	for len(d.ready) > 0 {
		n := cap(d.c.slots) - len(d.c.slots)
		if n == 0 {
			break
		}
		if err := d.take(ctx, d.ready[0], n); err != nil {
			return err
		}
	}
	return d.sleep.after(ctx, busy)
}

// look finds out which queues are ready, after it made available what is due.
func (d *dispatcher) look(ctx context.Context) error {
	if !d.due.IsZero() && !time.Now().Before(d.due) {
		for more := true; more; {
			var err error
			if more, err = d.c.store.promote(ctx); err != nil {
				return err
			}
		}
	}
	now := time.Now()
	found, err := d.c.store.look(ctx)
	if err != nil {
		return err
	}
	d.due = time.Time{}
	if found.waits {
		d.due = now.Add(found.due)
	}
	d.rules = found.rules
	d.order(found.ready, now)
	return nil
}

// order puts the queues that are ready behind those that were, so that each has
// its turn.
func (d *dispatcher) order(ready []string, now time.Time) {
	next := slices.DeleteFunc(d.ready, func(q string) bool { return !slices.Contains(ready, q) })
	for _, q := range ready {
		if !slices.Contains(next, q) {
			next = append(next, q)
		}
	}
	for q, until := range d.held {
		if !until.After(now) {
			delete(d.held, q)
		}
	}
	d.ready = slices.DeleteFunc(next, func(q string) bool { return !d.held[q].IsZero() })
}

// retryLimited is how soon a queue that is at its bound is tried again when nobody
// knows when it will have room: another node's job may end.
const retryLimited = 100 * time.Millisecond

// take claims jobs of a queue and begins them.
func (d *dispatcher) take(ctx context.Context, queue string, n int) error {
	if others := len(d.ready); others > 1 {
		n = max(1, n/others) // leave slots for the others
	}
	list, wait, err := d.claim(ctx, queue, n)
	for _, r := range list {
		d.c.slots <- struct{}{} // only this loop fills them
		d.c.begin(r)
	}
	if err != nil {
		return err
	}
	d.ready = d.ready[1:]
	switch {
	case len(list) == n:
		d.ready = append(d.ready, queue)
	case d.rules[queue].limited:
		if wait == 0 {
			wait = retryLimited
		}
		d.held[queue] = time.Now().Add(wait)
	}
	return nil
}

func (d *dispatcher) claim(ctx context.Context, queue string, n int) ([]*run, time.Duration, error) {
	if d.rules[queue].limited {
		return d.c.store.claimLimited(ctx, queue, n)
	}
	list, err := d.c.store.claim(ctx, database.Owner{DB: d.c.config.DB}, queue, n)
	return list, 0, err
}

// wait waits for a reason to look again, and tells whether to go on.
func (d *dispatcher) wait(ctx context.Context) bool {
	var freed chan struct{}
	if len(d.ready) > 0 {
		if len(d.c.slots) < cap(d.c.slots) {
			return ctx.Err() == nil
		}
		freed = d.c.freed
	}
	timer := time.NewTimer(d.pause())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-d.c.bell.rung:
		d.sleep.awake()
	case <-freed:
	case <-timer.C:
	}
	return true
}

// pause is how long to wait at most.
func (d *dispatcher) pause() time.Duration {
	now, pause := time.Now(), d.sleep.pause()
	if !d.due.IsZero() {
		pause = min(pause, d.due.Sub(now))
	}
	for _, until := range d.held {
		pause = min(pause, until.Sub(now))
	}
	return max(pause, 0)
}
