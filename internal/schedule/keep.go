package schedule

import (
	"context"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Keep makes the schedules whose names begin with a prefix those of a program, all
// or none: new ones are made, others are changed to what the program says, and
// those it no longer has are deleted. One that stays as it is keeps its next time,
// and one that somebody has paused stays paused. Names must begin with the prefix.
func (m Manager) Keep(ctx context.Context, prefix string, specs []Spec) error {
	names := make(map[string]bool, len(specs))
	for i, s := range specs {
		s = s.withDefaults()
		if err := s.check(); err != nil {
			return err
		}
		if !strings.HasPrefix(s.Name, prefix) || names[s.Name] {
			return fault.New(fault.InvalidParameter, "the name of the schedule %q is there twice, or does not begin with %q", s.Name, prefix)
		}
		specs[i], names[s.Name] = s, true
	}
	return database.InTx(ctx, m.DB, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		rows, err := database.Records(ctx, tx, `SELECT id, name FROM galley.schedules WHERE role = '' AND starts_with(name, $1)`, prefix)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if names[r.Text(1)] {
				continue
			}
			if err := database.Run(ctx, tx, `DELETE FROM galley.schedules WHERE id = $1::bigint`, r.Int(0)); err != nil {
				return err
			}
		}
		for _, s := range specs {
			if err := database.Run(ctx, tx, keepSQL, s.args()...); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepSQL makes a schedule, or what it should be of the one of its name. A time is
// forgotten only where it no longer follows from the expression.
const keepSQL = `INSERT INTO galley.schedules AS s
	(name, expression, timezone, missed, missed_limit, overlap, active, queue, kind, payload, priority, max_attempts, timeout)
	VALUES ($1, $2, $3, $4, $5::integer, $6::boolean, $7::boolean, $8, $9, $10::jsonb, $11::integer, $12::integer, $13::interval)
	ON CONFLICT (name, role) DO UPDATE SET expression = excluded.expression, timezone = excluded.timezone, missed = excluded.missed,
		missed_limit = excluded.missed_limit, overlap = excluded.overlap, queue = excluded.queue, kind = excluded.kind, payload = excluded.payload,
		priority = excluded.priority, max_attempts = excluded.max_attempts, timeout = excluded.timeout,
		next_at = CASE WHEN s.expression = excluded.expression AND s.timezone = excluded.timezone THEN s.next_at END,
		last_at = CASE WHEN s.expression = excluded.expression AND s.timezone = excluded.timezone THEN s.last_at END,
		problem = CASE WHEN s.expression = excluded.expression AND s.timezone = excluded.timezone THEN s.problem END`
