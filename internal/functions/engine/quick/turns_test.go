package quick

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// clock is a context that tells when its time stands still.
type clock struct {
	context.Context
	stopped, started chan struct{}
}

func (c clock) Stop() func() {
	close(c.stopped)
	return func() { close(c.started) }
}

func (clock) Miss(time.Duration) {}

func wait(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatal(what)
	}
}

// TestTurns takes all the places where scripts compute.
func TestTurns(t *testing.T) {
	e := &Engine{}
	const scripts = `
		function long() { const end = Date.now() + 20; let n = 0; while (Date.now() < end || n < 50_000) n++; return "done" }
		function endless() { for (;;); }`
	call := func(ctx context.Context, function string) (engine.Value, error) {
		i, err := e.New(engine.Limits{Memory: testMemory}, nil)
		if err != nil {
			return nil, err
		}
		defer i.Close()
		p, err := e.Compile("test.js", scripts)
		if err != nil {
			return nil, err
		}
		if err := i.Run(context.Background(), p); err != nil {
			return nil, err
		}
		return i.Call(ctx, function)
	}
	for range 3 { // a place is given back
		if v, err := call(t.Context(), "long"); v != "done" {
			t.Fatal(v, err)
		}
	}
	places := e.turns.free()
	for range cap(places) {
		places <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if v, err := call(context.WithValue(ctx, engine.Urgent{}, true), "long"); v != "done" {
		t.Fatal(v, err)
	}
	type result struct {
		value engine.Value
		err   error
	}
	begin := func(ctx context.Context, function string) (clock, chan result) {
		c, out := clock{ctx, make(chan struct{}), make(chan struct{})}, make(chan result, 1)
		go func() {
			v, err := call(c, function)
			out <- result{v, err}
		}()
		wait(t, "the script does not wait", c.stopped)
		return c, out
	}
	leaving, leave := context.WithCancel(ctx)
	_, gone := begin(leaving, "endless")
	leave()
	if r := <-gone; !errors.Is(r.err, engine.ErrTime) {
		t.Error(r)
	}
	c, waiting := begin(ctx, "long")
	<-places
	wait(t, "its time still stands still", c.started)
	if r := <-waiting; r.value != "done" {
		t.Error(r)
	}
	if len(places) != cap(places)-1 {
		t.Error("the place was not given back")
	}
}

// missing is a context that adds up what it is told that it missed.
type missing struct {
	context.Context
	sum *atomic.Int64
}

func (m missing) Stop() func()         { return func() {} }
func (m missing) Miss(d time.Duration) { m.sum.Add(int64(d)) }

// TestMissed has a machine give the process less than all of a processor.
func TestMissed(t *testing.T) {
	const ms = time.Millisecond
	now, used := time.Now(), time.Duration(0)
	tl := tally{processor: func() time.Duration { return used }}
	tl.missed(now)
	for _, s := range []struct{ went, computed, missed time.Duration }{
		{4 * ms, 4 * ms, 0}, {4 * ms, 1 * ms, 3 * ms}, {500 * ms, 0, 500 * ms}, {4 * ms, 8 * ms, 0}, {4 * ms, 2 * ms, 0}, {4 * ms, 1 * ms, 1 * ms},
		{4 * ms, 90 * ms, 0}, {4 * ms, 0, 0}, {20 * ms, 0, 4 * ms}, // counted in steps
	} {
		now, used = now.Add(s.went), used+s.computed
		if got := tl.missed(now); got != s.missed {
			t.Errorf("%s of %s: missed %s, want %s", s.computed, s.went, got, s.missed)
		}
	}
	w, sum := &watchman{awake: true}, atomic.Int64{}
	i := &Instance{}
	w.begin(i, missing{t.Context(), &sum})
	w.look(i.began.Add(2*ms), 50*ms, false) // not what was missed before it began
	w.look(i.began.Add(90*ms), 50*ms, false)
	if got := time.Duration(sum.Load()); got != 52*ms {
		t.Errorf("it missed %s", got)
	}
}
