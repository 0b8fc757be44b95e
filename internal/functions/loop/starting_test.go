package loop

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/processor"
)

// TestWaits: in many turns, each shorter than the limit, only what a script computes counts.
// An operation that sleeps stands for a machine that has no processor for it, while the
// process has one.
func TestWaits(t *testing.T) {
	if _, ok := processor.Count().End(); !ok {
		t.Skip("this system does not tell what a thread computes")
	}
	const limit = 100 * time.Millisecond
	sleeping := Ops{Sync: map[string]func(context.Context, []engine.Value) (engine.Value, error){
		"sleep": func(context.Context, []engine.Value) (engine.Value, error) {
			time.Sleep(limit / 4)
			return nil, nil
		},
	}}
	l, err := begin(t, Limits{CPU: limit}, sleeping, own, `
		const turns = async (n, f) => { for (let i = 0; i < n; i++) await new Promise((done) => setTimeout(() => { f(); done() }, 0)) };
		function waits() { return turns(12, () => ask("sleep")) }
		function computes() { return turns(10000, () => { for (let i = 0; i < 100000; i++); }) }`)
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	go func() {
		for !done.Load() {
		}
	}()
	_, err = l.Call(t.Context(), "waits")
	done.Store(true)
	if err != nil {
		t.Error("what waits:", err)
	}
	if _, err := l.Call(t.Context(), "computes"); !errors.Is(err, ErrCPU) {
		t.Error("what computes:", err)
	}
}

// TestStarting: what an instance computes while it is made is bounded, and what it waits for
// a processor is not. An operation that sleeps stands for a machine that has none.
func TestStarting(t *testing.T) {
	if clock, ok := processor.Begin(); ok {
		clock.End()
	} else {
		t.Skip("this system does not tell what a thread computes")
	}
	const limit = 60 * time.Millisecond
	sleeping := Ops{Sync: map[string]func(context.Context, []engine.Value) (engine.Value, error){
		"sleep": func(context.Context, []engine.Value) (engine.Value, error) {
			time.Sleep(2 * patience * limit)
			return nil, nil
		},
	}}
	for script, want := range map[string]error{`ask("sleep")`: nil, `for (;;) {}`: ErrCPU} {
		if _, err := begin(t, Limits{CPU: limit}, sleeping, own, script); !errors.Is(err, want) {
			t.Errorf("%s: %v", script, err)
		}
		l, err := begin(t, Limits{CPU: limit}, sleeping, own, "function load() { "+script+" }")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Load(t.Context(), "load"); !errors.Is(err, want) {
			t.Errorf("load: %s: %v", script, err)
		}
		if l.Ended() {
			continue
		}
		if _, err := l.Call(t.Context(), "load"); !errors.Is(err, ErrCPU) {
			t.Errorf("a call: %s: %v", script, err)
		}
	}
}
