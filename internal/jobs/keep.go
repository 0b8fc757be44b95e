package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// keepLeases gives signs of life for the jobs that run, ends those that were
// cancelled or lost, and takes from dead nodes what they had.
func (c *Client) keepLeases(ctx context.Context) error {
	every := c.config.Lease / 4
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	dead := newObserver(c.config.Lease)
	for {
		old := every // how long a job runs before it gives a sign
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-c.running.looks:
			old = 0
		}
		c.giveSigns(ctx, every, old)
		if old == 0 {
			continue
		}
		if err := c.rescue(ctx, dead); err != nil && ctx.Err() == nil {
			c.config.Logger.ErrorContext(ctx, "jobs: those of dead nodes could not be looked for", "error", err)
		}
	}
}

// giveSigns renews the leases of jobs that have run for a while.
func (c *Client) giveSigns(ctx context.Context, timeout, old time.Duration) {
	now := time.Now()
	runs := map[int64]*run{}
	var signs []sign
	for _, r := range c.running.all() {
		if now.Sub(r.lease()) >= old {
			runs[r.job.ID] = r
			signs = append(signs, r.sign())
		}
	}
	if len(signs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	held, err := c.store.renew(ctx, signs)
	if err != nil {
		c.config.Logger.ErrorContext(ctx, "jobs: leases could not be renewed", "error", err)
		for _, r := range runs {
			if time.Since(r.lease()) > c.config.Lease {
				r.cancel(errLost)
			}
		}
		return
	}
	for id, r := range runs {
		cancelled, ours := held[id]
		switch {
		case !ours:
			r.cancel(errLost)
		case cancelled:
			r.cancel(errCancelled)
		}
		r.renewed(now)
	}
}

const renewSQL = `
	UPDATE galley.jobs j SET lease_until = now() + make_interval(secs => $3::float8),
		progress = coalesce(v.progress, j.progress), note = coalesce(v.note, j.note)
	FROM jsonb_to_recordset($1::jsonb) AS v(id bigint, attempt integer, progress real, note text)
	WHERE j.id = v.id AND j.attempt = v.attempt AND j.state = 'running' AND j.node = $2
	RETURNING j.id, j.cancel_requested`

// renew extends leases. It returns the jobs that are still held, and whether each
// is to be cancelled.
func (s *store) renew(ctx context.Context, signs []sign) (map[int64]bool, error) {
	text, err := json.Marshal(signs)
	if err != nil {
		return nil, fault.Internal(err)
	}
	rows, err := s.rows(ctx, renewSQL, string(text), s.node, s.lease.Seconds())
	if err != nil {
		return nil, err
	}
	held := map[int64]bool{}
	for _, r := range rows {
		held[r.Int(0)] = r.Text(1) == "t"
	}
	return held, nil
}

// rescue gives the jobs of dead nodes back to their queues.
func (c *Client) rescue(ctx context.Context, dead *observer) error {
	rows, err := c.store.rows(ctx, `SELECT id, attempt, lease_until, lease_until < now() FROM galley.jobs
		WHERE state = 'running' AND (lease_until < now() OR lease_until > now() + make_interval(secs => $1::float8)) LIMIT 1000`,
		2*c.config.Lease.Seconds())
	if err != nil {
		return err
	}
	lost := dead.lost(rows, time.Now())
	if len(lost) == 0 {
		return nil
	}
	n, err := c.store.takeBack(ctx, lost)
	if n > 0 {
		c.config.Logger.WarnContext(ctx, "jobs of dead nodes were taken back", "jobs", n)
		c.bell.ring()
	}
	return err
}

// observer tells which leases are over. That of a live node ends in the future,
// but not far: one that does so was written before the clock was set back, and is
// over when nobody renews it for as long as a lease lasts, by the clock of this
// process, which only goes forward.
type observer struct {
	lease time.Duration
	seen  map[tenure]time.Time
}

// tenure is a lease as it was written.
type tenure struct {
	id, attempt int64
	until       string
}

func newObserver(lease time.Duration) *observer {
	return &observer{lease: lease, seen: map[tenure]time.Time{}}
}

func (o *observer) lost(rows []database.Record, now time.Time) []tenure {
	var out []tenure
	seen := map[tenure]time.Time{}
	for _, r := range rows {
		t := tenure{r.Int(0), r.Int(1), r.Text(2)}
		first, known := o.seen[t]
		if !known {
			first = now
		}
		seen[t] = first
		if r.Text(3) == "t" || now.Sub(first) > o.lease {
			out = append(out, t)
		}
	}
	o.seen = seen
	return out
}

const takeBackSQL = `
	UPDATE galley.jobs j SET node = NULL, lease_until = NULL,
		state = CASE WHEN j.cancel_requested THEN 'cancelled' WHEN j.attempt >= j.max_attempts THEN 'discarded' ELSE 'available' END,
		finished_at = CASE WHEN j.cancel_requested OR j.attempt >= j.max_attempts THEN now() END,
		errors = CASE WHEN jsonb_array_length(j.errors) < 10 THEN j.errors ELSE j.errors - 0 END ||
			jsonb_build_array(jsonb_build_object('at', now(), 'attempt', j.attempt, 'error', 'the node ' || j.node || ' died'))
	FROM jsonb_to_recordset($1::jsonb) AS v(id bigint, attempt integer, until timestamptz)
	WHERE j.id = v.id AND j.attempt = v.attempt AND j.state = 'running' AND j.lease_until = v.until`

// takeBack ends the tenure of leases that were not renewed since.
func (s *store) takeBack(ctx context.Context, list []tenure) (int, error) {
	wire := make([]map[string]any, len(list))
	for i, t := range list {
		wire[i] = map[string]any{"id": t.id, "attempt": t.attempt, "until": t.until}
	}
	text, err := json.Marshal(wire)
	if err != nil {
		return 0, fault.Internal(err)
	}
	return changed(database.Exec(database.Owner{DB: s.db}.Query(ctx, database.Statement{SQL: takeBackSQL, Args: database.Args(string(text))})))
}

// cleanEvery is how often old jobs are looked for, cleanBatch how many one
// statement deletes.
const (
	cleanEvery = time.Minute
	cleanBatch = 1000
)

// clean deletes jobs some time after their end.
func (c *Client) clean(ctx context.Context) error {
	for sleep(ctx, cleanEvery) {
		for _, kept := range []struct {
			state string
			long  time.Duration
		}{{Completed, c.config.KeepCompleted}, {Cancelled, c.config.KeepCompleted}, {Discarded, c.config.KeepFailed}} {
			if err := c.store.forget(ctx, kept.state, kept.long); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget deletes the jobs that ended in a state longer ago than long.
func (s *store) forget(ctx context.Context, state string, long time.Duration) error {
	for {
		n, err := changed(database.Exec(database.Owner{DB: s.db}.Query(ctx, database.Statement{SQL: `
			DELETE FROM galley.jobs WHERE id IN (SELECT id FROM galley.jobs
				WHERE state = $1 AND finished_at < now() - make_interval(secs => $2::float8)
				ORDER BY finished_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED)`,
			Args: database.Args(state, long.Seconds(), cleanBatch)})))
		if err != nil || n < cleanBatch {
			return err
		}
	}
}
