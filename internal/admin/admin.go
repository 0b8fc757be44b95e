// Package admin is the API at /admin/v1, for the service role only: queues, jobs
// and schedules, to look at and to change. Its paths are the table in routes; errors
// have the form of the data APIs.
package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/schedule"
)

// api is the handlers, which act as the owner of the database.
type api struct {
	db        database.DB
	schedules schedule.Manager
}

// New returns the handler of everything below /admin/v1/. Who calls must have been
// identified already (token.Verifier's middleware).
func New(db database.DB) http.Handler {
	a := &api{db: db, schedules: schedule.Manager{DB: db}}
	return httpapi.ForService(a.routes())
}

// routes are the paths and who answers them. openapi.json describes them all.
func (a *api) routes() map[string]httpapi.Handler {
	return map[string]httpapi.Handler{
		"GET /admin/v1/openapi.json": describe,

		"GET /admin/v1/queues":          a.queues,
		"PATCH /admin/v1/queues/{name}": a.changeQueue,

		"GET /admin/v1/jobs":              a.jobs,
		"POST /admin/v1/jobs":             a.enqueue,
		"POST /admin/v1/jobs/replay":      a.replay,
		"GET /admin/v1/jobs/{id}":         a.job,
		"POST /admin/v1/jobs/{id}/retry":  a.change("galley.retry_job"),
		"POST /admin/v1/jobs/{id}/cancel": a.change("galley.cancel_job"),

		"GET /admin/v1/schedules":              a.listSchedules,
		"POST /admin/v1/schedules":             a.createSchedule,
		"GET /admin/v1/schedules/preview":      a.preview,
		"GET /admin/v1/schedules/{id}":         a.schedule,
		"PUT /admin/v1/schedules/{id}":         a.replaceSchedule,
		"DELETE /admin/v1/schedules/{id}":      a.deleteSchedule,
		"POST /admin/v1/schedules/{id}/pause":  a.setActive(false),
		"POST /admin/v1/schedules/{id}/resume": a.setActive(true),
		"POST /admin/v1/schedules/{id}/run":    a.runSchedule,
		"GET /admin/v1/schedules/{id}/preview": a.nextTimes,
	}
}

// rows runs a statement as the owner. Each row is one text, of JSON mostly.
func (a *api) rows(ctx context.Context, sql string, args ...any) ([]json.RawMessage, error) {
	rows, err := database.Collect(a.db.Query(ctx, database.Session{}, database.Statement{SQL: sql, Args: database.Args(args...)}))
	out := make([]json.RawMessage, 0, len(rows))
	for _, r := range rows {
		if r[0] == nil {
			out = append(out, json.RawMessage("null"))
			continue
		}
		out = append(out, json.RawMessage(*r[0]))
	}
	return out, err
}

// readJSON reads the body into v, and refuses what v has no place for.
func readJSON(r *http.Request, v any) error {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err = d.Decode(v)
	if _, after := d.Token(); err == nil && !errors.Is(after, io.EOF) {
		err = errors.New("there is more than one value")
	}
	if err != nil {
		return fault.New("PGRST102", "The body is not the JSON that is wanted here").WithDetail("%v", err)
	}
	return nil
}

// pathID is the {id} of the path.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.InvalidText, "not an id: %q", r.PathValue("id"))
	}
	return id, nil
}

// number is a parameter of the query, from 1 to most.
func number(r *http.Request, name string, standard, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fault.New(fault.InvalidParameter, "%s is a number from 1 to %d, not %q", name, most, text)
	}
	return n, nil
}

// moment checks a time in a parameter or a body; "" is none.
func moment(name, text string) error {
	if text == "" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return fault.New(fault.InvalidDatetime, "%s is a time such as 2026-01-02T15:04:05Z, not %q", name, text)
	}
	return nil
}
