package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// store is the statements on the tables. Every time in them is the database's,
// so that the clocks of the nodes do not matter.
type store struct {
	db     database.DB
	node   string
	lease  time.Duration
	queues []string // none for all
}

func (s *store) serves(queue string) bool {
	return len(s.queues) == 0 || slices.Contains(s.queues, queue)
}

func (s *store) rows(ctx context.Context, sql string, args ...any) ([]database.Record, error) {
	return database.Records(ctx, database.Owner{DB: s.db}, sql, args...)
}

const claimSQL = `
	UPDATE galley.jobs SET state = 'running', attempt = attempt + 1, started_at = now(), node = $1,
		lease_until = now() + make_interval(secs => $2::float8), progress = NULL, note = NULL
	WHERE id IN (SELECT id FROM galley.jobs WHERE queue = $3 AND state = 'available'
		ORDER BY priority, id LIMIT $4::bigint FOR UPDATE SKIP LOCKED)
	RETURNING id, queue, kind, payload, attempt, max_attempts, created_at, errors,
		extract(epoch from timeout)::float8, extract(epoch from deadline - now())::float8, priority`

// claim takes up to n jobs of a queue, the first of those that may begin.
func (s *store) claim(ctx context.Context, q database.Querier, queue string, n int) ([]*run, error) {
	began := time.Now()
	rows, err := database.Records(ctx, q, claimSQL, s.node, s.lease.Seconds(), queue, n)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b database.Record) int {
		return cmp.Or(cmp.Compare(a.Int(10), b.Int(10)), cmp.Compare(a.Int(0), b.Int(0)))
	})
	out := make([]*run, len(rows))
	for i, r := range rows {
		j := &Job{ID: r.Int(0), Queue: r.Text(1), Kind: r.Text(2), Payload: json.RawMessage(r.Text(3)), Attempt: int(r.Int(4)),
			MaxAttempts: int(r.Int(5)), CreatedAt: r.Time(6), errors: json.RawMessage(r.Text(7))}
		out[i] = &run{job: j, sure: began}
		out[i].timeout, _ = r.Seconds(8)
		if left, ok := r.Seconds(9); ok {
			out[i].late = left <= 0
			if out[i].timeout == 0 || left < out[i].timeout {
				out[i].timeout = left
			}
		}
		j.run = out[i]
	}
	return out, nil
}

const completeSQL = `
	UPDATE galley.jobs j SET state = CASE WHEN j.cancel_requested AND v.state IN ('available', 'retryable') THEN 'cancelled' ELSE v.state END,
		node = NULL, lease_until = NULL, result = v.result,
		errors = coalesce(v.errors, j.errors), max_attempts = least(j.max_attempts + v.more, 1000),
		run_at = CASE WHEN v.state IN ('available', 'retryable') THEN now() + make_interval(secs => v.delay) ELSE j.run_at END,
		finished_at = CASE WHEN v.state IN ('available', 'retryable') AND NOT j.cancel_requested THEN NULL ELSE now() END,
		progress = CASE WHEN v.state = 'completed' THEN 1 ELSE j.progress END
	FROM jsonb_to_recordset($1::jsonb) AS v(id bigint, attempt integer, state text, delay float8, more integer, result jsonb, errors jsonb)
	WHERE j.id = v.id AND j.attempt = v.attempt AND j.state = 'running' AND j.node = $2`

// complete writes what became of attempts. One that has lost its job changes
// nothing.
func (s *store) complete(ctx context.Context, list []outcome) error {
	text, err := json.Marshal(list)
	if err != nil {
		return fault.Internal(err)
	}
	_, err = s.rows(ctx, completeSQL, string(text), s.node)
	return err
}

// standing is what the queues hold for a node to do.
type standing struct {
	ready []string      // queues with jobs that may begin
	due   time.Duration // until the first of the others may, if any
	waits bool          // there are others
	rules map[string]rule
}

// rule is what is set for a queue.
type rule struct{ paused, limited bool }

const readySQL = `
	WITH RECURSIVE q AS (
		(SELECT queue FROM galley.jobs WHERE state = 'available' ORDER BY queue LIMIT 1)
		UNION ALL
		SELECT (SELECT j.queue FROM galley.jobs j WHERE j.state = 'available' AND j.queue > q.queue ORDER BY j.queue LIMIT 1)
		FROM q WHERE q.queue IS NOT NULL
	) SELECT queue FROM q WHERE queue IS NOT NULL`

// look finds out what there is to do.
func (s *store) look(ctx context.Context) (standing, error) {
	var out standing
	rows, err := s.rows(ctx, `SELECT name, paused, concurrency IS NOT NULL OR rate IS NOT NULL FROM galley.queues`)
	if err != nil {
		return out, err
	}
	out.rules = map[string]rule{}
	for _, r := range rows {
		out.rules[r.Text(0)] = rule{r.Text(1) == "t", r.Text(2) == "t"}
	}
	if rows, err = s.rows(ctx, readySQL); err != nil {
		return out, err
	}
	for _, r := range rows {
		if !out.rules[r.Text(0)].paused && s.serves(r.Text(0)) {
			out.ready = append(out.ready, r.Text(0))
		}
	}
	rows, err = s.rows(ctx, `SELECT extract(epoch from min(run_at) - now())::float8 FROM galley.jobs WHERE state IN ('scheduled', 'retryable')`)
	if err == nil {
		out.due, out.waits = rows[0].Seconds(0)
	}
	return out, err
}

// maxPromoted bounds the jobs that one statement makes available.
const maxPromoted = 1000

// promote makes the jobs available whose time has come. more tells that there may
// be others.
func (s *store) promote(ctx context.Context) (more bool, err error) {
	n, err := changed(database.Exec(database.Owner{DB: s.db}.Query(ctx, database.Statement{SQL: `
		UPDATE galley.jobs SET state = 'available' WHERE id IN (SELECT id FROM galley.jobs
			WHERE state IN ('scheduled', 'retryable') AND run_at <= now()
			ORDER BY run_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED)`, Args: database.Args(maxPromoted)})))
	return n == maxPromoted, err
}

// changed is how many rows a statement changed, by its command tag.
func changed(tag string, err error) (int, error) {
	_, count, _ := strings.Cut(tag, " ")
	n, _ := strconv.Atoi(count)
	return n, err
}

// claimLimited is claim for a queue that is bounded in what runs at once or
// begins in a second. The queue's row is locked, so that two nodes together keep
// to it. wait is how long until more may begin, 0 when nothing is known.
func (s *store) claimLimited(ctx context.Context, queue string, n int) (list []*run, wait time.Duration, err error) {
	err = database.InTx(ctx, s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		list, wait = nil, 0
		rows, err := database.Records(ctx, tx, `SELECT paused, coalesce(concurrency, -1), coalesce(rate, 0),
			least(greatest(rate, 1), tokens + rate * greatest(extract(epoch from now() - refilled_at)::float8, 0))
			FROM galley.queues WHERE name = $1 FOR UPDATE`, queue)
		if err != nil || len(rows) == 0 || rows[0].Text(0) == "t" {
			return err
		}
		if most := rows[0].Int(1); most >= 0 {
			running, err := database.Records(ctx, tx, `SELECT count(*) FROM galley.jobs WHERE queue = $1 AND state = 'running'`, queue)
			if err != nil {
				return err
			}
			n = min(n, int(most-running[0].Int(0)))
		}
		rate, tokens := rows[0].Float(2), rows[0].Float(3)
		if rate > 0 && int(tokens) < n {
			n = int(tokens)
			wait = time.Duration((float64(n) + 1 - tokens) / rate * float64(time.Second))
		}
		if n <= 0 {
			return nil
		}
		if list, err = s.claim(ctx, tx, queue, n); err != nil || rate == 0 || len(list) == 0 {
			return err
		}
		// Not now(): another node may have begun later, and not have waited for the row.
		_, err = database.Records(ctx, tx, `UPDATE galley.queues SET tokens = $2::float8, refilled_at = clock_timestamp() WHERE name = $1`,
			queue, tokens-float64(len(list)))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return list, wait, nil
}
