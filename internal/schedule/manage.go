package schedule

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Spec is a schedule as its maker wants it. Expression, Queue and Name are required;
// the rest has defaults when it is zero.
type Spec struct {
	Name        string          `json:"name"`
	Expression  string          `json:"schedule"`
	Timezone    string          `json:"timezone"`     // UTC
	Missed      string          `json:"missed"`       // Once
	MissedLimit int             `json:"missed_limit"` // 100
	Overlap     *bool           `json:"overlap"`      // true
	Active      *bool           `json:"active"`       // true
	Queue       string          `json:"queue"`
	Kind        string          `json:"kind"`         // the queue
	Payload     json.RawMessage `json:"payload"`      // {}
	Priority    int             `json:"priority"`     // 5
	MaxAttempts int             `json:"max_attempts"` // 25
	Timeout     string          `json:"timeout"`      // an interval; none
}

func (s Spec) withDefaults() Spec {
	yes := true
	text := func(v *string, value string) {
		if *v == "" {
			*v = value
		}
	}
	number := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	text(&s.Timezone, "UTC")
	text(&s.Missed, Once)
	text(&s.Kind, s.Queue)
	number(&s.MissedLimit, 100)
	number(&s.Priority, 5)
	number(&s.MaxAttempts, 25)
	if s.Overlap == nil {
		s.Overlap = &yes
	}
	if s.Active == nil {
		s.Active = &yes
	}
	if len(s.Payload) == 0 {
		s.Payload = json.RawMessage("{}")
	}
	return s
}

func (s Spec) check() error {
	if s.Name == "" || s.Queue == "" {
		return fault.New(fault.InvalidParameter, "a schedule needs a name and a queue")
	}
	_, err := Parse(s.Expression, s.Timezone)
	return err
}

func (s Spec) args() []any {
	var timeout any
	if s.Timeout != "" {
		timeout = s.Timeout
	}
	return []any{s.Name, strings.TrimSpace(s.Expression), s.Timezone, s.Missed, s.MissedLimit, *s.Overlap, *s.Active,
		s.Queue, s.Kind, string(s.Payload), s.Priority, s.MaxAttempts, timeout}
}

// Manager changes schedules. One that does not exist is an error with status 404.
type Manager struct{ DB database.DB }

// Create makes a schedule and returns its id. A name that is taken is an error of
// code 23505.
func (m Manager) Create(ctx context.Context, s Spec) (int64, error) {
	s = s.withDefaults()
	if err := s.check(); err != nil {
		return 0, err
	}
	rows, err := database.Records(ctx, database.Owner{DB: m.DB}, `
		INSERT INTO galley.schedules (name, expression, timezone, missed, missed_limit, overlap, active, queue, kind, payload, priority, max_attempts, timeout)
		VALUES ($1, $2, $3, $4, $5::integer, $6::boolean, $7::boolean, $8, $9, $10::jsonb, $11::integer, $12::integer, $13::interval) RETURNING id`, s.args()...)
	if err != nil {
		return 0, err
	}
	return rows[0].Int(0), nil
}

// Replace makes another schedule of one, which forgets its next time. Those of
// cron.schedule are changed by cron.alter_job only.
func (m Manager) Replace(ctx context.Context, id int64, s Spec) error {
	s = s.withDefaults()
	if err := s.check(); err != nil {
		return err
	}
	rows, err := database.Records(ctx, database.Owner{DB: m.DB}, `
		UPDATE galley.schedules SET name = $1, expression = $2, timezone = $3, missed = $4, missed_limit = $5::integer, overlap = $6::boolean,
			active = $7::boolean, queue = $8, kind = $9, payload = $10::jsonb, priority = $11::integer, max_attempts = $12::integer,
			timeout = $13::interval, next_at = NULL, last_at = NULL, problem = NULL
		WHERE id = $14::bigint AND role = '' RETURNING id`, append(s.args(), id)...)
	if err == nil && len(rows) == 0 {
		return missing().WithHint("A schedule that cron.schedule made is changed by cron.alter_job.")
	}
	return err
}

// SetActive pauses or resumes a schedule. What was due in between is not made up
// for.
func (m Manager) SetActive(ctx context.Context, id int64, active bool) error {
	return m.one(database.Records(ctx, database.Owner{DB: m.DB}, `UPDATE galley.schedules SET active = $2::boolean, next_at = NULL, problem = NULL
		WHERE id = $1::bigint RETURNING id`, id, active))
}

// Delete removes a schedule. Jobs it has enqueued stay.
func (m Manager) Delete(ctx context.Context, id int64) error {
	return m.one(database.Records(ctx, database.Owner{DB: m.DB}, `DELETE FROM galley.schedules WHERE id = $1::bigint RETURNING id`, id))
}

func (m Manager) one(rows []database.Record, err error) error {
	if err == nil && len(rows) == 0 {
		return missing()
	}
	return err
}

func missing() *fault.Error {
	return fault.New("PGRST116", "There is no such schedule").WithStatus(http.StatusNotFound)
}

// Run enqueues the schedule's job now, besides its due times, whether it is active
// or not, and returns the job's id.
func (m Manager) Run(ctx context.Context, id int64) (job int64, err error) {
	err = database.InTx(ctx, m.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		rows, err := database.Records(ctx, tx, `SELECT queue, kind, payload, priority, max_attempts, timeout, overlap,
			CASE WHEN role = '' THEN NULL WHEN role = current_user THEN 'service_role' ELSE role END, now()
			FROM galley.schedules WHERE id = $1::bigint FOR UPDATE`, id)
		if err := m.one(rows, err); err != nil {
			return err
		}
		at := rows[0].Time(8)
		spec, err := wire(id, rows[0], at)
		if err != nil {
			return err
		}
		if rows[0].Text(6) == "t" {
			delete(spec, "unique_key")
		}
		job, err = insertRuns(ctx, tx, id, []map[string]any{spec}, []time.Time{at})
		return err
	})
	return job, err
}

// Preview is the next n due times after a moment.
func Preview(expression, zone string, after time.Time, n int) ([]time.Time, error) {
	if n < 1 || n > 1000 {
		return nil, fault.New(fault.InvalidParameter, "from 1 to 1000 times can be previewed, not %d", n)
	}
	e, err := Parse(expression, zone)
	if err != nil {
		return nil, err
	}
	list := make([]time.Time, 0, n)
	for t := e.Next(after); !t.IsZero() && len(list) < n; t = e.Next(t) {
		list = append(list, t.UTC())
	}
	return list, nil
}

// Next is the next n due times of a schedule, as the database's clock and what it
// waits for have it.
func (m Manager) Next(ctx context.Context, id int64, n int) ([]time.Time, error) {
	rows, err := database.Records(ctx, database.Owner{DB: m.DB}, `SELECT expression, timezone, next_at, now() FROM galley.schedules WHERE id = $1::bigint`, id)
	if err := m.one(rows, err); err != nil {
		return nil, err
	}
	r := rows[0]
	after := r.Time(3)
	if next := r.Time(2); next.After(after) {
		list, err := Preview(r.Text(0), r.Text(1), next, n)
		if err != nil {
			return nil, err
		}
		return append([]time.Time{next.UTC()}, list...)[:min(n, len(list)+1)], nil
	}
	return Preview(r.Text(0), r.Text(1), after, n)
}
