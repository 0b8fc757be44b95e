package loop

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/functions/processor"
)

// starting is the context in which an instance is made: done when the script has computed
// for its time, by the clock of its thread. On a machine that is busy with other things the
// same start takes many times as long, and is none the worse for it; the context it is made
// of has the last word on that.
type starting struct {
	context.Context
	processor processor.Clock
	left      time.Duration
	free      atomic.Int64 // nanoseconds that do not count
}

// took is for how long the script has computed.
func (s *starting) took() time.Duration {
	used, _ := s.processor.Used()
	return used - time.Duration(s.free.Load())
}

// Err implements context.Context. Any goroutine may ask as long as the script runs.
func (s *starting) Err() error {
	if err := s.Context.Err(); err != nil || s.took() < s.left {
		return err
	}
	return context.DeadlineExceeded
}

// Used implements engine.Clock: it is no call's.
func (s *starting) Used() time.Duration { return 0 }

// Stop implements engine.Clock.
func (s *starting) Stop() (start func()) {
	before, _ := s.processor.Used()
	return func() {
		after, _ := s.processor.Used()
		s.free.Add(int64(after - before))
	}
}

// Miss implements engine.Clock: what others compute is not counted in the first place.
func (s *starting) Miss(time.Duration) {}
