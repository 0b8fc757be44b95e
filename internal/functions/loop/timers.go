package loop

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// timer is one of a script's.
type timer struct {
	id   float64
	due  time.Time
	wake *time.Timer
	at   int // its place among those that wait
}

// timers are those of a script: by their ids, and the one that is due first in front.
type timers struct {
	byID  map[float64]*timer
	order byDue
}

func (ts *timers) add(t *timer) {
	ts.byID[t.id] = t
	heap.Push(&ts.order, t)
}

func (ts *timers) remove(t *timer) {
	delete(ts.byID, t.id)
	heap.Remove(&ts.order, t.at)
}

// due takes out the timer that is due first, nil when none is.
func (ts *timers) due() *timer {
	if len(ts.order) == 0 || time.Now().Before(ts.order[0].due) {
		return nil
	}
	t := ts.order[0]
	ts.remove(t)
	return t
}

// stop ends those whose id is larger than mark.
func (ts *timers) stop(mark float64) {
	for id, t := range ts.byID {
		if id > mark {
			t.wake.Stop()
			ts.remove(t)
		}
	}
}

// byDue implements heap.Interface.
type byDue []*timer

func (b byDue) Len() int { return len(b) }

func (b byDue) Less(i, j int) bool {
	if c := b[i].due.Compare(b[j].due); c != 0 {
		return c < 0
	}
	return b[i].id < b[j].id
}

func (b byDue) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].at, b[j].at = i, j
}

func (b *byDue) Push(x any) {
	t := x.(*timer)
	t.at = len(*b)
	*b = append(*b, t)
}

func (b *byDue) Pop() any {
	last := len(*b) - 1
	t := (*b)[last]
	(*b)[last] = nil
	*b = (*b)[:last]
	return t
}

// later has the script's timer fire. Times are those of HTML: below 0 is 0, above 2^31
// milliseconds is 0 too.
func (l *Loop) later(id, ms float64) error {
	if len(l.timers.byID) == maxTimers {
		return errTooMuch
	}
	if !(ms >= 0 && ms < math.MaxInt32) {
		ms = 0
	}
	l.last = max(l.last, id)
	d := time.Duration(ms * float64(time.Millisecond))
	t := &timer{id: id, due: time.Now().Add(d)}
	t.wake = time.AfterFunc(d, func() { l.events.put(l.fire) })
	l.timers.add(t)
	return nil
}

func (l *Loop) cancel(id float64) {
	if t, ok := l.timers.byID[id]; ok {
		t.wake.Stop()
		l.timers.remove(t)
	}
}

// fire is the turn of one timer: of the one that is due first, which need not be the one
// that woke the loop. Where several are due, they wake it in any order.
func (l *Loop) fire() error {
	t := l.timers.due()
	if t == nil {
		return nil // cancelled when it was on its way
	}
	return l.turn(func(ctx context.Context) error {
		_, err := l.instance.Call(ctx, "__fire", t.id)
		if e, ok := errors.AsType[*engine.Error](err); ok {
			l.report(e)
			return nil
		}
		return err
	})
}
