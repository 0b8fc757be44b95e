package schedule

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// store is the statements of the keeper. Every time in them is the database's.
type store struct{ db database.DB }

// due is a schedule that needs something, as it was read.
type due struct {
	id               int64
	expression, zone string
	missed           string
	limit            int
	next, last, now  time.Time // next is zero when no node has seen it
}

// maxDue bounds the schedules that are read at once.
const maxDue = 200

func (s store) due(ctx context.Context) ([]due, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.db}, `
		SELECT id, expression, timezone, missed, missed_limit, next_at, last_at, now() FROM galley.schedules
		WHERE active AND problem IS NULL AND (next_at IS NULL OR next_at <= now()
			OR last_at > now() + make_interval(secs => $1::float8) AND next_at > last_at)
		ORDER BY next_at LIMIT $2::bigint`, setBack.Seconds(), maxDue)
	list := make([]due, len(rows))
	for i, r := range rows {
		list[i] = due{id: r.Int(0), expression: r.Text(1), zone: r.Text(2), missed: r.Text(3), limit: int(r.Int(4)),
			next: r.Time(5), last: r.Time(6), now: r.Time(7)}
	}
	return list, err
}

// wait is how long until the first schedule is due; an hour when none is.
func (s store) wait(ctx context.Context) (time.Duration, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.db}, `SELECT extract(epoch from min(next_at) - now())::float8 FROM galley.schedules WHERE active AND problem IS NULL`)
	if err != nil || rows[0][0] == nil {
		return time.Hour, err
	}
	seconds, err := strconv.ParseFloat(rows[0].Text(0), 64)
	return time.Duration(seconds * float64(time.Second)), err
}

// plan is what is to become of a schedule.
type plan struct {
	due  due
	next time.Time // zero: never again
	runs []time.Time
}

// commit moves a schedule on and enqueues its runs, all or nothing. It does nothing
// when another node was first or is just there, or the schedule was changed since
// it was read. A due time that has had its run gets no other, whatever the clock
// says.
func (s store) commit(ctx context.Context, p plan) (did bool, err error) {
	err = database.InTx(ctx, s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		did = false
		rows, err := database.Records(ctx, tx, lockSQL, p.due.id, p.due.expression, p.due.zone, database.Stamp(p.due.next))
		if err != nil || len(rows) == 0 {
			return err
		}
		did = true
		var last time.Time
		if len(p.runs) > 0 {
			last = p.runs[len(p.runs)-1]
		}
		if _, err = database.Records(ctx, tx, `UPDATE galley.schedules SET next_at = $2::timestamptz, last_at = coalesce($3::timestamptz, last_at),
			active = active AND $2::timestamptz IS NOT NULL WHERE id = $1::bigint`, p.due.id, database.Stamp(p.next), database.Stamp(last)); err != nil {
			return err
		}
		return enqueue(ctx, tx, p.due.id, rows[0], p.runs)
	})
	return did && err == nil, err
}

const lockSQL = `
	SELECT queue, kind, payload, priority, max_attempts, timeout, overlap,
		CASE WHEN role = '' THEN NULL WHEN role = current_user THEN 'service_role' ELSE role END
	FROM galley.schedules
	WHERE id = $1::bigint AND active AND expression = $2 AND timezone = $3 AND next_at IS NOT DISTINCT FROM $4::timestamptz
	FOR UPDATE SKIP LOCKED`

// enqueue adds the jobs of the due times that have none yet.
func enqueue(ctx context.Context, tx database.Querier, id int64, job database.Record, runs []time.Time) error {
	var specs []map[string]any
	var times []time.Time
	for _, at := range runs {
		had, err := database.Records(ctx, tx, `SELECT 1 FROM galley.schedule_runs WHERE schedule = $1::bigint AND due_at = $2::timestamptz`, id, database.Stamp(at))
		if err != nil {
			return err
		}
		if len(had) == 0 {
			spec, err := wire(id, job, at)
			if err != nil {
				return err
			}
			specs, times = append(specs, spec), append(times, at)
		}
	}
	if len(specs) == 0 {
		return nil
	}
	_, err := insertRuns(ctx, tx, id, specs, times)
	return err
}

// insertRuns enqueues jobs and notes them as the runs of their times. It returns
// the last one's id.
func insertRuns(ctx context.Context, tx database.Querier, id int64, specs []map[string]any, times []time.Time) (last int64, err error) {
	text, err := json.Marshal(specs)
	if err != nil {
		return 0, fault.Internal(err)
	}
	jobs, err := database.Records(ctx, tx, `SELECT * FROM galley.enqueue_many($1::jsonb)`, string(text))
	if err != nil {
		return 0, err
	}
	for i, at := range times {
		last = jobs[i].Int(0)
		if _, err := database.Records(ctx, tx, `INSERT INTO galley.schedule_runs (schedule, due_at, job) VALUES ($1::bigint, $2::timestamptz, $3::bigint)`,
			id, database.Stamp(at), last); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// wire is a run as galley.enqueue_many takes it. Its key names the due time, or
// only the schedule where a run must not begin before the one before it has ended.
func wire(id int64, r database.Record, at time.Time) (map[string]any, error) {
	payload := json.RawMessage(r.Text(2))
	if role := r.Text(7); role != "" {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(payload, &fields); err != nil {
			return nil, fault.Internal(err)
		}
		fields["role"], _ = json.Marshal(role) // a text has JSON
		payload, _ = json.Marshal(fields)
	}
	key := "schedule/" + strconv.FormatInt(id, 10)
	if r.Text(6) == "t" {
		key += "/" + at.UTC().Format(time.RFC3339)
	}
	spec := map[string]any{"queue": r.Text(0), "kind": r.Text(1), "payload": payload, "priority": r.Int(3),
		"max_attempts": r.Int(4), "unique_key": key}
	if r[5] != nil {
		spec["timeout"] = r.Text(5)
	}
	return spec, nil
}

// fault keeps why a schedule cannot run, which it does not until it is changed.
func (s store) fault(ctx context.Context, d due, why error) error {
	_, err := database.Records(ctx, database.Owner{DB: s.db}, `UPDATE galley.schedules SET problem = $4 WHERE id = $1::bigint AND expression = $2 AND timezone = $3`,
		d.id, d.expression, d.zone, fault.From(why).Message)
	return err
}

// forget deletes old runs.
func (s store) forget(ctx context.Context, keep time.Duration) error {
	_, err := database.Records(ctx, database.Owner{DB: s.db}, `DELETE FROM galley.schedule_runs WHERE (schedule, due_at) IN (
		SELECT schedule, due_at FROM galley.schedule_runs WHERE created_at < now() - make_interval(secs => $1::float8) LIMIT 10000)`, keep.Seconds())
	return err
}
