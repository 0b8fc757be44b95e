package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
)

// Bounds of one request.
const (
	pageSize  = 100
	maxPage   = 1000
	maxReplay = 1000
)

// listed is the columns of a list; a job by itself has all.
const listed = `id, queue, kind, state, priority, run_at, attempt, max_attempts, unique_key, created_at, started_at, finished_at,
	node, cancel_requested, progress, note, errors->-1->>'error' AS last_error`

// states are those that a filter may name.
func states() []string {
	return []string{jobs.Available, jobs.Scheduled, jobs.Retryable, jobs.Running, jobs.Completed, jobs.Cancelled, jobs.Discarded}
}

// filter is which jobs are meant.
type filter struct {
	Queue string `json:"queue"`
	Kind  string `json:"kind"`
	Since string `json:"since"` // created at or after
	Until string `json:"until"` // created before
	Limit int    `json:"limit"`
}

// where is the filter as conditions on j, after those given.
func (f filter) where(conditions []string, args []any) (string, []any, error) {
	add := func(condition, value string) {
		if value != "" {
			args = append(args, value)
			conditions = append(conditions, fmt.Sprintf(condition, len(args)))
		}
	}
	if err := moment("since", f.Since); err != nil {
		return "", nil, err
	}
	if err := moment("until", f.Until); err != nil {
		return "", nil, err
	}
	add("j.queue = $%d", f.Queue)
	add("j.kind = $%d", f.Kind)
	add("j.created_at >= $%d::timestamptz", f.Since)
	add("j.created_at < $%d::timestamptz", f.Until)
	return strings.Join(conditions, " AND "), args, nil
}

// jobs lists jobs, the newest first: queue, kind, state, since and until choose,
// limit is the size of a page, and after is the next of the page before.
func (a *api) jobs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := number(r, "limit", pageSize, maxPage)
	if err != nil {
		return err
	}
	conditions, args := []string{"true"}, []any{}
	if after := q.Get("after"); after != "" {
		id, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return fault.New(fault.InvalidText, "after is the id of a job, not %q", after)
		}
		args = append(args, id)
		conditions = append(conditions, "j.id < $1::bigint")
	}
	if state := q.Get("state"); state != "" {
		if !slices.Contains(states(), state) {
			return fault.New(fault.InvalidParameter, "no state of a job: %q", state).WithHint("There are %s.", strings.Join(states(), ", "))
		}
		args = append(args, state)
		conditions = append(conditions, fmt.Sprintf("j.state = $%d", len(args)))
	}
	f := filter{Queue: q.Get("queue"), Kind: q.Get("kind"), Since: q.Get("since"), Until: q.Get("until")}
	where, args, err := f.where(conditions, args)
	if err != nil {
		return err
	}
	rows, err := a.rows(r.Context(), fmt.Sprintf(`SELECT row_to_json(t) FROM (SELECT %s FROM galley.jobs j WHERE %s ORDER BY j.id DESC LIMIT %d) t`,
		listed, where, limit+1), args...)
	if err != nil {
		return err
	}
	var next any
	if len(rows) > limit {
		rows = rows[:limit]
		var last struct{ ID int64 }
		if err := json.Unmarshal(rows[limit-1], &last); err != nil {
			return fault.Internal(err)
		}
		next = last.ID
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"jobs": rows, "next": next})
}

func (a *api) job(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return a.writeOne(w, r.Context(), http.StatusOK, "job", `SELECT row_to_json(j) FROM galley.jobs j WHERE id = $1::bigint`, id)
}

// writeOne writes the one row of a statement, or 404.
func (a *api) writeOne(w http.ResponseWriter, ctx context.Context, status int, what, sql string, args ...any) error {
	rows, err := a.rows(ctx, sql, args...)
	if err == nil && len(rows) == 0 {
		err = fault.New("PGRST116", "There is no such %s", what).WithStatus(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, status, rows[0])
}

// maxMany bounds the jobs that one request enqueues.
const maxMany = 10_000

// enqueue adds the job in the body, or those of an array, all or none.
func (a *api) enqueue(w http.ResponseWriter, r *http.Request) error {
	var body json.RawMessage
	if err := readJSON(r, &body); err != nil {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	var list []jobs.Request
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return fault.New("PGRST102", "The body is not a job or an array of jobs").WithDetail("%v", err)
	}
	if len(list) == 0 || len(list) > maxMany {
		return fault.New(fault.InvalidParameter, "%d jobs at once, from 1 to %d", len(list), maxMany)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fault.Internal(err)
	}
	ids, err := a.rows(r.Context(), `SELECT * FROM galley.enqueue_many($1::jsonb)`, string(text))
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusCreated, map[string]any{"ids": ids})
}

// change calls a function that changes the job of the path, and answers with the
// state that it gives. A job that has ended otherwise is 409.
func (a *api) change(function string) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		rows, err := a.rows(r.Context(), `SELECT `+function+`($1::bigint)`, id)
		if err != nil {
			return err
		}
		if len(rows) > 0 && string(rows[0]) != "null" { // a state, as text
			return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"id": id, "state": string(rows[0])})
		}
		rows, err = a.rows(r.Context(), `SELECT state FROM galley.jobs WHERE id = $1::bigint`, id)
		switch {
		case err != nil:
			return err
		case len(rows) == 0:
			return fault.New("PGRST116", "There is no such job").WithStatus(http.StatusNotFound)
		}
		return fault.New(fault.ObjectNotInPrerequisite, "the job is %s", rows[0]).WithStatus(http.StatusConflict)
	}
}

// replay has dead letters run again: those that the body chooses, the oldest first.
// Of several with one unique key it is the last, and none while such a job waits or
// runs.
func (a *api) replay(w http.ResponseWriter, r *http.Request) error {
	f := filter{Limit: pageSize}
	if err := readJSON(r, &f); err != nil {
		return err
	}
	if f.Limit < 1 || f.Limit > maxReplay {
		return fault.New(fault.InvalidParameter, "limit is a number from 1 to %d, not %d", maxReplay, f.Limit)
	}
	where, args, err := f.where([]string{"j.state = 'discarded'"}, nil)
	if err != nil {
		return err
	}
	ids, err := a.rows(r.Context(), fmt.Sprintf(`
		UPDATE galley.jobs SET state = 'available', run_at = now(), finished_at = NULL, cancel_requested = false,
			max_attempts = greatest(max_attempts, attempt + 1), deadline = CASE WHEN deadline > now() THEN deadline END
		WHERE id IN (SELECT j.id FROM galley.jobs j WHERE %s AND NOT EXISTS (SELECT 1 FROM galley.jobs o
				WHERE o.queue = j.queue AND o.unique_key = j.unique_key AND o.id <> j.id
				AND (o.state IN ('available', 'scheduled', 'retryable', 'running') OR o.state = 'discarded' AND o.id > j.id))
			ORDER BY j.id LIMIT %d FOR UPDATE SKIP LOCKED)
		RETURNING id`, where, f.Limit), args...)
	if err != nil {
		return err
	}
	if _, err := a.rows(r.Context(), `SELECT pg_notify('galley_jobs', '')`); err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"replayed": len(ids), "ids": ids})
}
