package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

const queuesSQL = `
	SELECT row_to_json(t) FROM (
		SELECT n.name, coalesce(q.paused, false) AS paused, q.concurrency, q.rate,
			coalesce(d.available, 0) AS available, coalesce(d.scheduled, 0) AS scheduled, coalesce(d.retryable, 0) AS retryable,
			coalesce(d.running, 0) AS running, coalesce(d.discarded, 0) AS discarded, d.oldest
		FROM (SELECT name FROM galley.queues UNION SELECT queue FROM galley.jobs WHERE state IN
			('available', 'scheduled', 'retryable', 'running', 'discarded')) n
		LEFT JOIN galley.queues q ON q.name = n.name
		LEFT JOIN (SELECT queue, count(*) FILTER (WHERE state = 'available') AS available,
				count(*) FILTER (WHERE state = 'scheduled') AS scheduled, count(*) FILTER (WHERE state = 'retryable') AS retryable,
				count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'discarded') AS discarded,
				min(run_at) FILTER (WHERE state = 'available') AS oldest
			FROM galley.jobs WHERE state IN ('available', 'scheduled', 'retryable', 'running', 'discarded') GROUP BY queue) d ON d.queue = n.name
		%s ORDER BY n.name LIMIT 1000) t`

// queues lists the queues that are known or have jobs that have not ended or failed,
// the first thousand by name.
func (a *api) queues(w http.ResponseWriter, r *http.Request) error {
	rows, err := a.rows(r.Context(), fmt.Sprintf(queuesSQL, ""))
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"queues": rows})
}

// changeQueue sets what the body names: paused, concurrency, rate; null takes a
// bound away.
func (a *api) changeQueue(w http.ResponseWriter, r *http.Request) error {
	var change map[string]json.RawMessage
	if err := readJSON(r, &change); err != nil {
		return err
	}
	name := r.PathValue("name")
	sets, args := []string{}, []any{name}
	for column, kind := range map[string]string{"paused": "boolean", "concurrency": "integer", "rate": "double precision"} {
		value, named := change[column]
		if !named {
			continue
		}
		delete(change, column)
		var arg any
		if text := string(value); text != "null" {
			arg = strings.Trim(text, `"`)
		}
		args = append(args, arg)
		sets = append(sets, fmt.Sprintf("%s = $%d::%s", column, len(args), kind))
	}
	for unknown := range change {
		return fault.New(fault.InvalidParameter, "a queue has no %q", unknown).WithHint("Set paused, concurrency or rate.")
	}
	if len(sets) == 0 {
		return fault.New(fault.InvalidParameter, "the body changes nothing").WithHint("Set paused, concurrency or rate.")
	}
	err := database.InTx(r.Context(), a.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		for _, st := range []database.Statement{
			{SQL: `INSERT INTO galley.queues (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, Args: database.Args(name)},
			{SQL: `UPDATE galley.queues SET ` + strings.Join(sets, ", ") + ` WHERE name = $1`, Args: database.Args(args...)},
			{SQL: `SELECT pg_notify('galley_jobs', '')`},
		} {
			if _, err := database.Exec(tx.Query(r.Context(), st)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return boundError(err)
	}
	rows, err := a.rows(r.Context(), fmt.Sprintf(queuesSQL, "WHERE n.name = $1"), name)
	if err != nil || len(rows) == 0 {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, rows[0])
}

// boundError says of a bound that the table does not take what one is.
func boundError(err error) error {
	for _, bound := range []string{"concurrency", "rate"} {
		if fault.Code(err) == fault.CheckViolation && strings.Contains(err.Error(), "queues_"+bound+"_check") {
			return fault.New(fault.CheckViolation, "the %s of a queue is above 0", bound).WithCause(err).
				WithHint("null takes the bound away; paused holds the whole queue.")
		}
	}
	return err
}
