package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/rest/hooked"
	"github.com/galleyhq/galley/internal/rest/raised"
	"github.com/galleyhq/galley/internal/rest/render"
)

// collect reads the rows of a write and how many were written.
func (c *change) collect(q *request, plan *query.Plan, out *render.Renderer, rows database.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c.affected++
		if plan.Fresh && string(rows.Value(0)) == "t" {
			c.fresh++
		}
		if err := c.take(q, plan, out, rows); err != nil {
			return err
		}
	}
	if q.returning(c) == query.ReturnNothing && !plan.Fresh {
		c.affected = hooked.TagCount(rows.Tag())
	}
	return rows.Err()
}

// take takes what is returned of a row.
func (c *change) take(q *request, plan *query.Plan, out *render.Renderer, rows database.Rows) error {
	switch q.returning(c) {
	case query.ReturnKey:
		if c.location == "" {
			c.location = c.locate(q, rows, plan.First)
		}
	case query.ReturnRows:
		if out.Add(rows); len(out.Buf) > maxReturned {
			return errTooLarge(maxReturned)
		}
	}
	return nil
}

// locate returns the path of a row by its primary key.
func (c *change) locate(q *request, rows database.Rows, first int) string {
	var b strings.Builder
	b.WriteString("/" + escapePath(q.table))
	for i, name := range c.rel.PrimaryKey {
		b.WriteByte("?&"[min(i, 1)])
		grammar.Escape(&b, name)
		if v := rows.Value(first + i); v != nil {
			b.WriteString("=eq.")
			grammar.Escape(&b, string(v))
		} else {
			b.WriteString("=is.null")
		}
	}
	return b.String()
}

// written answers a write that was made.
func (a *api) written(w http.ResponseWriter, q *request, c *change, out *render.Renderer) error {
	h := w.Header()
	h.Set("Content-Range", c.contentRange(q))
	if c.location != "" && c.affected == 1 {
		h.Set("Location", c.location)
	}
	q.setCommon(a, h, "yes")
	if q.prefer.Return == "representation" {
		return q.send(w, c.status(), q.media.ContentType(), out.Buf)
	}
	status := http.StatusNoContent
	if c.action == query.Insert && !c.put {
		h.Set("Content-Length", "0")
		status = c.status()
	}
	status, err := raised.Response(h, q.said, status)
	if err == nil {
		w.WriteHeader(status)
	}
	return err
}

// status is 201 when rows are new: of an upsert that only changed some it is 200.
func (c *change) status() int {
	if c.action == query.Insert && (c.resolution != query.Merge || c.fresh > 0 || c.affected == 0) {
		return http.StatusCreated
	}
	return http.StatusOK
}

// contentRange tells which rows were updated; of other writes only their number
// when asked.
func (c *change) contentRange(q *request) string {
	total := int64(unknown)
	if q.prefer.Count == "exact" {
		total = c.affected
	}
	if c.action == query.Update {
		return contentRange(0, c.affected, total)
	}
	return contentRange(0, 0, total)
}

// writeHooked answers a write to a table with hooks; plan is that of the same write
// without them.
func (a *api) writeHooked(w http.ResponseWriter, r *http.Request, q *request, c *change, run *hooks.Run, plan *query.Plan) error {
	write, err := q.writeOf(c)
	if err != nil {
		return err
	}
	q.bindReturned(c, plan)
	q.said = &database.Response{}
	h := &hooked.Write{Run: run, Snap: c.snap, Rel: c.rel, Session: q.session, Query: *write, Payload: c.payload.Values,
		Conditions: q.conditionValues(c), Returned: q.values, Response: q.said}
	var out *render.Renderer
	defer func() {
		if out != nil {
			a.bodies.Free(out)
		}
	}()
	each := func(p *query.Plan, rows database.Rows) error {
		if out == nil {
			out = a.bodies.New(q.media, p)
		}
		return c.take(q, p, out, rows)
	}
	err = database.InTx(r.Context(), a.DB, q.session, run.Options(), func(tx database.Tx) error {
		result, err := h.Do(r.Context(), tx, each)
		if err != nil {
			return err
		}
		c.affected, c.fresh = result.Affected, result.Fresh
		return a.endsWell(q, c)
	})
	if err != nil && !errors.Is(err, errUndo) {
		return err
	}
	if out == nil {
		out = a.bodies.New(q.media, plan)
	}
	out.End()
	return a.written(w, q, c, out)
}

// endsWell tells how the transaction of a write ends that was made: nil for its
// commit.
func (a *api) endsWell(q *request, c *change) error {
	if q.checksAffected(c) || c.put {
		if err := q.checkAffected(c.affected); err != nil {
			return err
		}
	}
	if c.put && c.affected == 0 {
		return errKeyMismatch()
	}
	if a.rollsBack(q) {
		return errUndo
	}
	return nil
}
