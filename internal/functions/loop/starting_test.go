package loop

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/processor"
)

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
