package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/schedule"
)

const scheduleSQL = `SELECT row_to_json(t) FROM (SELECT id, name, role, expression AS schedule, timezone, missed, missed_limit, overlap, active,
	queue, kind, payload, priority, max_attempts, timeout, next_at, last_at, problem, created_at FROM galley.schedules `

// listSchedules lists them by id, up to limit, beginning behind after.
func (a *api) listSchedules(w http.ResponseWriter, r *http.Request) error {
	limit, err := number(r, "limit", pageSize, maxPage)
	if err != nil {
		return err
	}
	after, err := number(r, "after", 0, 1<<62)
	if err != nil {
		return err
	}
	rows, err := a.rows(r.Context(), scheduleSQL+`WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint) t`, after, limit)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"schedules": rows})
}

func (a *api) schedule(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return a.writeSchedule(w, r.Context(), http.StatusOK, id)
}

func (a *api) writeSchedule(w http.ResponseWriter, ctx context.Context, status int, id int64) error {
	return a.writeOne(w, ctx, status, "schedule", scheduleSQL+`WHERE id = $1::bigint) t`, id)
}

func (a *api) createSchedule(w http.ResponseWriter, r *http.Request) error {
	var s schedule.Spec
	if err := readJSON(r, &s); err != nil {
		return err
	}
	id, err := a.schedules.Create(r.Context(), s)
	if err != nil {
		return err
	}
	return a.writeSchedule(w, r.Context(), http.StatusCreated, id)
}

func (a *api) replaceSchedule(w http.ResponseWriter, r *http.Request) error {
	var s schedule.Spec
	if err := readJSON(r, &s); err != nil {
		return err
	}
	return a.withID(w, r, func(ctx context.Context, id int64) error { return a.schedules.Replace(ctx, id, s) })
}

// setActive pauses or resumes.
func (a *api) setActive(active bool) httpapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return a.withID(w, r, func(ctx context.Context, id int64) error { return a.schedules.SetActive(ctx, id, active) })
	}
}

// withID changes the schedule of the path and answers with what it is then.
func (a *api) withID(w http.ResponseWriter, r *http.Request, change func(context.Context, int64) error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := change(r.Context(), id); err != nil {
		return err
	}
	return a.writeSchedule(w, r.Context(), http.StatusOK, id)
}

func (a *api) deleteSchedule(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := a.schedules.Delete(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) runSchedule(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	job, err := a.schedules.Run(r.Context(), id)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusCreated, map[string]int64{"job": job})
}

// maxPreview bounds the due times of one answer.
const maxPreview = 1000

func (a *api) nextTimes(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r, "n", 10, maxPreview)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	times, err := a.schedules.Next(r.Context(), id, n)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"times": times})
}

// preview shows when an expression would be due, before there is a schedule.
func (a *api) preview(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r, "n", 10, maxPreview)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	times, err := schedule.Preview(q.Get("schedule"), q.Get("timezone"), time.Now(), n)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"times": times})
}
