package quick

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// clock is a context that tells when its time stands still.
type clock struct {
	context.Context
	stopped, started chan struct{}
	used             time.Duration
}

func (c clock) Stop() func() {
	close(c.stopped)
	return func() { close(c.started) }
}

func (c clock) Used() time.Duration { return c.used }

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
		c, out := clock{ctx, make(chan struct{}), make(chan struct{}), 0}, make(chan result, 1)
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

// startWith makes an instance that a script has run in.
func startWith(t *testing.T, e *Engine, limits engine.Limits, host engine.Host, script string) engine.Instance {
	t.Helper()
	i, err := e.New(limits, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	if err := run(t, i, script); err != nil {
		t.Fatal(err)
	}
	return i
}

// TestLong has functions begin whose calls were long, or that have had their moment, while
// others have all the places: nothing of them runs before they have one.
func TestLong(t *testing.T) {
	e := &Engine{}
	places := e.turns.free()
	past := &engine.Past{}
	for range 3 {
		past.Note(true)
	}
	for name, test := range map[string]struct {
		past  *engine.Past
		used  time.Duration
		waits bool
	}{
		"quick before":           {&engine.Past{}, 0, false},
		"long before":            {past, 0, true},
		"goes on after a moment": {&engine.Past{}, 2 * moment, true},
	} {
		t.Run(name, func(t *testing.T) {
			var ran atomic.Bool
			i := startWith(t, e, engine.Limits{Memory: testMemory, Past: test.past}, func(string, []engine.Value) (engine.Value, error) {
				ran.Store(true)
				return nil, nil
			}, `function f() { __host("ran"); return "done" }`)
			for range cap(places) {
				places <- struct{}{}
			}
			if v, err := i.Call(context.WithValue(t.Context(), engine.Urgent{}, true), "f"); v != "done" {
				t.Error(v, err)
			}
			ran.Store(false)
			c, done := clock{t.Context(), make(chan struct{}), make(chan struct{}), test.used}, make(chan struct{})
			go func() {
				defer close(done)
				if v, err := i.Call(c, "f"); v != "done" {
					t.Error(v, err)
				}
			}()
			if test.waits {
				wait(t, "it does not wait", c.stopped)
				if ran.Load() {
					t.Error("it ran before")
				}
				<-places
			}
			wait(t, "it does not end", done)
			for len(places) > 0 {
				<-places
			}
		})
	}
}

// TestTogether counts how many of a function's calls compute at once, which no interrupt
// stops, once it is known to be long.
func TestTogether(t *testing.T) {
	e := &Engine{}
	past := &engine.Past{}
	var now, most atomic.Int64
	host := func(op string, _ []engine.Value) (engine.Value, error) {
		if op == "out" {
			now.Add(-1)
			return nil, nil
		}
		for n := now.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				return nil, nil
			}
		}
	}
	const script = `function f() { __host("in"); Array.prototype.indexOf.call({ length: 100_000 }, 1); __host("out"); return "done" }`
	var wg sync.WaitGroup
	for range 3 {
		past.Note(true)
	}
	for range cap(e.turns.free()) + 3 {
		i := startWith(t, e, engine.Limits{Memory: testMemory, Past: past}, host, script)
		wg.Go(func() {
			for range 5 {
				for range 3 {
					past.Note(true)
				}
				if v, err := i.Call(t.Context(), "f"); v != "done" {
					t.Error(v, err)
				}
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n < 1 || n > int64(cap(e.turns.free())) {
		t.Errorf("%d computed at once, in %d places", n, cap(e.turns.free()))
	}
}

// TestNoted has a function become one whose calls are long, and one whose are not.
func TestNoted(t *testing.T) {
	past := &engine.Past{}
	i := startWith(t, &Engine{}, engine.Limits{Memory: testMemory, Past: past}, nil,
		`function long(ms) { const end = Date.now() + ms; while (Date.now() < end); return "done" }`)
	for n := 0; !past.Long(); n++ {
		if n == 20 {
			t.Fatal("nobody sees that it is long")
		}
		// QuickJS asks whether it may go on every 10,000 rounds, which take 30 ms and more of
		// the race detector.
		if v, err := i.Call(t.Context(), "long", 500.0); v != "done" {
			t.Fatal(v, err)
		}
	}
	for n := 0; past.Long(); n++ {
		if n == 1000 {
			t.Fatal("nobody sees that it is quick")
		}
		if v, err := i.Call(t.Context(), "long", 0.0); v != "done" {
			t.Fatal(v, err)
		}
	}
}

// missing is a context that adds up what it is told that it missed.
type missing struct {
	context.Context
	sum *atomic.Int64
}

func (m missing) Used() time.Duration  { return 0 }
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
