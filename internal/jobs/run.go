package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// run is a job on this node, from its claim to its outcome.
type run struct {
	job     *Job
	timeout time.Duration // 0 is none
	late    bool          // its deadline had passed
	cancel  context.CancelCauseFunc

	mu       sync.Mutex
	sure     time.Time // when the lease was last certainly held for its whole length
	progress float64
	note     string
	said     bool // there is progress
	result   json.RawMessage
}

func (r *run) setProgress(fraction float64, note string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress, r.note, r.said = fraction, plainText(note), true
}

func (r *run) setResult(text json.RawMessage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result = text
}

// sign is a sign of life of a job, with how far it is if it has said so.
type sign struct {
	ID       int64    `json:"id"`
	Attempt  int      `json:"attempt"`
	Progress *float64 `json:"progress"`
	Note     *string  `json:"note"`
}

func (r *run) sign() sign {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := sign{ID: r.job.ID, Attempt: r.job.Attempt}
	if r.said {
		fraction, note := r.progress, r.note
		s.Progress, s.Note = &fraction, &note
	}
	return s
}

// lease is when the lease was last certainly held for its whole length.
func (r *run) lease() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sure
}

func (r *run) renewed(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sure = at
}

// register is the jobs of this node, until their outcome is written.
type register struct {
	mu     sync.Mutex
	runs   map[*run]struct{}
	closed bool
	looks  chan struct{} // someone asks for a look at the leases
}

func newRegister() *register {
	return &register{runs: map[*run]struct{}{}, looks: make(chan struct{}, 1)}
}

// add takes a job on, unless the node is stopping.
func (g *register) add(r *run) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.runs[r] = struct{}{}
	return true
}

func (g *register) remove(r *run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.runs, r)
}

func (g *register) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *register) open() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.closed
}

func (g *register) all() []*run {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*run, 0, len(g.runs))
	for r := range g.runs {
		out = append(out, r)
	}
	return out
}

func (g *register) len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.runs)
}

// endAll tells every handler to end.
func (g *register) endAll(cause error) {
	for _, r := range g.all() {
		r.cancel(cause)
	}
}

// look asks for a look at the leases, where cancellations are seen.
func (g *register) look() {
	select {
	case g.looks <- struct{}{}:
	default:
	}
}

// begin runs a claimed job in a goroutine of its own. The slot is taken already.
func (c *Client) begin(r *run) {
	ctx, cancel := context.WithCancelCause(context.Background())
	r.cancel = cancel
	if !c.running.add(r) { // put back what was claimed while Stop came
		cancel(errStopping)
		c.outcomes <- judge(r, errStopping, errStopping, nil)
		c.free()
		return
	}
	c.handlers.Go(func() {
		defer c.free()
		defer cancel(nil)
		c.outcomes <- c.attempt(ctx, r)
	})
}

// free gives a slot back.
func (c *Client) free() {
	<-c.slots
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// attempt does a job and tells what became of it.
func (c *Client) attempt(ctx context.Context, r *run) outcome {
	err := c.handle(ctx, r)
	r.mu.Lock()
	result := r.result
	r.mu.Unlock()
	o := judge(r, err, context.Cause(ctx), result)
	if err != nil {
		c.config.Logger.WarnContext(ctx, "a job failed", "id", r.job.ID, "kind", r.job.Kind, "queue", r.job.Queue,
			"attempt", r.job.Attempt, "then", o.State, "error", clip(err.Error(), maxError))
	}
	return o
}

func (c *Client) handle(ctx context.Context, r *run) error {
	handler := c.config.Handlers[r.job.Kind]
	if handler == nil {
		handler = c.config.Other
	}
	switch {
	case r.late:
		return Discard(fmt.Errorf("the deadline of the job has passed"))
	case r.job.Attempt > r.job.MaxAttempts:
		return Discard(fmt.Errorf("all %d attempts are used up", r.job.MaxAttempts))
	case handler == nil:
		return fmt.Errorf("this node has no handler for jobs of kind %q", r.job.Kind)
	}
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	return protect(func() error { return handler(ctx, r.job) })
}
