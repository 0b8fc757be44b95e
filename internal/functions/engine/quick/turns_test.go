package quick

import (
	"context"
	"errors"
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
