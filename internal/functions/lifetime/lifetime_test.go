package lifetime

import (
	"context"
	"errors"
	"testing"
	"time"
)

var errOver = errors.New("over")

type key struct{}

// ended waits for a context, and gives why it is done.
func ended(t *testing.T, c context.Context) error {
	t.Helper()
	select {
	case <-c.Done():
		return c.Err()
	case <-time.After(20 * time.Second):
		t.Fatal("the context goes on")
		return nil
	}
}

// TestEnds has contexts end in each way, of which somebody asked for Done before, or
// only then.
func TestEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		deadline time.Duration
		end      func(c *Context, parent context.CancelCauseFunc)
		err      error
		cause    error
	}{
		"end":      {0, func(c *Context, _ context.CancelCauseFunc) { c.End(errOver); c.End(errors.ErrUnsupported) }, context.Canceled, errOver},
		"parent":   {time.Hour, func(_ *Context, parent context.CancelCauseFunc) { parent(errOver) }, context.Canceled, errOver},
		"deadline": {time.Millisecond, func(*Context, context.CancelCauseFunc) { time.Sleep(2 * time.Millisecond) }, context.DeadlineExceeded, context.DeadlineExceeded},
	} {
		for _, asked := range []bool{false, true} {
			parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "the parent's"))
			var c Context
			deadline := time.Time{}
			if tt.deadline > 0 {
				deadline = time.Now().Add(tt.deadline)
			}
			c.Begin(parent, deadline, "own", "mine")
			child, stop := context.Context(nil), func() {}
			if asked {
				child, stop = context.WithCancel(&c)
			}
			if at, ok := c.Deadline(); ok != (tt.deadline > 0) || !at.Equal(deadline) {
				t.Errorf("%s: the deadline is %v", name, at)
			}
			if err := c.Err(); err != nil && name != "deadline" {
				t.Errorf("%s: done at once: %v", name, err)
			}
			tt.end(&c, cancel)
			if asked {
				if err := ended(t, child); err == nil {
					t.Errorf("%s: what was made of it goes on", name)
				}
			}
			if err := c.Err(); !asked && !errors.Is(err, tt.err) {
				t.Errorf("%s: %v before Done", name, err)
			}
			if cause := context.Cause(&c); !asked && !errors.Is(cause, tt.cause) {
				t.Errorf("%s: the cause is %v before Done", name, cause)
			}
			if err := ended(t, &c); !errors.Is(err, tt.err) {
				t.Errorf("%s: %v", name, err)
			}
			if cause := context.Cause(&c); !errors.Is(cause, tt.cause) {
				t.Errorf("%s: the cause is %v", name, cause)
			}
			if c.Value("own") != "mine" || c.Value(key{}) != "the parent's" || c.Value("other") != nil {
				t.Errorf("%s: its values are %v and %v", name, c.Value("own"), c.Value(key{}))
			}
			stop()
			cancel(nil)
			c.End(errOver)
		}
	}
}

// TestChildOfAnEndedOne is done from its beginning.
func TestChildOfAnEndedOne(t *testing.T) {
	var c Context
	c.Begin(t.Context(), time.Now().Add(time.Hour), key{}, nil)
	c.End(errOver)
	child, stop := context.WithTimeout(&c, time.Hour)
	defer stop()
	if err := ended(t, child); !errors.Is(err, context.Canceled) || !errors.Is(context.Cause(child), errOver) {
		t.Errorf("%v, %v", err, context.Cause(child))
	}
}

// TestNothingIsMade measures what a call costs that asks for nothing.
func TestNothingIsMade(t *testing.T) {
	var c Context
	parent := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		c = Context{}
		c.Begin(parent, time.Time{}, key{}, nil)
		_, _ = c.Deadline()
		_, _ = c.Err(), c.Value(key{})
		c.End(errOver)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
