package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// maxOutcomes bounds the outcomes that one statement writes.
const maxOutcomes = 500

// finish writes what became of jobs: whatever has come in while the last
// statement ran goes into the next one. It ends when the outcomes are closed, or
// with an empty one.
func (c *Client) finish(ctx context.Context) error {
	for {
		batch, last := c.gather()
		c.settle(ctx, batch)
		for _, o := range batch {
			c.running.remove(o.run)
		}
		if last {
			return nil
		}
	}
}

// gather waits for an outcome and takes all that are there.
func (c *Client) gather() (batch []outcome, last bool) {
	o, ok := <-c.outcomes
	for {
		if !ok || o.ID == 0 {
			return batch, true
		}
		batch = append(batch, o)
		if len(batch) == maxOutcomes {
			return batch, false
		}
		select {
		case o, ok = <-c.outcomes:
		default:
			return batch, false
		}
	}
}

// settle writes outcomes, again and again until the database takes them or their
// leases are over anyway: then the jobs are another's.
func (c *Client) settle(ctx context.Context, batch []outcome) {
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Lease)
	defer cancel()
	wait := 10 * time.Millisecond
	for {
		err := c.store.complete(ctx, batch)
		if err == nil {
			c.settled(batch)
			return
		}
		c.config.Logger.ErrorContext(ctx, "jobs: outcomes could not be written", "jobs", len(batch), "error", err)
		if refused(err) {
			c.apart(ctx, batch, err)
			return
		}
		if !sleep(ctx, wait) {
			return
		}
		wait = min(2*wait, time.Second)
	}
}

// settled has the dispatcher look when jobs are to run again.
func (c *Client) settled(batch []outcome) {
	for _, o := range batch {
		if o.State == Retryable || o.State == Available {
			c.bell.ring()
			return
		}
	}
}

// refused tells that the data is at fault, not the database: another time would
// end the same.
func refused(err error) bool {
	code := fault.Code(err)
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || strings.HasPrefix(code, "54")
}

// apart writes outcomes one by one. Of the one that is at fault only the state is
// kept, and why.
func (c *Client) apart(ctx context.Context, batch []outcome, err error) {
	if len(batch) > 1 {
		half := len(batch) / 2
		c.settle(ctx, batch[:half])
		c.settle(ctx, batch[half:])
		return
	}
	o := batch[0]
	if o.Result == nil && o.Errors == nil {
		return // the lease will tell
	}
	failed := &Job{ID: o.ID, Attempt: o.Attempt}
	o.Result, o.Errors = nil, failed.withError(err)
	c.settle(ctx, []outcome{o})
}
